//! Ids that something takes for one another: case, Unicode, encodings, numbers.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Lab, Loaded, Need, Principal, Scenario, Shape, StoryGuards, Sweep,
    unit,
};

use super::strange::{one_place, save, two_ids};
use crate::support::try_load;
use crate::vectors::{all, pairs};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "identifiers::look_alikes",
    sentence: "Two ids that differ only in case, in how Unicode writes a character, in invisible characters, encodings or spellings of a number are two sessions.",
    fix: "compare and name by the bytes of the id; where something folds ids (a file system, a collation, a column that takes numbers), keep a hash of the id instead",
    severity: Severity::Medium,
    cwe: &["CWE-178", "CWE-176", "CWE-706"],
    owasp: &[],
    needs: &[Need::ManyIds, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.send_as_they_are(all("look-alike"));
    lab.must_save("alpha", 0, &case.session)?;
    for (first, second) in pairs("look-alike") {
        lab.if_reported(|lab| try_pair(lab, &first, &second, &case.session))?;
    }
    Ok(())
}

fn try_pair(lab: &mut Lab<'_>, first: &str, second: &str, shape: &Shape) -> CaseResult<()> {
    // Before the second is saved: whoever loads it gets nothing.
    if save(lab, first, 2, shape)?
        && let Ok(Loaded::Present(session)) = try_load(lab, second)?
        && lab.slots_of(&session).contains(&2)
    {
        one_place(lab, first, second);
    }
    // A store that refuses one of them has shown nothing of both.
    if two_ids(lab, first, second, shape)? {
        lab.count_step("pair kept");
    }
    Ok(())
}
