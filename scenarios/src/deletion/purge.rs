//! A purge removes what is over, and only that.

use interloper_driver::{Keeps, Operation};
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Loaded, Need, Principal, Scenario, Sweep, Violation, unit,
};

use crate::support::{answer, missing};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "deletion::purge",
    sentence: "A purge removes every byte of the sessions whose time is over, and leaves the others as they were.",
    fix: "compare the time that is kept with each session, and remove what a delete would remove",
    severity: Severity::Medium,
    cwe: &["CWE-613", "CWE-459"],
    owasp: &[],
    needs: &[
        Need::Files,
        Need::ManyIds,
        Need::Keeps(Keeps::Expires),
        Need::Op(Operation::Save),
        Need::Op(Operation::Load),
        Need::Op(Operation::Purge),
    ],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// An hour, in seconds.
const HOUR: i64 = 3600;

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let refused =
        |what: &str, failure| Abort::Ineffective(format!("{what} was answered with {failure}"));
    for (id, slot, seconds) in [("over", 0, -HOUR), ("alpha", 1, HOUR), ("beta", 2, 2 * HOUR)] {
        lab.save_for(id, slot, &case.session, seconds)?
            .map_err(|failure| refused("save", failure))?;
    }
    let mut kept = Vec::new();
    for id in ["alpha", "beta"] {
        let Loaded::Present(session) = lab.load(id)? else {
            return Err(Abort::Ineffective(format!("{id:?} does not load before the purge")));
        };
        kept.push((id, session));
    }
    lab.purge()?.map_err(|failure| refused("purge", failure))?;
    lab.restart()?;
    for (id, before) in kept {
        let loaded = lab.load(id)?;
        if !matches!(&loaded, Loaded::Present(after) if missing(&before, after).is_empty()) {
            let fact = answer("after the purge", id, &loaded);
            let sentence = "a purge took away a session whose time is not over";
            lab.report(Violation::new("living", sentence).severity(Severity::High).evidence(fact));
        }
    }
    lab.finish_store()?;
    if let Some(left) = lab.residue()?.into_iter().find(|left| left.slot() == 0) {
        let fact = left.evidence(lab);
        let sentence = "a secret of a session that is over is still there after a purge";
        lab.report(Violation::new("left", sentence).severity(Severity::Low).evidence(fact));
    }
    Ok(())
}
