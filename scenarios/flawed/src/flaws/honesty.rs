//! What was answered and did not happen, or happened and was not asked for.

use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;
use std::sync::{Mutex, PoisonError};

use interloper_driver::{Cookie, Failure, Open, Session};
use rustix::fs::{AtFlags, statat};

use super::{COMPARING, FlawEntry};
use crate::hardened::{Found, Sound, Steps, exists, sessions};

/// The flaws of this area.
pub(super) const ENTRIES: &[FlawEntry] = &[
    FlawEntry::new("drops-headers", "saves a session without its headers", &DropsHeaders)
        .cwe(&["CWE-221"])
        .caught_by(&["honesty::saved_loads"])
        .may_fail(COMPARING),
    FlawEntry::new(
        "writes-on-read-only",
        "makes directories and saves although it was opened for reading only",
        &WritesOnReadOnly,
    )
    .cwe(&["CWE-440"])
    .caught_by(&["honesty::read_only_writes_nothing"]),
    FlawEntry::new(
        "evicts-oldest",
        "keeps a hundred sessions, and removes the oldest where one more is saved",
        &EvictsOldest,
    )
    .cwe(&["CWE-410"])
    .caught_by(&["honesty::capacity"]),
    FlawEntry::new(
        "reads-all-to-save",
        "reads every session before it saves one, and fails where one cannot be read",
        &ReadsAllToSave,
    )
    .cwe(&["CWE-703"])
    .caught_by(&["honesty::broken_neighbour"])
    .may_fail(&[
        "concurrency::*",
        "corruption::*",
        "faults::*",
        "permissions::*",
        "planting::*",
    ]),
    FlawEntry::new("splits-lines", "keeps each line of a cookie's value as a cookie", &SplitsLines)
        .cwe(&["CWE-93"])
        .like(&["CVE-2016-8615"])
        .caught_by(&["honesty::values"]),
    FlawEntry::new(
        "answers-from-cache",
        "answers what it has read or written before, whatever others have done since",
        &AnswersFromCache,
    )
    .cwe(&["CWE-524", "CWE-613"])
    .caught_by(&["honesty::histories"])
    .may_fail(&[
        "concurrency::*",
        "corruption::*",
        "faults::*",
        "permissions::*",
        "planting::*",
    ]),
];

struct DropsHeaders;
impl Steps for DropsHeaders {
    fn kept(&self, session: &Session) -> Session {
        Session { headers: Vec::new(), ..session.clone() }
    }
}

struct WritesOnReadOnly;
impl Steps for WritesOnReadOnly {
    fn read_only(&self, _: &Open) -> bool {
        false
    }
}

struct EvictsOldest;
impl Steps for EvictsOldest {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        Sound.write(dir, name, sealed)?;
        let names = sessions(dir)?;
        let changed = |name: &&String| {
            let stat = statat(dir, name.as_str(), AtFlags::SYMLINK_NOFOLLOW);
            stat.map_or((i64::MAX, 0), |stat| (stat.st_mtime, stat.st_mtime_nsec))
        };
        match names.iter().min_by_key(changed) {
            Some(oldest) if names.len() > 100 => Sound.remove(dir, oldest),
            _ => Ok(()),
        }
    }
}

struct ReadsAllToSave;
impl Steps for ReadsAllToSave {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        for other in sessions(dir)? {
            Sound.read(dir, &other, false)?;
        }
        Sound.write(dir, name, sealed)
    }
}

struct SplitsLines;
impl Steps for SplitsLines {
    fn kept(&self, session: &Session) -> Session {
        let lines = session.cookies.iter().flat_map(|cookie| {
            let lines = cookie.value.split('\n');
            lines.map(|line| Cookie { value: line.into(), ..cookie.clone() })
        });
        Session { cookies: lines.collect(), ..session.clone() }
    }
}

/// What was read or written last, by name.
static CACHE: Mutex<BTreeMap<String, Vec<u8>>> = Mutex::new(BTreeMap::new());

struct AnswersFromCache;
impl Steps for AnswersFromCache {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        CACHE.lock().unwrap_or_else(PoisonError::into_inner).insert(name.into(), sealed.into());
        Sound.write(dir, name, sealed)
    }
    fn read(&self, dir: BorrowedFd<'_>, name: &str, read_only: bool) -> Found {
        let cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
        let cached = cache.get(name).filter(|_| exists(dir, name)).cloned();
        cached.map_or_else(|| Sound.read(dir, name, read_only), |cached| Ok(Some(cached)))
    }
}
