//! Ids with the characters that file systems and formats give a meaning.

use interloper_driver::Operation;
use interloper_engine::record::{Evidence, PathChange, Severity};
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, NodeKind, Principal, Scenario, Sweep, Violation, unit,
};

use super::strange::{Layout, save, shown, two_ids};
use crate::vectors::{all, pairs};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "identifiers::separators",
    sentence: "Ids with separators, dots, colons, NUL, spaces or line breaks make no directories, and no two of them are one session.",
    fix: "name files after a hash of the id, or answer invalid; do not replace characters, since two ids become one then",
    severity: Severity::Medium,
    cwe: &["CWE-73", "CWE-706", "CWE-158"],
    owasp: &["ASVS 5.0 5.3.2"],
    needs: &[Need::Files, Need::ManyIds, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.send_as_they_are(all("separators"));
    let layout = Layout::of_plain_ids(lab, &case.session)?;
    // Pairs that become one where characters are replaced, dropped or cut at.
    for (first, second) in pairs("separators") {
        let before = lab.tree()?;
        save(lab, &first, 1, &case.session)?;
        let after = lab.tree()?;
        let made: Vec<_> = after
            .new_since(&before)
            .filter(|node| node.kind == NodeKind::Dir)
            .filter(|node| layout.is_odd(&node.path))
            .map(|node| lab.display_path(&node.path))
            .collect();
        if let Some(path) = made.first() {
            let by = format!("save({})", shown(&first));
            let fact = Evidence::changed(by, PathChange::MadeDirectory, path.as_str());
            let sentence = "a separator in an id became a directory";
            lab.report(Violation::new("directory", sentence).evidence(fact));
        }
        two_ids(lab, &first, &second, &case.session)?;
        lab.count_step("id tried");
    }
    Ok(())
}
