//! What was saved loads, with every part that the store says it keeps.

use interloper_driver::Operation;
use interloper_engine::record::{Evidence, Severity};
use interloper_engine::{
    Case, CaseResult, Check, Lab, Loaded, Need, Principal, Scenario, Sweep, Violation, unit,
};

use crate::support::{answer_by, missing};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "honesty::saved_loads",
    sentence: "A session that was saved with ok loads again, in the same process and in another, with every part the store says it keeps.",
    fix: "keep every part and attribute, or answer invalid where one cannot be kept",
    severity: Severity::Medium,
    cwe: &["CWE-372", "CWE-394"],
    owasp: &[],
    needs: &[Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.must_save("alpha", 0, &case.session)?;
    look(lab, case, "the same process")?;
    lab.restart()?;
    look(lab, case, "another process")
}

fn look(lab: &mut Lab<'_>, case: &Case<()>, by: &str) -> CaseResult<()> {
    let loaded = lab.load("alpha")?;
    let Loaded::Present(session) = &loaded else {
        let fact = answer_by("after save answered ok", "alpha", by, &loaded);
        let sentence = "a session that was saved does not load";
        lab.report(
            Violation::new("does-not-load", sentence).severity(Severity::High).evidence(fact),
        );
        return Ok(());
    };
    for missing in missing(&lab.session(0, &case.session), session) {
        // A flag that a client of one user ignores is not a lost credential.
        let severity = if missing.is_attribute { Severity::Low } else { Severity::Medium };
        let sentence =
            format!("a part of a saved session is lost without a word: {}", missing.part);
        let cause = format!("lost-{}", missing.part);
        let (after, by) = (String::new(), Some(by.to_owned()));
        let fact = Evidence::Altered { after, by, what: missing.what };
        lab.report(Violation::new(cause, sentence).severity(severity).evidence(fact));
    }
    Ok(())
}
