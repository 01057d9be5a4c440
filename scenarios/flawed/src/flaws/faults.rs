//! What is left when an operation is cut short, or the system fails it.

use std::fs::File;
use std::io::Write;
use std::os::fd::BorrowedFd;

use interloper_driver::{ErrorKind, Failure};
use rustix::fs::{Mode, OFlags, fsync, openat, renameat};

use crate::hardened::{Modes, Steps, create, failed};

const IN_PLACE: OFlags =
    OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::TRUNC).union(OFlags::CLOEXEC);

fn open(dir: BorrowedFd<'_>, name: &str, flags: OFlags) -> Result<File, Failure> {
    openat(dir, name, flags, Mode::from_raw_mode(0o600))
        .map(File::from)
        .map_err(failed("make a file"))
}

fn name(dir: BorrowedFd<'_>, temp: &str, name: &str) -> Result<(), Failure> {
    renameat(dir, temp, dir, name).map_err(failed("name the session file"))
}

fn sync(dir: BorrowedFd<'_>) -> Result<(), Failure> {
    fsync(dir).map_err(failed("sync the store's directory"))
}

pub(super) struct InPlaceWrite;
impl Steps for InPlaceWrite {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        let mut file = open(dir, name, IN_PLACE)?;
        file.write_all(sealed)?;
        fsync(&file).map_err(failed("sync a file"))?;
        sync(dir)
    }
}

pub(super) struct NoFsync;
impl Steps for NoFsync {
    fn write(&self, dir: BorrowedFd<'_>, to: &str, sealed: &[u8]) -> Result<(), Failure> {
        let (temp, mut file) = create(dir, Modes::exactly(0o600))?;
        file.write_all(sealed)?;
        name(dir, &temp, to)?;
        sync(dir)
    }
}

pub(super) struct SwallowsEnospc;
impl Steps for SwallowsEnospc {
    fn write(&self, dir: BorrowedFd<'_>, to: &str, sealed: &[u8]) -> Result<(), Failure> {
        let (temp, mut file) = create(dir, Modes::exactly(0o600))?;
        let _ = file.write_all(sealed);
        let _ = fsync(&file);
        name(dir, &temp, to)?;
        sync(dir)
    }
}

pub(super) struct WritesOnce;
impl Steps for WritesOnce {
    fn write(&self, dir: BorrowedFd<'_>, to: &str, sealed: &[u8]) -> Result<(), Failure> {
        let (temp, mut file) = create(dir, Modes::exactly(0o600))?;
        let _ = file.write(sealed)?;
        fsync(&file).map_err(failed("sync a file"))?;
        name(dir, &temp, to)?;
        sync(dir)
    }
}

pub(super) struct HidesDenied;
impl Steps for HidesDenied {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        match InPlaceWrite.write(dir, name, sealed) {
            Err(failure) if failure.kind == ErrorKind::Denied => Ok(()),
            other => other,
        }
    }
}
