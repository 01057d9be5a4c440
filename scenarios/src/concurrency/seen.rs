//! What sessions are known by, and what is wrong with what was seen.

use std::collections::BTreeMap;

use interloper_driver::{ErrorKind, Promise, Session};
use interloper_engine::record::Severity;
use interloper_engine::{Lab, Loaded, Request, Shape};

use super::history::{Did, Event, State, explain};
use super::turns::{Answer, NAMES};
use crate::support::{Seen, same};

/// An operation of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// Saves the session of a slot.
    Save(&'static str, u16),
    /// Loads.
    Load(&'static str),
    /// Deletes.
    Delete(&'static str),
    /// Purges what is over, that of an id among it.
    Purge(&'static str),
}

impl Deed {
    /// The session's id.
    pub(super) fn id(self) -> &'static str {
        match self {
            Deed::Save(id, _) | Deed::Load(id) | Deed::Delete(id) | Deed::Purge(id) => id,
        }
    }

    /// The operation's word.
    pub(super) fn word(self) -> &'static str {
        match self {
            Deed::Save(..) => "save",
            Deed::Load(_) => "load",
            Deed::Delete(_) => "delete",
            Deed::Purge(_) => "purge",
        }
    }

    /// What is asked.
    pub(super) fn request(self, lab: &Lab<'_>, shape: &Shape) -> Request {
        match self {
            Deed::Save(id, slot) => Request::save(lab, id, slot, shape),
            Deed::Load(id) => Request::load(id),
            Deed::Delete(id) => Request::delete(id),
            Deed::Purge(id) => Request::purge(id),
        }
    }
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// A session cannot be read, or is none of those that were saved.
    Torn,
    /// What was saved is not there.
    Lost,
    /// What was deleted is there.
    Resurrected,
    /// Old and new, in an order that cannot have been.
    Stale,
    /// An operation failed that does not fail alone.
    Failed,
    /// A driver died.
    Crashed,
    /// Each waits for the other, or one waits for nobody.
    Stuck,
}

impl Wrong {
    /// The word in causes.
    pub(super) fn word(self) -> &'static str {
        match self {
            Wrong::Torn => "torn",
            Wrong::Lost => "lost",
            Wrong::Resurrected => "resurrected",
            Wrong::Stale => "stale",
            Wrong::Failed => "failed",
            Wrong::Crashed => "crashed",
            Wrong::Stuck => "stuck",
        }
    }

    /// How bad it is in a store that promises what it does.
    pub(super) fn severity(self, lab: &Lab<'_>) -> Severity {
        match self {
            // A reader sees whole sessions where saves are atomic, and no update is lost where writers exclude each other.
            Wrong::Torn => lab.where_promised(Promise::Atomic, Severity::Medium),
            Wrong::Lost | Wrong::Stale => lab.where_promised(Promise::Exclusive, Severity::Medium),
            // Who is logged out and still served, or the next at that machine, is somebody else.
            Wrong::Resurrected => Severity::High,
            // It says so, and can be tried again.
            Wrong::Failed => Severity::Low,
            _ => Severity::Medium,
        }
    }

    /// What happened, in a clause.
    pub(super) fn clause(self) -> &'static str {
        match self {
            Wrong::Torn => "a session cannot be read, or is none of those that were saved",
            Wrong::Lost => "a session is gone although its save was answered with ok",
            Wrong::Resurrected => {
                "a session is back although its deletion was answered with ok, and nobody saved it again"
            }
            Wrong::Stale => "an older session is answered after a newer one",
            Wrong::Failed => "an operation fails that does not fail alone",
            Wrong::Crashed => "a process died or did not answer",
            Wrong::Stuck => "an operation never ends",
        }
    }
}

/// The sessions that may be seen.
#[derive(Debug, Default)]
pub(super) struct Known {
    sessions: BTreeMap<(&'static str, u16), Vec<Session>>,
}

impl Known {
    /// Learns how a session loads that was saved with nobody beside; whether it is that of the slot at all.
    pub(super) fn learn(
        &mut self,
        lab: &Lab<'_>,
        id: &'static str,
        slot: u16,
        loaded: &Loaded,
    ) -> bool {
        let Loaded::Present(session) = loaded else { return false };
        if lab.slots_of(session) != [slot] {
            return false;
        }
        let known = self.sessions.entry((id, slot)).or_default();
        if !known.iter().any(|other| same(other, session)) {
            known.push((**session).clone());
        }
        true
    }

    /// The slot of a session that was loaded; nothing where it is none that was saved.
    fn slot(&self, id: &str, session: &Session) -> Option<u16> {
        let mut known = self.sessions.iter().filter(|((other, _), _)| *other == id);
        known.find(|(_, whole)| whole.iter().any(|one| same(one, session))).map(|((_, s), _)| *s)
    }
}

/// Operations that were answered, and what is there afterwards.
#[derive(Debug)]
pub(super) struct History<'h> {
    /// What was there before.
    pub(super) start: State,
    /// Each operation with its time and answer.
    pub(super) done: Vec<(Deed, (u32, u32), &'h Answer)>,
    /// What each id loads as when all is over.
    pub(super) left: Vec<(&'static str, Seen)>,
}

impl History<'_> {
    /// What is wrong with it, and the fact that shows it.
    pub(super) fn judge(&self, known: &Known) -> Option<(Wrong, String)> {
        let mut events = Vec::new();
        for (who, (deed, span, answer)) in self.done.iter().enumerate() {
            let name = NAMES.get(who).copied().unwrap_or("one");
            let call = format!("{name}'s {} of {:?}", deed.word(), deed.id());
            let sure = matches!(answer, Answer::Done | Answer::Loaded(_));
            let did = match (deed, answer) {
                (_, Answer::Died(seen)) => {
                    return Some((Wrong::Crashed, format!("{call}: {}", seen.clause())));
                }
                (Deed::Load(id), Answer::Loaded(loaded)) => match slot(known, id, loaded) {
                    Ok(Some(slot)) => Did::Load(id, slot),
                    // It says that it cannot now.
                    Ok(None) => continue,
                    Err(wrong) => {
                        return Some((wrong, format!("{call} is answered with {}", word(loaded))));
                    }
                },
                // What a purge takes away is not there for anybody before it either.
                (Deed::Load(_) | Deed::Purge(_), _) => continue,
                (Deed::Save(id, slot), _) => Did::Save(id, *slot),
                (Deed::Delete(id), _) => Did::Delete(id),
            };
            events.push(Event { did, span: *span, sure });
        }
        for (id, seen) in &self.left {
            let loaded = match seen {
                Ok(loaded) => loaded,
                Err(what) => return Some((Wrong::Torn, format!("a later load of {id:?}: {what}"))),
            };
            let told = || format!("a later load of {id:?} is answered with {}", word(loaded));
            match slot(known, id, loaded) {
                Ok(Some(slot)) => {
                    let did = Did::Load(id, slot);
                    events.push(Event { did, span: (u32::MAX, u32::MAX), sure: true });
                }
                // Nobody is at work any more.
                Ok(None) => return Some((Wrong::Failed, told())),
                Err(wrong) => return Some((wrong, told())),
            }
        }
        if explain(&self.start, &events).is_none() {
            return Some(self.contradiction(&events));
        }
        self.failure()
    }

    /// What is there afterwards; nothing where that is not known.
    pub(super) fn end(&self, known: &Known) -> Option<State> {
        let mut state = State::new();
        for (id, seen) in &self.left {
            if let Some(slot) = slot(known, id, seen.as_ref().ok()?).ok()?? {
                state.insert(id, slot);
            }
        }
        Some(state)
    }

    /// What it is that no order explains.
    fn contradiction(&self, events: &[Event]) -> (Wrong, String) {
        let kept: Vec<String> = events
            .iter()
            .filter_map(|event| match event.did {
                Did::Load(id, Some(slot)) => Some(format!("{id:?} loads as session {slot}")),
                Did::Load(id, None) => Some(format!("{id:?} loads as absent")),
                _ => None,
            })
            .collect();
        let last = |id: &str| {
            events.iter().rev().find_map(|event| match event.did {
                Did::Load(other, slot) if other == id => Some(slot),
                _ => None,
            })
        };
        let deleted = events.iter().any(|event| match event.did {
            Did::Delete(id) => event.sure && last(id).flatten().is_some(),
            _ => false,
        });
        let absent = events.iter().any(|event| matches!(event.did, Did::Load(_, None)));
        let wrong = match (deleted, absent) {
            (true, _) => Wrong::Resurrected,
            (false, true) => Wrong::Lost,
            (false, false) => Wrong::Stale,
        };
        (wrong, format!("{}: no order of the operations explains it", kept.join(", ")))
    }

    /// An operation that was refused for another reason than that somebody else was at work.
    fn failure(&self) -> Option<(Wrong, String)> {
        self.done.iter().find_map(|(deed, _, answer)| match answer {
            Answer::Failed(failure) if failure.kind != ErrorKind::Conflict => Some((
                Wrong::Failed,
                format!("{} of {:?} is answered with {failure}", deed.word(), deed.id()),
            )),
            _ => None,
        })
    }
}

/// The slot that was loaded, or none where it is absent; no answer at all where the store says that somebody else is at work.
fn slot(known: &Known, id: &str, loaded: &Loaded) -> Result<Option<Option<u16>>, Wrong> {
    match loaded {
        Loaded::Absent => Ok(Some(None)),
        Loaded::Present(session) => {
            known.slot(id, session).map(|s| Some(Some(s))).ok_or(Wrong::Torn)
        }
        Loaded::Failed(failure) if failure.kind == ErrorKind::Conflict => Ok(None),
        Loaded::Failed(failure) if failure.kind == ErrorKind::Corrupt => Err(Wrong::Torn),
        Loaded::Failed(_) => Err(Wrong::Failed),
    }
}

fn word(loaded: &Loaded) -> String {
    match loaded {
        Loaded::Failed(failure) => format!("err {failure}"),
        Loaded::Present(_) => "a session that nobody saved".into(),
        Loaded::Absent => loaded.word(),
    }
}
