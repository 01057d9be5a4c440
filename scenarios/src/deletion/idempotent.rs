//! Deleting what is not there is no error: logout can be asked for twice.

use interloper_driver::{ErrorKind, Failure, Operation};
use interloper_engine::record::{Evidence, PathChange, Severity};
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "deletion::idempotent",
    sentence: "Deleting a session again, or one that never was, answers ok or absent and makes nothing.",
    fix: "take \"no such file\" as done",
    severity: Severity::Low,
    cwe: &["CWE-755"],
    owasp: &["ASVS 5.0 7.4.1"],
    needs: &[Need::Op(Operation::Save), Need::Op(Operation::Delete)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.must_save("alpha", 0, &case.session)?;
    lab.delete("alpha")?
        .map_err(|failure| Abort::Ineffective(format!("delete was answered with {failure}")))?;
    let before = lab.tree()?;
    for (id, which, cause) in [
        ("alpha", "a second delete", "second-delete"),
        ("never-saved", "a delete of what never was", "delete-of-nothing"),
    ] {
        match lab.delete(id)? {
            Ok(()) | Err(Failure { kind: ErrorKind::Absent, .. }) => {}
            Err(failure) => {
                let sentence = format!("{which} fails instead of finding the work done");
                let fact = Evidence::answer(format!("delete({id:?})"), failure.kind.to_string());
                lab.report(Violation::new(cause, sentence).evidence(fact));
            }
        }
    }
    let after = lab.tree()?;
    let made: Vec<_> = after.new_since(&before).map(|node| lab.display_path(&node.path)).collect();
    if let Some(path) = made.first() {
        let fact = Evidence::changed("a delete", PathChange::Made, path.as_str());
        let sentence = "a delete of what is not there leaves something behind";
        lab.report(Violation::new("makes-something", sentence).evidence(fact));
    }
    Ok(())
}
