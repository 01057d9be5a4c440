//! Taking everything in the sandbox, and putting it back.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::contents::Contents;
use super::{CaseResult, Lab, Node};
use crate::driver::Leave;
use crate::error::{Context, Error};
use crate::prober::NodeKind;
use crate::sandbox::{Tier, beneath, empty};

/// How much a snapshot keeps, in bytes: as much as a writable place may hold. Holes count.
const SNAPSHOT_LIMIT: u64 = 256 << 20;

/// The contents of the sandbox at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Every node, parents first.
    pub(crate) entries: Vec<Entry>,
}

/// What is needed to make one node again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Where it is and what stat(2) says of it.
    pub(crate) node: Node,
    /// A file's contents, or a link's target.
    pub(crate) bytes: Contents,
    /// Extended attributes, ACLs among them.
    pub(crate) attributes: Vec<(OsString, Vec<u8>)>,
}

impl Snapshot {
    /// What tells what was in the sandbox from what was there at other moments: everything but inodes and times.
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

    /// Whether two moments had the same in the sandbox: whatever the inodes and times.
    pub fn same_as(&self, other: &Snapshot) -> bool {
        fn plain(entry: &Entry) -> impl PartialEq + '_ {
            let node = &entry.node;
            (&*node.path, node.kind, node.mode, node.uid, node.gid)
        }
        self.entries.len() == other.entries.len()
            && self.entries.iter().zip(&other.entries).all(|(one, two)| {
                plain(one) == plain(two)
                    && one.bytes == two.bytes
                    && one.attributes == two.attributes
            })
    }
}

impl Lab<'_> {
    /// Takes everything in the sandbox.
    ///
    /// # Errors
    /// When something cannot be read.
    pub fn snapshot(&self) -> CaseResult<Snapshot> {
        self.snapshot_after(&Snapshot::default())
    }

    /// The same, shortly after another: what has not changed since then is there once.
    ///
    /// # Errors
    /// When something cannot be read.
    pub fn snapshot_after(&self, earlier: &Snapshot) -> CaseResult<Snapshot> {
        let tree = self.tree()?;
        let (mut entries, mut kept) = (Vec::with_capacity(tree.nodes.len()), 0);
        // A file that was renamed has its inode still; where two have one number, nothing is lost but memory.
        let by_inode: HashMap<u64, &Entry> =
            earlier.entries.iter().map(|entry| (entry.node.inode, entry)).collect();
        for node in tree.nodes.values() {
            let same_path =
                earlier.entries.binary_search_by(|entry| entry.node.path.cmp(&node.path));
            let same_path = same_path.ok().map(|at| &earlier.entries[at]);
            let before = same_path.filter(|entry| entry.node.inode == node.inode);
            let before =
                before.or_else(|| by_inode.get(&node.inode).copied()).map(|entry| &entry.bytes);
            let bytes = match node.kind {
                NodeKind::File => {
                    kept += node.size;
                    if kept > SNAPSHOT_LIMIT {
                        return Err(too_much().into());
                    }
                    let file = beneath::open_file(&node.path).on("read", &node.path)?;
                    Contents::read(file.take(SNAPSHOT_LIMIT), before).on("read", &node.path)?
                }
                NodeKind::Symlink => {
                    let target = beneath::read_link(&node.path).on("read", &node.path)?;
                    Contents::of(target.as_os_str().as_bytes(), before)
                }
                _ => Contents::default(),
            };
            let attributes = match node.kind {
                NodeKind::Symlink => Vec::new(),
                _ => beneath::attributes(&node.path),
            };
            entries.push(Entry { node: node.clone(), bytes, attributes });
        }
        Ok(Snapshot { entries })
    }

    /// Puts the sandbox back to what it was; a new process opens the store afterwards.
    ///
    /// # Errors
    /// When something cannot be made again.
    pub fn restore(&mut self, snapshot: &Snapshot) -> CaseResult<()> {
        // What they held back is not wanted any more.
        self.finish(Leave::Kill)?;
        // What they kept leads to what is taken away here, which no history of a store has.
        self.worker.team().forget()?;
        for root in self.worker.roots() {
            empty(&root, self.worker.layout().shown())?;
        }
        let roots = self.worker.roots();
        // Each root is a file system of its own in tier namespaces: they have the same inode numbers.
        let root_of = |path: &Path| roots.iter().position(|root| path.starts_with(root));
        let mut made: BTreeMap<(Option<usize>, u64), &Path> = BTreeMap::new();
        for entry in &snapshot.entries {
            let path = &entry.node.path;
            let stays = |shown: &PathBuf| shown.starts_with(path);
            if self.worker.layout().shown().iter().any(stays) {
                continue;
            }
            if roots.contains(path) {
                // A root stays; what a case did to its mode does not.
                self.set_mode(path, entry.node.mode)?;
                continue;
            }
            let inode = (root_of(path), entry.node.inode);
            match made.get(&inode).filter(|_| entry.node.kind == NodeKind::File) {
                Some(first) => beneath::make_hard_link(first, path).on("link", path)?,
                None => self.make_again(entry)?,
            }
            made.insert(inode, path);
        }
        Ok(())
    }

    fn make_again(&self, entry: &Entry) -> CaseResult<()> {
        let path = &entry.node.path;
        let beneath = self.beneath();
        let owner = match self.worker.tier() {
            Tier::Predicted => None,
            _ => Some((entry.node.uid, entry.node.gid)),
        };
        match entry.node.kind {
            // Closed to everybody else until it is whole.
            NodeKind::Dir => beneath.make_dir(path, 0o700, owner).on("make the directory", path)?,
            NodeKind::File => {
                let (length, written) = (entry.bytes.len() as u64, entry.bytes.written());
                beneath.put(path, length, written, None, owner).on("write", path)?;
            }
            NodeKind::Symlink => {
                let target = entry.bytes.to_vec();
                let target = Path::new(OsStr::from_bytes(&target));
                beneath::make_symlink(target, path).on("link", path)?;
                if let Some(owner) = owner {
                    beneath.give(path, owner).on("give away", path)?;
                }
                return Ok(());
            }
            NodeKind::Other => return self.make_fifo(path),
        }
        for (name, value) in &entry.attributes {
            beneath::set_attribute(path, name, value).on("set an attribute of", path)?;
        }
        self.set_mode(path, entry.node.mode)
    }
}

fn too_much() -> Error {
    let limit = SNAPSHOT_LIMIT >> 20;
    Error::Untrustworthy(format!(
        "the store holds more than {limit} MiB, and a scenario that puts things back keeps no more"
    ))
}
