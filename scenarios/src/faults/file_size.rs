//! A limit on the size of files, RLIMIT_FSIZE.

use interloper_driver::Operation;
use interloper_engine::record::{Interruption, InterruptionKind, Severity};
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Principal, Resume, Scenario, Sweep, unit,
};

use super::outcome::Baseline;

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
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let empty = lab.snapshot()?;
    for workload in lab.workloads() {
        lab.restore(&empty)?;
        let Some(baseline) = Baseline::record(lab, workload, &case.session)? else { continue };
        let rehearsal = lab.rehearse(&baseline.request)?;
        let largest = rehearsal.steps.iter().filter_map(interloper_engine::Step::writes).max();
        let Some(largest) = largest else { continue };
        let mut limits = vec![0, 1, largest / 2, largest.saturating_sub(1)];
        limits.dedup();
        for limit in limits {
            let mut limited = false;
            // The signal that comes with the limit kills who does not expect it, setrlimit(2).
            let ended = baseline.through(lab, |lab, _| {
                // At the first step its process is there, and has done nothing yet.
                if !std::mem::replace(&mut limited, true) {
                    lab.limit_file_size(limit)?;
                }
                Ok(Resume::Continue)
            })?;
            let when = format!("with files of at most {limit} bytes");
            let by = Interruption::new(InterruptionKind::NoSpace, when);
            baseline.judge(lab, ended, &by)?;
        }
    }
    Ok(())
}
