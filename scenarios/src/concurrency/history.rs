//! Whether what was answered can have come one after the other: linearizability, by trying every order.
//!
//! <https://doi.org/10.1145/78969.78972>: each operation takes effect at one moment between its beginning and its answer.
//! Histories here have a handful of operations, so that all orders are tried in no time.

use std::collections::BTreeMap;
use std::fmt;

/// What the session of each id keeps; no entry if there is none.
pub(super) type State = BTreeMap<&'static str, Slots>;

/// Slots whose secrets a session holds: that of the save, and that of each update.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slots(u64);

impl Slots {
    /// Returns those of a session that was saved and not updated.
    pub(super) fn of(slot: u16) -> Slots {
        Slots(1 << slot)
    }

    /// Returns them with one more.
    pub(super) fn with(self, slot: u16) -> Slots {
        Slots(self.0 | 1 << slot)
    }

    /// Returns whether one is among them.
    pub(super) fn has(self, slot: u16) -> bool {
        self.0 & 1 << slot != 0
    }

    /// Lists them in order.
    pub(super) fn list(self) -> Vec<u16> {
        (0..64).filter(|slot| self.has(*slot)).collect()
    }
}

impl fmt::Display for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.list().iter().map(u16::to_string).collect();
        f.write_str(&words.join(" and "))
    }
}

/// Effect of an operation, as it was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// A session was saved.
    Save(&'static str, u16),
    /// A part with the secrets of a slot was set in a session that is there.
    Update(&'static str, u16),
    /// A session was deleted.
    Delete(&'static str),
    /// A load was answered with a session, or with absent; or an update was answered with absent.
    Load(&'static str, Option<Slots>),
}

/// An operation with its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// Effect of the operation.
    pub(super) did: Effect,
    /// Times of the request and of the answer.
    pub(super) span: (u32, u32),
    /// Whether it was answered ok. An operation that failed, or was never answered, may have happened or not.
    pub(super) sure: bool,
}

/// Returns the state after all that happened in an order that explains every answer; `None` if no order does.
pub(super) fn explain(start: &State, events: &[Event]) -> Option<State> {
    let Some(first) = events.iter().map(|event| event.span.1).min() else {
        return Some(start.clone());
    };
    for (index, event) in events.iter().enumerate() {
        // What began after another was answered comes after it.
        if event.span.0 > first {
            continue;
        }
        let mut rest = events.to_vec();
        rest.remove(index);
        if let Some(next) = after(start, event.did)
            && let Some(end) = explain(&next, &rest)
        {
            return Some(end);
        }
        if !event.sure
            && let Some(end) = explain(start, &rest)
        {
            return Some(end);
        }
    }
    None
}

/// Returns the state after an operation; `None` if it could not have been answered that way.
fn after(state: &State, did: Effect) -> Option<State> {
    let mut state = state.clone();
    match did {
        Effect::Save(id, slot) => drop(state.insert(id, Slots::of(slot))),
        Effect::Update(id, slot) => {
            let kept = state.get_mut(id)?;
            *kept = kept.with(slot);
        }
        Effect::Delete(id) => drop(state.remove(id)),
        Effect::Load(id, seen) => return (state.get(id).copied() == seen).then_some(state),
    }
    Some(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "alpha";

    fn event(did: Effect, began: u32, ended: u32) -> Event {
        Event { did, span: (began, ended), sure: true }
    }

    fn explains(start: &[(&'static str, u16)], events: &[Event]) -> bool {
        let start = start.iter().map(|(id, slot)| (*id, Slots::of(*slot)));
        explain(&start.collect(), events).is_some()
    }

    #[test]
    fn at_the_same_time_either_may_be_last() {
        for seen in [1, 2] {
            let saves = [event(Effect::Save(A, 1), 0, 2), event(Effect::Save(A, 2), 1, 3)];
            let load = event(Effect::Load(A, Some(Slots::of(seen))), 4, 5);
            assert!(explains(&[], &[saves[0], saves[1], load]));
        }
    }

    #[test]
    fn one_after_the_other_the_later_is_last() {
        let saves = [event(Effect::Save(A, 1), 0, 1), event(Effect::Save(A, 2), 2, 3)];
        assert!(!explains(
            &[],
            &[saves[0], saves[1], event(Effect::Load(A, Some(Slots::of(1))), 4, 5)]
        ));
        assert!(explains(
            &[],
            &[saves[1], event(Effect::Load(A, Some(Slots::of(2))), 4, 5), saves[0]]
        ));
    }

    #[test]
    fn what_was_deleted_does_not_come_back() {
        let load = event(Effect::Load(A, Some(Slots::of(0))), 0, 3);
        let delete = event(Effect::Delete(A), 1, 2);
        assert!(explains(&[(A, 0)], &[load, delete]));
        assert!(!explains(
            &[(A, 0)],
            &[load, delete, event(Effect::Load(A, Some(Slots::of(0))), 4, 5)]
        ));
        assert!(explains(&[(A, 0)], &[load, delete, event(Effect::Load(A, None), 4, 5)]));
    }

    #[test]
    fn two_reads_do_not_go_back() {
        let save = event(Effect::Save(A, 1), 0, 9);
        let (new, old) = (Effect::Load(A, Some(Slots::of(1))), Effect::Load(A, Some(Slots::of(0))));
        assert!(explains(&[(A, 0)], &[save, event(old, 1, 2), event(new, 3, 4)]));
        assert!(!explains(&[(A, 0)], &[save, event(new, 1, 2), event(old, 3, 4)]));
    }

    #[test]
    fn of_two_updates_both_are_there() {
        let updates = [event(Effect::Update(A, 1), 0, 2), event(Effect::Update(A, 2), 1, 3)];
        let left = |slots: &[u16]| {
            let slots = slots.iter().fold(Slots::of(0), |slots, slot| slots.with(*slot));
            event(Effect::Load(A, Some(slots)), 4, 5)
        };
        assert!(explains(&[(A, 0)], &[updates[0], updates[1], left(&[1, 2])]));
        for lost in [&[1][..], &[2], &[]] {
            assert!(!explains(&[(A, 0)], &[updates[0], updates[1], left(lost)]), "{lost:?}");
        }
        // One that was refused need not be there.
        let refused = Event { sure: false, ..updates[0] };
        assert!(explains(&[(A, 0)], &[refused, updates[1], left(&[2])]));
    }

    #[test]
    fn an_update_beside_a_delete_leaves_no_session() {
        let (update, delete) = (event(Effect::Update(A, 1), 0, 2), event(Effect::Delete(A), 1, 3));
        let absent = event(Effect::Load(A, None), 4, 5);
        assert!(explains(&[(A, 0)], &[update, delete, absent]));
        let back = event(Effect::Load(A, Some(Slots::of(0).with(1))), 4, 5);
        assert!(!explains(&[(A, 0)], &[update, delete, back]));
    }

    #[test]
    fn what_failed_may_have_happened_or_not() {
        for seen in [None, Some(1)] {
            let save = Event { sure: false, ..event(Effect::Save(A, 1), 0, 1) };
            let seen = seen.map(Slots::of);
            assert!(explains(&[], &[save, event(Effect::Load(A, seen), 2, 3)]));
        }
    }
}
