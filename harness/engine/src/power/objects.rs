//! Which nodes of two snapshots are the same one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::tree::NodeKind;
use crate::tree::{Contents, NOTHING, Node, Snapshot};

/// A file, directory or link through all of a history, whatever its names: an index into `Objects::all`.
pub(super) type Object = usize;

/// A directory entry: the directory and the name in it. A root of the sandbox has no directory, and its path for a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Name {
    /// The directory.
    pub(super) dir: Option<Object>,
    /// The name in it.
    pub(super) name: PathBuf,
}

impl Name {
    /// Returns the name for people.
    pub(super) fn shown(&self) -> String {
        self.name.display().to_string()
    }
}

/// A node as one snapshot has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct SnapshotEntry<'s> {
    /// The snapshot.
    pub(super) snapshot: &'s Snapshot,
    /// Index of the entry in the snapshot.
    pub(super) index: usize,
}

impl<'s> SnapshotEntry<'s> {
    /// Returns its path and the fields of stat(2).
    pub(super) fn node(self) -> &'s Node {
        &self.snapshot.entries[self.index].node
    }

    /// Returns a file's contents, or a link's target.
    pub(super) fn bytes(self) -> &'s Contents {
        &self.snapshot.entries[self.index].bytes
    }

    /// Returns its extended attributes.
    pub(super) fn attributes(self) -> &'s [(OsString, Vec<u8>)] {
        &self.snapshot.entries[self.index].attributes
    }
}

/// An object as it was born: as it was before the first step, or as the step that made it left it.
#[derive(Debug)]
pub(super) struct Birth<'s> {
    /// The first snapshot that has it.
    pub(super) seen: SnapshotEntry<'s>,
    /// Its contents: none, for a file that a step made.
    pub(super) bytes: &'s Contents,
    /// The inode number it gets in results.
    pub(super) inode: u64,
}

/// A snapshot by object.
#[derive(Default)]
pub(super) struct View<'s> {
    /// Every directory entry and what it names.
    pub(super) names: BTreeMap<Name, Object>,
    /// Every object, at the first of its paths: links to one inode are alike but for their paths.
    pub(super) seen: BTreeMap<Object, SnapshotEntry<'s>>,
    /// Every directory's entry; it has only one.
    pub(super) dirs: HashMap<Object, Name>,
}

/// An inode number and the file system it is of.
type Number = (PathBuf, u64);

/// Every object of a history.
pub(super) struct Objects<'s> {
    /// Each as it was born.
    pub(super) all: Vec<Birth<'s>>,
    /// The writable places, where each is a file system of its own; else none.
    file_systems: Vec<PathBuf>,
    /// The last object with each number.
    numbers: HashMap<Number, Object>,
    /// Inodes that were synced before they had a name.
    nameless: HashSet<Number>,
    /// A number that no inode has.
    unused: u64,
}

impl<'s> Objects<'s> {
    /// Returns an empty set of objects, for a sandbox that looks like this before the first step and like those after the steps.
    pub(super) fn new(
        before: &'s Snapshot,
        after: impl Iterator<Item = &'s Snapshot>,
    ) -> Objects<'s> {
        let nodes = || before.entries.iter().map(|entry| &entry.node);
        let paths: HashSet<&Path> = nodes().map(|node| node.path.as_path()).collect();
        let below = |node: &Node| node.path.parent().is_some_and(|dir| paths.contains(dir));
        let roots: Vec<&Node> = nodes().filter(|node| !below(node)).collect();
        // Directories have no hard links: roots with one number are on different file systems, as every tmpfs counts from the
        // beginning. Else they are taken to be on one, so that a rename from one place to another is seen.
        let numbers: HashSet<u64> = roots.iter().map(|root| root.inode).collect();
        let file_systems = match numbers.len() < roots.len() {
            true => roots.iter().map(|root| root.path.clone()).collect(),
            false => Vec::new(),
        };
        let everything = std::iter::once(before).chain(after);
        let greatest =
            everything.flat_map(|snapshot| &snapshot.entries).map(|entry| entry.node.inode).max();
        Objects {
            all: Vec::new(),
            file_systems,
            numbers: HashMap::new(),
            nameless: HashSet::new(),
            unused: greatest.map_or(1, |number| number.saturating_add(1)),
        }
    }

    /// Views a snapshot by object; objects that the view before does not have are new. Without a view before it everything is durable.
    pub(super) fn view(&mut self, snapshot: &'s Snapshot, earlier: Option<&View<'s>>) -> View<'s> {
        let mut view = View::default();
        let mut paths: HashMap<&Path, Object> = HashMap::new();
        for (index, entry) in snapshot.entries.iter().enumerate() {
            let seen = SnapshotEntry { snapshot, index };
            let path = entry.node.path.as_path();
            let number = (self.file_system(path), entry.node.inode);
            let same = self.numbers.get(&number).copied().filter(|object| {
                // A number that nothing had for a while is a new inode's: linkat(2) does not bring back one whose links are gone.
                let lives = view.seen.contains_key(object)
                    || earlier.is_some_and(|view| view.seen.contains_key(object));
                lives && self.all[*object].seen.node().kind == entry.node.kind
            });
            let object = same.unwrap_or_else(|| self.born(seen, number, earlier.is_none()));
            let dir = path.parent().and_then(|parent| paths.get(parent)).copied();
            let name = match (dir, path.file_name()) {
                (Some(_), Some(name)) => PathBuf::from(name),
                _ => path.to_owned(),
            };
            let name = Name { dir, name };
            if entry.node.kind == NodeKind::Dir {
                view.dirs.insert(object, name.clone());
            }
            view.names.insert(name, object);
            view.seen.entry(object).or_insert(seen);
            paths.insert(path, object);
        }
        view
    }

    fn born(&mut self, seen: SnapshotEntry<'s>, number: Number, whole: bool) -> Object {
        let mut birth = Birth { seen, bytes: seen.bytes(), inode: number.1 };
        let synced = self.nameless.remove(&number);
        // A link's target comes with the link: symlink(2) makes both at once, and there is no empty target to put back.
        if seen.node().kind == NodeKind::File && !whole && !synced {
            birth.bytes = &NOTHING;
        }
        let object = self.all.len();
        if self.numbers.insert(number, object).is_some() {
            // The inode that had the number may be in the same state as this one, and they are not links to each other.
            birth.inode = self.unused;
            self.unused = self.unused.saturating_add(1);
        }
        self.all.push(birth);
        object
    }

    /// Returns the object with a number, of the file system that a path is on.
    ///
    /// A number without an object is kept: a file made with O_TMPFILE is written and synced before linkat(2) gives it a name, and
    /// its contents are durable when it gets one.
    pub(super) fn numbered(&mut self, below: &Path, inode: u64) -> Option<Object> {
        let number = (self.file_system(below), inode);
        let found = self.numbers.get(&number).copied();
        if found.is_none() {
            self.nameless.insert(number);
        }
        found
    }

    /// Returns the file system that a path is on, by the path of its root; empty where there is only one.
    fn file_system(&self, path: &Path) -> PathBuf {
        let above = self.file_systems.iter().filter(|root| path.starts_with(root));
        above.max_by_key(|root| root.as_os_str().len()).cloned().unwrap_or_default()
    }
}
