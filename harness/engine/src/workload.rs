//! The operations that are gone through step by step, each from the state that it needs.

use std::fmt;
use std::str::FromStr;

use interloper_driver::{Hello, Keeps, Operation};
use serde::{Deserialize, Serialize};

use crate::lab::{Abort, CaseResult, Lab, Request};
use crate::shape::Shape;

/// An operation and the state it begins in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Workload {
    /// The first save of a session.
    Save,
    /// A save over a session that is there.
    Update,
    /// A load of a session that is there.
    Load,
    /// A delete of one.
    Delete,
    /// Another id for one.
    Rotate,
    /// A purge, with one that is over and one that is not.
    Purge,
}

/// The id of a session that is over.
const EXPIRED_ID: &str = "over";
/// An hour, in seconds: how long ago the session expired.
const AN_HOUR: i64 = 3600;

impl Workload {
    /// All of them, in the order of a session's life.
    pub const ALL: [Workload; 6] = [
        Workload::Save,
        Workload::Update,
        Workload::Load,
        Workload::Rotate,
        Workload::Purge,
        Workload::Delete,
    ];
    /// The session's id.
    pub const ID: &str = "alpha";
    /// The slot of the session that is there before, where there is one.
    pub const OLD: u16 = 0;
    /// The slot of the session that is saved.
    pub const NEW: u16 = 1;
    /// The slot of the session that is purged.
    pub const PURGED: u16 = 4;

    /// Returns the word that stands for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Workload::Save => "save",
            Workload::Update => "update",
            Workload::Load => "load",
            Workload::Delete => "delete",
            Workload::Rotate => "rotate",
            Workload::Purge => "purge",
        }
    }

    /// Returns what is going on meanwhile, as a clause.
    pub fn while_it(self) -> &'static str {
        match self {
            Workload::Save => "while it was being saved",
            Workload::Update => "while it was being saved again",
            Workload::Load => "while it was being loaded",
            Workload::Delete => "while it was being deleted",
            Workload::Rotate => "while it got another id",
            Workload::Purge => "while another one was purged",
        }
    }

    /// Returns the operation it goes through.
    pub fn operation(self) -> Operation {
        match self {
            Workload::Save | Workload::Update => Operation::Save,
            Workload::Load => Operation::Load,
            Workload::Delete => Operation::Delete,
            Workload::Rotate => Operation::Rotate,
            Workload::Purge => Operation::Purge,
        }
    }

    /// Returns the workloads of a store: all but the first begin with a session that was saved.
    pub fn of(hello: &Hello) -> Vec<Workload> {
        let has = |workload: &Workload| {
            let keeps = *workload != Workload::Purge || hello.keeps.contains(&Keeps::Expires);
            keeps && hello.can_do(Operation::Save) && hello.can_do(workload.operation())
        };
        Workload::ALL.into_iter().filter(has).collect()
    }

    /// Returns the slot of the session that is there before.
    pub fn before(self) -> Option<u16> {
        match self {
            Workload::Save => None,
            Workload::Update
            | Workload::Load
            | Workload::Delete
            | Workload::Rotate
            | Workload::Purge => Some(Workload::OLD),
        }
    }

    /// Returns the slot of the session that is there afterwards, under the same id.
    pub fn after(self) -> Option<u16> {
        match self {
            Workload::Save | Workload::Update => Some(Workload::NEW),
            Workload::Load | Workload::Purge => Some(Workload::OLD),
            Workload::Delete | Workload::Rotate => None,
        }
    }

    /// Makes the state it begins in; a new process opens the store afterwards, as with tools that end after every operation.
    ///
    /// # Errors
    /// [`Abort::Ineffective`] where the store refuses; when the driver does not answer, or the harness broke.
    pub fn prepare(self, lab: &mut Lab<'_>, shape: &Shape) -> CaseResult<()> {
        if let Some(slot) = self.before() {
            lab.must_save(Workload::ID, slot, shape)?;
        }
        if self == Workload::Purge {
            lab.save_for(EXPIRED_ID, Workload::PURGED, shape, -AN_HOUR)?.map_err(|failure| {
                Abort::Ineffective(format!("save was answered with {failure}"))
            })?;
        }
        lab.restart()
    }

    /// Returns the request.
    pub fn request(self, lab: &Lab<'_>, shape: &Shape) -> Request {
        match self {
            Workload::Save | Workload::Update => {
                Request::save(lab, Workload::ID, Workload::NEW, shape)
            }
            Workload::Load => Request::load(Workload::ID),
            Workload::Delete => Request::delete(Workload::ID),
            Workload::Rotate => Request::rotate(Workload::ID),
            Workload::Purge => Request::purge(Workload::ID),
        }
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Workload {
    type Err = String;
    fn from_str(word: &str) -> Result<Workload, String> {
        Workload::ALL.into_iter().find(|workload| workload.as_str() == word).ok_or_else(|| {
            format!("{word:?} is not one of save, update, load, rotate, purge, delete")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Workload;

    #[test]
    fn stages_are_read_as_they_are_written() {
        for workload in Workload::ALL {
            assert_eq!(workload.as_str().parse(), Ok(workload));
        }
        let error = "sve".parse::<Workload>().unwrap_err();
        assert!(error.contains("save, update, load, rotate, purge, delete"), "{error}");
    }
}
