//! Saving under ids that no well-meaning caller uses.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use interloper_driver::At;
use interloper_engine::record::{Evidence, Severity};
use interloper_engine::{Abort, CaseResult, Lab, Loaded, NodeKind, Shape, StoryGuards, Violation};

use crate::support::try_load;

/// Saves under an id; whether the store took it. A store that dies or hangs over an id is reported.
pub(super) fn save(lab: &mut Lab<'_>, id: &str, slot: u16, shape: &Shape) -> CaseResult<bool> {
    match lab.save(id, slot, shape) {
        Ok(reply) => Ok(reply.is_ok()),
        Err(Abort::Driver(seen)) => {
            let sentence = format!("{} over an id", seen.sentence());
            let fact = seen.evidence(format!("save({})", shown(id)));
            lab.report(Violation::by_driver("", &seen, sentence).evidence(fact));
            lab.restart()?;
            Ok(false)
        }
        Err(stop) => Err(stop),
    }
}

/// Saves under two ids, and reports where one of them took the place of the other, or was taken and is not kept; whether the store took both,
/// and gave both back.
pub(super) fn two_ids(
    lab: &mut Lab<'_>,
    first: &str,
    second: &str,
    shape: &Shape,
) -> CaseResult<bool> {
    if !save(lab, first, 2, shape)? || !save(lab, second, 3, shape)? {
        return Ok(false);
    }
    let mut kept = true;
    for (id, other, slot, others) in [(first, second, 2, 3), (second, first, 3, 2)] {
        let loaded = try_load(lab, id)?;
        let slots = match &loaded {
            Ok(Loaded::Present(session)) => lab.slots_of(session),
            _ => Vec::new(),
        };
        if slots.contains(&others) {
            one_place(lab, other, id);
        } else if !slots.contains(&slot) {
            kept = false;
            let answer = loaded.map_or_else(|seen| seen.clause().to_owned(), |one| one.word());
            let fact = Evidence::answer(format!("load({})", shown(id)), answer)
                .after(format!("after save({}) answered ok", shown(id)));
            let sentence = "an id was taken, and what was saved under it does not load";
            let violation = Violation::new("not-what-was-saved", sentence);
            lab.report(violation.severity(Severity::Medium).evidence(fact));
        }
    }
    Ok(kept)
}

/// Reports that two ids are one session.
pub(super) fn one_place(lab: &mut Lab<'_>, saved: &str, found: &str) {
    let (id, saved) = (shown(found), shown(saved));
    let fact = Evidence::OthersSession { id, which: String::new(), saved };
    let sentence = "two ids share one session: saving under one changed the other";
    lab.report(Violation::new("two-ids-one-place", sentence).evidence(fact));
}

/// Returns the fact that an id that was never saved loads the session of another.
pub(super) fn never_saved(id: &str, saved: &str) -> Evidence {
    Evidence::OthersSession {
        id: id.to_owned(),
        which: "which was never saved".into(),
        saved: saved.to_owned(),
    }
}

/// Returns the fact that an id does not load its session after something was done to others.
pub(super) fn not_its_session(after: &str, id: &str) -> Evidence {
    let answer = Evidence::answer(format!("load({id})"), "something else than its session");
    answer.after(format!("after {after}"))
}

/// Number of plain ids that show how a store lays out its files.
const PLAIN_IDS: usize = 30;

/// Layout of the files of plain ids: every id's files belong where theirs are.
pub(super) struct Layout {
    /// The directories below which the files are.
    homes: Vec<PathBuf>,
    /// Depths, in components, at which directories were made.
    depths: BTreeSet<usize>,
}

impl Layout {
    /// Saves some plain ids, looks at what that makes, and saves "alpha" in an empty store.
    pub(super) fn of_plain_ids(lab: &mut Lab<'_>, shape: &Shape) -> CaseResult<Layout> {
        let empty = lab.snapshot()?;
        let layout = lab.aside(|lab| Layout::learn(lab, shape))?;
        lab.restore(&empty)?;
        lab.must_save("alpha", 0, shape)?;
        Ok(layout)
    }

    fn learn(lab: &mut Lab<'_>, shape: &Shape) -> CaseResult<Layout> {
        // The others follow a usual form, so that a store that shards by a part of the id or by a hash spreads them.
        let others =
            (1..PLAIN_IDS).map(|n| format!("{:08x}", (n as u32).wrapping_mul(0x9e37_79b1)));
        let mut parents: Vec<BTreeSet<PathBuf>> = Vec::new();
        let mut before = lab.tree()?;
        for id in std::iter::once("alpha".to_owned()).chain(others) {
            // A store that takes other ids only shows its layout by those it takes.
            let saved = save(lab, &id, 0, shape)?;
            let after = lab.tree()?;
            let files = after.new_since(&before).filter(|node| node.kind == NodeKind::File);
            let of_id = files.filter_map(|node| node.path.parent().map(Path::to_owned));
            parents.push(of_id.collect());
            before = after;
            if !saved || lab.setup().one_session {
                break;
            }
        }
        let made = lab.made()?;
        let dirs = made.iter().filter(|node| node.kind == NodeKind::Dir);
        let depths = dirs.map(|node| node.path.components().count()).collect();
        let homes = homes(named_dir(lab), &parents, |dir| made.iter().any(|node| node.path == dir));
        Ok(Layout { homes, depths })
    }

    /// Returns whether a path is where the files of plain ids are.
    pub(super) fn has(&self, path: &Path) -> bool {
        self.homes.iter().any(|home| path.starts_with(home))
    }

    /// Returns whether no plain id has a directory as deep as this one.
    pub(super) fn is_odd(&self, dir: &Path) -> bool {
        self.has(dir) && !self.depths.contains(&dir.components().count())
    }
}

/// Returns the directory that `open` named, or that of the file that it named.
fn named_dir(lab: &Lab<'_>) -> Option<PathBuf> {
    match lab.setup().at {
        At::Dir => lab.path_for("alpha"),
        At::File => Some(lab.parent()),
        At::Home | At::Tmp | At::None => None,
    }
}

/// Returns the directories below which ids' files belong.
///
/// Everything below the directory that was named is the store's. Where the store chooses, that is the directory that the files of all ids
/// have in common, if the store made it; a directory that was there before is other programs' too.
fn homes(
    named: Option<PathBuf>,
    parents: &[BTreeSet<PathBuf>],
    is_made: impl Fn(&Path) -> bool,
) -> Vec<PathBuf> {
    if let Some(named) = named {
        return vec![named];
    }
    let all: BTreeSet<PathBuf> = parents.iter().flatten().cloned().collect();
    let of_sessions = |dir: &&PathBuf| parents.iter().skip(1).any(|of_id| of_id.contains(*dir));
    let mut spread = all.iter().filter(of_sessions);
    let first = spread.next().map(PathBuf::as_path);
    let common = first.map(|first| spread.fold(first, |a, b| common(a, b)));
    let common = common.filter(|dir| is_made(dir)).map(Path::to_owned);
    all.into_iter().chain(common).collect()
}

/// Returns the deepest directory above both, or one of them.
fn common<'p>(a: &'p Path, b: &Path) -> &'p Path {
    a.ancestors().find(|above| b.starts_with(above)).unwrap_or(a)
}

/// Returns an id for a message: short, and with nothing in it that a terminal obeys.
pub(super) fn shown(id: &str) -> String {
    let start: String = id.chars().take(40).collect();
    if start.len() == id.len() {
        return format!("{id:?}");
    }
    format!("{start:?}… ({} bytes)", id.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(named: Option<&str>, parents: &[&[&str]], made: &[&str]) -> Vec<PathBuf> {
        let set = |dirs: &&[&str]| dirs.iter().map(PathBuf::from).collect();
        let parents: Vec<BTreeSet<PathBuf>> = parents.iter().map(set).collect();
        homes(named.map(PathBuf::from), &parents, |dir| {
            made.iter().any(|one| dir == Path::new(one))
        })
    }

    #[test]
    fn everything_below_the_named_directory_is_inside() {
        assert_eq!(of(Some("/s"), &[&["/s/aa"], &["/s/bb"]], &["/s"]), [PathBuf::from("/s")]);
    }

    #[test]
    fn subdirectories_that_plain_ids_are_spread_over_have_their_parent_in_common() {
        let homes = of(None, &[&["/h/s", "/h/s/aa"], &["/h/s/bb"], &["/h/s/cc"]], &["/h/s"]);
        assert!(homes.contains(&"/h/s".into()), "{homes:?}");
    }

    #[test]
    fn a_home_that_was_there_before_is_not_inside() {
        let homes = of(None, &[&["/h/alpha"], &["/h/b"], &["/h/c"]], &["/h/alpha", "/h/b"]);
        assert_eq!(homes, ["/h/alpha", "/h/b", "/h/c"].map(PathBuf::from));
    }
}
