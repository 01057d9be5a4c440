//! How a directory is found, made and looked at.
//!
//! A path is walked one name at a time from a descriptor, and nothing is looked up twice:
//! what was looked at is what is used, however often somebody renames things meanwhile (CWE-367).

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

use interloper_driver::Failure;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RenameFlags, Stat};
use rustix::fs::{chmod, fstat, fsync, mkdirat, open, openat, readlinkat, renameat_with, unlinkat};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::failure::{denied, failed};
use super::files::{Modes, temp_name};
use super::steps::Steps;

/// Whose a directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// On the way to the store: other programs use it too (`~/.local/share`). Made private when it is missing, left alone when not.
    Above,
    /// The store's own: always private.
    Own,
}

/// The way to one of the store's directories.
pub(crate) struct Route {
    /// Where the walk begins; whoever opened the store vouches for it.
    pub(crate) base: PathBuf,
    /// The names from there.
    pub(crate) below: PathBuf,
    /// How many of them, at the end, are the store's own.
    pub(crate) own: usize,
}

/// `O_PATH`: needs no permission on the object itself, opens no device and waits for no FIFO.
const LOOK: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const BASE: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
const LIST: OFlags =
    OFlags::DIRECTORY.union(OFlags::RDONLY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// More links or lost races than this on one way are no accident; it is also the kernel's limit for links (path_resolution(7)).
const PATIENCE: usize = 40;

/// Follows the route to its end; `None` when it ends early and nothing is to be made.
pub(crate) fn enter(
    steps: &dyn Steps,
    route: &Route,
    make: bool,
    read_only: bool,
) -> Result<Option<OwnedFd>, Failure> {
    let at = open(&route.base, BASE, Mode::empty())
        .map_err(failed("open the directory above the store"))?;
    walk(steps, at, names(&route.below).collect(), route.own, make, read_only)
}

/// Goes from a directory of the store's own into one below it; `None` when it is not there and is not to be made.
pub(crate) fn enter_below(
    steps: &dyn Steps,
    dir: BorrowedFd<'_>,
    name: &str,
    make: bool,
    read_only: bool,
) -> Result<Option<OwnedFd>, Failure> {
    let at = openat(dir, ".", BASE, Mode::empty()).map_err(failed("open the store's directory"))?;
    walk(steps, at, [name.into()].into(), 1, make, read_only)
}

fn walk(
    steps: &dyn Steps,
    mut at: OwnedFd,
    mut ahead: VecDeque<OsString>,
    own: usize,
    make: bool,
    read_only: bool,
) -> Result<Option<OwnedFd>, Failure> {
    for _ in 0..ahead.len() + PATIENCE {
        let Some(name) = ahead.pop_front() else {
            // A second descriptor, because one that only looks cannot be listed or synced.
            return openat(&at, ".", LIST, Mode::empty())
                .map(Some)
                .map_err(failed("open the store's directory"));
        };
        let level = if ahead.len() < own { Level::Own } else { Level::Above };
        let modes = steps.dir_modes(level, at.as_fd());
        let next = match openat(&at, &name, LOOK, Mode::empty()) {
            Ok(next) => next,
            Err(Errno::NOENT) if !make => return Ok(None),
            Err(Errno::NOENT) => match make_dir(&at, &name, modes)? {
                Some(made) => made,
                // Somebody made it meanwhile: look again.
                None => {
                    ahead.push_front(name);
                    continue;
                }
            },
            Err(errno) => return Err(failed("look at a directory")(errno)),
        };
        let stat = fstat(&next).map_err(failed("look at a directory"))?;
        match (FileType::from_raw_mode(stat.st_mode), level) {
            (FileType::Directory, Level::Above) => at = next,
            (FileType::Directory, Level::Own) => {
                steps.accept_dir(&next, modes, read_only)?;
                at = next;
            }
            (FileType::Symlink, Level::Above) => {
                let target = trusted_target(&next, &stat)?;
                if target.is_absolute() {
                    at = open("/", BASE, Mode::empty()).map_err(failed("open /"))?;
                }
                names(&target).rev().for_each(|name| ahead.push_front(name));
            }
            _ => return Err(Failure::corrupt("something else lies where a directory belongs")),
        }
    }
    Err(Failure::corrupt("the way to the store does not end"))
}

fn names(path: &Path) -> impl DoubleEndedIterator<Item = OsString> {
    path.components()
        .filter(|part| !matches!(part, Component::RootDir | Component::CurDir))
        .map(|part| part.as_os_str().to_owned())
}

/// Where a link leads, if root or we made it; anybody else's is a trap (CWE-59), which is also what
/// `fs.protected_symlinks` says of sticky directories (proc_sys_fs(5)).
fn trusted_target(link: &OwnedFd, stat: &Stat) -> Result<PathBuf, Failure> {
    if stat.st_uid != 0 && stat.st_uid != geteuid().as_raw() {
        return Err(denied("somebody else's link is on the way to the store"));
    }
    let target = readlinkat(link, "", Vec::new()).map_err(failed("read a link"))?;
    Ok(OsString::from_vec(target.into_bytes()).into())
}

/// Makes a directory and gives the descriptor of what it made; `None` when the name was taken meanwhile.
///
/// mkdir(2) cuts the umask out of the mode, so under umask 0777 nobody can enter what it made, not even its owner.
/// It gets its name only when it has its mode: a crash in between leaves an empty directory with a random name,
/// and never one on the way to the store through which nobody can pass.
fn make_dir(parent: &OwnedFd, name: &OsStr, modes: Modes) -> Result<Option<OwnedFd>, Failure> {
    let temp = temp_name()?;
    let mut made = fresh_dir(parent, temp.as_ref(), modes)?;
    if let Err(errno) = renameat_with(parent, &temp, parent, name, RenameFlags::NOREPLACE) {
        let _ = unlinkat(parent, &temp, AtFlags::REMOVEDIR);
        match errno {
            Errno::EXIST => return Ok(None),
            // A file system without RENAME_NOREPLACE (NFS, see rename(2)): its name at once, then.
            Errno::INVAL => made = fresh_dir(parent, name, modes)?,
            errno => return Err(failed("name a directory")(errno)),
        }
    }
    // The new name is not durable before this (fsync(2), notes).
    let parent = openat(parent, ".", LIST, Mode::empty()).map_err(failed("open a directory"))?;
    fsync(&parent).map_err(failed("sync a directory"))?;
    Ok(Some(made))
}

fn fresh_dir(parent: &OwnedFd, name: &OsStr, modes: Modes) -> Result<OwnedFd, Failure> {
    mkdirat(parent, name, modes.ask()).map_err(failed("make a directory"))?;
    let made = openat(parent, name, LOOK | OFlags::DIRECTORY, Mode::empty())
        .map_err(failed("open a new directory"))
        .and_then(|made| settle(&made, modes).map(|()| made));
    if made.is_err() {
        let _ = unlinkat(parent, name, AtFlags::REMOVEDIR);
    }
    made
}

/// Takes a directory of the store's own as it was found: it must be ours, and it gets narrow before anything is put in.
pub(super) fn accept(dir: &OwnedFd, modes: Modes, read_only: bool) -> Result<(), Failure> {
    if !read_only {
        return settle(dir, modes);
    }
    let stat = fstat(dir).map_err(failed("look at a directory"))?;
    match ours(&stat) && stat.st_mode & 0o022 == 0 {
        true => Ok(()),
        false => Err(denied("others may write to the store's directory")),
    }
}

/// Gives a directory of ours exactly the mode it is to have, and looks at what came of it.
fn settle(dir: &OwnedFd, modes: Modes) -> Result<(), Failure> {
    let look = || fstat(dir).map_err(failed("look at a directory"));
    let stat = look()?;
    if !ours(&stat) {
        return Err(denied("the store's directory is somebody else's"));
    }
    let Some(mode) = modes.set().filter(|mode| !has(&stat, *mode)) else { return Ok(()) };
    // fchmod(2) refuses a descriptor that only looks; this link leads to that very object all the same (proc_pid_fd(5)).
    chmod(format!("/proc/self/fd/{}", dir.as_raw_fd()), mode)
        .map_err(failed("narrow a directory"))?;
    match has(&look()?, mode) {
        true => Ok(()),
        false => Err(denied("this file system does not keep modes")),
    }
}

fn ours(stat: &Stat) -> bool {
    stat.st_uid == geteuid().as_raw()
}

fn has(stat: &Stat, mode: Mode) -> bool {
    Mode::from_raw_mode(stat.st_mode) == mode
}

/// Makes the names in a directory durable.
pub(crate) fn sync(dir: BorrowedFd<'_>) -> Result<(), Failure> {
    fsync(dir).map_err(failed("sync the store's directory"))
}
