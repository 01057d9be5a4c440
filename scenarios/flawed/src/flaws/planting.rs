//! What somebody else has put where the store is about to work.
//!
//! The store's own directory is private, so each of these works beside it: in the directory that the caller named.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use interloper_driver::{Failure, Open};
use rustix::fs::{AtFlags, Dir, FlockOperation, Mode, OFlags};
use rustix::fs::{fchmod, flock, fstat, fsync, openat, renameat, statat, unlinkat};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::FlawEntry;
use crate::hardened::{Found, Level, Modes, READING, Sound, Steps, exists, failed};

/// A name for what is not finished: the same for everybody who asks, and beside the store.
const TEMP: &str = "../.session.tmp";
/// The same, in the store's own directory.
const TEMP_INSIDE: &str = ".session.tmp";

/// The flaws of this area.
pub(super) const ENTRIES: &[FlawEntry] = &[
    FlawEntry::new(
        "follows-symlink",
        "writes to a name beside its directory that everybody knows, wherever a link under it \
         leads",
        &FollowsSymlink,
    )
    .cwe(&["CWE-61", "CWE-377"])
    .like(&["CVE-2006-1279"])
    .caught_by(&["planting::symlink", "planting::service"])
    .may_fail(&["planting::*", "concurrency::*"]),
    FlawEntry::new(
        "predictable-temp",
        "writes to a name beside its directory that everybody knows, though somebody may have \
         made the file",
        &PredictableTemp,
    )
    .cwe(&["CWE-377"])
    .caught_by(&["planting::file", "planting::hard_link"])
    .may_fail(&["planting::*", "concurrency::*"]),
    FlawEntry::new(
        "check-then-open",
        "removes what lies under a known name, and takes for granted that nothing is there a \
         step later",
        &CheckThenOpen,
    )
    .cwe(&["CWE-367"])
    .caught_by(&["planting::symlink"])
    .may_fail(&["planting::*", "concurrency::*"]),
    FlawEntry::new(
        "trusts-foreign-file",
        "loads a session from a file and a directory of somebody else's",
        &TrustsForeignFile,
    )
    .cwe(&["CWE-283"])
    .caught_by(&["planting::file"])
    .may_fail(&["planting::*"]),
    FlawEntry::new(
        "trusts-foreign-directory",
        "keeps its sessions in a directory that somebody else has made",
        &TrustsForeignDirectory,
    )
    .cwe(&["CWE-379", "CWE-283"])
    .caught_by(&["planting::directory"])
    .may_fail(&["planting::*"]),
    FlawEntry::new(
        "gives-up-at-a-directory",
        "opens a lock file beside its directory, and answers ok without saving where that is a directory",
        &GivesUpAtADirectory,
    )
    .cwe(&["CWE-390", "CWE-754"])
    .caught_by(&["planting::directory"])
    .may_fail(&["concurrency::*", "faults::*", "planting::*"]),
    FlawEntry::new(
        "waits-on-fifo",
        "opens a lock file beside its directory, and waits for the other side of a FIFO",
        &WaitsOnFifo,
    )
    .cwe(&["CWE-833", "CWE-377"])
    .caught_by(&["planting::fifo"]),
    FlawEntry::new(
        "clears-through-link",
        "empties a directory beside its own when it deletes, wherever a link under that name leads",
        &ClearsThroughLink,
    )
    .cwe(&["CWE-59", "CWE-367"])
    .like(&["RUSTSEC-2023-0018"])
    .caught_by(&["planting::symlink"]),
    FlawEntry::new(
        "opens-its-own-to-the-group",
        "makes its directory as wide as the umask leaves it, and writes to a known name in it, \
         wherever a link under that leads",
        &OpensItsOwnToTheGroup,
    )
    .cwe(&["CWE-61", "CWE-276"])
    .caught_by(&["planting::symlink"])
    .may_fail(&["planting::*", "permissions::*", "exposure::*", "concurrency::*"]),
    FlawEntry::new(
        "takes-any-directory",
        "keeps its sessions in a shared directory that is there, and writes to a known name in it",
        &TakesAnyDirectory,
    )
    .cwe(&["CWE-379", "CWE-377"])
    .caught_by(&["planting::symlink", "planting::directory"])
    .may_fail(&["planting::*", "permissions::*", "exposure::*", "concurrency::*"]),
    FlawEntry::new(
        "scratch-in-tmp",
        "empties a file of a known name in the directory for temporary files, wherever a link \
         under that name leads, when it is at its default place",
        &ScratchInTmp,
    )
    .cwe(&["CWE-377", "CWE-59"])
    .caught_by(&["planting::symlink"])
    .may_fail(&["planting::*"]),
    FlawEntry::new(
        "lock-in-tmp",
        "empties a file of a known name in the directory for temporary files, wherever a link \
         under that name leads, when its caller names its place",
        &LockInTmp,
    )
    .cwe(&["CWE-377", "CWE-59"])
    .like(&["CVE-2006-1279"])
    .caught_by(&["planting::symlink"])
    .may_fail(&["planting::*"]),
    FlawEntry::new(
        "looks-then-opens",
        "looks whether a name beside its directory is a file, and takes for granted that it is \
         one still when it opens it",
        &LooksThenOpens,
    )
    .cwe(&["CWE-367"])
    .caught_by(&["planting::symlink"])
    .may_fail(&["planting::*"]),
    FlawEntry::new(
        "locks-in-foreign-tree",
        "loads a session from a directory of somebody else's, once it has locked a file in it",
        &LocksInForeignTree,
    )
    .cwe(&["CWE-283"])
    .caught_by(&["planting::file"])
    .may_fail(&["planting::*"]),
];

struct FollowsSymlink;
impl Steps for FollowsSymlink {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        by_way_of_temp(dir, TEMP, name, sealed, OFlags::empty())
    }
}

struct PredictableTemp;
impl Steps for PredictableTemp {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        by_way_of_temp(dir, TEMP, name, sealed, OFlags::NOFOLLOW)
    }
}

struct CheckThenOpen;
impl Steps for CheckThenOpen {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        if exists(dir, TEMP) {
            unlinkat(dir, TEMP, AtFlags::empty()).map_err(failed("remove what is in the way"))?;
        }
        by_way_of_temp(dir, TEMP, name, sealed, OFlags::empty())
    }
}

struct TrustsForeignFile;
impl Steps for TrustsForeignFile {
    fn accept_dir(&self, dir: &OwnedFd, modes: Modes, read_only: bool) -> Result<(), Failure> {
        if ours(dir) { Sound.accept_dir(dir, modes, read_only) } else { Ok(()) }
    }
    fn read(&self, dir: BorrowedFd<'_>, name: &str, read_only: bool) -> Found {
        match openat(dir, name, READING, Mode::empty()) {
            Ok(file) if !ours(&file) => {
                let mut bytes = Vec::new();
                File::from(file).read_to_end(&mut bytes)?;
                Ok(Some(bytes))
            }
            _ => Sound.read(dir, name, read_only),
        }
    }
}

struct TrustsForeignDirectory;
impl Steps for TrustsForeignDirectory {
    fn accept_dir(&self, dir: &OwnedFd, modes: Modes, read_only: bool) -> Result<(), Failure> {
        if ours(dir) { Sound.accept_dir(dir, modes, read_only) } else { Ok(()) }
    }
}

struct GivesUpAtADirectory;
impl Steps for GivesUpAtADirectory {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        let lock = openat(dir, "../.lock", LOCKING, Mode::from_raw_mode(0o600));
        if matches!(lock, Err(Errno::ISDIR)) {
            return Ok(());
        }
        let written = lock.map_err(failed("open the lock")).map(drop);
        let written = written.and_then(|()| Sound.write(dir, name, sealed));
        let _ = unlinkat(dir, "../.lock", AtFlags::empty());
        written
    }
}

/// How a lock file is opened.
const LOCKING: OFlags = OFlags::WRONLY
    .union(OFlags::CREATE)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::CLOEXEC);

struct WaitsOnFifo;
impl Steps for WaitsOnFifo {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        let how = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let lock = openat(dir, "../.lock", how, Mode::from_raw_mode(0o600))
            .map_err(failed("open the lock"))?;
        flock(&lock, FlockOperation::LockExclusive).map_err(failed("take the lock"))?;
        let written = Sound.write(dir, name, sealed);
        let _ = unlinkat(dir, "../.lock", AtFlags::empty());
        written
    }
}

struct ClearsThroughLink;
impl Steps for ClearsThroughLink {
    fn remove(&self, dir: BorrowedFd<'_>, name: &str) -> Result<(), Failure> {
        let how = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        if let Ok(scratch) = openat(dir, "../.scratch", how, Mode::empty()) {
            let entries = Dir::read_from(&scratch).map_err(failed("list what is left over"))?;
            for entry in entries.flatten() {
                let _ = unlinkat(&scratch, entry.file_name(), AtFlags::empty());
            }
        }
        Sound.remove(dir, name)
    }
}

struct OpensItsOwnToTheGroup;
impl Steps for OpensItsOwnToTheGroup {
    fn dir_modes(&self, _: Level, _: BorrowedFd<'_>) -> Modes {
        Modes::masked(0o777)
    }
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        by_way_of_temp(dir, TEMP_INSIDE, name, sealed, OFlags::empty())
    }
}

struct TakesAnyDirectory;
impl Steps for TakesAnyDirectory {
    fn accept_dir(&self, dir: &OwnedFd, modes: Modes, read_only: bool) -> Result<(), Failure> {
        if ours(dir) { Sound.accept_dir(dir, modes, read_only) } else { Ok(()) }
    }
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        by_way_of_temp(dir, TEMP_INSIDE, name, sealed, OFlags::empty())
    }
}

struct ScratchInTmp;
impl Steps for ScratchInTmp {
    fn entered(&self, at: &Open) {
        if at.at.is_none() && !at.read_only {
            let _ = File::create(std::env::temp_dir().join("hardened.scratch"));
        }
    }
}

struct LockInTmp;
impl Steps for LockInTmp {
    fn entered(&self, at: &Open) {
        if at.at.is_some() && !at.read_only {
            let _ = File::create(std::env::temp_dir().join("hardened.lock"));
        }
    }
}

struct LooksThenOpens;
impl Steps for LooksThenOpens {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        let (last, mode) = ("../.last", Mode::from_raw_mode(0o600));
        let how = match statat(dir, last, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if stat.st_mode & 0o170_000 == 0o100_000 => OFlags::TRUNC,
            Ok(_) => return Err(Failure::corrupt("something else lies there")),
            Err(_) => OFlags::CREATE | OFlags::EXCL,
        };
        let how = how | OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        openat(dir, last, how, mode).map_err(failed("open a file"))?;
        Sound.write(dir, name, sealed)
    }
}

struct LocksInForeignTree;
impl Steps for LocksInForeignTree {
    fn accept_dir(&self, dir: &OwnedFd, modes: Modes, read_only: bool) -> Result<(), Failure> {
        if ours(dir) { Sound.accept_dir(dir, modes, read_only) } else { Ok(()) }
    }
    fn read(&self, dir: BorrowedFd<'_>, name: &str, read_only: bool) -> Found {
        if !ours(dir) {
            let how = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let lock = openat(dir, ".lock", how, Mode::from_raw_mode(0o600));
            flock(lock.map_err(failed("open the lock"))?, FlockOperation::LockExclusive)
                .map_err(failed("take the lock"))?;
        }
        TrustsForeignFile.read(dir, name, read_only)
    }
}

/// Writes what is not finished under the name that everybody knows, and moves it to where it belongs.
fn by_way_of_temp(
    dir: BorrowedFd<'_>,
    temp: &str,
    name: &str,
    bytes: &[u8],
    besides: OFlags,
) -> Result<(), Failure> {
    let how = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC | besides;
    let mode = Mode::from_raw_mode(0o600);
    let file = openat(dir, temp, how, mode).map_err(failed("make a file"))?;
    // The umask may have taken bits away; of what is somebody else's, the mode cannot be set.
    let _ = fchmod(&file, mode);
    let mut file = File::from(file);
    file.write_all(bytes)?;
    fsync(&file).map_err(failed("sync a file"))?;
    renameat(dir, temp, dir, name).map_err(failed("name the session file"))?;
    // Two directories have changed: the one that lost the name, too.
    let above = openat(dir, "..", OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .map_err(failed("open the directory above"))?;
    fsync(&above).map_err(failed("sync the directory above"))?;
    fsync(dir).map_err(failed("sync the store's directory"))
}

fn ours(what: impl AsFd) -> bool {
    fstat(what).is_ok_and(|stat| stat.st_uid == geteuid().as_raw())
}
