//! What a step did, as effects that reach the disk or do not.

use std::ffi::OsString;

use super::bytes::{Change, Part};
use super::objects::{Name, Object, SnapshotEntry, View};

/// Effect of a step that is on the disk or not, whole unless it is torn.
#[derive(Debug)]
pub(super) struct Effect {
    /// Kind of change, and its data.
    pub(super) what: EffectKind,
    /// Portions of it that may be on the disk; the whole comes first.
    pub(super) parts: Vec<Part>,
    /// Name of it in a story: "the contents of alpha.json from step 3".
    pub(super) words: String,
    /// The earlier effects that it is never without.
    pub(super) requires: Vec<usize>,
    /// The step that it is from.
    pub(super) step: usize,
    /// After which step it is on the disk for certain.
    pub(super) durable: Option<usize>,
}

impl Effect {
    /// Returns an effect that nothing made durable yet.
    pub(super) fn new(what: EffectKind, words: String, step: usize) -> Effect {
        let parts = match &what {
            EffectKind::Contents(_, change) => change.parts(),
            _ => vec![Part::Whole],
        };
        Effect { what, parts, words, requires: Vec::new(), step, durable: None }
    }

    /// Returns what is missing if only a part of it is on the disk.
    pub(super) fn torn(&self, part: Part) -> Option<String> {
        match part {
            Part::Whole => None,
            Part::First => Some(format!("all but the first block of {}", self.words)),
            Part::Last => Some(format!("all but the last block of {}", self.words)),
            Part::Alternate => Some(format!("every second block of {}", self.words)),
        }
    }
}

/// Kind of change that an effect made.
#[derive(Debug)]
pub(super) enum EffectKind {
    /// A change of a file's contents.
    Contents(Object, Change),
    /// A change of mode, owner or attributes.
    Attributes(Object, Delta),
    /// Directory entries that change together: one, or those of a rename.
    Names(Vec<NameChange>),
}

/// A change of mode, owner or attributes: only what differs, for the rest may be lost by itself.
#[derive(Debug, Default)]
pub(super) struct Delta {
    /// The new mode.
    pub(super) mode: Option<u32>,
    /// The new user and group.
    pub(super) owner: Option<(u32, u32)>,
    /// Each attribute that was set, or removed.
    pub(super) attributes: Vec<(OsString, Option<Vec<u8>>)>,
}

impl Delta {
    /// Returns the difference, if there is one.
    pub(super) fn between(old: SnapshotEntry<'_>, new: SnapshotEntry<'_>) -> Option<Delta> {
        let owner = |seen: SnapshotEntry<'_>| (seen.node().uid, seen.node().gid);
        let mut delta = Delta::default();
        if old.node().mode != new.node().mode {
            delta.mode = Some(new.node().mode);
        }
        if owner(old) != owner(new) {
            delta.owner = Some(owner(new));
        }
        for (name, value) in new.attributes() {
            if !old.attributes().iter().any(|(old, was)| old == name && was == value) {
                delta.attributes.push((name.clone(), Some(value.clone())));
            }
        }
        for (name, _) in old.attributes() {
            if !new.attributes().iter().any(|(new, _)| new == name) {
                delta.attributes.push((name.clone(), None));
            }
        }
        let same = delta.mode.is_none() && delta.owner.is_none() && delta.attributes.is_empty();
        (!same).then_some(delta)
    }

    /// Does it to attributes of which earlier changes may be lost.
    pub(super) fn apply(&self, attributes: &mut Vec<(OsString, Vec<u8>)>) {
        for (name, value) in &self.attributes {
            let place = attributes.iter().position(|(old, _)| old == name);
            match (place, value) {
                (Some(place), Some(value)) => attributes[place].1.clone_from(value),
                (Some(place), None) => {
                    attributes.remove(place);
                }
                (None, Some(value)) => attributes.push((name.clone(), value.clone())),
                (None, None) => {}
            }
        }
    }

    /// Returns its name in a story: "the mode and owner".
    pub(super) fn words(&self) -> String {
        let parts = [
            (self.mode.is_some(), "mode"),
            (self.owner.is_some(), "owner"),
            (!self.attributes.is_empty(), "attributes"),
        ];
        let parts: Vec<&str> = parts.into_iter().filter(|part| part.0).map(|part| part.1).collect();
        format!("the {}", parts.join(" and "))
    }
}

/// A directory entry that names something else than before.
#[derive(Clone, Debug)]
pub(super) struct NameChange {
    /// The entry.
    pub(super) name: Name,
    /// Object that it named before, if it existed.
    pub(super) old: Option<Object>,
    /// Object that it names afterwards, if it exists.
    pub(super) new: Option<Object>,
    /// Whether its directory was synced afterwards.
    pub(super) synced: bool,
}

/// Returns the entries that differ, grouped into those that change together: where one loses what another gets, that is a rename or an
/// exchange, renameat2(2), and atomic.
pub(super) fn name_changes(old: &View<'_>, new: &View<'_>) -> Vec<Vec<NameChange>> {
    let gone = old.names.keys().filter(|name| !new.names.contains_key(name));
    let mut groups: Vec<Vec<NameChange>> = Vec::new();
    for name in gone.chain(new.names.keys()) {
        let (was, is) = (old.names.get(name).copied(), new.names.get(name).copied());
        if was == is {
            continue;
        }
        let linked = |other: &NameChange| {
            was.is_some() && was == other.new || is.is_some() && is == other.old
        };
        let (with, without): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|group| group.iter().any(linked));
        let mut group: Vec<NameChange> = with.into_iter().flatten().collect();
        group.push(NameChange { name: name.clone(), old: was, new: is, synced: false });
        groups = without;
        groups.push(group);
    }
    groups
}

/// Returns the moves among changes of one effect: which entry an object lost, and which it got.
pub(super) fn moves(changes: &[NameChange]) -> Vec<(&NameChange, &NameChange)> {
    let mut moves = Vec::new();
    for from in changes {
        let to = changes.iter().filter(|to| from.old.is_some() && from.old == to.new);
        moves.extend(to.map(|to| (from, to)));
    }
    moves
}

/// Returns the name of changes of entries in a story.
pub(super) fn name_words(changes: &[NameChange], step: usize) -> String {
    if let [change] = changes {
        let name = change.name.shown();
        return match (change.old, change.new) {
            (None, _) => format!("the name {name} from step {step}"),
            (_, None) => format!("the removal of {name} in step {step}"),
            _ => format!("the replacement of {name} in step {step}"),
        };
    }
    let moves: Vec<(String, String)> =
        moves(changes).into_iter().map(|(from, to)| (from.name.shown(), to.name.shown())).collect();
    match moves.as_slice() {
        [(from, to), (back, _)] if back == to => {
            format!("the exchange of {from} and {to} in step {step}")
        }
        moves => {
            let moves: Vec<String> =
                moves.iter().map(|(from, to)| format!("{from} to {to}")).collect();
            format!("the rename of {} in step {step}", moves.join(" and "))
        }
    }
}
