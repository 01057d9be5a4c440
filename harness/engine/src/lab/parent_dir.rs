//! Directories of other people's: where a store is put that an attacker may write beside.

use std::path::PathBuf;

use super::{CaseResult, Lab};
use crate::driver::Leave;
use crate::error::Context;
use crate::principal::Principal;

/// Kind of directory above the store, by who may write to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ParentDir {
    /// Everybody, and each removes only what is its own: `/tmp`.
    Sticky,
    /// Everybody, and anybody removes anything.
    Open,
    /// The owner's group.
    Group,
    /// The directory is another user's.
    Foreign,
}

impl ParentDir {
    /// Every scene.
    pub const ALL: [ParentDir; 4] =
        [ParentDir::Sticky, ParentDir::Open, ParentDir::Group, ParentDir::Foreign];

    /// Returns the word in causes; it never changes.
    pub fn word(self) -> &'static str {
        match self {
            ParentDir::Sticky => "sticky",
            ParentDir::Open => "open",
            ParentDir::Group => "group",
            ParentDir::Foreign => "foreign",
        }
    }

    /// Returns the words for sentences.
    pub fn words(self) -> &'static str {
        match self {
            ParentDir::Sticky => "a shared sticky directory (root's, 1777)",
            ParentDir::Open => "a directory that everybody may write to (root's, 0777)",
            ParentDir::Group => "a directory that the group may write to (the owner's, 2775)",
            ParentDir::Foreign => "a directory of another user's (0777)",
        }
    }

    /// Returns the principal that attacks there.
    pub fn attacker(self) -> Principal {
        match self {
            ParentDir::Group => Principal::Groupmate,
            _ => Principal::Stranger,
        }
    }

    fn mode(self) -> u32 {
        match self {
            ParentDir::Sticky => 0o1777,
            ParentDir::Open | ParentDir::Foreign => 0o777,
            ParentDir::Group => 0o2775,
        }
    }
}

impl Lab<'_> {
    /// Returns the path of the shared directory: the same for each kind, below the directory for temporary files, where nobody can move it.
    pub(super) fn shared_dir(&self) -> PathBuf {
        self.worker.layout().tmp().join("shared")
    }

    /// Puts the store into a directory that somebody else may write to; it is made empty.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn set_parent_dir(&mut self, parent_dir: ParentDir) -> CaseResult<()> {
        self.finish(Leave::Close)?;
        self.parent_dir = Some(parent_dir);
        let dir = self.shared_dir();
        if std::fs::symlink_metadata(&dir).is_ok() {
            self.remove(&dir)?;
        }
        let ids = self.worker.ids();
        let runs = ids.of(self.setting.run_as);
        let stranger = ids.of(Principal::Stranger);
        let owner = match parent_dir {
            // Who made the sandbox: its root.
            ParentDir::Sticky | ParentDir::Open => None,
            ParentDir::Group => Some((runs.uid, ids.shared_group)),
            ParentDir::Foreign => Some((stranger.uid, stranger.gid)),
        };
        Ok(self
            .beneath()
            .make_dir(&dir, parent_dir.mode(), owner)
            .on("make the directory", &dir)?)
    }
}
