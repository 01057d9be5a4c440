//! An older version of a session does not come back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use interloper_driver::{Operation, Promise};
use interloper_engine::record::{Evidence, Severity};
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Loaded, Need, Principal, Scenario, Sweep, Violation, unit,
};

use crate::support::try_load;
use crate::written::save_and_see;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "encryption::no_rollback",
    sentence: "Where a store promises to notice it, an older copy of a directory that it keeps sessions in, put back after a later save or a delete, does not load as the session.",
    fix: "count the versions of each session, put the number under what is authenticated, and keep the least that is still good in another place than the session; a deleted session has one, too",
    severity: Severity::High,
    cwe: &["CWE-294", "CWE-345"],
    owasp: &[],
    needs: &[
        Need::Promises(Promise::NoRollback),
        Need::Files,
        Need::Op(Operation::Save),
        Need::Op(Operation::Load),
    ],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

type Files = BTreeMap<PathBuf, Vec<u8>>;

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    // What is made once is there when the first version is written.
    lab.must_save("alpha", 5, &case.session)?;
    let first = save_and_see(lab, "alpha", 0, &case.session)?;
    if first.is_empty() {
        return Err(Abort::Ineffective("no file was found that a save wrote".into()));
    }
    if !loads_first(lab)? {
        return Err(Abort::Ineffective(
            "what was saved did not load, so a copy shows nothing".into(),
        ));
    }
    let directories = by_directory(first);
    lab.must_save("alpha", 1, &case.session)?;
    let sentence = "an older version of a session, put back, was loaded";
    try_each(lab, &directories, "rolled-back", sentence)?;
    if lab.hello().can_do(Operation::Delete) {
        lab.delete("alpha")?
            .map_err(|failure| Abort::Ineffective(format!("delete was answered with {failure}")))?;
        let sentence = "a session that was deleted, put back, was loaded";
        try_each(lab, &directories, "came-back", sentence)?;
    }
    Ok(())
}

/// Puts back the files of one directory after the other. Who has all of them back has the store's own memory, too, and fools anybody.
fn try_each(
    lab: &mut Lab<'_>,
    directories: &BTreeMap<PathBuf, Files>,
    cause: &str,
    sentence: &str,
) -> CaseResult<()> {
    lab.finish_store()?;
    let now = lab.snapshot()?;
    for (directory, files) in directories {
        for (path, bytes) in files {
            match path.exists() {
                true => lab.overwrite(path, bytes)?,
                false => lab.make_file(path, bytes, 0o600)?,
            }
        }
        let what = format!("put back what was written to {}", lab.display_path(directory));
        lab.record_damage(what.clone());
        if loads_first(lab)? {
            let fact = Evidence::Damage { what, outcome: "load answered the first session".into() };
            lab.report(Violation::new(cause, sentence).evidence(fact));
        }
        lab.count_step("put back");
        lab.restore(&now)?;
    }
    Ok(())
}

/// Returns whether another process loads the first version.
fn loads_first(lab: &mut Lab<'_>) -> CaseResult<bool> {
    lab.restart()?;
    Ok(match try_load(lab, "alpha")? {
        Ok(Loaded::Present(session)) => lab.slots_of(&session).contains(&0),
        _ => false,
    })
}

fn by_directory(files: Files) -> BTreeMap<PathBuf, Files> {
    let mut directories: BTreeMap<PathBuf, Files> = BTreeMap::new();
    for (path, bytes) in files {
        let directory = path.parent().unwrap_or(Path::new("/")).to_owned();
        directories.entry(directory).or_default().insert(path, bytes);
    }
    directories
}
