//! Who else gets at the files.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd, OwnedFd};

use interloper_driver::{Failure, Open};
use rustix::fs::{Mode, OFlags, chmod, fchmod, fstat, fsync, getxattr_query, openat};
use rustix::process::geteuid;

use crate::hardened::{Found, Level, Modes, READING, Sound, Steps, exists, failed, read, replace};

pub(super) struct UmaskDefaultMode;
impl Steps for UmaskDefaultMode {
    fn dir_modes(&self, _: Level, _: BorrowedFd<'_>) -> Modes {
        Modes::masked(0o777)
    }
    fn file_modes(&self, _: BorrowedFd<'_>, _: &str) -> Modes {
        Modes::masked(0o666)
    }
}

pub(super) struct LaxFileMode;
impl Steps for LaxFileMode {
    fn file_modes(&self, _: BorrowedFd<'_>, _: &str) -> Modes {
        Modes::exactly(0o644)
    }
}

pub(super) struct LaxIntermediateDirs;
impl Steps for LaxIntermediateDirs {
    fn dir_modes(&self, level: Level, parent: BorrowedFd<'_>) -> Modes {
        match level {
            Level::Above => Modes::masked(0o777),
            Level::Own => Sound.dir_modes(level, parent),
        }
    }
}

pub(super) struct ListableNames;
impl Steps for ListableNames {
    // Those above as well: behind a private one nobody could list.
    fn dir_modes(&self, _: Level, _: BorrowedFd<'_>) -> Modes {
        Modes::exactly(0o755)
    }
    fn file_name(&self, id: &str) -> String {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        match id.len() <= 200 && id.chars().all(plain) {
            true => format!("session-{id}"),
            false => Sound.file_name(id),
        }
    }
}

pub(super) struct WidensOnUpdate;
impl Steps for WidensOnUpdate {
    fn dir_modes(&self, _: Level, _: BorrowedFd<'_>) -> Modes {
        Modes::exactly(0o755)
    }
    fn file_modes(&self, dir: BorrowedFd<'_>, name: &str) -> Modes {
        Modes::exactly(if exists(dir, name) { 0o644 } else { 0o600 })
    }
}

pub(super) struct TrustsLeftovers;
impl Steps for TrustsLeftovers {
    fn accept_dir(&self, _: &OwnedFd, _: Modes, _: bool) -> Result<(), Failure> {
        Ok(())
    }
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        if !exists(dir, name) {
            return Sound.write(dir, name, sealed);
        }
        overwrite(dir, name, sealed)
    }
    fn read(&self, dir: BorrowedFd<'_>, name: &str, read_only: bool) -> Found {
        match openat(dir, name, READING, Mode::empty()) {
            Ok(file) => whole(file.into()).map(Some),
            Err(_) => Sound.read(dir, name, read_only),
        }
    }
}

pub(super) struct CopiesParentGroupBits;
impl Steps for CopiesParentGroupBits {
    fn dir_modes(&self, _: Level, parent: BorrowedFd<'_>) -> Modes {
        Modes::exactly(0o700 | inherited_bits(parent))
    }
    fn file_modes(&self, dir: BorrowedFd<'_>, _: &str) -> Modes {
        Modes::exactly(0o600 | inherited_bits(dir) & 0o060)
    }
}

pub(super) struct KeepsBackup;
impl Steps for KeepsBackup {
    fn dir_modes(&self, _: Level, _: BorrowedFd<'_>) -> Modes {
        Modes::exactly(0o711)
    }
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        if let Ok(Some(before)) = read(dir, name, READING, true) {
            replace(dir, &format!("{name}.bak"), &before, Modes::exactly(0o644))?;
        }
        Sound.write(dir, name, sealed)
    }
}

pub(super) struct ServiceReliesOnUmask;
impl Steps for ServiceReliesOnUmask {
    fn dir_modes(&self, _: Level, _: BorrowedFd<'_>) -> Modes {
        if geteuid().is_root() { Modes::masked(0o777) } else { Modes::exactly(0o700) }
    }
    fn file_modes(&self, _: BorrowedFd<'_>, _: &str) -> Modes {
        if geteuid().is_root() { Modes::masked(0o666) } else { Modes::exactly(0o600) }
    }
}

pub(super) struct LeaksDescriptor;
impl Steps for LeaksDescriptor {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        Sound.write(dir, name, sealed)?;
        let kept = openat(dir, name, OFlags::RDONLY, Mode::empty())
            .map_err(failed("open the session file again"))?;
        let _ = kept.into_raw_fd();
        Ok(())
    }
}

pub(super) struct KeepsInode;
impl Steps for KeepsInode {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        if !exists(dir, name) {
            return Sound.write(dir, name, sealed);
        }
        let file = openat(dir, name, READING | OFlags::RDWR, Mode::empty())
            .map_err(failed("open the session file"))?;
        fchmod(&file, Mode::from_raw_mode(0o600)).map_err(failed("narrow the session file"))?;
        overwrite(dir, name, sealed)
    }
}

pub(super) struct ChmodsHome;
impl Steps for ChmodsHome {
    fn entered(&self, at: &Open) {
        if !at.read_only {
            let _ = chmod(&at.home, Mode::from_raw_mode(0o755));
        }
    }
}

fn whole(mut file: File) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn overwrite(dir: BorrowedFd<'_>, name: &str, bytes: &[u8]) -> Result<(), Failure> {
    let how = READING | OFlags::WRONLY | OFlags::TRUNC;
    let file = openat(dir, name, how, Mode::empty()).map_err(failed("open the session file"))?;
    let mut file = File::from(file);
    file.write_all(bytes)?;
    fsync(&file).map_err(failed("sync the session file"))
}

/// The group's bits of a directory that hands its group or its access list down, and the bit that hands it on.
fn inherited_bits(dir: BorrowedFd<'_>) -> u32 {
    let mode = fstat(dir).map_or(0, |stat| stat.st_mode);
    let path = format!("/proc/self/fd/{}", dir.as_raw_fd());
    let has = |list: &str| getxattr_query(&path, list).is_ok_and(|length| length > 0);
    let listed = has("system.posix_acl_access") || has("system.posix_acl_default");
    if mode & 0o2000 != 0 || listed { mode & 0o2070 } else { 0 }
}
