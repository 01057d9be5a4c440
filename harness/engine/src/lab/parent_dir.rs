//! Directories of other people's: where a store is put that an attacker may write beside.

use std::path::PathBuf;

use interloper_driver::{At, MadeBy, Setup, Umask};

use super::{CaseResult, Lab};
use crate::driver::Leave;
use crate::error::Context;
use crate::principal::Principal;

/// Kind of directory in which an attacker may put something where the store is about to work, by who may write to it.
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
    /// The place itself is there already: everybody writes to it, and each removes only what is its own.
    TakenSticky,
    /// The same, and nobody lists it.
    TakenHidden,
    /// The place itself is there already, and anybody removes anything.
    TakenOpen,
    /// The place itself is there already, and the owner's group writes to it.
    TakenGroup,
    /// What the store itself makes, under a umask that leaves it to the owner's group.
    Made,
    /// The directory for temporary files, while the store is where it belongs.
    Tmp,
}

impl ParentDir {
    /// Returns the scenes for a setup.
    ///
    /// A store is put beside other people's files where the caller names its place, and into a directory that is there and shared where
    /// that is a directory. Wherever it is, it may use the directory for temporary files, and others may write to what it makes.
    pub fn of(setup: &Setup) -> Vec<ParentDir> {
        let taken = [
            ParentDir::TakenSticky,
            ParentDir::TakenHidden,
            ParentDir::TakenOpen,
            ParentDir::TakenGroup,
        ];
        let beside = [ParentDir::Sticky, ParentDir::Open, ParentDir::Group, ParentDir::Foreign];
        match (setup.at, setup.made_by) {
            (At::None, _) => Vec::new(),
            (At::Home | At::Tmp, _) => vec![ParentDir::Made, ParentDir::Tmp],
            (At::File | At::Dir, MadeBy::Caller) => taken.to_vec(),
            (At::File, MadeBy::Store) => [&beside[..], &[ParentDir::Made]].concat(),
            (At::Dir, MadeBy::Store) => {
                let more = [ParentDir::TakenSticky, ParentDir::TakenGroup, ParentDir::Made];
                [&beside[..], &more].concat()
            }
        }
    }

    /// Returns the word in causes; it never changes.
    pub fn word(self) -> &'static str {
        match self {
            ParentDir::Sticky => "sticky",
            ParentDir::Open => "open",
            ParentDir::Group => "group",
            ParentDir::Foreign => "foreign",
            ParentDir::TakenSticky => "taken-sticky",
            ParentDir::TakenHidden => "taken-hidden",
            ParentDir::TakenOpen => "taken-open",
            ParentDir::TakenGroup => "taken-group",
            ParentDir::Made => "made",
            ParentDir::Tmp => "tmp",
        }
    }

    /// Returns the words for sentences.
    pub fn words(self) -> &'static str {
        match self {
            ParentDir::Sticky => "a shared sticky directory (root's, 1777)",
            ParentDir::Open => "a directory that everybody may write to (root's, 0777)",
            ParentDir::Group => "a directory that the group may write to (the owner's, 2775)",
            ParentDir::Foreign => "a directory of another user's (0777)",
            ParentDir::TakenSticky => "the store's directory, made by its caller (root's, 1777)",
            ParentDir::TakenHidden => "the store's directory, made by its caller (root's, 1733)",
            ParentDir::TakenOpen => "the store's directory, made by its caller (root's, 0777)",
            ParentDir::TakenGroup => {
                "the store's directory, made by its caller (the owner's, 2775)"
            }
            ParentDir::Made => "what the store made under umask 0002",
            ParentDir::Tmp => "the directory for temporary files",
        }
    }

    /// Returns the principal that attacks there.
    pub fn attacker(self) -> Principal {
        match self {
            ParentDir::Group | ParentDir::TakenGroup | ParentDir::Made => Principal::Groupmate,
            _ => Principal::Stranger,
        }
    }

    /// Returns whether each removes only what is its own there, so that the kernel's protections of sticky directories hold.
    pub fn is_sticky(self) -> bool {
        use ParentDir::{Sticky, TakenHidden, TakenSticky, Tmp};
        matches!(self, Sticky | TakenSticky | TakenHidden | Tmp)
    }

    /// Returns whether the shared directory is the store's place itself.
    pub(super) fn is_place(self) -> bool {
        use ParentDir::{TakenGroup, TakenHidden, TakenOpen, TakenSticky};
        matches!(self, TakenSticky | TakenHidden | TakenOpen | TakenGroup)
    }

    /// Returns whether the store is in the shared directory.
    pub(super) fn is_shared(self) -> bool {
        !matches!(self, ParentDir::Made | ParentDir::Tmp)
    }

    /// Returns the umask that it takes.
    pub(super) fn umask(self) -> Option<Umask> {
        (self == ParentDir::Made).then_some(Umask::of(0o002))
    }

    fn mode(self) -> u32 {
        match self {
            ParentDir::Sticky | ParentDir::TakenSticky => 0o1777,
            ParentDir::TakenHidden => 0o1733,
            ParentDir::Open | ParentDir::Foreign | ParentDir::TakenOpen => 0o777,
            ParentDir::Group | ParentDir::TakenGroup => 0o2775,
            ParentDir::Made | ParentDir::Tmp => 0o755,
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
        self.end_servers(Leave::Close)?;
        self.parent_dir = Some(parent_dir);
        if !parent_dir.is_shared() {
            return self.empty_place();
        }
        let dir = self.shared_dir();
        if std::fs::symlink_metadata(&dir).is_ok() {
            self.remove(&dir)?;
        }
        let ids = self.worker.ids();
        let runs = ids.of(self.setting.run_as);
        let stranger = ids.of(Principal::Stranger);
        let owner = match parent_dir {
            // Who made the sandbox: its root.
            ParentDir::Group | ParentDir::TakenGroup => Some((runs.uid, ids.shared_group)),
            ParentDir::Foreign => Some((stranger.uid, stranger.gid)),
            _ => None,
        };
        Ok(self
            .beneath()
            .make_dir(&dir, parent_dir.mode(), owner)
            .on("make the directory", &dir)?)
    }
    /// Goes back to a scene whose sandbox is restored next.
    ///
    /// # Errors
    /// When the store's processes cannot be ended.
    pub fn return_to_parent_dir(&mut self, parent_dir: ParentDir) -> CaseResult<()> {
        self.finish(Leave::Kill)?;
        self.end_servers(Leave::Kill)?;
        self.parent_dir = Some(parent_dir);
        Ok(())
    }

    /// Empties the directory that the harness made for the store; where the store chooses, there is none.
    fn empty_place(&mut self) -> CaseResult<()> {
        if !self.setup().is_named() {
            return Ok(());
        }
        let parent = self.parent();
        self.remove(&parent)?;
        self.make_parent()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_its_caller_makes_is_shared_in_every_way() {
        let setup = Setup { made_by: MadeBy::Caller, ..Setup::dir() };
        let modes: Vec<u32> = ParentDir::of(&setup).into_iter().map(ParentDir::mode).collect();
        assert_eq!(modes, [0o1777, 0o1733, 0o777, 0o2775]);
    }

    #[test]
    fn every_setup_that_keeps_files_has_a_scene_in_what_the_store_makes() {
        for setup in [Setup::home(), Setup::file(), Setup::dir()] {
            assert!(ParentDir::of(&setup).contains(&ParentDir::Made), "{}", setup.name);
        }
    }
}
