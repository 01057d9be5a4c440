//! What an older version or another tool left lax is tightened or refused before a secret goes in.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, NodeKind, Principal, Scenario, Sweep, unit,
};

use super::reached::report_reached;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "permissions::leftovers",
    sentence: "Directories and files of its own that the store finds with lax permissions are tightened, or refused, before a secret goes in.",
    fix: "check owner and mode through the open descriptor (fstat), narrow with fchmod or answer denied; replace a file instead of writing into it",
    severity: Severity::Medium,
    cwe: &["CWE-276", "CWE-732"],
    owasp: &["WSTG-CONF-09"],
    needs: &[Need::Files, Need::Op(Operation::Save)],
    sweep: Sweep::Common,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.must_save("alpha", 0, &case.session)?;
    for node in lab.made()? {
        match node.kind {
            NodeKind::Dir => lab.set_mode(&node.path, 0o777)?,
            NodeKind::File => lab.set_mode(&node.path, 0o666)?,
            _ => {}
        }
    }
    lab.set_callers_mode(0o755)?;
    lab.record("chmod 0777 directories, 0666 files", "as an older version could have left them");
    lab.restart()?;
    if lab.save("alpha", 1, &case.session)?.is_err() {
        // Refusing is one of the two right answers.
        return Ok(());
    }
    // Only what holds the new secret matters: the old one was given away before.
    let holding = lab.files_with_secrets(1)?;
    let made = lab.made()?;
    let nodes: Vec<_> =
        made.into_iter().filter(|node| holding.is_empty() || holding.contains(node)).collect();
    let probed = lab.probe(&nodes)?;
    report_reached(lab, &probed, "that was saved into what it found lax");
    Ok(())
}
