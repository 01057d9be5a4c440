//! What holds for every history.

use std::collections::HashSet;

use proptest::prelude::*;

use super::disk::Disk;
use super::{states, tree};
use crate::power::Persistence;
use crate::stepper::Synced;
use crate::tree::NodeKind;
use crate::tree::Snapshot;

/// A call, with names from a small set; it is left out where it would fail.
#[derive(Clone, Debug)]
enum Call {
    Create(usize),
    Mkdir(usize),
    Write(usize, usize, String),
    Truncate(usize, usize),
    Chmod(usize, u32),
    Rename(usize, usize),
    Exchange(usize, usize),
    Link(usize, usize),
    Remove(usize),
    Fsync(usize),
    FsyncHome,
    Sync,
}

const NAMES: [&str; 9] = ["a", "b", "c", "a/a", "a/b", "b/a", "b/b", "a/a/a", "b/a/b"];

fn call() -> impl Strategy<Value = Call> {
    let name = || 0..NAMES.len();
    prop_oneof![
        3 => name().prop_map(Call::Create),
        3 => name().prop_map(Call::Mkdir),
        3 => (name(), 0..4_usize, "[a-z]{1,4}").prop_map(|(n, at, text)| Call::Write(n, at, text)),
        1 => (name(), 0..6_usize).prop_map(|(n, length)| Call::Truncate(n, length)),
        1 => (name(), 0..0o1000_u32).prop_map(|(n, mode)| Call::Chmod(n, mode)),
        6 => (name(), name()).prop_map(|(from, to)| Call::Rename(from, to)),
        2 => (name(), name()).prop_map(|(from, to)| Call::Exchange(from, to)),
        1 => (name(), name()).prop_map(|(from, to)| Call::Link(from, to)),
        2 => name().prop_map(Call::Remove),
        2 => name().prop_map(Call::Fsync),
        1 => Just(Call::FsyncHome),
        1 => Just(Call::Sync),
    ]
}

/// Whether something can be made under a name.
fn free(disk: &Disk, name: &str) -> bool {
    let dir = name.rsplit_once('/').map(|(dir, _)| dir);
    !disk.has(name) && dir.is_none_or(|dir| disk.is_dir(dir))
}

fn below(name: &str, dir: &str) -> bool {
    name.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'))
}

fn done(disk: Disk, call: &Call) -> Disk {
    let file = |disk: &Disk, name| disk.has(name) && !disk.is_dir(name);
    match call {
        Call::Create(n) if free(&disk, NAMES[*n]) => disk.create(NAMES[*n]),
        Call::Mkdir(n) if free(&disk, NAMES[*n]) => disk.mkdir(NAMES[*n]),
        Call::Write(n, at, text) if file(&disk, NAMES[*n]) => disk.put(NAMES[*n], *at, text),
        Call::Truncate(n, length) if file(&disk, NAMES[*n]) => disk.truncate(NAMES[*n], *length),
        Call::Chmod(n, mode) if disk.has(NAMES[*n]) => disk.chmod(NAMES[*n], *mode),
        Call::Rename(from, to) => {
            let (from, to) = (NAMES[*from], NAMES[*to]);
            let over = file(&disk, from) && file(&disk, to)
                || disk.is_dir(from) && disk.is_dir(to) && disk.is_empty(to);
            match disk.has(from) && from != to && !below(to, from) && (free(&disk, to) || over) {
                true => disk.rename(from, to),
                false => disk,
            }
        }
        // Of files only: the disk of these tests does not carry what is in directories.
        Call::Exchange(one, other) if file(&disk, NAMES[*one]) && file(&disk, NAMES[*other]) => {
            disk.exchange(NAMES[*one], NAMES[*other])
        }
        Call::Link(from, to) if file(&disk, NAMES[*from]) && free(&disk, NAMES[*to]) => {
            disk.link(NAMES[*from], NAMES[*to])
        }
        Call::Remove(n) if disk.has(NAMES[*n]) && disk.is_empty(NAMES[*n]) => {
            disk.remove(NAMES[*n])
        }
        Call::Fsync(n) if disk.has(NAMES[*n]) => disk.fsync(NAMES[*n]),
        Call::FsyncHome => disk.fsync("/home"),
        Call::Sync => disk.sync(),
        _ => disk,
    }
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    prop::collection::vec(call(), 0..12)
}

/// Every entry is in a directory that comes before it, and no directory is there twice.
fn is_a_tree(snapshot: &Snapshot) -> bool {
    let (mut dirs, mut inodes) = (HashSet::new(), HashSet::new());
    snapshot.entries.iter().enumerate().all(|(index, entry)| {
        let node = &entry.node;
        let inside = node.path.parent().is_some_and(|dir| dirs.contains(dir));
        let once = node.kind != NodeKind::Dir || inodes.insert(node.inode);
        if node.kind == NodeKind::Dir {
            dirs.insert(node.path.clone());
        }
        once && (inside || index == 0)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn states_are_distinct_trees_between_the_ends(first in calls(), then in calls(), seed: u64) {
        let disk = first.iter().fold(Disk::new(), done).begin();
        let disk = then.iter().fold(disk, done);
        let Disk { before, steps, .. } = &disk;
        let last = steps.last().map_or(before, |step| &step.after);
        let found = states(Persistence::StrictPosix, before, steps, 64, seed);
        let trees: Vec<_> = found.states.iter().map(|lost| tree(&lost.snapshot)).collect();
        prop_assert!(trees.len() <= 64);
        // Second, or first when it looks like what was durable.
        let whole = trees.iter().take(2).position(|found| *found == tree(last));
        prop_assert!(whole.is_some());
        for (index, tree) in trees.iter().enumerate() {
            prop_assert!(!trees[..index].contains(tree));
            prop_assert!(is_a_tree(&found.states[index].snapshot));
            prop_assert_eq!(found.states[index].missing.is_empty(), Some(index) == whole);
        }

        // A sync of everything is where the next history begins.
        if let Some(at) = steps.iter().rposition(|step| step.synced == Synced::Everything) {
            let rest = states(Persistence::StrictPosix, &steps[at].after, &steps[at + 1..], 64, seed);
            let rest: Vec<_> = rest.states.iter().map(|lost| tree(&lost.snapshot)).collect();
            prop_assert_eq!(&trees, &rest);
        } else if steps.iter().all(|step| step.synced == Synced::Nothing) {
            prop_assert_eq!(&trees[0], &tree(before));
        }
    }

    #[test]
    fn a_file_that_is_only_renamed_does_not_vanish(
        calls in prop::collection::vec((0..NAMES.len(), 0..NAMES.len(), 0..4_u8), 0..10),
        seed: u64,
    ) {
        let disk = Disk::new().mkdir("a").mkdir("b").appear("c", "kept").appear("a/b", "too").begin();
        let disk = calls.into_iter().fold(disk, |disk, (from, to, kind)| match kind {
            0 => done(disk, &Call::Mkdir(to)),
            1 => done(disk, &Call::Fsync(to)),
            // Directories, too, when they are empty.
            2 if disk.is_dir(NAMES[from]) => done(disk, &Call::Remove(from)),
            _ if disk.is_dir(NAMES[to]) || free(&disk, NAMES[to]) => done(disk, &Call::Rename(from, to)),
            _ => disk,
        });
        for lost in states(Persistence::StrictPosix, &disk.before, &disk.steps, 256, seed).states {
            for text in ["kept", "too"] {
                let there = |bytes: &[u8]| bytes == text.as_bytes();
                let count = lost.snapshot.entries.iter().filter(|entry| there(&entry.bytes.to_vec())).count();
                prop_assert_eq!(count, 1, "{}: {:?}", super::told(&lost.snapshot), lost.missing);
            }
        }
    }
}
