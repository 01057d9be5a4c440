//! How a file is made, replaced, read and removed, inside a directory that is already ours and private.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::BorrowedFd;

use interloper_driver::{ErrorKind, Failure};
use rustix::fs::{AtFlags, Dir, FileType, FlockOperation, Mode, OFlags, Stat};
use rustix::fs::{fchmod, flock, fstat, fsync, openat, renameat, statat, unlinkat};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::dirs::sync;
use super::failure::{denied, failed};

/// No session is larger, so that a damaged or planted file cannot fill the memory (CWE-770).
pub(crate) const MAX_SESSION: usize = 16 << 20;
/// What a seal may add to a session.
pub(super) const MAX_SEAL: usize = 1 << 10;
/// How a file that may be anything is opened: no link is followed, no FIFO waited for, no terminal taken, nothing inherited.
pub(crate) const READING: OFlags = OFlags::RDONLY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);
/// How a file is made: it must be new, so that nothing planted under its name is used.
const MAKING: OFlags = OFlags::WRONLY
    .union(OFlags::CREATE)
    .union(OFlags::EXCL)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);
const TEMP: &str = ".tmp-";

/// The mode something is made with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Modes {
    ask: u32,
    exact: bool,
}

impl Modes {
    /// Exactly this mode: asked for, and set again through the descriptor because the umask may have taken bits away.
    pub(crate) const fn exactly(mode: u32) -> Modes {
        Modes { ask: mode, exact: true }
    }

    /// What the umask leaves of this mode.
    pub(crate) const fn masked(mode: u32) -> Modes {
        Modes { ask: mode, exact: false }
    }

    pub(super) fn ask(self) -> Mode {
        Mode::from_raw_mode(self.ask)
    }

    pub(super) fn set(self) -> Option<Mode> {
        self.exact.then(|| self.ask())
    }
}

/// A name nobody can guess, for what is not finished.
pub(super) fn temp_name() -> Result<String, Failure> {
    temp_name_as(TEMP)
}

fn temp_name_as(prefix: &str) -> Result<String, Failure> {
    let mut bytes = [0; 16];
    random(&mut bytes)?;
    Ok(format!("{prefix}{}", hex(&bytes)))
}

/// Fills the bytes from the kernel's generator, which no fork repeats.
pub(crate) fn random(bytes: &mut [u8]) -> Result<(), Failure> {
    getrandom::fill(bytes).map_err(|error| Failure::new(ErrorKind::Io, error.to_string()))
}

/// The bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes a temporary file and locks it.
///
/// A descriptor got by creating a file is writable whatever mode the umask left (open(2)), so the mode can be set through it.
/// The lock goes away with the process, and so [`sweep`] can tell a leftover from a file in use.
pub(crate) fn create(dir: BorrowedFd<'_>, modes: Modes) -> Result<(String, File), Failure> {
    create_as(TEMP, dir, modes)
}

/// The same, with another beginning of the name.
pub(crate) fn create_as(
    prefix: &str,
    dir: BorrowedFd<'_>,
    modes: Modes,
) -> Result<(String, File), Failure> {
    for _ in 0..16 {
        let temp = temp_name_as(prefix)?;
        let file = openat(dir, &temp, MAKING, modes.ask()).map_err(failed("make a file"))?;
        let ready = match modes.set() {
            Some(mode) => fchmod(&file, mode).map_err(failed("set a new file's mode")),
            None => Ok(()),
        };
        if let Err(failure) = ready {
            discard(dir, &temp);
            return Err(failure);
        }
        // Where there are no locks (flock(2): ENOLCK, EOPNOTSUPP) nothing is swept either.
        let locked = flock(&file, FlockOperation::NonBlockingLockExclusive) != Err(Errno::AGAIN);
        if locked && fstat(&file).map_err(failed("look at a new file"))?.st_nlink == 1 {
            return Ok((temp, file.into()));
        }
        // A sweep saw the file before it was locked and takes it for a leftover: it may have it.
        discard(dir, &temp);
    }
    Err(Failure::new(ErrorKind::Conflict, "every new file was swept away"))
}

/// Puts bytes under a name: whole and durable, or not at all.
///
/// The name gets a new inode, so whoever holds a descriptor of the old one never reads what is written now.
pub(crate) fn replace(
    dir: BorrowedFd<'_>,
    name: &str,
    bytes: &[u8],
    modes: Modes,
) -> Result<(), Failure> {
    let (temp, mut file) = create(dir, modes)?;
    let done = fill(&mut file, bytes)
        .and_then(|()| renameat(dir, &temp, dir, name).map_err(failed("name the session file")));
    if done.is_err() {
        discard(dir, &temp);
    }
    done.and_then(|()| sync(dir))
}

/// Writes everything and sees it reach the disk: a rename may do so before the data otherwise, and a crash leaves an empty file.
pub(crate) fn fill(file: &mut File, bytes: &[u8]) -> Result<(), Failure> {
    file.write_all(bytes)?;
    fsync(file).map_err(failed("sync a file"))
}

/// Removes what was not finished; the error that made it so is the one to tell.
pub(crate) fn discard(dir: BorrowedFd<'_>, temp: &str) {
    let _ = unlinkat(dir, temp, AtFlags::empty());
}

/// What a file held, if there was one.
pub(crate) type Found = Result<Option<Vec<u8>>, Failure>;

/// Reads a file of ours that nobody else may write to.
pub(crate) fn read(dir: BorrowedFd<'_>, name: &str, how: OFlags, read_only: bool) -> Found {
    let file = match openat(dir, name, how, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(failed("open a file")(errno)),
    };
    // Looked at through the descriptor, so that what is looked at is what is read.
    let stat = fstat(&file).map_err(failed("look at a file"))?;
    trust(&stat)?;
    if stat.st_mode & 0o077 != 0 && !read_only {
        fchmod(&file, Mode::from_raw_mode(0o600)).map_err(failed("narrow a file"))?;
    }
    let limit = MAX_SESSION + MAX_SEAL;
    let mut bytes = Vec::new();
    File::from(file).take(limit as u64 + 1).read_to_end(&mut bytes)?;
    match bytes.len() > limit {
        true => Err(Failure::corrupt("the file is larger than any the store writes")),
        false => Ok(Some(bytes)),
    }
}

pub(crate) fn trust(stat: &Stat) -> Result<(), Failure> {
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(Failure::corrupt("something else lies where a file belongs"));
    }
    if stat.st_uid != geteuid().as_raw() {
        return Err(denied("the file is somebody else's"));
    }
    if stat.st_mode & 0o022 != 0 {
        return Err(denied("others may write to the file"));
    }
    Ok(())
}

/// Removes a name; that there was none is as good.
pub(crate) fn remove(dir: BorrowedFd<'_>, name: &str) -> Result<(), Failure> {
    match unlinkat(dir, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(errno) => return Err(failed("remove a file")(errno)),
    }
    // Also when it was gone: who removed it may have crashed before this.
    sync(dir)
}

/// Removes what crashed writers left: their locks went with them.
pub(crate) fn sweep(dir: BorrowedFd<'_>) -> Result<(), Failure> {
    let listing = Dir::read_from(dir).map_err(failed("list the store's directory"))?;
    for entry in listing {
        let entry = entry.map_err(failed("list the store's directory"))?;
        let name = entry.file_name();
        if !name.to_bytes().starts_with(TEMP.as_bytes()) {
            continue;
        }
        // What cannot be opened was never given its mode and is empty; a writer may be about to do so.
        let Ok(file) = openat(dir, name, READING, Mode::empty()) else { continue };
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok() {
            let _ = unlinkat(dir, name, AtFlags::empty());
        }
    }
    Ok(())
}

/// Locks the directory until its descriptor is closed, or the process ends; whether it could be locked.
pub(super) fn lock(dir: BorrowedFd<'_>, how: FlockOperation) -> Result<bool, Failure> {
    match flock(dir, how) {
        Ok(()) => Ok(true),
        Err(Errno::AGAIN) => Ok(false),
        // A file system without locks, flock(2): then nothing is purged while it is in use, as nothing is swept.
        Err(Errno::NOLCK | Errno::OPNOTSUPP) => Ok(how == FlockOperation::LockShared),
        Err(errno) => Err(failed("lock the store's directory")(errno)),
    }
}

/// The names of the sessions, and of whatever else lies among them.
pub(crate) fn sessions(dir: BorrowedFd<'_>) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for entry in Dir::read_from(dir).map_err(failed("list the store's directory"))? {
        let entry = entry.map_err(failed("list the store's directory"))?;
        let name = entry.file_name().to_string_lossy();
        if !name.starts_with('.') {
            names.push(name.into_owned());
        }
    }
    Ok(names)
}

/// Whether anything lies under the name.
pub(crate) fn exists(dir: BorrowedFd<'_>, name: &str) -> bool {
    statat(dir, name, AtFlags::SYMLINK_NOFOLLOW).is_ok()
}
