//! Between two cases: everything a store could have written goes, and the homes are made anew.

use std::ffi::CString;
use std::fs::{self, File};
use std::os::fd::{AsFd, AsRawFd};
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

/// What the homes look like when a case begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene {
    /// The mode of the home directory of whoever runs the store.
    pub(crate) home_mode: u32,
}

/// Empties every writable place and makes the homes anew.
pub(crate) fn reset(tier: Tier, layout: &Layout, ids: &Ids, scene: Scene) -> Result<()> {
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
        let mode = if runs { scene.home_mode } else { 0o755 };
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

/// Removes everything in a directory, through descriptors: names may be anything and links lead anywhere.
pub(crate) fn remove_contents(dir: impl AsFd) -> std::result::Result<(), Errno> {
    let copy = nix::unistd::dup(dir.as_fd())?;
    let mut listing = Dir::from_fd(copy)?;
    let entries: Vec<_> = listing.iter().collect::<std::result::Result<_, _>>()?;
    for entry in entries {
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let is_dir = match entry.file_type() {
            Some(kind) => kind == Type::Directory,
            None => true,
        };
        if is_dir {
            match remove_dir(dir.as_fd(), name) {
                Ok(()) | Err(Errno::ENOENT) => {}
                Err(errno) => return Err(errno),
            }
        } else {
            match unlinkat(dir.as_fd(), name, UnlinkatFlags::NoRemoveDir) {
                // What a store started may be at work here: it is gone, and that is all that was wanted.
                Ok(()) | Err(Errno::ENOENT) => {}
                // It is a directory by now.
                Err(Errno::EISDIR) => remove_dir(dir.as_fd(), name)?,
                Err(errno) => return Err(errno),
            }
        }
    }
    Ok(())
}

/// How often a directory is emptied in which somebody makes new files meanwhile.
const PATIENCE: usize = 1000;

/// Removes a node, with everything below it where it is a directory.
pub(super) fn remove_dir(
    parent: impl AsFd,
    name: &std::ffi::CStr,
) -> std::result::Result<(), Errno> {
    let mut removed = Err(Errno::ENOTEMPTY);
    for _ in 0..PATIENCE {
        removed = remove_once(parent.as_fd(), name);
        if !matches!(removed, Err(Errno::ENOTEMPTY | Errno::ENOTDIR)) {
            break;
        }
    }
    removed
}

fn remove_once(parent: impl AsFd, name: &std::ffi::CStr) -> std::result::Result<(), Errno> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let opened = match nix::fcntl::openat(parent.as_fd(), name, flags, Mode::empty()) {
        Err(Errno::ENOTDIR | Errno::ELOOP) => {
            return unlinkat(parent.as_fd(), name, UnlinkatFlags::NoRemoveDir);
        }
        // Without capabilities, one's own directory may be closed to oneself.
        Err(Errno::EACCES) => {
            open_up(parent.as_fd(), name)?;
            nix::fcntl::openat(parent.as_fd(), name, flags, Mode::empty())?
        }
        opened => opened?,
    };
    if let Err(errno) = remove_contents(&opened) {
        if errno != Errno::EACCES && errno != Errno::EPERM {
            return Err(errno);
        }
        nix::sys::stat::fchmod(&opened, Mode::S_IRWXU)?;
        remove_contents(&opened)?;
    }
    unlinkat(parent.as_fd(), name, UnlinkatFlags::RemoveDir)
}

fn open_up(parent: impl AsFd, name: &std::ffi::CStr) -> std::result::Result<(), Errno> {
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let dir = nix::fcntl::openat(parent.as_fd(), name, flags, Mode::empty())?;
    // A descriptor of O_PATH has no fchmod(2).
    let itself = PathBuf::from(format!("/proc/self/fd/{}", dir.as_raw_fd()));
    let follow = nix::sys::stat::FchmodatFlags::FollowSymlink;
    nix::sys::stat::fchmodat(nix::fcntl::AT_FDCWD, &itself, Mode::S_IRWXU, follow)
}
