//! The operations that are gone through step by step.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An operation and the state it begins in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

    /// The word that stands for it.
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

    /// Returns a clause for what is going on meanwhile.
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

    /// The slot of the session that is there before.
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

    /// The slot of the session that is there afterwards, under the same id.
    pub fn after(self) -> Option<u16> {
        match self {
            Workload::Save | Workload::Update => Some(Workload::NEW),
            Workload::Load | Workload::Purge => Some(Workload::OLD),
            Workload::Delete | Workload::Rotate => None,
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
