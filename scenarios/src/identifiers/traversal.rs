//! An id that looks like a way out of the store's directory.

use interloper_driver::Operation;
use interloper_engine::record::{Evidence, PathChange, Severity};
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, NodeKind, Principal, Scenario, Sweep, Violation, unit,
};

use super::strange::{Layout, save, shown, two_ids};
use crate::vectors::{Vector, all, ids, pairs};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "identifiers::traversal",
    sentence: "No id makes the store write a file outside the directory in which plain ids are kept, and no roundabout path is a second name for a session.",
    fix: "name files after a hash of the id, or answer invalid to every id that is not plain letters, digits, dash and underscore",
    severity: Severity::High,
    cwe: &["CWE-22", "CWE-23", "CWE-73"],
    owasp: &["ASVS 5.0 5.3.2", "WSTG-ATHZ-01"],
    needs: &[Need::Files, Need::ManyIds, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.send_as_they_are(all("traversal"));
    let layout = Layout::of_plain_ids(lab, &case.session)?;
    for id in ids("traversal").map(Vector::text) {
        let before = lab.tree()?;
        save(lab, &id, 1, &case.session)?;
        let after = lab.tree()?;
        let outside: Vec<_> = after
            .changed_since(&before)
            .filter(|node| node.kind == NodeKind::File)
            .filter(|node| !layout.has(&node.path))
            .map(|node| lab.display_path(&node.path))
            .collect();
        for path in outside {
            let by = format!("save({})", shown(&id));
            let fact = Evidence::changed(by, PathChange::Written, path);
            let sentence = "an id made the store write outside its directory";
            lab.report(Violation::new("outside", sentence).evidence(fact));
        }
        lab.count_step("id tried");
    }
    // The same session by a roundabout way.
    for (plain, roundabout) in pairs("traversal") {
        two_ids(lab, &plain, &roundabout, &case.session)?;
    }
    Ok(())
}
