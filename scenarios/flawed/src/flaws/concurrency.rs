//! What goes wrong when two are at work.

use std::fs::File;
use std::io::Write;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::Duration;

use interloper_driver::{ErrorKind, Failure};
use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, flock, openat, unlinkat};

use super::FlawEntry;
use crate::hardened::{Found, READING, Sound, Steps, exists, failed};

/// Reading goes by the same step for sessions and for the key, which none of these is about.
const KEY: &str = "key";
const INDEX: &str = "index";
const LOCK: &str = "lock";
const OWNERS: Mode = Mode::from_raw_mode(0o600);

/// The flaws of this area.
pub(super) const ENTRIES: &[FlawEntry] = &[
    FlawEntry::new(
        "resurrects-after-delete",
        "writes a session that it has loaded back, as if to note that it was used",
        &ResurrectsAfterDelete,
    )
    .cwe(&["CWE-367", "CWE-613"])
    .like(&["CVE-2025-32441", "CVE-2025-46336"])
    .caught_by(&["concurrency::save_delete"])
    .may_fail(&["concurrency::*", "faults::*"]),
    FlawEntry::new(
        "lost-update",
        "loads only what is in an index, which a save reads, adds to and writes back without a \
         lock",
        &LostUpdate,
    )
    .cwe(&["CWE-362"])
    .caught_by(&["concurrency::save_save"])
    .may_fail(&["deletion::purge", "concurrency::*", "faults::*"]),
    FlawEntry::new(
        "updates-without-lock",
        "reads a session, changes a part and writes it back with nobody locked out",
        &UpdatesWithoutLock,
    )
    .cwe(&["CWE-362", "CWE-367"])
    .like(&["CVE-2025-46336"])
    .caught_by(&["concurrency::update_update"])
    .may_fail(&["concurrency::three_writers"]),
    FlawEntry::new(
        "stale-lock",
        "makes a lock file that nobody takes over when its maker dies",
        &StaleLock,
    )
    .cwe(&["CWE-667", "CWE-412"])
    .caught_by(&["concurrency::stale_lock", "faults::crash"])
    .may_fail(&["faults::*"]),
    FlawEntry::new(
        "torn-read",
        "empties a session that is there and writes it anew in two parts, with nobody locked out",
        &TornRead,
    )
    .cwe(&["CWE-366", "CWE-413"])
    .caught_by(&["concurrency::read_write", "concurrency::stress"])
    .may_fail(&[
        "concurrency::*",
        "faults::*",
        "permissions::kept_descriptors",
        "permissions::leftovers",
        "corruption::replaced_by_link",
    ]),
    FlawEntry::new(
        "deadlocks",
        "takes two locks in one order to save and in the other to delete",
        &Deadlocks,
    )
    .cwe(&["CWE-833"])
    .caught_by(&["concurrency::deadlock"]),
    FlawEntry::new(
        "purges-what-was-replaced",
        "locks nothing while it purges: what it has found to be over may be another session \
         when it goes",
        &PurgesWhatWasReplaced,
    )
    .cwe(&["CWE-367"])
    .caught_by(&["concurrency::save_purge"]),
    FlawEntry::new(
        "locks-what-is-replaced",
        "locks a file that each update replaces, and takes the lock of the replaced one for that \
         of all",
        &LocksWhatIsReplaced,
    )
    .cwe(&["CWE-362", "CWE-667"])
    .caught_by(&["concurrency::three_writers"]),
];

struct ResurrectsAfterDelete;
impl Steps for ResurrectsAfterDelete {
    fn read(&self, dir: BorrowedFd<'_>, name: &str, read_only: bool) -> Found {
        let found = Sound.read(dir, name, read_only)?;
        if let Some(bytes) = found.as_ref().filter(|_| name != KEY && !read_only) {
            Sound.write(dir, name, bytes)?;
        }
        Ok(found)
    }
}

struct LostUpdate;
impl Steps for LostUpdate {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        Sound.write(dir, name, sealed)?;
        let mut index = Sound.read(dir, INDEX, false)?.unwrap_or_default();
        index.extend(name.bytes());
        Sound.write(dir, INDEX, &index)
    }
    fn read(&self, dir: BorrowedFd<'_>, name: &str, read_only: bool) -> Found {
        let index = Sound.read(dir, INDEX, read_only)?.unwrap_or_default();
        match name == KEY || String::from_utf8_lossy(&index).contains(name) {
            true => Sound.read(dir, name, read_only),
            false => Ok(None),
        }
    }
}

struct UpdatesWithoutLock;
impl Steps for UpdatesWithoutLock {
    fn lock(&self, dir: BorrowedFd<'_>, how: FlockOperation) -> Result<bool, Failure> {
        match how {
            FlockOperation::LockExclusive => Ok(true),
            how => Sound.lock(dir, how),
        }
    }
}

struct StaleLock;
impl Steps for StaleLock {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        let how = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
        for _ in 0..50 {
            if openat(dir, LOCK, how, OWNERS).is_ok() {
                let done = Sound.write(dir, name, sealed);
                let _ = unlinkat(dir, LOCK, AtFlags::empty());
                return done;
            }
            sleep(Duration::from_millis(2));
        }
        Err(Failure::new(ErrorKind::Conflict, "somebody else is saving"))
    }
}

struct TornRead;
impl Steps for TornRead {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        if !exists(dir, name) {
            return Sound.write(dir, name, sealed);
        }
        let how = READING | OFlags::WRONLY | OFlags::TRUNC;
        let file = openat(dir, name, how, Mode::empty()).map_err(failed("open the session"))?;
        let (mut file, (one, two)) = (File::from(file), sealed.split_at(sealed.len() / 2));
        file.write_all(one)?;
        sleep(Duration::from_millis(5));
        Ok(file.write_all(two)?)
    }
}

struct Deadlocks;
impl Steps for Deadlocks {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        flock(dir, FlockOperation::LockExclusive).map_err(failed("lock the sessions"))?;
        let _above = locked_above(dir)?;
        Sound.write(dir, name, sealed)
    }
    fn remove(&self, dir: BorrowedFd<'_>, name: &str) -> Result<(), Failure> {
        let _above = locked_above(dir)?;
        flock(dir, FlockOperation::LockExclusive).map_err(failed("lock the sessions"))?;
        Sound.remove(dir, name)
    }
}

fn locked_above(dir: BorrowedFd<'_>) -> Result<OwnedFd, Failure> {
    let how = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let above = openat(dir, "..", how, Mode::empty()).map_err(failed("open the store"))?;
    flock(&above, FlockOperation::LockExclusive).map_err(failed("lock the store"))?;
    Ok(above)
}

struct PurgesWhatWasReplaced;
impl Steps for PurgesWhatWasReplaced {
    fn lock(&self, _: BorrowedFd<'_>, _: FlockOperation) -> Result<bool, Failure> {
        Ok(true)
    }
}

/// The lock that is held.
static HELD: Mutex<Option<OwnedFd>> = Mutex::new(None);

fn hold(lock: Option<OwnedFd>) -> Option<OwnedFd> {
    std::mem::replace(&mut *HELD.lock().unwrap_or_else(PoisonError::into_inner), lock)
}

fn lock_file(dir: BorrowedFd<'_>) -> Result<OwnedFd, Failure> {
    let file = openat(dir, LOCK, READING | OFlags::CREATE, OWNERS).map_err(failed("open"))?;
    flock(&file, FlockOperation::LockExclusive).map_err(failed("lock"))?;
    Ok(file)
}

struct LocksWhatIsReplaced;
impl Steps for LocksWhatIsReplaced {
    fn lock(&self, dir: BorrowedFd<'_>, how: FlockOperation) -> Result<bool, Failure> {
        let locks = matches!(how, FlockOperation::LockExclusive | FlockOperation::LockShared);
        hold(locks.then(|| lock_file(dir)).transpose()?);
        Sound.lock(dir, if locks { FlockOperation::LockShared } else { how })
    }
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        Sound.write(dir, name, sealed)?;
        hold(None).map_or(Ok(()), |_held| Sound.write(dir, LOCK, b""))
    }
    fn remove(&self, dir: BorrowedFd<'_>, name: &str) -> Result<(), Failure> {
        let _held = hold(None);
        Sound.remove(dir, name)
    }
}
