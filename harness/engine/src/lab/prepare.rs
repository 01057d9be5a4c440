//! Arranging the sandbox: parents, leftovers, damage.
//!
//! All of it is done by the sandbox's root between two operations, as the owner's or an attacker's doing, and never by a path alone: what
//! the store started may be at work.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use interloper_driver::{At, MadeBy};
use rustix::fs::FileType;

use super::{Abort, CaseResult, Lab, ParentDir};
use crate::access::{Acl, AclKind, Perms, Tag, write_acl};
use crate::error::{Context, Error};
use crate::principal::Principal;
use crate::sandbox::{Beneath, Tier, beneath};

/// Upper limit of a file that is read whole, in bytes: the size of a writable place.
pub(super) const FILE_LIMIT: u64 = 256 << 20;

impl Lab<'_> {
    /// Returns the means to change nodes with the sandbox's own rights.
    pub(super) fn beneath(&self) -> Beneath<'_> {
        Beneath { tier: self.worker.tier(), ids: self.worker.ids() }
    }

    /// Returns the owner for a principal's node; `None` in the tier that has one user.
    pub(super) fn owner(&self, principal: Principal) -> Option<(u32, u32)> {
        let identity = self.worker.ids().of(principal);
        (self.worker.tier() != Tier::Predicted).then_some((identity.uid, identity.gid))
    }

    /// Returns the directory that is above everything the store makes: the harness made it.
    pub fn parent(&self) -> PathBuf {
        match self.setting.setup.at {
            _ if self.is_shared() => self.shared_dir(),
            At::Home | At::None => self.home(),
            At::Tmp => self.worker.layout().tmp(),
            At::File | At::Dir => self.home().join("sessions"),
        }
    }

    /// Returns whether the store is in a directory of other people's.
    fn is_shared(&self) -> bool {
        self.parent_dir.is_some_and(ParentDir::is_shared)
    }

    /// Makes the directory above the place that the harness names, and the place itself where that is the caller's to make: private.
    pub(crate) fn make_parent(&mut self) -> CaseResult<()> {
        let parent = self.parent();
        if !self.setting.setup.is_named() {
            return Ok(());
        }
        self.make_dir(&parent, 0o755)?;
        match (self.setting.setup.made_by, self.path_for("")) {
            (MadeBy::Caller, Some(place)) => self.make_dir(&place, 0o700),
            _ => Ok(()),
        }
    }

    /// Sets the mode of the directory that the caller made for the store; a place that the store makes is left alone.
    ///
    /// # Errors
    /// When it cannot be set.
    pub fn set_callers_mode(&self, mode: u32) -> CaseResult<()> {
        match (self.setting.setup.made_by, self.path_for("")) {
            (MadeBy::Caller, Some(place)) => self.set_mode(&place, mode),
            _ => Ok(()),
        }
    }

    /// Makes the parent a group's shared directory: setgid, writable for the group.
    ///
    /// # Errors
    /// When the sandbox cannot be changed.
    pub fn share_parent_with_group(&mut self) -> CaseResult<()> {
        let parent = self.parent();
        let group = self.worker.ids().shared_group;
        let owner = self.identity_uid();
        self.beneath().give(&parent, (owner, group)).on("give to the shared group", &parent)?;
        self.set_mode(&parent, 0o2775)?;
        self.record(
            format!("chmod 2775 {}", self.display_path(&parent)),
            "a group's shared directory",
        );
        self.rebase()
    }

    /// Gives the parent a default ACL that lets everybody in the shared group and one named user read and write.
    ///
    /// # Errors
    /// [`Abort::Skip`] where the file system keeps no ACLs.
    pub fn give_parent_default_acl(&mut self) -> CaseResult<()> {
        let parent = self.parent();
        let stranger = self.worker.ids().of(Principal::Stranger).uid;
        let group = self.worker.ids().shared_group;
        let all = Perms::READ | Perms::WRITE | Perms::SEARCH;
        let read = Perms::READ | Perms::SEARCH;
        let entries = [
            (Tag::UserObj, all),
            (Tag::User(stranger), all),
            (Tag::GroupObj, read),
            (Tag::Group(group), all),
            (Tag::Mask, all),
            (Tag::Other, read),
        ];
        let acl = Acl::new(entries.map(|(tag, perms)| crate::access::Entry { tag, perms }))
            .map_err(|error| Abort::Harness(Error::Untrustworthy(error.to_string())))?;
        write_acl(&parent, AclKind::Default, &acl)
            .map_err(|error| Abort::Skip(format!("no ACLs on {}: {error}", parent.display())))?;
        self.record(
            format!("setfacl -d -m u:stranger:rwx,g:shared:rwx {}", self.display_path(&parent)),
            "what is made there inherits it",
        );
        self.rebase()
    }

    /// Takes the present tree as the one that the case began with.
    ///
    /// # Errors
    /// When the sandbox cannot be read.
    pub fn rebase(&mut self) -> CaseResult<()> {
        self.baseline = self.tree()?;
        Ok(())
    }

    fn identity_uid(&self) -> u32 {
        self.worker.ids().of(self.setting.run_as).uid
    }

    /// Gives a path to whoever runs the store.
    fn give(&self, path: &Path) -> CaseResult<()> {
        self.give_to(path, self.setting.run_as)
    }

    /// Gives a path to a principal; nothing to do in the tier that has one.
    ///
    /// # Errors
    /// When the owner cannot be changed.
    pub fn give_to(&self, path: &Path, principal: Principal) -> CaseResult<()> {
        match self.owner(principal) {
            Some(owner) => Ok(self.beneath().give(path, owner).on("give away", path)?),
            None => Ok(()),
        }
    }

    /// Makes a directory of the owner's.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make_dir(&self, path: &Path, mode: u32) -> CaseResult<()> {
        let owner = self.owner(self.setting.run_as);
        Ok(self.beneath().make_dir(path, mode, owner).on("make the directory", path)?)
    }

    /// Makes a file of the owner's, or puts new contents into one that is there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn make_file(&self, path: &Path, bytes: &[u8], mode: u32) -> CaseResult<()> {
        let owner = self.owner(self.setting.run_as);
        Ok(self.beneath().write(path, bytes, Some(mode), owner).on("write", path)?)
    }

    /// Puts new contents into a file, and leaves its mode, owner and inode alone.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn overwrite(&self, path: &Path, bytes: &[u8]) -> CaseResult<()> {
        Ok(self.beneath().write(path, bytes, None, None).on("write", path)?)
    }

    /// Lengthens a file with zeros, which take no room.
    ///
    /// # Errors
    /// When it cannot be lengthened.
    pub fn lengthen(&self, path: &Path, length: u64) -> CaseResult<()> {
        Ok(self.beneath().set_length(path, length).on("lengthen", path)?)
    }

    /// Makes a FIFO of the owner's.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make_fifo(&self, path: &Path) -> CaseResult<()> {
        beneath::make_node(path, FileType::Fifo, 0o600).on("make the fifo", path)?;
        self.give(path)
    }

    /// Makes a socket of the owner's that nobody listens at.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make_socket(&self, path: &Path) -> CaseResult<()> {
        beneath::make_node(path, FileType::Socket, 0o600).on("make the socket", path)?;
        self.give(path)
    }

    /// Makes a symbolic link of the owner's.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make_symlink(&self, to: &Path, path: &Path) -> CaseResult<()> {
        beneath::make_symlink(to, path).on("make the symbolic link", path)?;
        self.give(path)
    }

    /// Makes another name of a file.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make_hard_link(&self, to: &Path, path: &Path) -> CaseResult<()> {
        Ok(beneath::make_hard_link(to, path).on("make the hard link", path)?)
    }

    /// Removes a path, with everything below it.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub fn remove(&self, path: &Path) -> CaseResult<()> {
        Ok(beneath::remove(path).on("remove", path)?)
    }

    /// Sets permission bits.
    ///
    /// # Errors
    /// When they cannot be set.
    pub fn set_mode(&self, path: &Path, mode: u32) -> CaseResult<()> {
        Ok(self.beneath().set_mode(path, mode).on("set the mode of", path)?)
    }

    /// Makes everything that the case made look as if nobody had touched it for a time.
    ///
    /// # Errors
    /// When times cannot be set.
    pub fn age(&self, by: Duration) -> CaseResult<()> {
        let then = SystemTime::now() - by;
        let seconds = then.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        for node in self.made()? {
            beneath::set_times(&node.path, seconds as i64).on("set the times of", &node.path)?;
        }
        Ok(())
    }

    /// Reads a file with the sandbox's own rights.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self, path: &Path) -> CaseResult<Vec<u8>> {
        Ok(beneath::read(path, FILE_LIMIT).on("read", path)?)
    }
}
