//! The tree that a choice of effects makes.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use sha2::{Digest, Sha256};

use super::bytes::Part;
use super::effects::{Effect, EffectKind};
use super::history::EffectHistory;
use super::objects::Object;
use crate::tree::NodeKind;
use crate::tree::{Contents, Snapshot};

/// Portion of each effect that is on the disk.
pub(super) type Choice = Vec<Option<Part>>;

/// Digest of a tree: the sum of the digests of its nodes, of everything but inode numbers and times.
pub(super) type Mark = [u64; 4];

/// Digest of a node, as it was born.
pub(super) type NodeMark = [u8; 32];

/// An object as a choice leaves it, but for its contents.
struct Shown {
    mode: u32,
    owner: (u32, u32),
    attributes: Vec<(OsString, Vec<u8>)>,
}

/// The trees of names that choices made so far, by which changes of names they have: those are few, and most choices differ in contents.
#[derive(Default)]
pub(super) struct Shapes(RefCell<HashMap<Vec<bool>, Rc<Shape>>>);

/// Upper limit of shapes that are kept.
const SHAPES: usize = 1 << 12;

/// A tree of names.
struct Shape {
    /// The sum over the nodes that no effect touches.
    untouched: Mark,
    /// The others, and a digest of where each of them is.
    touched: Vec<(NodeMark, Object)>,
}

fn add(sum: &mut Mark, path: &NodeMark, node: &NodeMark) {
    let mut hash = Sha256::new();
    hash.update(path);
    hash.update(node);
    let digest: NodeMark = hash.finalize().into();
    for (sum, bytes) in sum.iter_mut().zip(digest.as_chunks().0) {
        *sum = sum.wrapping_add(u64::from_le_bytes(*bytes));
    }
}

impl EffectHistory<'_> {
    /// Returns the digest of a choice's tree.
    pub(super) fn mark(&self, choice: &Choice) -> Mark {
        let shape = self.shape(choice);
        let mut mark = shape.untouched;
        for (path, object) in &shape.touched {
            add(&mut mark, path, &self.object_mark(*object, choice));
        }
        mark
    }

    fn shape(&self, choice: &Choice) -> Rc<Shape> {
        let there = |effect: &Effect| matches!(effect.what, EffectKind::Names(_));
        let effects = self.effects.iter().zip(choice).filter(|(effect, _)| there(effect));
        let key: Vec<bool> = effects.map(|(_, part)| part.is_some()).collect();
        if let Some(shape) = self.shapes.0.borrow().get(&key) {
            return Rc::clone(shape);
        }
        let (mut untouched, mut touched) = (Mark::default(), Vec::new());
        for (path, object) in self.paths(choice) {
            let path = Sha256::digest(path.as_os_str().as_bytes()).into();
            match self.touching[object].is_empty() {
                true => add(&mut untouched, &path, &self.born[object]),
                false => touched.push((path, object)),
            }
        }
        let shape = Rc::new(Shape { untouched, touched });
        let mut shapes = self.shapes.0.borrow_mut();
        if shapes.len() == SHAPES {
            shapes.clear();
        }
        shapes.insert(key, Rc::clone(&shape));
        shape
    }

    /// Returns the digest of an object, but for its paths.
    pub(super) fn object_mark(&self, object: Object, choice: &Choice) -> NodeMark {
        let shown = self.shown(object, choice);
        let mut hash = Sha256::new();
        hash.update([self.objects[object].seen.node().kind as u8]);
        for number in [shown.mode, shown.owner.0, shown.owner.1] {
            hash.update(number.to_le_bytes());
        }
        let (length, number) = self.layouts[object].number(choice);
        hash.update((length as u64).to_le_bytes());
        hash.update(number.to_bytes());
        for (name, value) in &shown.attributes {
            part(&mut hash, name.as_bytes());
            part(&mut hash, value);
        }
        hash.finalize().into()
    }

    /// Returns the tree of a choice.
    pub(super) fn snapshot(&self, choice: &Choice) -> Snapshot {
        let paths = self.paths(choice).into_iter();
        let entries = paths.map(|(path, object)| {
            let birth = &self.objects[object];
            let shown = self.shown(object, choice);
            let bytes = self.contents(object, choice);
            let mut entry = birth.seen.snapshot.entries[birth.seen.index].clone();
            entry.node.path = path;
            entry.node.inode = birth.inode;
            entry.node.mode = shown.mode;
            (entry.node.uid, entry.node.gid) = shown.owner;
            if entry.node.kind == NodeKind::File {
                entry.node.size = bytes.len() as u64;
            }
            entry.bytes = bytes;
            entry.attributes = shown.attributes;
            entry
        });
        Snapshot { entries: entries.collect() }
    }

    /// Returns every path and its object, parents first. Objects that no root leads to are not in it.
    fn paths(&self, choice: &Choice) -> BTreeMap<PathBuf, Object> {
        let base = self.names.iter().map(|(name, object)| ((name.dir, &*name.name), *object));
        let mut names: BTreeMap<(Option<Object>, &Path), Object> = base.collect();
        for (effect, part) in self.effects.iter().zip(choice) {
            let (EffectKind::Names(changes), Some(_)) = (&effect.what, part) else { continue };
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

    fn shown(&self, object: Object, choice: &Choice) -> Shown {
        let birth = &self.objects[object];
        let node = birth.seen.node();
        let mut shown = Shown {
            mode: node.mode,
            owner: (node.uid, node.gid),
            attributes: birth.seen.attributes().to_vec(),
        };
        for &effect in &self.touching[object] {
            if let (EffectKind::Attributes(_, delta), Some(Some(_))) =
                (&self.effects[effect].what, choice.get(effect))
            {
                shown.mode = delta.mode.unwrap_or(shown.mode);
                shown.owner = delta.owner.unwrap_or(shown.owner);
                delta.apply(&mut shown.attributes);
            }
        }
        shown.attributes.sort();
        shown
    }

    fn contents(&self, object: Object, choice: &Choice) -> Contents {
        let born = self.objects[object].bytes;
        let mut bytes: Option<Vec<u8>> = None;
        for &effect in &self.touching[object] {
            if let (EffectKind::Contents(_, change), Some(Some(part))) =
                (&self.effects[effect].what, choice.get(effect))
            {
                change.apply(*part, bytes.get_or_insert_with(|| born.to_vec()));
            }
        }
        bytes.map_or_else(|| born.clone(), |bytes| Contents::of(&bytes, Some(born)))
    }
}

/// Adds bytes to a digest so that where they end counts, too.
fn part(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}
