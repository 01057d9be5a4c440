//! What a prober tries, and what came of it.
//!
//! Each attempt is a system call that the kernel lets through or refuses; nothing is concluded from a mode.
//! Nothing a store made is changed: opening for writing writes nothing, what is moved is moved back, what is created is removed.

use std::ffi::OsStr;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag, RenameFlags, openat, renameat2};
use nix::sys::stat::{Mode, lstat};
use nix::unistd::{UnlinkatFlags, unlinkat};

use crate::access::{Access, ProbeResult, Target, list, read_from_start, sightings};
use crate::paths::near;
use crate::residue::Search;
use crate::tree::NodeKind;

/// Tries everything on a target, as whoever calls.
///
/// # Errors
/// When something could not be put back as it was: the case is worthless then.
pub(crate) fn attempt(target: &Target, search: &Search) -> Result<ProbeResult, String> {
    // Somebody who may not search a directory on the way gets nothing, as with a shorter path.
    let tried = near(&target.path, |path| Ok(attempt_at(path, target.kind, search)));
    tried.unwrap_or_else(|_| Ok(ProbeResult::default()))
}

fn attempt_at(path: &Path, kind: NodeKind, search: &Search) -> Result<ProbeResult, String> {
    let mut tried = ProbeResult::default();
    if lstat(path).is_ok() {
        tried.access |= Access::SEE;
    }
    match kind {
        NodeKind::File => {
            let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
            if let Ok(file) = openat(AT_FDCWD, path, OFlag::O_RDONLY | flags, Mode::empty()) {
                tried.access |= Access::READ;
                let bytes = read_from_start(&file);
                tried.read = bytes.len() as u64;
                tried.seen = sightings(search, &bytes);
            }
            if openat(AT_FDCWD, path, OFlag::O_WRONLY | flags, Mode::empty()).is_ok() {
                tried.access |= Access::WRITE;
            }
        }
        NodeKind::Dir => {
            if let Some(names) = list(path) {
                tried.access |= Access::LIST;
                tried.names = names;
            }
            if create_beside(path)? {
                tried.access |= Access::CREATE;
            }
        }
        NodeKind::Symlink | NodeKind::Other => {}
    }
    tried.access |= displace(path)?;
    Ok(tried)
}

/// Returns the name of what a prober makes; no store of ours uses it.
fn own_name() -> String {
    format!(".interloper-{}", std::process::id())
}

fn create_beside(dir: &Path) -> Result<bool, String> {
    let path = dir.join(own_name());
    let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_CLOEXEC;
    if openat(AT_FDCWD, &path, flags, Mode::S_IRUSR).is_err() {
        return Ok(false);
    }
    unlinkat(AT_FDCWD, &path, UnlinkatFlags::NoRemoveDir)
        .map_err(|errno| format!("could not remove {} again: {errno}", path.display()))?;
    Ok(true)
}

/// Moves the path away and back, and puts a file of one's own in its place and back.
///
/// By way of its directory's descriptor: a path may lead through what it names (`a/../a`, or a link in itself), and could not be moved back.
fn displace(path: &Path) -> Result<Access, String> {
    let mut access = Access::empty();
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(access) };
    // With the dot a link is followed as one on the way, which `fs.protected_symlinks` leaves alone; and no parent means `.`.
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let Ok(parent) = openat(AT_FDCWD, &parent.join("."), flags, Mode::empty()) else {
        return Ok(access);
    };
    let own = own_name();
    let aside = OsStr::new(&own);
    let undo = |errno: Errno| format!("could not put {} back: {errno}", path.display());
    let moved = |from: &OsStr, to: &OsStr, flags| renameat2(&parent, from, &parent, to, flags);
    if moved(name, aside, RenameFlags::RENAME_NOREPLACE).is_ok() {
        access |= Access::REMOVE;
        moved(aside, name, RenameFlags::RENAME_NOREPLACE).map_err(undo)?;
    }
    let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_CLOEXEC;
    if openat(&parent, aside, flags, Mode::S_IRUSR).is_ok() {
        if moved(aside, name, RenameFlags::RENAME_EXCHANGE).is_ok() {
            access |= Access::REPLACE;
            moved(aside, name, RenameFlags::RENAME_EXCHANGE).map_err(undo)?;
        }
        unlinkat(&parent, aside, UnlinkatFlags::NoRemoveDir).map_err(undo)?;
    }
    Ok(access)
}
