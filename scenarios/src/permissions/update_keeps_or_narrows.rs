//! A file that its owner made narrower stays so.

use interloper_driver::Operation;
use interloper_engine::record::{Evidence, Severity};
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, NodeKind, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "permissions::update_keeps_or_narrows",
    sentence: "Saving a session again leaves its file's permissions as they are or makes them narrower.",
    fix: "give the temporary file the mode of the file it replaces, or 0600, before anything is written to it",
    severity: Severity::Medium,
    cwe: &["CWE-281", "CWE-732"],
    owasp: &["WSTG-CONF-09"],
    needs: &[Need::Files, Need::Op(Operation::Save)],
    sweep: Sweep::Common,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.must_save("alpha", 0, &case.session)?;
    let files: Vec<_> =
        lab.made()?.into_iter().filter(|node| node.kind == NodeKind::File).collect();
    for file in &files {
        lab.set_mode(&file.path, 0o600)?;
    }
    lab.record("chmod 0600 on every file", "its owner made them private");
    lab.restart()?;
    lab.must_save("alpha", 1, &case.session)?;
    let now = lab.made()?;
    lab.probe(&now)?;
    for file in &files {
        let Some(node) = now.iter().find(|node| node.path == file.path) else { continue };
        if node.mode & 0o077 != 0 {
            let fact = Evidence::Mode {
                path: lab.display_path(&node.path),
                kind: node.mode_string(),
                mode: format!("{:04o}", node.mode),
                was: Some("0600".to_owned()),
            };
            let sentence =
                "saving again gave group or others permissions that the owner had taken away";
            lab.report(Violation::new("widened", sentence).evidence(fact));
        }
    }
    Ok(())
}
