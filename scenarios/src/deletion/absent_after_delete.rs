//! A deleted session does not load.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Loaded, Need, Principal, Scenario, Sweep, Violation, unit,
};

use crate::support::answer_by;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "deletion::absent_after_delete",
    sentence: "After a delete that answered ok, a load answers that there is no such session, in the same process and in another.",
    fix: "remove what is stored before answering ok, and answer the error where that fails",
    severity: Severity::High,
    cwe: &["CWE-613", "CWE-459"],
    owasp: &["ASVS 5.0 7.4.1", "WSTG-SESS-06"],
    needs: &[Need::Op(Operation::Save), Need::Op(Operation::Load), Need::Op(Operation::Delete)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.must_save("alpha", 0, &case.session)?;
    if !matches!(lab.load("alpha")?, Loaded::Present(_)) {
        return Err(Abort::Ineffective(
            "what was saved did not load, so its deletion shows nothing".into(),
        ));
    }
    lab.delete("alpha")?
        .map_err(|failure| Abort::Ineffective(format!("delete was answered with {failure}")))?;
    look(lab, "the same process")?;
    lab.restart()?;
    look(lab, "another process")
}

fn look(lab: &mut Lab<'_>, by: &str) -> CaseResult<()> {
    let loaded = lab.load("alpha")?;
    let violation = match &loaded {
        Loaded::Absent => return Ok(()),
        Loaded::Present(_) => {
            Violation::new("still-loads", "a session still loads after it was deleted")
        }
        Loaded::Failed(_) => Violation::new(
            "unclear",
            "a load after the deletion is answered with an error instead of absent",
        )
        .severity(Severity::Low),
    };
    let fact = answer_by("after delete(\"alpha\") answered ok", "alpha", by, &loaded);
    lab.report(violation.evidence(fact));
    Ok(())
}
