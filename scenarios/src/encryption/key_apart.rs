//! The key is not where the sessions are.

use std::path::{Path, PathBuf};

use interloper_driver::{Operation, Promise};
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Loaded, Need, Node, NodeKind, Principal, Scenario, Sweep,
    Violation, unit,
};

use crate::support::try_load;
use crate::written::save_and_see;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "encryption::key_apart",
    sentence: "A copy of the directory in which the encrypted sessions are, and of nothing else, cannot be loaded: the key is not in it.",
    fix: "keep the key in the system's key store, or in a directory that is not backed up, synchronised or shared with the sessions",
    severity: Severity::Medium,
    cwe: &["CWE-922"],
    owasp: &[],
    needs: &[
        Need::Promises(Promise::Encrypted),
        Need::Files,
        Need::Op(Operation::Save),
        Need::Op(Operation::Load),
    ],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.must_save("alpha", 0, &case.session)?;
    // The second save finds its key: what it writes is the session.
    let written = save_and_see(lab, "alpha", 0, &case.session)?;
    let files: Vec<PathBuf> = written.into_keys().collect();
    let directories: Vec<&Path> = files.iter().filter_map(|file| file.parent()).collect();
    if directories.is_empty() {
        return Err(Abort::Ineffective("no file was found that a save wrote".into()));
    }
    if !loads(lab)? {
        return Err(Abort::Ineffective(
            "what was saved did not load, so a copy shows nothing".into(),
        ));
    }
    let whole = lab.snapshot()?;
    // Everything is below the home directory: there, only what lies in it itself is beside the sessions.
    let home = lab.home();
    let in_them = |path: &Path| {
        directories.iter().any(|directory| match *directory == home {
            true => path.parent() == Some(directory),
            false => path.starts_with(directory),
        })
    };
    if !leave_only(lab, in_them)? {
        lab.add_note("the store made nothing outside the directory of its sessions");
    }
    lab.record("copy the directory of the sessions to another home", "");
    if !loads(lab)? {
        return Ok(());
    }
    lab.restore(&whole)?;
    leave_only(lab, |path| files.iter().any(|file| file == path))?;
    lab.record("copy the session's own file to another home", "");
    if loads(lab)? {
        // From the environment or built in: the one is right and the other is not, and they look the same from outside.
        lab.add_note("the key is in nothing that the store made: it comes with the program, its environment or the session's own file");
        return Ok(());
    }
    let sentence = "the key lies with what it encrypts: a copy of the sessions' directory is all it takes to read them";
    let fact = format!(
        "with nothing but {} a new process loads the session; with its file alone it does not",
        directories.iter().map(|dir| lab.display_path(dir)).collect::<Vec<_>>().join(", ")
    );
    lab.report(Violation::new("key-beside-data", sentence).evidence(fact));
    Ok(())
}

/// Removes all files that the store made but some; whether there were any.
fn leave_only(lab: &mut Lab<'_>, stays: impl Fn(&Path) -> bool) -> CaseResult<bool> {
    let goes = |node: &&Node| node.kind != NodeKind::Dir && !stays(&node.path);
    let made = lab.made()?;
    let mut removed = false;
    for node in made.iter().filter(goes) {
        lab.remove(&node.path)?;
        removed = true;
    }
    lab.restart()?;
    Ok(removed)
}

fn loads(lab: &mut Lab<'_>) -> CaseResult<bool> {
    // What it does without its key is not asked here.
    Ok(matches!(try_load(lab, "alpha")?, Ok(Loaded::Present(_))))
}
