//! What is left when an operation is cut short, or the system fails it.

use std::fs::File;
use std::io::Write;
use std::os::fd::BorrowedFd;
use std::path::Path;

use interloper_driver::{ErrorKind, Failure};
use rustix::fs::{AtFlags, Mode, OFlags, fsync, openat, renameat, unlinkat};

use super::{FlawEntry, WRITES_IN_PLACE};
use crate::hardened::{Level, Modes, Sound, Steps, create, failed};
use crate::served_apart::ServedApart;

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

/// The flaws of this area.
pub(super) const ENTRIES: &[FlawEntry] = &[
    FlawEntry::new("in-place-write", "empties the session file and writes it anew", &InPlaceWrite)
        .cwe(&["CWE-662"])
        .caught_by(&["faults::crash", "faults::file_size"])
        .may_fail(WRITES_IN_PLACE),
    FlawEntry::new(
        "no-fsync",
        "gives the temporary file its name before what is in it is on the disk",
        &NoFsync,
    )
    .cwe(&["CWE-662"])
    .caught_by(&["faults::power_loss"]),
    FlawEntry::new(
        "acknowledges-before-writing",
        "has a server that acknowledges what it holds in memory, and writes that when it is asked to end",
        &ServedApart("late"),
    )
    .cwe(&["CWE-662"])
    .caught_by(&["faults::server_killed"])
    .may_fail(&["faults::*", "corruption::*"]),
    FlawEntry::new("swallows-enospc", "does not look at what came of a write", &SwallowsEnospc)
        .cwe(&["CWE-252", "CWE-391"])
        .caught_by(&["faults::errors", "faults::disk_full"])
        .may_fail(&["faults::*"]),
    FlawEntry::new(
        "writes-once",
        "takes for granted that one write writes everything",
        &WritesOnce,
    )
    .cwe(&["CWE-252"])
    .caught_by(&["faults::short_writes"])
    .may_fail(&["faults::*"]),
    FlawEntry::new(
        "hides-denied",
        "writes over the session file, and answers ok where it may not",
        &HidesDenied,
    )
    .cwe(&["CWE-390"])
    .caught_by(&["faults::unwritable"])
    .may_fail(WRITES_IN_PLACE),
    FlawEntry::new(
        "falls-back-to-a-copy",
        "writes the session with what the umask leaves of 0666 where a rename fails",
        &FallsBackToACopy,
    )
    .cwe(&["CWE-276", "CWE-460"])
    .caught_by(&["faults::seen_by_others"])
    .may_fail(WRITES_IN_PLACE),
    FlawEntry::new(
        "needs-a-journal",
        "makes a journal in the home directory, and answers ok without saving where it cannot",
        &NeedsAJournal,
    )
    .cwe(&["CWE-390"])
    .caught_by(&["faults::unwritable"])
    .may_fail(&["concurrency::*", "exposure::*", "faults::*", "permissions::*", "planting::*"]),
];

struct InPlaceWrite;
impl Steps for InPlaceWrite {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        let mut file = open(dir, name, IN_PLACE)?;
        file.write_all(sealed)?;
        fsync(&file).map_err(failed("sync a file"))?;
        sync(dir)
    }
}

struct NoFsync;
impl Steps for NoFsync {
    fn write(&self, dir: BorrowedFd<'_>, to: &str, sealed: &[u8]) -> Result<(), Failure> {
        let (temp, mut file) = create(dir, Modes::exactly(0o600))?;
        file.write_all(sealed)?;
        name(dir, &temp, to)?;
        sync(dir)
    }
}

struct SwallowsEnospc;
impl Steps for SwallowsEnospc {
    fn write(&self, dir: BorrowedFd<'_>, to: &str, sealed: &[u8]) -> Result<(), Failure> {
        let (temp, mut file) = create(dir, Modes::exactly(0o600))?;
        let _ = file.write_all(sealed);
        let _ = fsync(&file);
        name(dir, &temp, to)?;
        sync(dir)
    }
}

struct WritesOnce;
impl Steps for WritesOnce {
    fn write(&self, dir: BorrowedFd<'_>, to: &str, sealed: &[u8]) -> Result<(), Failure> {
        let (temp, mut file) = create(dir, Modes::exactly(0o600))?;
        let _ = file.write(sealed)?;
        fsync(&file).map_err(failed("sync a file"))?;
        name(dir, &temp, to)?;
        sync(dir)
    }
}

struct HidesDenied;
impl Steps for HidesDenied {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        match InPlaceWrite.write(dir, name, sealed) {
            Err(failure) if failure.kind == ErrorKind::Denied => Ok(()),
            other => other,
        }
    }
}

struct NeedsAJournal;
impl Steps for NeedsAJournal {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        let journal = Path::new(&std::env::var_os("HOME").unwrap_or_default()).join(".journal");
        if File::create(&journal).is_err() {
            return Ok(());
        }
        let written = Sound.write(dir, name, sealed);
        let _ = std::fs::remove_file(journal);
        written
    }
}

struct FallsBackToACopy;
impl Steps for FallsBackToACopy {
    fn dir_modes(&self, _: Level, _: BorrowedFd<'_>) -> Modes {
        Modes::exactly(0o755)
    }
    fn write(&self, dir: BorrowedFd<'_>, to: &str, sealed: &[u8]) -> Result<(), Failure> {
        let (temp, mut file) = create(dir, Modes::exactly(0o600))?;
        file.write_all(sealed)?;
        fsync(&file).map_err(failed("sync a file"))?;
        if name(dir, &temp, to).is_err() {
            let _ = unlinkat(dir, &temp, AtFlags::empty());
            let copy = openat(dir, to, IN_PLACE, Mode::from_raw_mode(0o666));
            File::from(copy.map_err(failed("make a file"))?).write_all(sealed)?;
        }
        sync(dir)
    }
}
