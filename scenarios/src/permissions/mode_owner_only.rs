//! The modes themselves give nobody else anything, even where a directory above already protects them.

use interloper_driver::Operation;
use interloper_engine::record::{Evidence, Severity};
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, NodeKind, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "permissions::mode_owner_only",
    sentence: "Files the store makes, and the directories it makes for them, have no permission bit for group or others.",
    fix: "ask for mode 0600 for files and 0700 for the directory that holds them, and do not leave either to the umask",
    severity: Severity::Low,
    cwe: &["CWE-276"],
    owasp: &["WSTG-CONF-09"],
    needs: &[Need::Files, Need::Op(Operation::Save)],
    sweep: Sweep::Every,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.must_save("alpha", 0, &case.session)?;
    let made = lab.made()?;
    let files: Vec<_> = made.iter().filter(|node| node.kind == NodeKind::File).collect();
    for node in &made {
        let holds_a_file = files.iter().any(|file| file.path.parent() == Some(&node.path));
        let (cause, what) = match node.kind {
            NodeKind::File => ("file-mode", "a file the store made"),
            NodeKind::Dir if holds_a_file => {
                ("directory-mode", "the directory that holds the store's files")
            }
            _ => continue,
        };
        if node.mode & 0o077 != 0 {
            let fact = Evidence::Mode {
                path: lab.display_path(&node.path),
                kind: node.mode_string(),
                mode: format!("{:04o}", node.mode),
                was: None,
            };
            let sentence = format!("{what} has permission bits for group or others");
            lab.report(Violation::new(cause, sentence).evidence(fact));
        }
    }
    Ok(())
}
