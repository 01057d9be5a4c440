//! A directory that was private before stays private.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "permissions::private_home_untouched",
    sentence: "The store leaves the mode and owner of directories that it did not make as they are: a private home stays private.",
    fix: "change modes only of what the store itself made; refuse to work where a parent is not as needed",
    severity: Severity::High,
    cwe: &["CWE-732"],
    owasp: &["WSTG-CONF-09"],
    needs: &[Need::Files, Need::Op(Operation::Save)],
    sweep: Sweep::Common,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    for dir in [lab.parent(), lab.home()] {
        lab.set_mode(&dir, 0o700)?;
    }
    lab.rebase()?;
    lab.must_save("alpha", 0, &case.session)?;
    let now = lab.tree()?;
    let before: Vec<_> = lab.baseline().nodes.values().cloned().collect();
    for node in before {
        let Some(after) = now.nodes.get(&node.path) else { continue };
        let changed = (node.mode, node.uid, node.gid) != (after.mode, after.uid, after.gid);
        if changed {
            let fact = format!(
                "stat: {} was {:04o} {}:{} before the save and is {:04o} {}:{} after it",
                lab.display_path(&node.path),
                node.mode,
                node.uid,
                node.gid,
                after.mode,
                after.uid,
                after.gid
            );
            let sentence =
                "the store changed the mode or owner of a directory that it did not make";
            lab.report(Violation::new("changed", sentence).evidence(fact));
        }
    }
    Ok(())
}
