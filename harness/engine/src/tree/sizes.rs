//! What it takes to look at many files, and at large ones.

use std::fs::{self, File};

use super::{Contents, Entry, Snapshot, Tree};
use crate::allocated::allocated;

/// Files below a directory, and what a snapshot of them is.
fn snapshot(tree: &Tree, earlier: &Snapshot) -> Snapshot {
    let entries = tree.nodes.values().enumerate().map(|(n, node)| {
        let earlier = earlier.entries.get(n).map(|entry| &entry.bytes);
        let bytes = match node.path.is_file() {
            true => Contents::read(File::open(&node.path).unwrap(), earlier).unwrap(),
            false => Contents::default(),
        };
        Entry { node: node.clone(), bytes, attributes: Vec::new() }
    });
    Snapshot { entries: entries.collect() }
}

#[test]
fn ten_thousand_files_take_a_kilobyte_each() {
    let dir = tempfile::tempdir().unwrap();
    for n in 0..10_000 {
        fs::write(dir.path().join(format!("session-{n:05}.json")), format!("{{\"id\":{n}}}"))
            .unwrap();
    }
    let roots = || [dir.path().to_owned()];
    let (tree, tree_took) = allocated(|| Tree::read(roots(), &[]).unwrap());
    assert_eq!(tree.nodes.len(), 10_001);
    assert!(tree_took.peak < 10_000 << 10, "{tree_took:?}");
    let (first, took) = allocated(|| snapshot(&tree, &Snapshot::default()));
    assert!(took.peak < 10_000 << 10, "{took:?}");
    // The next has their names anew, and none of their contents.
    let (second, took) = allocated(|| snapshot(&tree, &first));
    assert!(took.peak < 5_000 << 10, "{took:?}");
    assert_eq!(first.digest(), second.digest());
}

#[test]
fn a_hundred_megabytes_are_kept_once_however_many_moments_there_are() {
    let (path, length) = (tempfile::NamedTempFile::new().unwrap(), 100 << 20);
    let mut bytes: Vec<u8> = (0..length as u32 / 4).flat_map(u32::to_le_bytes).collect();
    fs::write(path.path(), &bytes).unwrap();
    let tree = Tree::read([path.path().to_owned()], &[]).unwrap();
    let (mut moments, took) = allocated(|| vec![snapshot(&tree, &Snapshot::default())]);
    assert!(took.peak < length + (8 << 20), "{took:?}");
    for n in 0..5 {
        bytes[n << 20] ^= 1;
        fs::write(path.path(), &bytes).unwrap();
        let (next, took) = allocated(|| snapshot(&tree, &moments[n]));
        // Where each block is, and the one that changed.
        assert!(took.peak < 2 << 20, "{took:?}");
        assert_ne!(next.digest(), moments[n].digest());
        moments.push(next);
    }
}
