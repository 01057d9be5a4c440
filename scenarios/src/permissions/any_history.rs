//! Whatever is done with the store, in whatever order: others get nothing, and loads answer what was saved.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Lab, Loaded, Need, Plan, Principal, Scenario, Shape, Sweep, Violation,
};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::reached::report_reached;

use crate::support::answer;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "permissions::any_history",
    sentence: "After any short history of saves, loads, deletions and restarts, under a random umask and home, no other user can read or change a session, and loads answer what was saved last.",
    fix: "see permissions::nobody_reaches; the smallest history names the operation that let others in",
    severity: Severity::High,
    cwe: &["CWE-276", "CWE-732"],
    owasp: &["WSTG-CONF-09", "ASVS 5.0 7.4.1"],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Random,
    run_as: Principal::Owner,
    property: &Check { input: histories, check },
};

/// One operation of a history.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Step {
    Save(u8),
    Load(u8),
    Delete(u8),
    Restart,
}

const IDS: [&str; 3] = ["alpha", "beta", "gamma"];

fn histories(_: &Plan) -> BoxedStrategy<Vec<Step>> {
    let id = || 0..IDS.len() as u8;
    let step = prop_oneof![
        4 => id().prop_map(Step::Save),
        2 => id().prop_map(Step::Load),
        2 => id().prop_map(Step::Delete),
        1 => Just(Step::Restart),
    ];
    proptest::collection::vec(step, 0..5).boxed()
}

fn check(lab: &mut Lab<'_>, case: &Case<Vec<Step>>) -> CaseResult<()> {
    lab.must_save(IDS[0], 0, &case.session)?;
    let mut model = Model { last: [Some(0), None, None], owner: vec![0] };
    for (step, slot) in case.input.iter().zip(1..) {
        perform(lab, *step, slot, &case.session, &mut model)?;
    }
    let nodes = lab.made()?;
    let probed = lab.probe(&nodes)?;
    report_reached(lab, &probed, "after this history");
    Ok(())
}

/// Model of what was saved, by slots.
struct Model {
    /// Slot of the session that was saved last under each id.
    last: [Option<u16>; IDS.len()],
    /// Id under which each slot was saved.
    owner: Vec<u8>,
}

fn perform(
    lab: &mut Lab<'_>,
    step: Step,
    slot: u16,
    shape: &Shape,
    model: &mut Model,
) -> CaseResult<()> {
    // A slot for each step, used or not.
    model.owner.push(if let Step::Save(id) = step { id } else { 0 });
    match step {
        Step::Save(id) => {
            if lab.save(IDS[usize::from(id)], slot, shape)?.is_ok() {
                model.last[usize::from(id)] = Some(slot);
            }
        }
        Step::Delete(id) => {
            if lab.hello().can_do(Operation::Delete) && lab.delete(IDS[usize::from(id)])?.is_ok() {
                model.last[usize::from(id)] = None;
            }
        }
        Step::Restart => lab.restart()?,
        Step::Load(id) => look(lab, id, model)?,
    }
    Ok(())
}

/// Loads, and compares whose secrets come back: parts that a store loses by itself are another scenario's subject.
fn look(lab: &mut Lab<'_>, id: u8, model: &Model) -> CaseResult<()> {
    let name = IDS[usize::from(id)];
    let loaded = lab.load(name)?;
    let expected = model.last[usize::from(id)];
    let slots = match &loaded {
        Loaded::Present(session) => lab.slots_of(session),
        _ => Vec::new(),
    };
    let of_others = |slot: &u16| model.owner.get(usize::from(*slot)) != Some(&id);
    let (cause, sentence) = if slots.iter().any(of_others) {
        ("others-data", "a load answered another session's secrets")
    } else {
        let right = match (&loaded, expected) {
            (Loaded::Present(_), Some(slot)) => slots.contains(&slot),
            (Loaded::Absent, None) => true,
            (Loaded::Failed(_), None) => true,
            _ => false,
        };
        if right {
            return Ok(());
        }
        ("wrong-answer", "a load did not answer what was saved last")
    };
    let fact = answer("", name, &loaded);
    let severity = if cause == "others-data" { Severity::High } else { Severity::Medium };
    lab.report(Violation::new(cause, sentence).severity(severity).evidence(fact));
    Ok(())
}
