//! Taking everything in the sandbox, and putting it back.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{CaseResult, Lab};
use crate::driver::Leave;
use crate::error::{Context, Error};
use crate::sandbox::{Tier, beneath, empty};
use crate::tree::NodeKind;
use crate::tree::{Contents, Entry, Snapshot};

/// Upper limit of a snapshot, in bytes: the size of a writable place. Holes count.
const SNAPSHOT_LIMIT: u64 = 256 << 20;

impl Lab<'_> {
    /// Takes everything in the sandbox.
    ///
    /// # Errors
    /// When something cannot be read.
    pub fn snapshot(&self) -> CaseResult<Snapshot> {
        self.snapshot_after(&Snapshot::default())
    }

    /// Takes a snapshot shortly after another: data that has not changed since then is shared.
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
        self.end_servers(Leave::Kill)?;
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
