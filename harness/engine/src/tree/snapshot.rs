//! Everything in a sandbox at one moment.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::contents::Contents;
use super::node::Node;

/// The contents of the sandbox at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Every node, parents first.
    pub(crate) entries: Vec<Entry>,
}

/// Data from which one node can be made again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Path, and the fields of stat(2).
    pub(crate) node: Node,
    /// A file's contents, or a link's target.
    pub(crate) bytes: Contents,
    /// Extended attributes, ACLs among them.
    pub(crate) attributes: Vec<(OsString, Vec<u8>)>,
}

impl Snapshot {
    /// Returns a digest of the sandbox's contents: of everything but inodes and times.
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        let mut contents = Sha256::new();
        for entry in &self.entries {
            let node = &entry.node;
            part(node.path.as_os_str().as_bytes());
            part(&[node.kind as u8]);
            for number in [node.mode, node.uid, node.gid, entry.attributes.len() as u32] {
                part(&number.to_le_bytes());
            }
            for (name, value) in &entry.attributes {
                part(name.as_bytes());
                part(value);
            }
            entry.bytes.hash(&mut contents);
        }
        part(&contents.finalize());
        hash.finalize().into()
    }

    /// Returns whether two moments had the same in the sandbox: whatever the inodes and times.
    pub fn same_as(&self, other: &Snapshot) -> bool {
        self.entries.len() == other.entries.len()
            && self.entries.iter().zip(&other.entries).all(|(one, two)| one.same_as(two))
    }

    /// Returns the paths that are new, gone or other than at an earlier moment: whatever the inodes and times.
    pub fn changed_since(&self, earlier: &Snapshot) -> Vec<PathBuf> {
        let entries = earlier.entries.iter();
        let mut before: BTreeMap<_, _> = entries.map(|entry| (&*entry.node.path, entry)).collect();
        let mut changed = Vec::new();
        for entry in &self.entries {
            if !before.remove(&*entry.node.path).is_some_and(|old| old.same_as(entry)) {
                changed.push(entry.node.path.to_path_buf());
            }
        }
        changed.extend(before.into_keys().map(PathBuf::from));
        changed
    }
}

impl Entry {
    fn same_as(&self, other: &Entry) -> bool {
        fn plain(entry: &Entry) -> impl PartialEq + '_ {
            let node = &entry.node;
            (&*node.path, node.kind, node.mode, node.uid, node.gid)
        }
        plain(self) == plain(other)
            && self.bytes == other.bytes
            && self.attributes == other.attributes
    }
}
