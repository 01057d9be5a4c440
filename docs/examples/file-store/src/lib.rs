//! A small session store: a JSON file for each session, in a directory of its own.

mod record;

use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};
use rustix::fs::{fchmod, fstat, mkdirat, openat, renameat, unlinkat};
use rustix::process::geteuid;

pub use record::{Values, parse, print};

/// A directory of sessions.
#[derive(Debug)]
pub struct FileStore {
    /// What was looked at when it was opened is what is used, whatever becomes of its name.
    dir: OwnedFd,
}

const NEW: OFlags = OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::CLOEXEC);
/// No link is followed, and no FIFO waited for.
const OLD: OFlags =
    OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

impl FileStore {
    /// Opens a directory, and makes it where it is missing.
    pub fn open(path: &Path) -> io::Result<FileStore> {
        if cfg!(feature = "careless") {
            fs::create_dir_all(path)?;
            return Ok(FileStore { dir: File::open(path)?.into() });
        }
        match mkdirat(CWD, path, Mode::from_raw_mode(0o700)) {
            Err(error) if error != rustix::io::Errno::EXIST => return Err(error.into()),
            _ => {}
        }
        let dir = openat(CWD, path, OLD | OFlags::DIRECTORY, Mode::empty())?;
        if fstat(&dir)?.st_uid != geteuid().as_raw() {
            return Err(io::Error::new(ErrorKind::PermissionDenied, "another user's directory"));
        }
        fchmod(&dir, Mode::from_raw_mode(0o700))?;
        Ok(FileStore { dir })
    }

    fn name(id: &str) -> io::Result<String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if id.is_empty() || id.len() > 64 || !id.chars().all(plain) {
            return Err(io::Error::new(ErrorKind::InvalidInput, "not a session id"));
        }
        if cfg!(feature = "careless") {
            return Ok(format!("{}.json", id.to_lowercase()));
        }
        Ok(format!("{id}.json"))
    }

    /// Writes a session under a temporary name, and renames it into place.
    pub fn save(&self, id: &str, values: &Values) -> io::Result<()> {
        let name = FileStore::name(id)?;
        let temporary = format!("{id}.{:016x}.new", random());
        let body = print(values);
        let done = self
            .write(&temporary, &body)
            .and_then(|()| Ok(renameat(&self.dir, &temporary, &self.dir, &name)?));
        if done.is_err() {
            // The error that made it so is the one to tell.
            let _ = unlinkat(&self.dir, &temporary, AtFlags::empty());
        }
        done.and_then(|()| self.sync())
    }

    fn write(&self, temporary: &str, body: &[u8]) -> io::Result<()> {
        let careless = cfg!(feature = "careless");
        let mode = if careless { 0o666 } else { 0o600 };
        let mut file = File::from(openat(&self.dir, temporary, NEW, Mode::from_raw_mode(mode))?);
        if !careless {
            // The umask may have taken the owner's own bits.
            fchmod(&file, Mode::from_raw_mode(mode))?;
        }
        file.write_all(body)?;
        file.sync_all()
    }

    /// Makes what was renamed or removed durable: a directory is a file, too.
    fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fsync(&self.dir)?)
    }

    /// Reads a session.
    pub fn load(&self, id: &str) -> io::Result<Option<Values>> {
        let file = match openat(&self.dir, FileStore::name(id)?, OLD, Mode::empty()) {
            Ok(file) => file,
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(rustix::io::Errno::LOOP) => return Err(damaged()),
            Err(error) => return Err(error.into()),
        };
        let stat = fstat(&file)?;
        let regular = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        if !regular || stat.st_nlink != 1 || stat.st_uid != geteuid().as_raw() {
            return Err(damaged());
        }
        let mut bytes = Vec::new();
        File::from(file).read_to_end(&mut bytes)?;
        parse(&bytes).map(Some)
    }

    /// Removes a session, and what a save of it that was killed has left; where there is none, it is done already.
    pub fn delete(&self, id: &str) -> io::Result<()> {
        self.remove(FileStore::name(id)?.as_bytes())?;
        for entry in Dir::read_from(self.dir.as_fd())? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            let rest = name.strip_prefix(id.as_bytes()).and_then(|rest| rest.strip_prefix(b"."));
            if rest.is_some_and(|rest| rest.ends_with(b".new")) {
                self.remove(name)?;
            }
        }
        self.sync()
    }

    fn remove(&self, name: &[u8]) -> io::Result<()> {
        match unlinkat(&self.dir, std::ffi::OsStr::from_bytes(name), AtFlags::empty()) {
            Err(error) if error != rustix::io::Errno::NOENT => Err(error.into()),
            _ => Ok(()),
        }
    }
}

pub(crate) fn damaged() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "the session file is damaged")
}

/// A number that nobody guesses: the standard library's hash maps get theirs from the kernel.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
