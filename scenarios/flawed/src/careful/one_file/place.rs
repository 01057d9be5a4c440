//! Where the file is, how it is opened and locked, and how another takes its place.

use std::ffi::OsString;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path};

use interloper_driver::{ErrorKind, Failure, Open};
use rustix::fs::{AtFlags, Dir, FlockOperation, Mode, OFlags, RenameFlags};
use rustix::fs::{flock, fstat, openat, renameat, renameat_with, statat, unlinkat};
use rustix::io::Errno;

use crate::hardened::{
    Modes, READING, Route, Sound, create_as, discard, enter, failed, fill, sync, trust,
};

/// Beginning of the names of files that are not finished.
const TEMP: &str = ".one-file-";
/// How often the file may have been replaced between being found and being locked.
const PATIENCE: usize = 64;

/// A file's number: its device and inode.
pub(super) type Inode = (u64, u64);

/// The directory of the file, and its name there.
pub(super) struct Place {
    dir: OwnedFd,
    name: OsString,
}

/// The file, locked.
pub(super) struct Locked {
    pub(super) file: File,
    pub(super) inode: Inode,
    /// Whether nobody but its owner has a right.
    pub(super) is_private: bool,
}

impl Place {
    /// Walks to the directory; `None` when it is not there and is not to be made.
    pub(super) fn of(at: &Open, make: bool) -> Result<Option<Place>, Failure> {
        let (route, name) = match &at.at {
            None => {
                let below = ".local/share/one-file".into();
                (Route { base: at.home.clone(), below, own: 1 }, "sessions.db".into())
            }
            Some(path) => match (path.parent(), path.components().next_back()) {
                // The directory is the caller's, and may have other files in it.
                (Some(dir), Some(Component::Normal(name))) if path.is_absolute() => {
                    (Route { base: Path::new("/").into(), below: dir.into(), own: 0 }, name.into())
                }
                _ => return Err(Failure::invalid("the store's file needs a whole path")),
            },
        };
        let dir = enter(&Sound, &route, make, at.read_only)?;
        Ok(dir.map(|dir| Place { dir, name }))
    }

    /// Opens the file and locks it; `None` when it is not there, or when the lock is not to be waited for and somebody has it.
    ///
    /// 1. It is opened, and must be a file of ours: nobody else's lock is waited for.
    /// 2. It is locked, and must still be the file of that name: who had the lock may have replaced it.
    /// 3. It must have no other name: a change in place would be seen under that.
    pub(super) fn lock(&self, how: FlockOperation) -> Result<Option<Locked>, Failure> {
        let write = how != FlockOperation::LockShared;
        let flags = if write { READING | OFlags::RDWR } else { READING };
        for _ in 0..PATIENCE {
            let file = match openat(&self.dir, &self.name, flags, Mode::empty()) {
                Ok(file) => File::from(file),
                Err(Errno::NOENT) => return Ok(None),
                Err(errno) => return Err(failed("open the file")(errno)),
            };
            trust(&fstat(&file).map_err(failed("look at the file"))?)?;
            match flock(&file, how) {
                Ok(()) => {}
                Err(Errno::AGAIN) => return Ok(None),
                Err(errno) => return Err(failed("lock the file")(errno)),
            }
            let stat = fstat(&file).map_err(failed("look at the file"))?;
            let named = statat(&self.dir, &self.name, AtFlags::SYMLINK_NOFOLLOW);
            if !named.is_ok_and(|named| (named.st_dev, named.st_ino) == (stat.st_dev, stat.st_ino))
            {
                continue;
            }
            trust(&stat)?;
            if stat.st_nlink != 1 {
                return Err(Failure::corrupt("the file has another name"));
            }
            let is_private = stat.st_mode & 0o077 == 0;
            return Ok(Some(Locked { file, inode: (stat.st_dev, stat.st_ino), is_private }));
        }
        Err(Failure::new(ErrorKind::Conflict, "the file is replaced again and again"))
    }

    /// Makes the file; `None` when somebody else has made it meanwhile.
    pub(super) fn make(&self, bytes: &[u8]) -> Result<Option<Inode>, Failure> {
        self.put(bytes, |temp| {
            match renameat_with(&self.dir, temp, &self.dir, &self.name, RenameFlags::NOREPLACE) {
                Ok(()) => Ok(true),
                Err(Errno::EXIST) => Ok(false),
                Err(errno) => Err(errno),
            }
        })
    }

    /// Puts another file in the place of the one that is locked.
    pub(super) fn replace(&self, bytes: &[u8]) -> Result<Option<Inode>, Failure> {
        self.put(bytes, |temp| renameat(&self.dir, temp, &self.dir, &self.name).map(|()| true))
    }

    fn put(
        &self,
        bytes: &[u8],
        name: impl Fn(&str) -> Result<bool, Errno>,
    ) -> Result<Option<Inode>, Failure> {
        let (temp, mut file) = create_as(TEMP, self.dir.as_fd(), Modes::exactly(0o600))?;
        let stat = fstat(&file).map_err(failed("look at a new file"))?;
        let named =
            fill(&mut file, bytes).and_then(|()| name(&temp).map_err(failed("name the file")));
        if !matches!(named, Ok(true)) {
            discard(self.dir.as_fd(), &temp);
        }
        match named? {
            true => sync(self.dir.as_fd()).map(|()| Some((stat.st_dev, stat.st_ino))),
            false => Ok(None),
        }
    }

    /// Removes what crashed writers left: files of ours that nobody has locked. The directory may be shared, and closed to listing.
    pub(super) fn sweep(&self) -> Result<(), Failure> {
        let Ok(listing) = Dir::read_from(&self.dir) else { return Ok(()) };
        for entry in listing {
            let entry = entry.map_err(failed("list the directory"))?;
            let name = entry.file_name();
            if !name.to_bytes().starts_with(TEMP.as_bytes()) {
                continue;
            }
            let Ok(file) = openat(&self.dir, name, READING, Mode::empty()) else { continue };
            let ours = fstat(&file).is_ok_and(|stat| trust(&stat).is_ok());
            if ours && flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok() {
                let _ = unlinkat(&self.dir, name, AtFlags::empty());
            }
        }
        Ok(())
    }
}
