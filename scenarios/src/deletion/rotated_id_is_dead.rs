//! A session that got a new id has lost the old one.

use interloper_driver::Operation;
use interloper_engine::record::{Evidence, Severity};
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Loaded, Need, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "deletion::rotated_id_is_dead",
    sentence: "After a session got a new id, the old one loads nothing, and the new one loads the session.",
    fix: "remove what is kept under the old id before answering with the new one",
    severity: Severity::High,
    cwe: &["CWE-384", "CWE-613"],
    owasp: &["ASVS 5.0 7.2.4", "WSTG-SESS-03"],
    needs: &[Need::Op(Operation::Save), Need::Op(Operation::Load), Need::Op(Operation::Rotate)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.must_save("alpha", 0, &case.session)?;
    let new = lab
        .rotate("alpha")?
        .map_err(|failure| Abort::Ineffective(format!("rotate was answered with {failure}")))?;
    if new == lab.formed_id("alpha") {
        let fact = Evidence::answer("rotate(\"alpha\")", "\"alpha\"");
        lab.report(Violation::new("same-id", "a session kept its id").evidence(fact));
        return Ok(());
    }
    for by in ["the same process", "another process"] {
        let old = lab.load("alpha")?;
        if matches!(old, Loaded::Present(_)) {
            let fact = answered("a load of the old id", by, &old).after("after rotate");
            let sentence = "the old id of a session still loads it after it got a new one";
            lab.report(Violation::new("old-id-loads", sentence).evidence(fact));
        }
        let loaded = lab.load(&new)?;
        let whole = match &loaded {
            Loaded::Present(session) => lab.slots_of(session) == [0],
            _ => false,
        };
        if !whole {
            let fact = answered("a load of the new id", by, &loaded);
            let sentence = "a session is not what it was after it got a new id";
            lab.report(Violation::new("new-id-fails", sentence).evidence(fact));
        }
        lab.restart()?;
    }
    Ok(())
}

fn answered(call: &str, by: &str, loaded: &Loaded) -> Evidence {
    let (after, call, by) = (String::new(), call.to_owned(), Some(by.to_owned()));
    Evidence::Answer { after, call, by, answer: loaded.word() }
}
