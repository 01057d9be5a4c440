//! What others get while an operation is under way.

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::process::Command;

use interloper_driver::{Failure, Session};
use rustix::fs::{AtFlags, Mode, OFlags, chmodat, fchmod, fsync, openat};

use crate::hardened::{Level, Modes, Sound, Steps, failed, replace};

pub(super) struct ChmodAfterWrite;
impl Steps for ChmodAfterWrite {
    fn dir_modes(&self, _: Level, _: BorrowedFd<'_>) -> Modes {
        Modes::exactly(0o755)
    }
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
        let file = openat(dir, name, flags, Mode::from_raw_mode(0o666));
        let mut file = File::from(file.map_err(failed("make a file"))?);
        file.write_all(sealed)?;
        fchmod(&file, Mode::from_raw_mode(0o600)).map_err(failed("narrow a file"))?;
        fsync(&file).and_then(|()| fsync(dir)).map_err(failed("sync a file"))
    }
}

pub(super) struct WideTemp;
impl Steps for WideTemp {
    fn dir_modes(&self, _: Level, _: BorrowedFd<'_>) -> Modes {
        Modes::exactly(0o755)
    }
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        replace(dir, name, sealed, Modes::exactly(0o644))?;
        chmodat(dir, name, Mode::from_raw_mode(0o600), AtFlags::empty())
            .map_err(failed("narrow a file"))
    }
}

pub(super) struct SecretInArguments;
impl Steps for SecretInArguments {
    fn kept(&self, session: &Session) -> Session {
        // As one hands a token to a helper that keeps it in the system's keyring.
        let _ = Command::new("/bin/true").arg(format!("{session:?}")).status();
        session.clone()
    }
}

pub(super) struct PrintsSession;
impl Steps for PrintsSession {
    fn kept(&self, session: &Session) -> Session {
        eprintln!("debug: saving {session:?}");
        session.clone()
    }
}

pub(super) struct CopyInTmp;
impl Steps for CopyInTmp {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        let tmp = std::env::temp_dir().join(format!("{name}-{}", dir.as_raw_fd()));
        let _ = std::fs::write(&tmp, sealed).and_then(|()| std::fs::remove_file(&tmp));
        Sound.write(dir, name, sealed)
    }
}
