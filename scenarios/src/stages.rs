//! The operations that are gone through step by step, each from the state that it needs.

use interloper_driver::{Hello, Operation};
use interloper_engine::{Flow, Lab, Request, Shape};

/// The session's id.
pub(crate) const ID: &str = "alpha";
/// The slot of the session that is there before, where there is one.
pub(crate) const OLD: u16 = 0;
/// The slot of the session that is saved.
pub(crate) const NEW: u16 = 1;

/// An operation and the state it begins in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The first save of a session.
    Save,
    /// A save over a session that is there.
    Update,
    /// A load.
    Load,
    /// A delete.
    Delete,
}

impl Stage {
    /// Those that a store has.
    pub(crate) fn of(hello: &Hello) -> Vec<Stage> {
        [
            (Stage::Save, Operation::Save),
            (Stage::Update, Operation::Save),
            (Stage::Load, Operation::Load),
            (Stage::Delete, Operation::Delete),
        ]
        .into_iter()
        .filter(|(_, operation)| hello.can_do(*operation))
        .map(|(stage, _)| stage)
        .collect()
    }

    /// The operation it goes through.
    pub(crate) fn operation(self) -> Operation {
        match self {
            Stage::Save | Stage::Update => Operation::Save,
            Stage::Load => Operation::Load,
            Stage::Delete => Operation::Delete,
        }
    }

    /// The word in causes.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Stage::Save => "save",
            Stage::Update => "update",
            Stage::Load => "load",
            Stage::Delete => "delete",
        }
    }

    /// What is going on meanwhile, in a clause.
    pub(crate) fn while_it(self) -> &'static str {
        match self {
            Stage::Save => "while it was being saved",
            Stage::Update => "while it was being saved again",
            Stage::Load => "while it was being loaded",
            Stage::Delete => "while it was being deleted",
        }
    }

    /// The slot of the session that is there before.
    pub(crate) fn before(self) -> Option<u16> {
        match self {
            Stage::Save => None,
            Stage::Update | Stage::Load | Stage::Delete => Some(OLD),
        }
    }

    /// The slot of the session that is there afterwards.
    pub(crate) fn after(self) -> Option<u16> {
        match self {
            Stage::Save | Stage::Update => Some(NEW),
            Stage::Load => Some(OLD),
            Stage::Delete => None,
        }
    }

    /// Makes the state it begins in; a new process opens the store afterwards.
    pub(crate) fn prepare(self, lab: &mut Lab<'_>, shape: &Shape) -> Flow<()> {
        if let Some(slot) = self.before() {
            lab.must_save(ID, slot, shape)?;
        }
        lab.restart()
    }

    /// What is asked.
    pub(crate) fn request(self, lab: &Lab<'_>, shape: &Shape) -> Request {
        match self {
            Stage::Save | Stage::Update => Request::save(lab, ID, NEW, shape),
            Stage::Load => Request::load(ID),
            Stage::Delete => Request::delete(ID),
        }
    }
}
