//! What was deleted does not come back by itself.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Loaded, Need, Principal, Scenario, Sweep, Violation, unit,
};

use crate::support::answer;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "deletion::stays_deleted",
    sentence: "A deleted session does not come back, whatever is done with other sessions afterwards.",
    fix: "keep no copy that a later operation, a cache or a recovery could take for the session",
    severity: Severity::High,
    cwe: &["CWE-613"],
    owasp: &["ASVS 5.0 7.4.1", "WSTG-SESS-06"],
    needs: &[
        Need::ManyIds,
        Need::Op(Operation::Save),
        Need::Op(Operation::Load),
        Need::Op(Operation::Delete),
    ],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.must_save("alpha", 0, &case.session)?;
    lab.must_save("beta", 1, &case.session)?;
    lab.delete("alpha")?
        .map_err(|failure| Abort::Ineffective(format!("delete was answered with {failure}")))?;
    look(lab, "the deletion itself")?;
    let can = |lab: &Lab<'_>, op| lab.hello().can_do(op);
    // None of these is about the session that was deleted; what they answer is another scenario's subject.
    let _ = lab.save("beta", 2, &case.session)?;
    look(lab, "another session was saved again")?;
    let _ = lab.load("beta")?;
    look(lab, "another session was loaded")?;
    lab.restart()?;
    let _ = lab.save("gamma", 3, &case.session)?;
    look(lab, "another process saved a new session")?;
    if can(lab, Operation::Rotate) {
        let _ = lab.rotate("gamma")?;
        look(lab, "another session got a new id")?;
    }
    if can(lab, Operation::Purge) {
        let _ = lab.purge()?;
        look(lab, "a purge")?;
    }
    let _ = lab.delete("beta")?;
    look(lab, "another session was deleted")
}

fn look(lab: &mut Lab<'_>, after: &str) -> CaseResult<()> {
    let loaded = lab.load("alpha")?;
    if matches!(loaded, Loaded::Present(_)) {
        let fact = answer(format!("after {after}"), "alpha", &loaded);
        let sentence = "a deleted session came back";
        lab.report(Violation::new("came-back", sentence).evidence(fact));
    }
    Ok(())
}
