//! The effects of a history: what each step did, what it needs, what is durable.

use std::collections::HashMap;
use std::path::Path;

use super::bytes::Change;
use super::effects::{Delta, Effect, EffectKind, NameChange, moves, name_changes, name_words};
use super::layout::Layout;
use super::objects::{Birth, Name, Object, Objects, SnapshotEntry, View};
use super::render::{NodeMark, Shapes};
use crate::stepper::Synced;
use crate::tree::NodeKind;
use crate::tree::{Contents, Snapshot};

/// Initial durable state, and the effects that may have reached the disk since.
pub(super) struct EffectHistory<'s> {
    /// Every file, directory and link there was, as it was born.
    pub(super) objects: Vec<Birth<'s>>,
    /// Digest of each object, as it was born.
    pub(super) born: Vec<NodeMark>,
    /// Effects on the contents of each object, part by part.
    pub(super) layouts: Vec<Layout>,
    /// The trees of names that were made so far.
    pub(super) shapes: Shapes,
    /// The effects on the contents and attributes of each.
    pub(super) touching: Vec<Vec<usize>>,
    /// The directory entries before the first step.
    pub(super) names: Vec<(Name, Object)>,
    /// Effects of the steps, in their order.
    pub(super) effects: Vec<Effect>,
}

impl<'s> EffectHistory<'s> {
    /// Returns how many effects there are after so many steps.
    pub(super) fn count(&self, end: usize) -> usize {
        self.effects.partition_point(|effect| effect.step <= end)
    }

    /// Returns the history of these steps.
    pub(super) fn of(
        before: &'s Snapshot,
        steps: impl Iterator<Item = (&'s Snapshot, Synced)> + Clone,
    ) -> EffectHistory<'s> {
        let mut objects = Objects::new(before, steps.clone().map(|(after, _)| after));
        let mut view = objects.view(before, None);
        let names = view.names.iter().map(|(name, object)| (name.clone(), *object)).collect();
        let mut effects = Effects::default();
        for (step, (after, synced)) in (1..).zip(steps) {
            let after = objects.view(after, Some(&view));
            effects.names_changed(&view, &after, step);
            for (&object, &new) in &after.seen {
                match view.seen.get(&object) {
                    Some(old) => {
                        effects.contents_changed(object, old.bytes(), new, step);
                        effects.attributes_changed(object, *old, new, step);
                    }
                    None => {
                        effects.contents_changed(object, objects.all[object].bytes, new, step);
                    }
                }
            }
            effects.synced(&synced, step, &mut objects);
            view = after;
        }
        effects.close();
        let mut touching = vec![Vec::new(); objects.all.len()];
        for (index, effect) in effects.all.iter().enumerate() {
            if let EffectKind::Contents(object, _) | EffectKind::Attributes(object, _) = effect.what
            {
                touching[object].push(index);
            }
        }
        let layouts = touching.iter().enumerate().map(|(object, touching)| {
            let changes = touching.iter().filter_map(|&index| match &effects.all[index].what {
                EffectKind::Contents(_, change) => Some((index, change)),
                _ => None,
            });
            Layout::of(objects.all[object].bytes, changes)
        });
        let layouts = layouts.collect();
        let (objects, effects, born) = (objects.all, effects.all, Vec::new());
        let shapes = Shapes::default();
        let mut history =
            EffectHistory { objects, names, effects, born, touching, layouts, shapes };
        let nothing = Vec::new();
        history.born = (0..history.objects.len())
            .map(|object| history.object_mark(object, &nothing))
            .collect();
        history
    }
}

/// The effects found so far, and what is needed to say what the next ones depend on.
#[derive(Default)]
struct Effects {
    all: Vec<Effect>,
    /// The last effect on each directory entry.
    last: HashMap<Name, usize>,
    /// Every truncation: of which file, to which length, as which effect.
    cuts: Vec<(Object, usize, usize)>,
}

impl Effects {
    fn names_changed(&mut self, old: &View<'_>, new: &View<'_>, step: usize) {
        for changes in name_changes(old, new) {
            let index = self.all.len();
            let mut requires = self.needed_by_names(&changes, new);
            requires.sort_unstable();
            requires.dedup();
            for change in &changes {
                self.last.insert(change.name.clone(), index);
            }
            let words = name_words(&changes, step);
            let mut effect = Effect::new(EffectKind::Names(changes), words, step);
            effect.requires = requires;
            self.all.push(effect);
        }
    }

    /// Returns the earlier effects without which these changes of entries would not leave a tree that ever made sense.
    fn needed_by_names(&self, changes: &[NameChange], new: &View<'_>) -> Vec<usize> {
        // The order on each entry; what came before the last effect on it, that one requires.
        let mut requires: Vec<usize> =
            changes.iter().filter_map(|change| self.last.get(&change.name)).copied().collect();
        // What moves into a directory must be reachable there, for its old name is gone. So no two moves of directories put each
        // into the other, either: above the later one everything is as it was at its step.
        for (_, to) in moves(changes) {
            let mut dir = to.name.dir;
            while let Some(name) = dir.and_then(|dir| new.dirs.get(&dir)) {
                requires.extend(self.last.get(name));
                dir = name.dir;
            }
        }
        // A directory that goes is empty, rmdir(2): what moved out of it has arrived elsewhere.
        for removed in changes.iter().filter_map(|change| change.old) {
            if new.seen.contains_key(&removed) {
                continue;
            }
            let inside = |effect: &Effect| match &effect.what {
                EffectKind::Names(changes) => {
                    changes.iter().any(|change| change.name.dir == Some(removed))
                }
                _ => false,
            };
            let effects = self.all.iter().enumerate();
            requires.extend(effects.filter(|(_, effect)| inside(effect)).map(|(index, _)| index));
        }
        requires
    }

    fn contents_changed(
        &mut self,
        object: Object,
        old: &Contents,
        new: SnapshotEntry<'_>,
        step: usize,
    ) {
        if new.node().kind != NodeKind::File {
            return;
        }
        for change in Change::between(old, new.bytes()) {
            let index = self.all.len();
            let name = file_name(new);
            let words = match &change {
                Change::Cut(_) => format!("the truncation of {name} in step {step}"),
                Change::Grow(_) => format!("the length of {name} from step {step}"),
                Change::Put { .. } => format!("the contents of {name} from step {step}"),
            };
            let end = change.end();
            let earlier = self.cuts.iter().filter(|cut| cut.0 == object && cut.1 < end);
            let requires = earlier.map(|cut| cut.2).collect();
            if let Change::Cut(length) = change {
                self.cuts.push((object, length, index));
            }
            let mut effect = Effect::new(EffectKind::Contents(object, change), words, step);
            effect.requires = requires;
            self.all.push(effect);
        }
    }

    fn attributes_changed(
        &mut self,
        object: Object,
        old: SnapshotEntry<'_>,
        new: SnapshotEntry<'_>,
        step: usize,
    ) {
        if let Some(delta) = Delta::between(old, new) {
            let words = format!("{} of {} from step {step}", delta.words(), file_name(new));
            self.all.push(Effect::new(EffectKind::Attributes(object, delta), words, step));
        }
    }

    fn synced(&mut self, synced: &Synced, step: usize, objects: &mut Objects<'_>) {
        let mut numbered = |below: &Path, inode| objects.numbered(below, inode);
        let (synced, attributes) = match synced {
            Synced::Nothing => return,
            Synced::Everything => {
                self.all.iter_mut().for_each(|effect| {
                    effect.durable.get_or_insert(step);
                });
                return;
            }
            Synced::InodeBelow(path, inode) => (numbered(path, *inode), true),
            Synced::ContentsBelow(path, inode) => (numbered(path, *inode), false),
        };
        for effect in &mut self.all {
            let durable = match &mut effect.what {
                EffectKind::Contents(object, _) => synced == Some(*object),
                EffectKind::Attributes(object, _) => attributes && synced == Some(*object),
                EffectKind::Names(changes) => {
                    for change in changes.iter_mut() {
                        change.synced |= change.name.dir.is_some_and(|dir| synced == Some(dir));
                    }
                    changes.iter().all(|change| change.synced)
                }
            };
            if durable {
                effect.durable.get_or_insert(step);
            }
        }
    }

    /// Marks as durable what a durable effect is never without.
    fn close(&mut self) {
        for index in (0..self.all.len()).rev() {
            if let Some(step) = self.all[index].durable {
                for required in self.all[index].requires.clone() {
                    let earlier = self.all[required].durable.is_none_or(|other| step < other);
                    if earlier {
                        self.all[required].durable = Some(step);
                    }
                }
            }
        }
    }
}

/// Returns the last part of a node's path, for a story.
fn file_name(seen: SnapshotEntry<'_>) -> String {
    let path = &seen.node().path;
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.display().to_string())
}
