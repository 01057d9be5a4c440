//! The reference model: what a history of operations should have answered.
//!
//! It is a pure state machine of sessions. Ids are numbers in it: the caller's come first, and each that the store gives is the next; what
//! the store calls them is the caller's to know. So one model serves stores whose ids nobody can foretell.

mod action;
mod shrink;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use interloper_driver::{Enforces, Hello, Keeps, Operation};

pub use action::{Action, CALLERS, Size, histories};

/// The number of an id.
pub type Id = usize;

/// State of a session in the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kept {
    /// Whose secrets it holds.
    slot: u16,
    /// Hour of the model's clock at which it expires.
    end: Option<u32>,
    /// Whose secrets the part holds that was set last.
    part: Option<u16>,
}

/// Answer that an action should get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Ok.
    Done,
    /// An id that was never given before, with this number.
    NewId(Id),
    /// The session with the secrets of a slot.
    Session(u16),
    /// There is no such session.
    Absent,
}

/// Parts of a session of which one entry can be set.
const ENTRIES: [Keeps; 3] = [Keeps::Data, Keeps::Cookies, Keeps::Headers];

/// Abilities of a store that the model goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// It enforces the time at which a session is over, and its clock can be moved on.
    pub expiry: bool,
    /// It changes one part of a session.
    pub update: bool,
    /// It deletes.
    pub delete: bool,
    /// It gives ids of its own.
    pub create: bool,
    /// It gives sessions other ids.
    pub rotate: bool,
    /// It removes what is over.
    pub purge: bool,
}

impl Rules {
    /// Returns the rules that `hello` states; `many` is of the place, and `moves` says whether its clock can be moved on.
    pub fn of(hello: &Hello, many: bool, moves: bool) -> Rules {
        let can = |op| hello.can_do(op);
        Rules {
            expiry: hello.keeps.contains(&Keeps::Expires)
                && hello.enforces.contains(&Enforces::Expiry)
                && moves,
            update: can(Operation::Update) && hello.keeps.iter().any(|part| ENTRIES.contains(part)),
            delete: can(Operation::Delete),
            create: many && can(Operation::Create),
            rotate: many && can(Operation::Rotate),
            purge: can(Operation::Purge),
        }
    }

    /// Returns whether a store can be asked for an action at all.
    pub fn allow(self, action: Action) -> bool {
        match action {
            Action::Save { lives, .. } => self.expiry || lives.is_none(),
            Action::Load { .. } | Action::Restart | Action::Switch => true,
            Action::Update { .. } => self.update,
            Action::Delete { .. } => self.delete,
            Action::Create => self.create,
            Action::Rotate { .. } => self.rotate,
            Action::Purge => self.purge,
            Action::Wait { .. } => self.expiry,
        }
    }
}

/// The sessions there should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    sessions: BTreeMap<Id, Kept>,
    ids: usize,
    hours: u32,
    flaw: Option<Flaw>,
}

/// A mistake that a model can make, so that histories can be shown to expose it.
#[cfg_attr(not(test), expect(dead_code, reason = "only tests make flawed models"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    DeletesNothing,
    UpdatesNothing,
    DeletesEverything,
    FirstSaveStays,
    ForgetsTime,
    OverAnHourEarly,
    RotationKeepsOldId,
    RotationLosesSession,
    PurgesEverything,
    CreatesUnderFirstId,
}

impl Default for Model {
    fn default() -> Model {
        Model { sessions: BTreeMap::new(), ids: CALLERS.len(), hours: 0, flaw: None }
    }
}

impl Model {
    #[cfg(test)]
    pub(crate) fn with(flaw: Flaw) -> Model {
        Model { flaw: Some(flaw), ..Model::default() }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// Returns the id that an action means: one of the caller's, or one of those that the store has given, as far as there are any.
    pub fn id(&self, number: u8) -> Id {
        let number = usize::from(number);
        match (number.checked_sub(CALLERS.len()), self.ids - CALLERS.len()) {
            (None, _) => number,
            (Some(_), 0) => CALLERS.len() - 1,
            (Some(given), count) => CALLERS.len() + given % count,
        }
    }

    fn is_expired(&self, kept: Kept) -> bool {
        let early = u32::from(self.has(Flaw::OverAnHourEarly));
        !self.has(Flaw::ForgetsTime) && kept.end.is_some_and(|end| end <= self.hours + early)
    }

    /// Returns whose secrets the part of a session holds that was set last; `None` if no part was set since it was saved.
    pub fn part(&self, id: Id) -> Option<u16> {
        self.now(id)?.part
    }

    /// Returns the present session of an id.
    fn now(&self, id: Id) -> Option<Kept> {
        self.sessions.get(&id).copied().filter(|kept| !self.is_expired(*kept))
    }

    fn next_id(&mut self) -> Id {
        self.ids += 1;
        self.ids - 1
    }

    /// Applies an action and returns the answer that it should get. `slot` says whose secrets it saves.
    pub fn apply(&mut self, action: Action, slot: u16) -> Expected {
        match action {
            Action::Save { id, lives, .. } => {
                let kept = Kept {
                    slot,
                    end: lives.map(|hours| self.hours + u32::from(hours)),
                    part: None,
                };
                let id = self.id(id);
                if self.now(id).is_none() || !self.has(Flaw::FirstSaveStays) {
                    self.sessions.insert(id, kept);
                }
                Expected::Done
            }
            Action::Load { id } => {
                self.now(self.id(id)).map_or(Expected::Absent, |kept| Expected::Session(kept.slot))
            }
            Action::Update { id } => {
                let id = self.id(id);
                let Some(kept) = self.now(id) else { return Expected::Absent };
                if !self.has(Flaw::UpdatesNothing) {
                    self.sessions.insert(id, Kept { part: Some(slot), ..kept });
                }
                Expected::Done
            }
            Action::Delete { id } => {
                match self.flaw {
                    Some(Flaw::DeletesNothing) => {}
                    Some(Flaw::DeletesEverything) => self.sessions.clear(),
                    _ => drop(self.sessions.remove(&self.id(id))),
                }
                Expected::Done
            }
            Action::Create => {
                let id = self.next_id();
                let at = if self.has(Flaw::CreatesUnderFirstId) { 0 } else { id };
                self.sessions.insert(at, Kept { slot, end: None, part: None });
                Expected::NewId(id)
            }
            Action::Rotate { id } => {
                let id = self.id(id);
                let Some(kept) = self.now(id) else { return Expected::Absent };
                let new = self.next_id();
                if !self.has(Flaw::RotationKeepsOldId) {
                    self.sessions.remove(&id);
                }
                if !self.has(Flaw::RotationLosesSession) {
                    self.sessions.insert(new, kept);
                }
                Expected::NewId(new)
            }
            Action::Purge => {
                let all = self.has(Flaw::PurgesEverything);
                let over: Vec<Id> = self.sessions.keys().copied().collect();
                for id in over {
                    if all || self.now(id).is_none() {
                        self.sessions.remove(&id);
                    }
                }
                Expected::Done
            }
            Action::Wait { hours } => {
                self.hours += u32::from(hours);
                Expected::Done
            }
            Action::Restart | Action::Switch => Expected::Done,
        }
    }
}
