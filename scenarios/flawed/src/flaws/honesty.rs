//! What was answered and did not happen, or happened and was not asked for.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::os::fd::BorrowedFd;
use std::sync::{Mutex, PoisonError};

use interloper_driver::{Cookie, Failure, Open, Session};
use rustix::fs::{AtFlags, Mode, OFlags, openat, statat};
use serde_json::Value;

use super::{COMPARING, FlawEntry};
use crate::hardened::{Found, Key, Seal, Sound, Steps, exists, failed, sessions};

/// The flaws of this area.
pub(super) const ENTRIES: &[FlawEntry] = &[
    FlawEntry::new("drops-headers", "saves a session without its headers", &DropsHeaders)
        .cwe(&["CWE-221"])
        .caught_by(&["honesty::saved_loads"])
        .may_fail(COMPARING),
    FlawEntry::new(
        "leaves-the-rest",
        "writes a session over the one before, a cookie a line, and does not cut off what is longer",
        &LeavesTheRest,
    )
    .cwe(&["CWE-459"])
    .caught_by(&["honesty::replaced"])
    .may_fail(&[
        "concurrency::*",
        "corruption::*",
        "deletion::overwritten",
        "exposure::*",
        "faults::*",
        "permissions::*",
    ]),
    FlawEntry::new(
        "writes-on-read-only",
        "makes directories and saves although it was opened for reading only",
        &WritesOnReadOnly,
    )
    .cwe(&["CWE-440"])
    .caught_by(&["honesty::read_only_writes_nothing"]),
    FlawEntry::new(
        "deletes-on-read-only",
        "deletes a session although it was opened for reading only",
        &DeletesOnReadOnly,
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
        "forgets-beyond-hundreds",
        "answers ok to a save of one session more than 500, and keeps nothing",
        &ForgetsBeyondHundreds,
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
        "ends-at-a-bar",
        "keeps no entry of a session one of whose keys has a vertical bar",
        &EndsAtABar,
    )
    .cwe(&["CWE-140"])
    .caught_by(&["honesty::values"]),
    FlawEntry::new(
        "drops-empty-values",
        "takes a value that is empty for none",
        &DropsEmptyValues,
    )
    .cwe(&["CWE-140"])
    .caught_by(&["honesty::values"]),
    FlawEntry::new("trims-values", "takes the blanks off both ends of a value", &TrimsValues)
        .cwe(&["CWE-140"])
        .caught_by(&["honesty::values"]),
    FlawEntry::new(
        "reads-numbers",
        "loads a text that reads as a number as a number",
        &ReadsNumbers,
    )
    .cwe(&["CWE-704"])
    .caught_by(&["honesty::values"]),
    FlawEntry::new(
        "cuts-long-values",
        "keeps the first 65,535 bytes of a value, as a TEXT column does",
        &CutsLongValues,
    )
    .cwe(&["CWE-222"])
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
        "honesty::replaced",
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

struct LeavesTheRest;
impl Steps for LeavesTheRest {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::CLOEXEC;
        let file = openat(dir, name, flags, Mode::from_raw_mode(0o600));
        File::from(file.map_err(failed("open a file"))?).write_all(sealed)?;
        Ok(())
    }
    fn seal(&self, _: Seal, _: &Key, _: &str, json: &[u8]) -> Result<Vec<u8>, Failure> {
        lines_of(json)
    }
    fn unseal(&self, _: Seal, _: &Key, _: &str, file: &[u8]) -> Result<Session, Failure> {
        session_of(file)
    }
}

/// The session without its cookies on the first line, and a cookie on each that follows.
fn lines_of(json: &[u8]) -> Result<Vec<u8>, Failure> {
    let session: Session = serde_json::from_slice(json)?;
    let mut lines =
        serde_json::to_string(&Session { cookies: Vec::new(), ..session.clone() })? + "\n";
    for cookie in &session.cookies {
        lines += &(serde_json::to_string(cookie)? + "\n");
    }
    Ok(lines.into_bytes())
}

/// What is no cookie is skipped.
fn session_of(file: &[u8]) -> Result<Session, Failure> {
    let text = String::from_utf8_lossy(file);
    let mut lines = text.lines();
    let session: Session = serde_json::from_str(lines.next().unwrap_or_default())?;
    let cookies = lines.filter_map(|line| serde_json::from_str(line).ok()).collect();
    Ok(Session { cookies, ..session })
}

struct WritesOnReadOnly;
impl Steps for WritesOnReadOnly {
    fn read_only(&self, _: &Open) -> bool {
        false
    }
}

struct DeletesOnReadOnly;
impl Steps for DeletesOnReadOnly {
    fn guards_deletes(&self) -> bool {
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

struct ForgetsBeyondHundreds;
impl Steps for ForgetsBeyondHundreds {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        match exists(dir, name) || sessions(dir)?.len() < 500 {
            true => Sound.write(dir, name, sealed),
            false => Ok(()),
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

struct EndsAtABar;
impl Steps for EndsAtABar {
    fn kept(&self, session: &Session) -> Session {
        let mut session = session.clone();
        if session.data.keys().any(|key| key.contains('|')) {
            session.data.clear();
        }
        session
    }
}

/// The session with each text of its data made another value, or left out.
fn with_texts(session: &Session, other: impl Fn(&str) -> Option<Value>) -> Session {
    let entry = |(key, value): (&String, &Value)| {
        let value = match value.as_str() {
            Some(text) => other(text)?,
            None => value.clone(),
        };
        Some((key.clone(), value))
    };
    Session { data: session.data.iter().filter_map(entry).collect(), ..session.clone() }
}

struct DropsEmptyValues;
impl Steps for DropsEmptyValues {
    fn kept(&self, session: &Session) -> Session {
        with_texts(session, |text| (!text.is_empty()).then(|| text.into()))
    }
}

struct TrimsValues;
impl Steps for TrimsValues {
    fn kept(&self, session: &Session) -> Session {
        with_texts(session, |text| Some(text.trim_matches([' ', '\t']).into()))
    }
}

struct ReadsNumbers;
impl Steps for ReadsNumbers {
    fn kept(&self, session: &Session) -> Session {
        with_texts(session, |text| Some(text.parse::<i64>().map_or(text.into(), Value::from)))
    }
}

struct CutsLongValues;
impl Steps for CutsLongValues {
    fn kept(&self, session: &Session) -> Session {
        with_texts(session, |text| Some(text.get(..65_535).unwrap_or(text).into()))
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
