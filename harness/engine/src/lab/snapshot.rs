//! Taking everything in the sandbox, and putting it back.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::{Flow, Lab, Node};
use crate::driver::Leave;
use crate::error::{Context, Error};
use crate::prober::NodeKind;
use crate::sandbox::{Tier, beneath, empty};

/// How much a snapshot keeps, in bytes: as much as a writable place may hold. Holes count, since whoever compares two states touches them.
const SNAPSHOT_LIMIT: u64 = 256 << 20;

/// The contents of the sandbox at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    pub(crate) bytes: Vec<u8>,
    /// Extended attributes, ACLs among them.
    pub(crate) attributes: Vec<(OsString, Vec<u8>)>,
}

impl Snapshot {
    /// Whether two moments had the same in the sandbox: whatever the inodes and times.
    pub fn same_as(&self, other: &Snapshot) -> bool {
        let plain = |entry: &Entry| {
            let node = &entry.node;
            (node.path.clone(), node.kind, node.mode, node.uid, node.gid)
        };
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
    pub fn snapshot(&self) -> Flow<Snapshot> {
        let tree = self.tree()?;
        let (mut entries, mut kept) = (Vec::new(), 0);
        for node in tree.nodes.values() {
            let bytes = match node.kind {
                NodeKind::File => {
                    kept += node.size;
                    if kept > SNAPSHOT_LIMIT {
                        return Err(too_much().into());
                    }
                    beneath::read(&node.path, SNAPSHOT_LIMIT).on("read", &node.path)?
                }
                NodeKind::Symlink => {
                    let target = beneath::read_link(&node.path).on("read", &node.path)?;
                    target.into_os_string().into_vec()
                }
                _ => Vec::new(),
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
    pub fn restore(&mut self, snapshot: &Snapshot) -> Flow<()> {
        // What they held back is not wanted any more.
        self.finish(Leave::Kill)?;
        // What they kept leads to what is taken away here, which no history of a store has.
        self.bench.team().forget()?;
        for root in self.bench.roots() {
            empty(&root, self.bench.layout().shown())?;
        }
        let roots = self.bench.roots();
        // Each root is a file system of its own in tier namespaces: they have the same inode numbers.
        let root_of = |path: &Path| roots.iter().position(|root| path.starts_with(root));
        let mut made: BTreeMap<(Option<usize>, u64), &Path> = BTreeMap::new();
        for entry in &snapshot.entries {
            let path = &entry.node.path;
            let stays = |shown: &PathBuf| shown.starts_with(path);
            if self.bench.layout().shown().iter().any(stays) {
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

    fn make_again(&self, entry: &Entry) -> Flow<()> {
        let path = &entry.node.path;
        let beneath = self.beneath();
        let owner = match self.bench.tier() {
            Tier::Predicted => None,
            _ => Some((entry.node.uid, entry.node.gid)),
        };
        match entry.node.kind {
            // Closed to everybody else until it is whole.
            NodeKind::Dir => beneath.make_dir(path, 0o700, owner).on("make the directory", path)?,
            NodeKind::File => beneath.write(path, &entry.bytes, None, owner).on("write", path)?,
            NodeKind::Symlink => {
                let target = Path::new(OsStr::from_bytes(&entry.bytes));
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
