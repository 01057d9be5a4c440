//! Using a session read-only leaves the sandbox as it was.

use interloper_driver::{Can, Operation};
use interloper_engine::record::{Evidence, PathChange, Severity};
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "honesty::read_only_writes_nothing",
    sentence: "A store opened read-only makes, changes and removes nothing, whatever is asked of it.",
    fix: "open files with O_RDONLY, and leave times, locks and version stamps alone",
    severity: Severity::Medium,
    cwe: &["CWE-471"],
    owasp: &[],
    needs: &[
        Need::Files,
        Need::Op(Operation::Save),
        Need::Op(Operation::Load),
        Need::Can(Can::ReadOnly),
    ],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.must_save("alpha", 0, &case.session)?;
    lab.reopen_read_only()?;
    let before = lab.tree()?;
    lab.load("alpha")?;
    compare(lab, &before, "a load")?;
    // Refused or ignored, both are right: nothing must have changed.
    lab.save("alpha", 1, &case.session)?.ok();
    compare(lab, &before, "a save")?;
    let can = |lab: &Lab<'_>, op| lab.hello().can_do(op);
    if can(lab, Operation::Create) && !lab.is_single() {
        lab.create(None, 2, &case.session)?.ok();
        compare(lab, &before, "a create")?;
    }
    if can(lab, Operation::Rotate) {
        lab.rotate("alpha")?.ok();
        compare(lab, &before, "a rotate")?;
    }
    if can(lab, Operation::Purge) {
        lab.purge()?.ok();
        compare(lab, &before, "a purge")?;
    }
    if can(lab, Operation::Delete) {
        lab.delete("alpha")?.ok();
        compare(lab, &before, "a delete")?;
    }
    Ok(())
}

fn compare(lab: &mut Lab<'_>, before: &interloper_engine::Tree, by: &str) -> CaseResult<()> {
    let now = lab.tree()?;
    let is_file = |node: &interloper_engine::Node| node.kind == interloper_engine::NodeKind::File;
    let written = now
        .changed_since(before)
        .filter(|node| is_file(node) || !before.nodes.contains_key(&node.path))
        .map(|node| (PathChange::Written, lab.display_path(&node.path)));
    let removed =
        before.new_since(&now).map(|node| (PathChange::Removed, lab.display_path(&node.path)));
    let changed: Vec<_> = written.chain(removed).collect();
    for (change, path) in changed {
        let sentence = "a store opened read-only wrote to its files";
        let fact = Evidence::changed(by, change, path);
        lab.report(Violation::new("wrote", sentence).evidence(fact));
    }
    Ok(())
}
