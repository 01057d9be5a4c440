//! Between two cases: everything a store could have written goes, and the homes are made anew.

use std::ffi::{CStr, CString};
use std::fs::{self, File};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::dir::{Dir, Type};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use nix::unistd::{UnlinkatFlags, unlinkat};

use super::beneath::Beneath;
use super::layout::Layout;
use super::tier::Tier;
use crate::error::{Context, Result};
use crate::principal::{Ids, Principal};

/// Options of a reset: the state of the homes when a case begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResetOptions {
    /// The mode of the home directory of whoever runs the store.
    pub(crate) home_mode: u32,
}

/// Empties every writable place and makes the homes anew.
pub(crate) fn reset(tier: Tier, layout: &Layout, ids: &Ids, options: ResetOptions) -> Result<()> {
    for root in layout.roots() {
        let dir = File::open(&root.path).on("open", &root.path)?;
        empty(&root.path, layout.shown())?;
        // A store run as root may have changed the place itself.
        let metadata = dir.metadata().on("stat", &root.path)?;
        if metadata.mode() & 0o7777 != root.mode {
            dir.set_permissions(fs::Permissions::from_mode(root.mode))
                .on("set the mode of", &root.path)?;
        }
    }
    let beneath = Beneath { tier, ids };
    let owner = |principal| {
        let identity = ids.of(principal);
        (tier != Tier::Predicted).then_some((identity.uid, identity.gid))
    };
    for principal in
        [Principal::Owner, Principal::Groupmate, Principal::Stranger, Principal::Service]
    {
        let home = layout.home(principal);
        let runs = matches!(principal, Principal::Owner | Principal::Service);
        let mode = if runs { options.home_mode } else { 0o755 };
        beneath.make_dir(&home, mode, owner(principal)).on("make the directory", &home)?;
    }
    let runtime = layout.runtime_dir().join("owner");
    let owner = owner(Principal::Owner);
    beneath.make_dir(&runtime, 0o700, owner).on("make the directory", &runtime)
}

/// Empties a writable place, but for what of the host is shown in it.
pub(crate) fn empty(path: &Path, shown: &[PathBuf]) -> Result<()> {
    let dir = File::open(path).on("open", path)?;
    if !shown.iter().any(|shown| shown.starts_with(path)) {
        return remove_contents(&dir).on("empty", path);
    }
    for entry in fs::read_dir(path).on("list", path)? {
        let child = entry.on("list", path)?.path();
        if shown.contains(&child) {
            continue;
        }
        if shown.iter().any(|shown| shown.starts_with(&child)) {
            empty(&child, shown)?;
            continue;
        }
        let name = child.file_name().unwrap_or_default().as_bytes();
        let name = CString::new(name).map_err(std::io::Error::from).on("name", &child)?;
        remove_dir(&dir, &name).on("remove", &child)?;
    }
    Ok(())
}

/// Upper limit of attempts to empty a directory in which a process makes new files meanwhile.
const PATIENCE: usize = 1000;
/// Depth to which it goes with a descriptor open at each level; deeper directories are moved up.
const DEEPEST: usize = 48;

/// Removes everything in a directory, through descriptors: names may be anything and links lead anywhere.
///
/// What a store started may be at work there: what is gone is gone, and what is new is removed as well. Trees may be deeper than there are
/// descriptors.
pub(crate) fn remove_contents(dir: impl AsFd) -> std::result::Result<(), Errno> {
    let dir = dir.as_fd();
    while remove_level(dir, dir, 0)? {}
    Ok(())
}

/// Removes a node, with everything below it where it is a directory.
pub(super) fn remove_dir(parent: impl AsFd, name: &CStr) -> std::result::Result<(), Errno> {
    let parent = parent.as_fd();
    until_it_is_gone(|| match open_dir(parent, name)? {
        Some(dir) => {
            remove_contents(&dir)?;
            unlinkat(parent, name, UnlinkatFlags::RemoveDir)
        }
        None => unlinkat(parent, name, UnlinkatFlags::NoRemoveDir),
    })
}

/// Tries again where somebody put something there, or something else, since it was looked at.
fn until_it_is_gone<T>(
    mut remove: impl FnMut() -> std::result::Result<T, Errno>,
) -> std::result::Result<T, Errno> {
    for _ in 1..PATIENCE {
        match remove() {
            Err(Errno::ENOTEMPTY | Errno::ENOTDIR | Errno::EISDIR) => {}
            other => return other,
        }
    }
    remove()
}

/// Empties a directory at some depth below another; whether something was moved up there.
fn remove_level(
    dir: BorrowedFd<'_>,
    top: BorrowedFd<'_>,
    depth: usize,
) -> std::result::Result<bool, Errno> {
    let mut listing = Dir::from_fd(nix::unistd::dup(dir)?)?;
    let entries: Vec<_> = listing.iter().collect::<std::result::Result<_, _>>()?;
    drop(listing);
    let mut moved = false;
    for entry in entries {
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        match until_it_is_gone(|| remove_entry(dir, name, entry.file_type(), top, depth + 1)) {
            Ok(up) => moved |= up,
            Err(Errno::ENOENT) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(moved)
}

fn remove_entry(
    parent: BorrowedFd<'_>,
    name: &CStr,
    kind: Option<Type>,
    top: BorrowedFd<'_>,
    depth: usize,
) -> std::result::Result<bool, Errno> {
    if kind.is_some_and(|kind| kind != Type::Directory) {
        match unlinkat(parent, name, UnlinkatFlags::NoRemoveDir) {
            Err(Errno::EISDIR) => {}
            removed => return removed.map(|()| false),
        }
    }
    let Some(dir) = open_dir(parent, name)? else {
        return unlinkat(parent, name, UnlinkatFlags::NoRemoveDir).map(|()| false);
    };
    if depth > DEEPEST {
        let inode = nix::sys::stat::fstat(&dir)?.st_ino;
        let up = format!(".interloper-{inode}");
        let moved = || nix::fcntl::renameat(parent, name, top, up.as_str());
        if moved() == Err(Errno::EACCES) {
            open_up(parent, name)?;
            moved()?;
        }
        return Ok(true);
    }
    let moved = match remove_level(dir.as_fd(), top, depth) {
        Err(Errno::EACCES | Errno::EPERM) => {
            nix::sys::stat::fchmod(&dir, Mode::S_IRWXU)?;
            remove_level(dir.as_fd(), top, depth)?
        }
        moved => moved?,
    };
    unlinkat(parent, name, UnlinkatFlags::RemoveDir)?;
    Ok(moved)
}

/// Opens a directory that is to be emptied; nothing where it is none.
fn open_dir(parent: BorrowedFd<'_>, name: &CStr) -> std::result::Result<Option<OwnedFd>, Errno> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let open = || nix::fcntl::openat(parent, name, flags, Mode::empty());
    match open() {
        Err(Errno::ENOTDIR | Errno::ELOOP) => Ok(None),
        // Without capabilities, one's own directory may be closed to oneself.
        Err(Errno::EACCES) => {
            open_up(parent, name)?;
            open().map(Some)
        }
        opened => opened.map(Some),
    }
}

fn open_up(parent: impl AsFd, name: &CStr) -> std::result::Result<(), Errno> {
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let dir = nix::fcntl::openat(parent.as_fd(), name, flags, Mode::empty())?;
    // A descriptor of O_PATH has no fchmod(2).
    let itself = PathBuf::from(format!("/proc/self/fd/{}", dir.as_raw_fd()));
    let follow = nix::sys::stat::FchmodatFlags::FollowSymlink;
    nix::sys::stat::fchmodat(nix::fcntl::AT_FDCWD, &itself, Mode::S_IRWXU, follow)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

    use super::*;

    #[test]
    fn a_tree_deeper_than_there_are_descriptors_is_removed() {
        let top = tempfile::tempdir().unwrap();
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY;
        let mut at = OwnedFd::from(File::open(top.path()).unwrap());
        // The soft limit is 1,024 where nobody raised it, and the old way took two for each level.
        for _ in 0..12_000 {
            nix::sys::stat::mkdirat(&at, "d", Mode::S_IRWXU).unwrap();
            at = nix::fcntl::openat(&at, "d", flags, Mode::empty()).unwrap();
        }
        std::os::unix::fs::symlink("/nowhere", top.path().join("link")).unwrap();
        remove_contents(File::open(top.path()).unwrap()).unwrap();
        assert_eq!(fs::read_dir(top.path()).unwrap().count(), 0);
    }
}
