//! A link where the session file was: to another session's file, or to nothing.
//!
//! What *others* link to where the store is about to work is `planting`. This is what the owner's own tools leave: a backup that was
//! put back as links, files of equal contents made one by hard links, a link whose target is gone.

use std::path::{Path, PathBuf};

use interloper_driver::Operation;
use interloper_engine::record::{Condition, Severity};
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Need, Node, NodeKind, Principal, Scenario, StoryGuards,
    Sweep, Violation, unit,
};

use super::judge::damaged;
use super::judge::{Also, DamageFixture};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "corruption::replaced_by_link",
    sentence: "A link to another session's file, or to nothing, in the place of a session file is answered in time, never with the other session; saving and deleting leave the other as it was.",
    fix: "open with O_NOFOLLOW, refuse files with more than one name (fstat), and save by renaming a new file over the old name, which replaces a link and not what it leads to",
    // Who may put links there may write to the files as well.
    severity: Severity::Low,
    cwe: &["CWE-59", "CWE-62"],
    owasp: &["ASVS 5.0 16.5.3"],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Kind of link in the file's place.
enum Link {
    Symbolic(PathBuf),
    Hard(PathBuf),
}

impl Link {
    /// Puts it there, and says so.
    fn put(&self, lab: &Lab<'_>, path: &Path) -> CaseResult<String> {
        lab.remove(path)?;
        let (kind, to) = match self {
            Link::Symbolic(to) => {
                lab.make_symlink(to, path)?;
                ("symbolic", to)
            }
            Link::Hard(to) => {
                lab.make_hard_link(to, path)?;
                ("hard", to)
            }
        };
        Ok(format!(
            "{} replaced by a {kind} link to {}",
            lab.display_path(path),
            lab.display_path(to)
        ))
    }
}

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    // In a directory of the owner's nobody else can put it there.
    lab.assume(Condition::OwnerAlone);
    let fixture = DamageFixture::new(lab, &case.session)?;
    for (n, file) in fixture.files.iter().enumerate() {
        let mut links = vec![Link::Symbolic(lab.parent().join("interloper-nothing"))];
        if let Some(theirs) = fixture.theirs.get(n) {
            links.push(Link::Symbolic(theirs.path.clone()));
            links.push(Link::Hard(theirs.path.clone()));
        }
        for link in links {
            fixture.try_damage(lab, Also::Link, |lab| link.put(lab, &file.path).map(Some))?;
            for op in [Operation::Save, Operation::Delete] {
                if lab.hello().can_do(op) {
                    lab.if_reported(|lab| through(lab, &fixture, &link, &file.path, op, case))?;
                }
            }
        }
    }
    Ok(())
}

/// Bytes of the other session's files; `None` for one that is gone.
type Contents = Vec<(PathBuf, Option<Vec<u8>>)>;

fn contents(lab: &Lab<'_>, fixture: &DamageFixture) -> CaseResult<Contents> {
    let tree = lab.tree()?;
    let of = |node: &Node| {
        let there = tree.nodes.get(&node.path).filter(|node| node.kind == NodeKind::File);
        let bytes = there.map(|node| lab.read(&node.path)).transpose()?;
        Ok((node.path.clone(), bytes))
    };
    fixture.theirs.iter().map(of).collect()
}

/// Returns the first change, in a clause.
fn changed(lab: &Lab<'_>, before: &Contents, after: &Contents) -> Option<String> {
    let (path, now) = after.iter().zip(before).find(|(now, was)| now != was)?.0;
    let path = lab.display_path(path);
    Some(match now {
        Some(bytes) => format!("{path} has other bytes, {} of them", bytes.len()),
        None => format!("{path} is gone"),
    })
}

/// Saves or deletes with the link there, and looks whether the other session is as it was.
fn through(
    lab: &mut Lab<'_>,
    fixture: &DamageFixture,
    link: &Link,
    path: &Path,
    op: Operation,
    case: &Case<()>,
) -> CaseResult<()> {
    let before = contents(lab, fixture)?;
    let what = link.put(lab, path)?;
    lab.record_damage(what.clone());
    let answered = match op {
        Operation::Delete => lab.delete("alpha"),
        _ => lab.save("alpha", 2, &case.session),
    };
    match answered {
        Err(Abort::Driver(seen)) => {
            let sentence = "an operation waits for ever, or ends the process, where a link is in the place of the session file";
            lab.report(
                Violation::by_driver(&format!("{op}-"), &seen, sentence)
                    .severity(Severity::Medium)
                    .evidence(damaged(&what, seen.clause())),
            );
        }
        other => drop(other?),
    }
    lab.restart()?;
    // A store that refuses a file with two names has changed nothing: the bytes decide.
    let after = contents(lab, fixture)?;
    if let Some(harm) = changed(lab, &before, &after) {
        let (cause, sentence) = match op {
            Operation::Delete => {
                ("deleted-through", "deleting a session took the other along that a link led to")
            }
            _ => ("wrote-through", "a save went through a link into another session's file"),
        };
        let fact = damaged(&format!("{what}, then {op}"), harm);
        lab.report(Violation::new(cause, sentence).evidence(fact));
    }
    lab.count_step(&format!("link, {op}"));
    lab.restore(&fixture.snapshot)
}
