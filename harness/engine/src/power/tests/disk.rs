//! A sandbox in memory that records its steps.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Recorded;
use crate::stepper::Synced;
use crate::tree::NodeKind;
use crate::tree::{Contents, Entry, Node, Snapshot};

/// An inode.
#[derive(Clone)]
struct Inode {
    kind: NodeKind,
    mode: u32,
    uid: u32,
    bytes: Vec<u8>,
    attributes: Vec<(OsString, Vec<u8>)>,
}

/// Names and inodes below `/home`, and what was recorded of them. Names are relative to it.
pub(super) struct Disk {
    names: BTreeMap<PathBuf, u64>,
    inodes: BTreeMap<u64, Inode>,
    next: u64,
    clock: i128,
    /// The sandbox before the first step.
    pub(super) before: Snapshot,
    /// The steps.
    pub(super) steps: Vec<Recorded>,
}

impl Disk {
    /// An empty home.
    pub(super) fn new() -> Disk {
        let mut disk = Disk {
            names: BTreeMap::new(),
            inodes: BTreeMap::new(),
            next: 1,
            clock: 0,
            before: Snapshot { entries: Vec::new() },
            steps: Vec::new(),
        };
        disk.make("/home", NodeKind::Dir, b"");
        disk.begin()
    }

    /// A home with these files.
    pub(super) fn with(files: &[(&str, &str)]) -> Disk {
        let mut disk = Disk::new();
        for (name, contents) in files {
            disk.make(name, NodeKind::File, contents.as_bytes());
        }
        disk.begin()
    }

    /// Forgets the steps: what is there now is durable.
    pub(super) fn begin(mut self) -> Disk {
        self.before = self.snapshot();
        self.steps.clear();
        self
    }

    /// Another root, as its own file system: inode numbers begin anew there.
    pub(super) fn place(mut self, root: &str) -> Disk {
        // Numbers are the keys here, so the root's is shifted and `snapshot` shifts it back.
        self.next = OTHER;
        self.make(root, NodeKind::Dir, b"");
        self
    }

    fn make(&mut self, name: &str, kind: NodeKind, bytes: &[u8]) {
        let (attributes, mode) = (Vec::new(), if kind == NodeKind::Dir { 0o755 } else { 0o600 });
        let inode = Inode { kind, mode, uid: 1000, bytes: bytes.to_vec(), attributes };
        self.inodes.insert(self.next, inode);
        self.names.insert(at(name), self.next);
        self.next += 1;
    }

    /// The sandbox as it is.
    pub(super) fn snapshot(&self) -> Snapshot {
        let entries = self.names.iter().map(|(path, number)| {
            let inode = &self.inodes[number];
            let node = Node {
                path: path.clone(),
                kind: inode.kind,
                mode: inode.mode,
                uid: inode.uid,
                gid: 1000,
                size: inode.bytes.len() as u64,
                inode: if *number < OTHER { *number } else { number - OTHER + 1 },
                modified: self.clock,
            };
            let bytes = Contents::of(&inode.bytes, None);
            Entry { node, bytes, attributes: inode.attributes.clone() }
        });
        Snapshot { entries: entries.collect() }
    }

    fn record(mut self, synced: Synced) -> Disk {
        self.clock += 1;
        let after = self.snapshot();
        self.steps.push(Recorded { after, synced });
        self
    }

    fn inode(&mut self, name: &str) -> &mut Inode {
        self.inodes.get_mut(&self.names[&at(name)]).unwrap()
    }

    /// The number stat(2) gives.
    pub(super) fn number(&self, name: &str) -> u64 {
        let path = at(name);
        let snapshot = self.snapshot();
        snapshot.entries.iter().find(|entry| entry.node.path == path).unwrap().node.inode
    }

    /// Whether a name is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains_key(&at(name))
    }

    /// Whether nothing is in a directory.
    pub(super) fn is_empty(&self, name: &str) -> bool {
        let path = at(name);
        !self.names.keys().any(|other| other != &path && other.starts_with(&path))
    }

    /// Whether it is a directory.
    pub(super) fn is_dir(&self, name: &str) -> bool {
        self.names.get(&at(name)).is_some_and(|number| self.inodes[number].kind == NodeKind::Dir)
    }

    // The calls; each is one step.

    pub(super) fn create(mut self, name: &str) -> Disk {
        self.make(name, NodeKind::File, b"");
        self.record(Synced::Nothing)
    }

    /// linkat(2) of a file made with O_TMPFILE.
    pub(super) fn appear(mut self, name: &str, contents: &str) -> Disk {
        self.make(name, NodeKind::File, contents.as_bytes());
        self.record(Synced::Nothing)
    }

    pub(super) fn mkdir(mut self, name: &str) -> Disk {
        self.make(name, NodeKind::Dir, b"");
        self.record(Synced::Nothing)
    }

    pub(super) fn symlink(mut self, name: &str, target: &str) -> Disk {
        self.make(name, NodeKind::Symlink, target.as_bytes());
        self.record(Synced::Nothing)
    }

    pub(super) fn put(mut self, name: &str, offset: usize, bytes: impl AsRef<[u8]>) -> Disk {
        let (bytes, contents) = (bytes.as_ref(), &mut self.inode(name).bytes);
        let end = offset + bytes.len();
        contents.resize(contents.len().max(end), 0);
        contents[offset..end].copy_from_slice(bytes);
        self.record(Synced::Nothing)
    }

    pub(super) fn write(self, name: &str, bytes: impl AsRef<[u8]>) -> Disk {
        self.put(name, 0, bytes)
    }

    pub(super) fn truncate(mut self, name: &str, length: usize) -> Disk {
        self.inode(name).bytes.resize(length, 0);
        self.record(Synced::Nothing)
    }

    pub(super) fn chmod(mut self, name: &str, mode: u32) -> Disk {
        self.inode(name).mode = mode;
        self.record(Synced::Nothing)
    }

    pub(super) fn chown(mut self, name: &str, uid: u32) -> Disk {
        self.inode(name).uid = uid;
        self.record(Synced::Nothing)
    }

    pub(super) fn setxattr(mut self, name: &str, attribute: &str, value: &str) -> Disk {
        let attribute = (attribute.into(), value.into());
        self.inode(name).attributes.push(attribute);
        self.record(Synced::Nothing)
    }

    pub(super) fn rename(mut self, from: &str, to: &str) -> Disk {
        let (from, to) = (at(from), at(to));
        self.names.remove(&to);
        for (path, number) in self.names.clone() {
            if let Ok(rest) = path.strip_prefix(&from) {
                self.names.remove(&path);
                let new = if rest == Path::new("") { to.clone() } else { to.join(rest) };
                self.names.insert(new, number);
            }
        }
        self.record(Synced::Nothing)
    }

    pub(super) fn exchange(mut self, one: &str, other: &str) -> Disk {
        let (first, second) = (self.names[&at(one)], self.names[&at(other)]);
        self.names.insert(at(one), second);
        self.names.insert(at(other), first);
        self.record(Synced::Nothing)
    }

    pub(super) fn link(mut self, from: &str, to: &str) -> Disk {
        self.names.insert(at(to), self.names[&at(from)]);
        self.record(Synced::Nothing)
    }

    /// unlink(2) or rmdir(2).
    pub(super) fn remove(mut self, name: &str) -> Disk {
        self.names.remove(&at(name));
        self.record(Synced::Nothing)
    }

    pub(super) fn fsync(self, name: &str) -> Disk {
        let number = self.number(name);
        self.record(Synced::InodeBelow(at(name), number))
    }

    pub(super) fn fdatasync(self, name: &str) -> Disk {
        let number = self.number(name);
        self.record(Synced::ContentsBelow(at(name), number))
    }

    pub(super) fn sync(self) -> Disk {
        self.record(Synced::Everything)
    }

    /// A step that changes nothing that is seen.
    pub(super) fn quietly(self, synced: Synced) -> Disk {
        self.record(synced)
    }
}

/// From here on numbers are those of another file system.
const OTHER: u64 = 1 << 32;

/// The whole path of a name.
fn at(name: &str) -> PathBuf {
    Path::new("/home").join(name)
}
