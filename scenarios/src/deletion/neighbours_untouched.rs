//! Deleting one session leaves the others.

use interloper_driver::{Operation, Session};
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Loaded, Need, Principal, Scenario, Sweep, Violation, unit,
};

use crate::support::{answer, missing};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "deletion::neighbours_untouched",
    sentence: "Deleting a session, once or twice, leaves every other session as it was, those whose ids begin with its own or differ in case too.",
    fix: "match the whole id, never a prefix or a pattern",
    severity: Severity::Medium,
    cwe: &["CWE-706", "CWE-185"],
    owasp: &["ASVS 5.0 7.4.1"],
    needs: &[Need::Op(Operation::Save), Need::Op(Operation::Load), Need::Op(Operation::Delete)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Before, after and around `alpha` in every order a store could sort or match them in.
const NEIGHBOURS: [&str; 6] = ["alph", "alphabet", "alpha2", "alpha-beta", "ALPHA", "beta"];

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.must_save("alpha", 0, &case.session)?;
    let mut kept = Vec::new();
    for (id, slot) in NEIGHBOURS.into_iter().zip(1..) {
        if lab.save(id, slot, &case.session)?.is_err() {
            continue;
        }
        // As it loads before: what the store loses by itself is another scenario's subject.
        if let Loaded::Present(session) = lab.load(id)? {
            kept.push((id, session));
        }
    }
    lab.delete("alpha")?
        .map_err(|failure| Abort::Ineffective(format!("delete was answered with {failure}")))?;
    lab.restart()?;
    look(lab, &kept, "after delete(\"alpha\")")?;
    // Nothing is left that could be meant but a neighbour; what it is answered is `deletion::idempotent`'s subject.
    let _ = lab.delete("alpha")?;
    look(lab, &kept, "after delete(\"alpha\") a second time")
}

fn look(lab: &mut Lab<'_>, kept: &[(&str, Box<Session>)], after: &str) -> CaseResult<()> {
    for (id, before) in kept {
        let loaded = lab.load(id)?;
        let whole = match &loaded {
            Loaded::Present(session) => missing(before, session).is_empty(),
            _ => false,
        };
        if !whole {
            let fact = answer(after, id, &loaded);
            let sentence = "deleting a session took another one along";
            lab.report(Violation::new("neighbour", sentence).evidence(fact));
        }
    }
    Ok(())
}
