//! Arranging the sandbox: parents, leftovers, damage.
//!
//! All of it is done by the sandbox's root between two operations, as the owner's or an attacker's doing.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use interloper_driver::Place;
use nix::fcntl::AT_FDCWD;
use nix::sys::stat::{Mode, SFlag, UtimensatFlags, mknod, utimensat};
use nix::sys::time::TimeSpec;

use super::{Flow, Lab, Stop};
use crate::access::{Acl, AclKind, Perms, Tag, write_acl};
use crate::error::{Context, Error};
use crate::principal::Principal;
use crate::sandbox::Tier;

impl Lab<'_> {
    /// The directory that is above everything the store makes: the harness made it.
    pub fn parent(&self) -> PathBuf {
        match self.setting.place {
            _ if self.scene.is_some() => self.scene_dir(),
            Place::Default => self.home(),
            Place::File | Place::Dir => self.home().join("sessions"),
        }
    }

    pub(crate) fn make_parent(&mut self) -> Flow<()> {
        let parent = self.parent();
        if parent != self.home() {
            self.make_dir(&parent, 0o755)?;
        }
        Ok(())
    }

    /// Makes the parent a group's shared directory: setgid, writable for the group.
    ///
    /// # Errors
    /// When the sandbox cannot be changed.
    pub fn share_parent_with_group(&mut self) -> Flow<()> {
        let parent = self.parent();
        let group = self.bench.ids().shared_group;
        let owner = self.identity_uid();
        chown(&parent, Some(owner), Some(group)).on("give to the shared group", &parent)?;
        self.set_mode(&parent, 0o2775)?;
        self.note(format!("chmod 2775 {}", self.short(&parent)), "a group's shared directory");
        self.rebase()
    }

    /// Gives the parent a default ACL that lets everybody in the shared group and one named user read and write.
    ///
    /// # Errors
    /// [`Stop::Skip`] where the file system keeps no ACLs.
    pub fn give_parent_default_acl(&mut self) -> Flow<()> {
        let parent = self.parent();
        let stranger = self.bench.ids().of(Principal::Stranger).uid;
        let group = self.bench.ids().shared_group;
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
            .map_err(|error| Stop::Broke(Error::Untrustworthy(error.to_string())))?;
        write_acl(&parent, AclKind::Default, &acl)
            .map_err(|error| Stop::Skip(format!("no ACLs on {}: {error}", parent.display())))?;
        self.note(
            format!("setfacl -d -m u:stranger:rwx,g:shared:rwx {}", self.short(&parent)),
            "what is made there inherits it",
        );
        self.rebase()
    }

    /// What is there now is what was there when the case began.
    ///
    /// # Errors
    /// When the sandbox cannot be read.
    pub fn rebase(&mut self) -> Flow<()> {
        self.baseline = self.tree()?;
        Ok(())
    }

    fn identity_uid(&self) -> u32 {
        self.bench.ids().of(self.setting.run_as).uid
    }

    /// Gives a path to whoever runs the store.
    fn give(&self, path: &Path) -> Flow<()> {
        self.give_to(path, self.setting.run_as)
    }

    /// Gives a path to a principal; nothing to do in the tier that has one.
    ///
    /// # Errors
    /// When the owner cannot be changed.
    pub fn give_to(&self, path: &Path, principal: Principal) -> Flow<()> {
        if self.bench.tier() == Tier::Predicted {
            return Ok(());
        }
        let identity = self.bench.ids().of(principal);
        std::os::unix::fs::lchown(path, Some(identity.uid), Some(identity.gid))
            .on("give away", path)?;
        Ok(())
    }

    /// Makes a directory of the owner's.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make_dir(&self, path: &Path, mode: u32) -> Flow<()> {
        fs::DirBuilder::new().mode(0o700).create(path).on("make the directory", path)?;
        self.set_mode(path, mode)?;
        self.give(path)
    }

    /// Makes a file of the owner's, or puts new contents into one that is there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn make_file(&self, path: &Path, bytes: &[u8], mode: u32) -> Flow<()> {
        fs::write(path, bytes).on("write", path)?;
        self.set_mode(path, mode)?;
        self.give(path)
    }

    /// Puts new contents into a file, and leaves its mode, owner and inode alone.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn overwrite(&self, path: &Path, bytes: &[u8]) -> Flow<()> {
        Ok(fs::write(path, bytes).on("write", path)?)
    }

    /// Lengthens a file with zeros, which take no room.
    ///
    /// # Errors
    /// When it cannot be lengthened.
    pub fn lengthen(&self, path: &Path, length: u64) -> Flow<()> {
        let file = fs::OpenOptions::new().write(true).open(path).on("open", path)?;
        Ok(file.set_len(length).on("lengthen", path)?)
    }

    /// Makes a FIFO of the owner's.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make_fifo(&self, path: &Path) -> Flow<()> {
        nix::unistd::mkfifo(path, Mode::from_bits_truncate(0o600)).on("make the fifo", path)?;
        self.give(path)
    }

    /// Makes a socket of the owner's that nobody listens at.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make_socket(&self, path: &Path) -> Flow<()> {
        // Made as a node, since a name to bind to has no more than 107 bytes (unix(7)).
        mknod(path, SFlag::S_IFSOCK, Mode::from_bits_truncate(0o600), 0)
            .on("make the socket", path)?;
        self.give(path)
    }

    /// Makes a symbolic link of the owner's.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make_symlink(&self, to: &Path, path: &Path) -> Flow<()> {
        symlink(to, path).on("make the symbolic link", path)?;
        self.give(path)
    }

    /// Makes another name of a file.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make_hard_link(&self, to: &Path, path: &Path) -> Flow<()> {
        Ok(fs::hard_link(to, path).on("make the hard link", path)?)
    }

    /// Removes a path, with everything below it.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub fn remove(&self, path: &Path) -> Flow<()> {
        let metadata = fs::symlink_metadata(path).on("stat", path)?;
        let removed =
            if metadata.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        Ok(removed.on("remove", path)?)
    }

    /// Sets permission bits.
    ///
    /// # Errors
    /// When they cannot be set.
    pub fn set_mode(&self, path: &Path, mode: u32) -> Flow<()> {
        let mode = fs::Permissions::from_mode(mode);
        Ok(fs::set_permissions(path, mode).on("set the mode of", path)?)
    }

    /// Makes everything that the case made look as if nobody had touched it for a time.
    ///
    /// # Errors
    /// When times cannot be set.
    pub fn age(&self, by: Duration) -> Flow<()> {
        let then = SystemTime::now() - by;
        let seconds = then.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let time = TimeSpec::new(seconds as i64, 0);
        for node in self.made()? {
            utimensat(AT_FDCWD, &node.path, &time, &time, UtimensatFlags::NoFollowSymlink)
                .on("set the times of", &node.path)?;
        }
        Ok(())
    }

    /// Reads a file with the sandbox's own rights.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self, path: &Path) -> Flow<Vec<u8>> {
        Ok(fs::read(path).on("read", path)?)
    }
}
