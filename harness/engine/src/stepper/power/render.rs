//! The tree that a choice of effects makes.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::bytes::Part;
use super::effects::What;
use super::history::History;
use super::objects::Object;
use crate::lab::Snapshot;
use crate::prober::NodeKind;

/// How much of each effect is on the disk.
pub(super) type Choice = Vec<Option<Part>>;

/// What tells trees apart: the digest of everything but inode numbers and times.
pub(super) type Mark = [u8; 32];

/// An object as a choice leaves it.
struct Shown<'h> {
    mode: u32,
    owner: (u32, u32),
    bytes: Cow<'h, [u8]>,
    attributes: Vec<(OsString, Vec<u8>)>,
}

impl History<'_> {
    /// What tells the tree of a choice from others.
    pub(super) fn mark(&self, choice: &Choice) -> Mark {
        let mut hash = Sha256::new();
        for (path, object) in self.paths(choice) {
            part(&mut hash, path.as_os_str().as_bytes());
            // What no effect touches is the same in every tree.
            match self.touching[object].is_empty() {
                true => hash.update(self.born[object]),
                false => hash.update(self.object_mark(object, choice)),
            }
        }
        hash.finalize().into()
    }

    /// What tells an object from others, but for its paths.
    pub(super) fn object_mark(&self, object: Object, choice: &Choice) -> Mark {
        let shown = self.shown(object, choice);
        let mut hash = Sha256::new();
        hash.update([self.objects[object].seen.node().kind as u8]);
        for number in [shown.mode, shown.owner.0, shown.owner.1] {
            hash.update(number.to_le_bytes());
        }
        part(&mut hash, &shown.bytes);
        for (name, value) in &shown.attributes {
            part(&mut hash, name.as_bytes());
            part(&mut hash, value);
        }
        hash.finalize().into()
    }

    /// The tree of a choice.
    pub(super) fn snapshot(&self, choice: &Choice) -> Snapshot {
        let paths = self.paths(choice).into_iter();
        let entries = paths.map(|(path, object)| {
            let birth = &self.objects[object];
            let shown = self.shown(object, choice);
            let mut entry = birth.seen.snapshot.entries[birth.seen.index].clone();
            entry.node.path = path;
            entry.node.inode = birth.inode;
            entry.node.mode = shown.mode;
            (entry.node.uid, entry.node.gid) = shown.owner;
            if entry.node.kind == NodeKind::File {
                entry.node.size = shown.bytes.len() as u64;
            }
            entry.bytes = shown.bytes.into_owned();
            entry.attributes = shown.attributes;
            entry
        });
        Snapshot { entries: entries.collect() }
    }

    /// Every path and what is there, parents first. What no root leads to is not in it.
    fn paths(&self, choice: &Choice) -> BTreeMap<PathBuf, Object> {
        let base = self.names.iter().map(|(name, object)| ((name.dir, &*name.name), *object));
        let mut names: BTreeMap<(Option<Object>, &Path), Object> = base.collect();
        for (effect, part) in self.effects.iter().zip(choice) {
            let (What::Names(changes), Some(_)) = (&effect.what, part) else { continue };
            for change in changes {
                let name = (change.name.dir, &*change.name.name);
                match change.new {
                    Some(object) => names.insert(name, object),
                    None => names.remove(&name),
                };
            }
        }
        let mut paths = BTreeMap::new();
        // A directory is listed once, so that no mistake here could make a tree without end.
        let mut listed = HashSet::new();
        let mut open = vec![(None, PathBuf::new())];
        while let Some((dir, path)) = open.pop() {
            let inside = names.range((dir, Path::new(""))..).take_while(|(name, _)| name.0 == dir);
            for ((_, name), &object) in inside {
                let path = path.join(name);
                let kind = self.objects[object].seen.node().kind;
                if kind == NodeKind::Dir && listed.insert(object) {
                    open.push((Some(object), path.clone()));
                }
                paths.insert(path, object);
            }
        }
        paths
    }

    fn shown(&self, object: Object, choice: &Choice) -> Shown<'_> {
        let birth = &self.objects[object];
        let node = birth.seen.node();
        let mut shown = Shown {
            mode: node.mode,
            owner: (node.uid, node.gid),
            bytes: Cow::Borrowed(birth.bytes),
            attributes: birth.seen.attributes().to_vec(),
        };
        for &effect in &self.touching[object] {
            let Some(part) = choice[effect] else { continue };
            match &self.effects[effect].what {
                What::Contents(_, change) => change.apply(part, shown.bytes.to_mut()),
                What::Attributes(_, delta) => {
                    shown.mode = delta.mode.unwrap_or(shown.mode);
                    shown.owner = delta.owner.unwrap_or(shown.owner);
                    delta.apply(&mut shown.attributes);
                }
                What::Names(_) => {}
            }
        }
        shown.attributes.sort();
        shown
    }
}

/// Adds bytes to a digest so that where they end counts, too.
fn part(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}
