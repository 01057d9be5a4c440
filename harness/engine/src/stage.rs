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
pub enum Stage {
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
const OVER: &str = "over";
/// How long ago it was over, in seconds.
const LONG_AGO: i64 = 3600;

impl Stage {
    /// All of them, in the order of a session's life.
    pub const ALL: [Stage; 6] =
        [Stage::Save, Stage::Update, Stage::Load, Stage::Rotate, Stage::Purge, Stage::Delete];
    /// The session's id.
    pub const ID: &str = "alpha";
    /// The slot of the session that is there before, where there is one.
    pub const OLD: u16 = 0;
    /// The slot of the session that is saved.
    pub const NEW: u16 = 1;
    /// The slot of the session that is purged.
    pub const PURGED: u16 = 4;

    /// The word that stands for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Save => "save",
            Stage::Update => "update",
            Stage::Load => "load",
            Stage::Delete => "delete",
            Stage::Rotate => "rotate",
            Stage::Purge => "purge",
        }
    }

    /// What is going on meanwhile, in a clause.
    pub fn while_it(self) -> &'static str {
        match self {
            Stage::Save => "while it was being saved",
            Stage::Update => "while it was being saved again",
            Stage::Load => "while it was being loaded",
            Stage::Delete => "while it was being deleted",
            Stage::Rotate => "while it got another id",
            Stage::Purge => "while another one was purged",
        }
    }

    /// The operation it goes through.
    pub fn operation(self) -> Operation {
        match self {
            Stage::Save | Stage::Update => Operation::Save,
            Stage::Load => Operation::Load,
            Stage::Delete => Operation::Delete,
            Stage::Rotate => Operation::Rotate,
            Stage::Purge => Operation::Purge,
        }
    }

    /// Those that a store has: all but the first begin with a session that was saved.
    pub fn of(hello: &Hello) -> Vec<Stage> {
        let has = |stage: &Stage| {
            let keeps = *stage != Stage::Purge || hello.keeps.contains(&Keeps::Expires);
            keeps && hello.can_do(Operation::Save) && hello.can_do(stage.operation())
        };
        Stage::ALL.into_iter().filter(has).collect()
    }

    /// The slot of the session that is there before.
    pub fn before(self) -> Option<u16> {
        match self {
            Stage::Save => None,
            Stage::Update | Stage::Load | Stage::Delete | Stage::Rotate | Stage::Purge => {
                Some(Stage::OLD)
            }
        }
    }

    /// The slot of the session that is there afterwards, under the same id.
    pub fn after(self) -> Option<u16> {
        match self {
            Stage::Save | Stage::Update => Some(Stage::NEW),
            Stage::Load | Stage::Purge => Some(Stage::OLD),
            Stage::Delete | Stage::Rotate => None,
        }
    }

    /// Makes the state it begins in; a new process opens the store afterwards, as with tools that end after every operation.
    ///
    /// # Errors
    /// [`Abort::Ineffective`] where the store refuses; when the driver does not answer, or the harness broke.
    pub fn prepare(self, lab: &mut Lab<'_>, shape: &Shape) -> CaseResult<()> {
        if let Some(slot) = self.before() {
            lab.must_save(Stage::ID, slot, shape)?;
        }
        if self == Stage::Purge {
            lab.save_for(OVER, Stage::PURGED, shape, -LONG_AGO)?.map_err(|failure| {
                Abort::Ineffective(format!("save was answered with {failure}"))
            })?;
        }
        lab.restart()
    }

    /// What is asked.
    pub fn request(self, lab: &Lab<'_>, shape: &Shape) -> Request {
        match self {
            Stage::Save | Stage::Update => Request::save(lab, Stage::ID, Stage::NEW, shape),
            Stage::Load => Request::load(Stage::ID),
            Stage::Delete => Request::delete(Stage::ID),
            Stage::Rotate => Request::rotate(Stage::ID),
            Stage::Purge => Request::purge(Stage::ID),
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Stage {
    type Err = String;
    fn from_str(word: &str) -> Result<Stage, String> {
        Stage::ALL.into_iter().find(|stage| stage.as_str() == word).ok_or_else(|| {
            format!("{word:?} is not one of save, update, load, rotate, purge, delete")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Stage;

    #[test]
    fn stages_are_read_as_they_are_written() {
        for stage in Stage::ALL {
            assert_eq!(stage.as_str().parse(), Ok(stage));
        }
        let error = "sve".parse::<Stage>().unwrap_err();
        assert!(error.contains("save, update, load, rotate, purge, delete"), "{error}");
    }
}
