//! A limit on the size of files, RLIMIT_FSIZE.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Act, Case, Check, Flow, Lab, Moment, Need, Principal, Scenario, Stop, Sweep, nothing,
};

use super::outcome::{Ended, Known};
use crate::stages::Stage;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "faults::file_size",
    sentence: "Where files may not be as large as the session (RLIMIT_FSIZE), the store says that it failed, or is killed, and keeps the old session.",
    fix: "write a temporary file first and rename it only when everything was written",
    severity: Severity::Medium,
    cwe: &["CWE-252", "CWE-755"],
    owasp: &[],
    needs: &[Need::Steps, Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Few,
    run_as: Principal::Owner,
    property: &Check { extra: nothing, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> Flow<()> {
    let empty = lab.snapshot()?;
    for stage in Stage::of(&lab.hello().clone()) {
        lab.restore(&empty)?;
        let known = Known::learn(lab, stage, &case.session)?;
        let rehearsal = lab.rehearse(&known.request)?;
        let largest = rehearsal.steps.iter().filter_map(interloper_engine::Step::writes).max();
        let Some(largest) = largest else { continue };
        lab.count_steps(&rehearsal, rehearsal.steps.len());
        let mut limits = vec![0, 1, largest / 2, largest.saturating_sub(1)];
        limits.dedup();
        for limit in limits {
            lab.restore(&known.start)?;
            let told = lab.story_len();
            let ended = limited(lab, &known, limit)?;
            lab.forget_since(told);
            known.judge(lab, ended, &format!("with files of at most {limit} bytes"))?;
        }
    }
    Ok(())
}

fn limited(lab: &mut Lab<'_>, known: &Known, limit: u64) -> Flow<Ended> {
    lab.begin(&known.request)?;
    let mut limited = false;
    loop {
        match lab.advance(Act::Continue)? {
            // Its process is there now, and has done nothing yet.
            Moment::Held(_) if !limited => {
                lab.limit_file_size(limit)?;
                limited = true;
            }
            Moment::Held(_) => {}
            Moment::Answered(Ok(_)) => return Ok(Ended::Ok),
            // The signal that comes with the limit kills who does not expect it, setrlimit(2).
            Moment::Answered(Err(_)) | Moment::Ended(_) => return Ok(Ended::Otherwise),
            Moment::Blocked => return Err(Stop::Refused("it waits for somebody else".into())),
        }
    }
}
