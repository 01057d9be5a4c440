//! A descriptor got in a lax moment shows nothing that is saved later.
//!
//! Permissions are checked when a file is opened, open(2): narrowing them afterwards takes nothing from who has it open.

use interloper_driver::Operation;
use interloper_engine::record::{Action, Severity};
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Node, NodeKind, Principal, Scenario, Sweep, Tree,
    Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "permissions::kept_descriptors",
    sentence: "Another user who opened the store's files or directories while they were lax gets nothing of what is saved after they were narrowed.",
    fix: "write a new file and rename it over the old one, so that old descriptors keep the old contents",
    severity: Severity::Medium,
    cwe: &["CWE-367", "CWE-732"],
    owasp: &["ASVS 5.0 15.4.2"],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Processes],
    sweep: Sweep::Common,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.must_save("alpha", 0, &case.session)?;
    let nodes = lab.made()?;
    chmod(lab, &nodes, 0o777, 0o666)?;
    lab.set_callers_mode(0o755)?;
    lab.record("chmod 0777 directories, 0666 files", "as an older version could have left them");
    for who in lab.others() {
        let kept = lab.keep(*who, &nodes)?;
        lab.record(format!("{who} opens what it can"), format!("keeps {kept} descriptors"));
    }
    chmod(lab, &nodes, 0o700, 0o600)?;
    lab.set_callers_mode(0o700)?;
    lab.record("chmod 0700 directories, 0600 files", "the owner has noticed");
    lab.restart()?;
    let before = lab.tree()?;
    lab.must_save("alpha", 1, &case.session)?;
    let sessions = sessions(lab, &before)?;
    for who in lab.others() {
        for used in lab.use_kept(*who)? {
            let new = used.seen.iter().find(|seen| seen.slot() == 1);
            if let Some(sighting) = new {
                let fact = lab.probe_evidence(*who, Action::ReadKept, &used.path, Some(sighting));
                let sentence =
                    "{who} read a session through a descriptor opened before it was saved";
                lab.report(Violation::new("read", sentence).by([*who]).evidence(fact));
            }
            let is_session = sessions.iter().any(|node| node.path == used.path);
            if used.opened_for == "write" && used.same_inode && is_session {
                let fact = lab.probe_evidence(*who, Action::WriteKept, &used.path, None);
                let sentence =
                    "{who} can change a session through a descriptor opened before it was saved";
                lab.report(Violation::new("write", sentence).by([*who]).evidence(fact));
            }
        }
    }
    Ok(())
}

/// Returns the files that the session is in: a lock file that lies beside it is not the session, whoever has it open.
fn sessions(lab: &Lab<'_>, before: &Tree) -> CaseResult<Vec<Node>> {
    let holding = lab.files_with_secrets(1)?;
    if !holding.is_empty() {
        return Ok(holding);
    }
    // Encrypted: the files that saving changed.
    let after = lab.tree()?;
    let changed = after.changed_since(before).filter(|node| node.kind == NodeKind::File);
    Ok(changed.cloned().collect())
}

fn chmod(lab: &Lab<'_>, nodes: &[Node], dir: u32, file: u32) -> CaseResult<()> {
    for node in nodes {
        match node.kind {
            NodeKind::Dir => lab.set_mode(&node.path, dir)?,
            NodeKind::File => lab.set_mode(&node.path, file)?,
            _ => {}
        }
    }
    Ok(())
}
