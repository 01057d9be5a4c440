//! A session that is over does not load.

use std::time::Duration;

use interloper_driver::{Enforces, Keeps, Operation};
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Clock, Lab, Loaded, Need, Principal, Profile, Scenario, Sweep,
    Violation, unit,
};

use crate::support::answer_by;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "deletion::expired_does_not_load",
    sentence: "Once a session's time is over, a load answers that there is no such session.",
    fix: "keep the time with the session, where its user cannot change it, and compare it at every load",
    severity: Severity::High,
    cwe: &["CWE-613"],
    owasp: &["ASVS 5.0 7.3.2", "WSTG-SESS-07"],
    needs: &[
        Need::Keeps(Keeps::Expires),
        Need::Enforces(Enforces::Expiry),
        Need::Op(Operation::Save),
        Need::Op(Operation::Load),
    ],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Time to live of a session whose end is waited for, in seconds: a save and a load must fit into it.
const SHORT: i64 = 3;
/// An hour, in seconds.
const HOUR: i64 = 3600;

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let mut shown = false;
    // One that is over already: a store may refuse to keep it.
    if lab.save_for("over", 0, &case.session, -HOUR)?.is_ok() {
        shown = true;
        look(lab, "over", "it was over when it was saved")?;
    }
    match lab.clock() {
        Clock::Driver | Clock::Faketime => {
            must_live(lab, case, HOUR)?;
            lab.advance_clock(HOUR + 1)?.map_err(|failure| {
                Abort::Ineffective(format!("advance was answered with {failure}"))
            })?;
            shown = true;
            look(lab, "alpha", "an hour and a second after it was saved for an hour")?;
        }
        Clock::Wall(_) if lab.plan().profile == Profile::Quick => {
            lab.add_note("the end of a session is waited for in profile full");
        }
        Clock::Wall(_) => {
            must_live(lab, case, SHORT)?;
            std::thread::sleep(Duration::from_secs(SHORT as u64 + 1));
            shown = true;
            look(lab, "alpha", "a second after its time")?;
        }
    }
    if shown { Ok(()) } else { Err(Abort::Ineffective("it keeps no session that is over".into())) }
}

fn must_live(lab: &mut Lab<'_>, case: &Case<()>, seconds: i64) -> CaseResult<()> {
    lab.save_for("alpha", 1, &case.session, seconds)?
        .map_err(|failure| Abort::Ineffective(format!("save was answered with {failure}")))?;
    match lab.load("alpha")? {
        Loaded::Present(_) => Ok(()),
        other => Err(Abort::Ineffective(format!("what was saved loads as {}", other.word()))),
    }
}

fn look(lab: &mut Lab<'_>, id: &str, when: &str) -> CaseResult<()> {
    for by in ["the same process", "another process"] {
        let loaded = lab.load(id)?;
        if matches!(loaded, Loaded::Present(_)) {
            let fact = answer_by(when, id, by, &loaded);
            let sentence = "a session loads although its time is over";
            lab.report(Violation::new("expired-loads", sentence).evidence(fact));
        }
        lab.restart()?;
    }
    Ok(())
}
