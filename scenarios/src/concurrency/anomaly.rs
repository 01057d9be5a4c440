//! What sessions are known by, and what is wrong with what was seen.

use std::collections::BTreeMap;

use interloper_driver::{ErrorKind, Promise, Session};
use interloper_engine::record::{Evidence, Severity};
use interloper_engine::{Abort, CaseResult, Lab, Loaded, Request, Shape};

use super::history::{Effect, Event, Slots, State, explain};
use super::turns::{Answer, NAMES};
use crate::support::{LoadOutcome, same};

/// Reason why nothing can be updated.
const NO_PART: &str = "the store keeps no part of which one entry can be set";

/// An operation of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PairOp {
    /// Saves the session of a slot.
    Save(&'static str, u16),
    /// Sets a part of a session, with the secrets of a slot.
    Update(&'static str, u16),
    /// Loads.
    Load(&'static str),
    /// Deletes.
    Delete(&'static str),
    /// Purges what is over, that of an id among it.
    Purge(&'static str),
}

impl PairOp {
    /// Returns the session's id.
    pub(super) fn id(self) -> &'static str {
        match self {
            PairOp::Save(id, _)
            | PairOp::Update(id, _)
            | PairOp::Load(id)
            | PairOp::Delete(id)
            | PairOp::Purge(id) => id,
        }
    }

    /// Returns the operation's word.
    pub(super) fn word(self) -> &'static str {
        match self {
            PairOp::Save(..) => "save",
            PairOp::Update(..) => "update",
            PairOp::Load(_) => "load",
            PairOp::Delete(_) => "delete",
            PairOp::Purge(_) => "purge",
        }
    }

    /// Returns the operation with its article: `an update`.
    pub(super) fn phrase(self) -> String {
        let article = if matches!(self, PairOp::Update(..)) { "an" } else { "a" };
        format!("{article} {}", self.word())
    }

    /// Returns the request.
    ///
    /// # Errors
    /// [`Abort::Ineffective`] if the store keeps no part that can be set.
    pub(super) fn request(self, lab: &Lab<'_>, shape: &Shape) -> CaseResult<Request> {
        Ok(match self {
            PairOp::Save(id, slot) => Request::save(lab, id, slot, shape),
            PairOp::Update(id, slot) => Request::update(lab, id, slot, &part_name(slot))
                .ok_or_else(|| Abort::Ineffective(NO_PART.into()))?,
            PairOp::Load(id) => Request::load(id),
            PairOp::Delete(id) => Request::delete(id),
            PairOp::Purge(id) => Request::purge(id),
        })
    }
}

/// Returns the name of the part that is set with the secrets of a slot: no two updates set the same.
pub(super) fn part_name(slot: u16) -> String {
    format!("part{slot}")
}

/// Anomaly in a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anomaly {
    /// A session cannot be read, or is none of those that were saved.
    Torn,
    /// A saved session is gone.
    Lost,
    /// A part that was set is gone.
    LostPart,
    /// A deleted session exists again.
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

impl Anomaly {
    /// Returns the word in causes.
    pub(super) fn word(self) -> &'static str {
        match self {
            Anomaly::Torn => "torn",
            Anomaly::Lost | Anomaly::LostPart => "lost",
            Anomaly::Resurrected => "resurrected",
            Anomaly::Stale => "stale",
            Anomaly::Failed => "failed",
            Anomaly::Crashed => "crashed",
            Anomaly::Stuck => "stuck",
        }
    }

    /// Returns the severity in a store that promises what it does.
    pub(super) fn severity(self, lab: &Lab<'_>) -> Severity {
        match self {
            // A reader sees whole sessions where saves are atomic, and the newest where writers exclude each other.
            Anomaly::Torn => lab.where_promised(Promise::Atomic, Severity::Medium),
            Anomaly::Stale => lab.where_promised(Promise::Exclusive, Severity::Medium),
            // Who is logged out and still served, or the next at that machine, is somebody else.
            Anomaly::Resurrected => Severity::High,
            // It says so, and can be tried again.
            Anomaly::Failed => Severity::Low,
            _ => Severity::Medium,
        }
    }

    /// Returns whether something is gone that was answered with ok.
    pub(super) fn loses(self) -> bool {
        matches!(self, Anomaly::Lost | Anomaly::LostPart)
    }

    /// Returns a clause that says what happened.
    pub(super) fn clause(self) -> &'static str {
        match self {
            Anomaly::Torn => "a session cannot be read, or is none of those that were saved",
            Anomaly::Lost => "a session is gone although its save was answered with ok",
            Anomaly::LostPart => {
                "a part of a session is gone although its update was answered with ok"
            }
            Anomaly::Resurrected => {
                "a session is back although its deletion was answered with ok, and nobody saved it again"
            }
            Anomaly::Stale => "an older session is answered after a newer one",
            Anomaly::Failed => "an operation fails that does not fail alone",
            Anomaly::Crashed => "a process died or did not answer",
            Anomaly::Stuck => "an operation never ends",
        }
    }
}

/// The sessions that may be seen.
#[derive(Debug, Default)]
pub(super) struct KnownSessions {
    sessions: BTreeMap<(&'static str, Slots), Vec<Session>>,
}

impl KnownSessions {
    /// Learns how a session loads that was saved with nobody beside; whether it is that of the slot at all.
    pub(super) fn add(
        &mut self,
        lab: &Lab<'_>,
        id: &'static str,
        slots: Slots,
        loaded: &Loaded,
    ) -> bool {
        let Loaded::Present(session) = loaded else { return false };
        if lab.slots_of(session) != slots.list() {
            return false;
        }
        self.insert(id, slots, session);
        true
    }

    /// Learns how a session loads with parts that were set in it: those that are known, with each of these parts and all of them.
    pub(super) fn add_parts(&mut self, id: &'static str, parts: &[(u16, Session)]) {
        for (slot, part) in parts {
            let known: Vec<(Slots, Vec<Session>)> = self
                .sessions
                .iter()
                .filter(|((other, slots), _)| *other == id && !slots.has(*slot))
                .map(|((_, slots), sessions)| (*slots, sessions.clone()))
                .collect();
            for (slots, sessions) in known {
                for mut session in sessions {
                    session.set(part.clone());
                    self.insert(id, slots.with(*slot), &session);
                }
            }
        }
    }

    fn insert(&mut self, id: &'static str, slots: Slots, session: &Session) {
        let known = self.sessions.entry((id, slots)).or_default();
        if !known.iter().any(|other| same(other, session)) {
            known.push(session.clone());
        }
    }

    /// Returns the slots of a session that was loaded; `None` if it is none that was saved.
    fn slots(&self, id: &str, session: &Session) -> Option<Slots> {
        let mut known = self.sessions.iter().filter(|((other, _), _)| *other == id);
        known.find(|(_, whole)| whole.iter().any(|one| same(one, session))).map(|((_, s), _)| *s)
    }
}

/// Operations that were answered, and what is there afterwards.
#[derive(Debug)]
pub(super) struct ObservedHistory<'h> {
    /// State before the operations.
    pub(super) start: State,
    /// Each operation with its time and answer.
    pub(super) done: Vec<(PairOp, (u32, u32), &'h Answer)>,
    /// Load of each id after both operations.
    pub(super) left: Vec<(&'static str, LoadOutcome)>,
}

impl ObservedHistory<'_> {
    /// Judges the history: the anomaly, and the fact that shows it.
    pub(super) fn judge(&self, known: &KnownSessions) -> Option<(Anomaly, Evidence)> {
        let mut events = Vec::new();
        for (who, (operation, span, answer)) in self.done.iter().enumerate() {
            let name = NAMES.get(who).copied().unwrap_or("the third");
            let call = format!("{name}'s {} of {:?}", operation.word(), operation.id());
            let sure = matches!(answer, Answer::Done | Answer::Loaded(_));
            let did = match (operation, answer) {
                (_, Answer::Died(seen)) => {
                    return Some((Anomaly::Crashed, seen.evidence(call)));
                }
                (PairOp::Load(id), Answer::Loaded(loaded)) => match slots(known, id, loaded) {
                    Ok(Some(slots)) => Effect::Load(id, slots),
                    // It says that it cannot now.
                    Ok(None) => continue,
                    Err(anomaly) => {
                        return Some((anomaly, Evidence::answer(call, word(loaded))));
                    }
                },
                // What a purge takes away is not there for anybody before it either.
                (PairOp::Load(_) | PairOp::Purge(_), _) => continue,
                (PairOp::Save(id, slot), _) => Effect::Save(id, *slot),
                (PairOp::Update(id, _), answer) if answer.is_absent() => {
                    events.push(Event { did: Effect::Load(id, None), span: *span, sure: true });
                    continue;
                }
                (PairOp::Update(id, slot), _) => Effect::Update(id, *slot),
                (PairOp::Delete(id), _) => Effect::Delete(id),
            };
            events.push(Event { did, span: *span, sure });
        }
        for (id, seen) in &self.left {
            let loaded = match seen {
                Ok(loaded) => loaded,
                Err(seen) => {
                    let fact = seen.evidence(format!("a later load of {id:?}"));
                    return Some((Anomaly::Torn, fact));
                }
            };
            let told = || Evidence::answer(format!("a later load of {id:?}"), word(loaded));
            match slots(known, id, loaded) {
                Ok(Some(slots)) => {
                    let did = Effect::Load(id, slots);
                    events.push(Event { did, span: (u32::MAX, u32::MAX), sure: true });
                }
                // Nobody is at work any more.
                Ok(None) => return Some((Anomaly::Failed, told())),
                Err(anomaly) => return Some((anomaly, told())),
            }
        }
        if explain(&self.start, &events).is_none() {
            return Some(self.contradiction(&events));
        }
        self.failure()
    }

    /// Returns the state afterwards; `None` if it is not known.
    pub(super) fn end(&self, known: &KnownSessions) -> Option<State> {
        let mut state = State::new();
        for (id, seen) in &self.left {
            if let Some(slots) = slots(known, id, seen.as_ref().ok()?).ok()?? {
                state.insert(id, slots);
            }
        }
        Some(state)
    }

    /// Names the anomaly of a history that no order explains.
    fn contradiction(&self, events: &[Event]) -> (Anomaly, Evidence) {
        let loads: Vec<String> = events
            .iter()
            .filter_map(|event| match event.did {
                Effect::Load(id, Some(slots)) => Some(format!("{id:?} loads as session {slots}")),
                Effect::Load(id, None) => Some(format!("{id:?} loads as absent")),
                _ => None,
            })
            .collect();
        let last = |id: &str| {
            events.iter().rev().find_map(|event| match event.did {
                Effect::Load(other, slots) if other == id => Some(slots),
                _ => None,
            })
        };
        let deleted = events.iter().any(|event| match event.did {
            Effect::Delete(id) => event.sure && last(id).flatten().is_some(),
            _ => false,
        });
        let absent = events.iter().any(|event| matches!(event.did, Effect::Load(_, None)));
        let lacks = |id: &str, slot: u16| last(id).flatten().is_some_and(|kept| !kept.has(slot));
        let updated = events.iter().any(|event| match event.did {
            Effect::Update(id, slot) => event.sure && lacks(id, slot),
            _ => false,
        });
        let anomaly = match (deleted, absent) {
            (true, _) => Anomaly::Resurrected,
            (false, true) => Anomaly::Lost,
            (false, false) if updated => Anomaly::LostPart,
            (false, false) => Anomaly::Stale,
        };
        (anomaly, Evidence::Unexplained { after: String::new(), loads })
    }

    /// Returns an operation that was refused for another reason than that somebody else was at work.
    fn failure(&self) -> Option<(Anomaly, Evidence)> {
        self.done.iter().find_map(|(operation, _, answer)| match answer {
            // The other has deleted it: that was judged with the order.
            Answer::Failed(_) if answer.is_absent() && matches!(operation, PairOp::Update(..)) => {
                None
            }
            Answer::Failed(failure) if failure.kind != ErrorKind::Conflict => Some((
                Anomaly::Failed,
                Evidence::answer(
                    format!("{} of {:?}", operation.word(), operation.id()),
                    failure.to_string(),
                ),
            )),
            _ => None,
        })
    }
}

/// Returns the slots that were loaded, or none where it is absent; no answer at all where the store says that somebody else is at work.
fn slots(
    known: &KnownSessions,
    id: &str,
    loaded: &Loaded,
) -> Result<Option<Option<Slots>>, Anomaly> {
    match loaded {
        Loaded::Absent => Ok(Some(None)),
        Loaded::Present(session) => {
            known.slots(id, session).map(|slots| Some(Some(slots))).ok_or(Anomaly::Torn)
        }
        Loaded::Failed(failure) if failure.kind == ErrorKind::Conflict => Ok(None),
        Loaded::Failed(failure) if failure.kind == ErrorKind::Corrupt => Err(Anomaly::Torn),
        Loaded::Failed(_) => Err(Anomaly::Failed),
    }
}

fn word(loaded: &Loaded) -> String {
    match loaded {
        Loaded::Failed(failure) => format!("err {failure}"),
        Loaded::Present(_) => "a session that nobody saved".into(),
        Loaded::Absent => loaded.word(),
    }
}
