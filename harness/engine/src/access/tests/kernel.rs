//! The model against the kernel: what it says, and what processes of those identities find by trying.
//!
//! `PROPTEST_CASES` and `PROPTEST_RNG_SEED` say how many random cases, and which.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid, getgroups};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::others::{find_by_trying, in_child, where_others_are};
use super::trees::{GIDS, MINT, Owners, Scratch, Spec, UIDS, any_identity, any_tree, set_mode};
use crate::access::predict::Predictor;
use crate::access::walk::walk;
use crate::access::xattr::{AclKind, read_acl};
use crate::access::{Access, Target};
use crate::canary::Mint;
use crate::principal::Identity;
use crate::residue::Search;
use crate::tree::NodeKind;

/// What a run has compared; a comparison that never saw both answers would prove nothing.
#[derive(Debug, Default)]
struct Tally {
    /// Trees, each with one identity.
    cases: u64,
    /// Targets tried.
    targets: u64,
    /// Targets reached by way of a link or `..`.
    indirect: u64,
    /// Targets that would be used otherwise without their ACLs.
    by_acl: u64,
    /// How often each access was granted and refused.
    granted: BTreeMap<&'static str, u64>,
    refused: BTreeMap<&'static str, u64>,
}

impl Tally {
    fn count(&mut self, identity: &Identity, target: &Target, access: Access) {
        self.targets += 1;
        let opens = match target.kind {
            NodeKind::File => Access::READ | Access::WRITE,
            NodeKind::Dir => Access::LIST | Access::CREATE,
            NodeKind::Symlink | NodeKind::Other => Access::empty(),
        };
        let moves = Access::REMOVE | Access::REPLACE;
        // What could not be seen is refused for one reason only.
        let tried = if access.is_empty() { Access::SEE } else { Access::SEE | opens | moves };
        for (name, bit) in tried.iter_names() {
            let tally = if access.contains(bit) { &mut self.granted } else { &mut self.refused };
            *tally.entry(name).or_default() += 1;
        }
        let Ok(Some(mut place)) = walk(Path::new("/"), identity, &target.path) else { return };
        let dirs = place.way.iter_mut().chain(&mut place.parent);
        dirs.for_each(|component| component.acl = None);
        place.node.acl = None;
        self.by_acl += u64::from(place.access(identity) != access);
    }

    fn assert_both_answers(&self, least: u64) {
        let names = Access::all().iter_names().map(|(name, _)| name);
        for (name, tally) in names.flat_map(|name| [(name, &self.granted), (name, &self.refused)]) {
            let times = tally.get(name).copied().unwrap_or(0);
            assert!(times >= least, "{name}: one answer came only {times} times, {self:?}");
        }
    }
}

/// Compares model and kernel on random trees, each with some identities; none is the caller's own without capabilities.
fn compare_on_trees(
    cases: u32,
    owners: &Owners,
    identities: impl Strategy<Value = Vec<Option<Identity>>>,
) -> Tally {
    let mut config = Config { source_file: Some(file!()), ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    let (tally, scratch) = (RefCell::new(Tally::default()), Scratch::new("kernel"));
    let search = Search::new(&Mint::new(MINT));
    let compare = |(tree, identities): (Spec, Vec<Option<Identity>>)| {
        let case = Scratch::below(&scratch.path().join("case"));
        let targets = tree.build(&case.path().join("top"), owners);
        let before = everything_below(case.path());
        for identity in identities {
            let is = identity.clone().unwrap_or_else(own_identity);
            let tried = find_by_trying(identity.as_ref(), case.path(), &targets)
                .map_err(TestCaseError::fail)?;
            prop_assert_eq!(&everything_below(case.path()), &before, "trying left traces");
            tally.borrow_mut().cases += 1;
            for (target, tried) in targets.iter().zip(tried) {
                let predicted = Predictor::whole().predict(&is, target, &search);
                let predicted =
                    predicted.map_err(|error| TestCaseError::fail(error.to_string()))?;
                prop_assert_eq!(&predicted, &tried, "{:?} on {:?} in {:#?}", is, target, before);
                tally.borrow_mut().count(&is, target, tried.access);
            }
        }
        tally.borrow_mut().indirect += indirect(&targets);
        Ok(())
    };
    let cases = (any_tree(), identities);
    if let Err(failure) = TestRunner::new(config).run(&cases, compare) {
        panic!("{failure}");
    }
    let tally = tally.into_inner();
    eprintln!("model and kernel agree: {tally:?}");
    tally
}

fn indirect(targets: &[Target]) -> u64 {
    let is_indirect = |target: &&Target| {
        let dir = target.path.parent().unwrap();
        dir.ends_with("..") || dir.is_symlink()
    };
    targets.iter().filter(is_indirect).count() as u64
}

fn own_identity() -> Identity {
    let groups = getgroups().unwrap().into_iter().map(|gid| gid.as_raw()).collect();
    Identity { uid: geteuid().as_raw(), gid: getegid().as_raw(), groups }
}

/// All there is to see in a tree but times, of which renaming changes some.
fn everything_below(dir: &Path) -> BTreeMap<PathBuf, String> {
    let mut seen = BTreeMap::new();
    let mut pending = vec![dir.to_owned()];
    while let Some(path) = pending.pop() {
        // An ordinary user sees nothing of what is in its own closed directories.
        let Ok(stat) = fs::symlink_metadata(&path) else { continue };
        let (ids, mode) = ((stat.uid(), stat.gid()), stat.mode());
        let acls = [AclKind::Access, AclKind::Default].map(|kind| match NodeKind::of_mode(mode) {
            NodeKind::Symlink => None,
            _ => read_acl(&path, kind).ok(),
        });
        let link = fs::read_link(&path).ok();
        let inode = (stat.ino(), stat.nlink(), stat.len());
        seen.insert(path.clone(), format!("{mode:o} {ids:?} {inode:?} {link:?} {acls:?}"));
        if stat.is_dir() {
            pending.extend(
                fs::read_dir(&path).into_iter().flatten().map(|entry| entry.unwrap().path()),
            );
        }
    }
    seen
}

#[test]
fn agrees_about_every_identity() {
    where_others_are("agrees_about_every_identity", || {
        let owners = Owners { uids: UIDS.into(), gids: GIDS.into() };
        let identities = prop::collection::vec(any_identity().prop_map(Some), 1..4);
        let tally = compare_on_trees(2048, &owners, identities);
        if tally.cases >= 1000 {
            tally.assert_both_answers(100);
            assert!(tally.by_acl >= 100 && tally.indirect >= 100, "{tally:?}");
        }
    });
}

/// What an ordinary user can test anywhere: the owner's class, on files of its own.
#[test]
fn agrees_about_ones_own_files() {
    let own = own_identity();
    let mut gids = own.groups.clone();
    gids.push(own.gid);
    let owners = Owners { uids: vec![own.uid], gids };
    let tally = compare_on_trees(512, &owners, Just(vec![None]));
    if tally.cases >= 500 {
        tally.assert_both_answers(20);
    }
}

/// Compares on targets that are tried by relative paths, so that nothing above `at` counts; `root` is what the model is told.
fn compare_each(
    root: &Predictor,
    identity: &Identity,
    at: &Path,
    targets: &[Target],
) -> Result<(), String> {
    let search = Search::new(&Mint::new(MINT));
    let relative: Vec<Target> = targets
        .iter()
        .map(|target| Target {
            path: target.path.strip_prefix(at).unwrap().into(),
            ..target.clone()
        })
        .collect();
    let tried = find_by_trying(Some(identity), at, &relative)?;
    for (target, tried) in targets.iter().zip(tried) {
        let predicted =
            root.predict(identity, target, &search).map_err(|error| error.to_string())?;
        if predicted != tried {
            return Err(format!(
                "{identity:?} on {target:?}: predicted {predicted:?}, found {tried:?}"
            ));
        }
    }
    Ok(())
}

#[test]
fn agrees_below_a_root() {
    where_others_are("agrees_below_a_root", || {
        let scratch = Scratch::new("below");
        // Whose mode would be the only one that counts.
        set_mode(scratch.path(), 0o700);
        let owners = Owners { uids: UIDS.into(), gids: GIDS.into() };
        let mut config = Config { source_file: Some(file!()), ..Config::default() };
        config.cases = config.cases.min(256);
        let compare = |(tree, identity): (Spec, Identity)| {
            let case = Scratch::below(&scratch.path().join("case"));
            let top = case.path().join("top");
            let mut targets = tree.build(&top, &owners);
            let direct =
                |target: &Target| target.path != top && indirect(std::slice::from_ref(target)) == 0;
            targets.retain(direct);
            let predictor = Predictor::below(&top).unwrap();
            compare_each(&predictor, &identity, &top, &targets).map_err(TestCaseError::fail)
        };
        let outcome = TestRunner::new(config).run(&(any_tree(), any_identity()), compare);
        outcome.unwrap_or_else(|failure| panic!("{failure}"));
    });
}

fn target(path: PathBuf) -> Target {
    let kind = NodeKind::of_mode(fs::symlink_metadata(&path).unwrap().mode());
    Target { path, kind }
}

/// A file and a directory with a file in it that everybody may do everything with.
fn lax_tree(at: &Path) -> Vec<Target> {
    let dir = at.join("dir");
    fs::create_dir(&dir).unwrap();
    let files = [at.join("file"), dir.join("inside")];
    for file in &files {
        fs::write(file, b"lax").unwrap();
        set_mode(file, 0o666);
    }
    for dir in [at, &dir] {
        set_mode(dir, 0o777);
    }
    files.into_iter().chain([dir]).map(target).collect()
}

const STRANGER: Identity = Identity { uid: 5001, gid: 6001, groups: Vec::new() };

#[test]
fn agrees_about_mounts() {
    where_others_are("agrees_about_mounts", || {
        let scratch = Scratch::new("mounts");
        let compared = in_child(|| {
            let none = None::<&str>;
            unshare(CloneFlags::CLONE_NEWNS).map_err(|errno| format!("unshare: {errno}"))?;
            mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).unwrap();
            let at = scratch.path().join("at");
            fs::create_dir(&at).unwrap();
            let bind = |path: &Path| mount(Some(path), path, none, MsFlags::MS_BIND, none).unwrap();
            let targets = lax_tree(&at);
            compare_each(&Predictor::whole(), &STRANGER, scratch.path(), &targets)?;
            let (dir, file) = (at.join("dir"), at.join("file"));
            bind(&dir);
            bind(&file);
            compare_each(&Predictor::whole(), &STRANGER, scratch.path(), &targets)?;
            for path in [&dir, &file] {
                let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
                mount(none, path, none, flags, none).unwrap();
            }
            compare_each(&Predictor::whole(), &STRANGER, scratch.path(), &targets)?;
            // And with the whole of it read-only.
            let top = scratch.path();
            bind(top);
            mount(
                none,
                top,
                none,
                MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY,
                none,
            )
            .unwrap();
            let beside: Vec<Target> = [at.clone(), file].map(target).into();
            compare_each(&Predictor::whole(), &STRANGER, top, &beside)
        });
        assert_eq!(compared, Ok(()));
    });
}
