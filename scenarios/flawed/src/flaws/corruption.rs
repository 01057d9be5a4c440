//! What happens to those who read what somebody damaged.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

use interloper_driver::{ErrorKind, Failure, Session};
use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;
use serde_json::{Value, from_slice, from_value};

use super::FlawEntry;
use crate::hardened::{Found, Key, READING, Seal, Sound, Steps, read};

/// The flaws of this area.
pub(super) const ENTRIES: &[FlawEntry] = &[
    FlawEntry::new(
        "clears-damage-away",
        "removes a session file that does not end as one should, and answers that there is none",
        &ClearsDamageAway,
    )
    .cwe(&["CWE-755"])
    .caught_by(&["corruption::load_keeps_evidence", "fuzzing::regressions"]),
    FlawEntry::new(
        "begins-anew",
        "keeps all sessions in one file, and saves into an empty one where that cannot be read",
        &BeginsAnew,
    )
    .cwe(&["CWE-755"])
    .caught_by(&["corruption::save_keeps_others"])
    .may_fail(&["concurrency::*", "deletion::purge"]),
    FlawEntry::new(
        "drops-the-last",
        "keeps all sessions in one file, and saves without the last of them where there is more behind them",
        &DropsTheLast,
    )
    .cwe(&["CWE-755"])
    .caught_by(&["corruption::save_keeps_others"])
    .may_fail(&["concurrency::*", "deletion::purge"]),
    FlawEntry::new(
        "quotes-damage",
        "says in the error what is in a damaged file",
        &QuotesDamage,
    )
    .cwe(&["CWE-209", "CWE-532"])
    .caught_by(&["corruption::truncation", "corruption::bit_flips"])
    .may_fail(&["corruption::*"]),
    FlawEntry::new(
        "gives-way-to-a-directory",
        "answers ok to a save where a directory is in the place of the session file, and saves nothing",
        &GivesWayToADirectory,
    )
    .cwe(&["CWE-390", "CWE-754"])
    .caught_by(&["corruption::replaced_by_directory"]),
    FlawEntry::new(
        "panics-on-empty",
        "takes the first byte of a file that may have none",
        &PanicsOnEmpty,
    )
    .cwe(&["CWE-248"])
    .caught_by(&["corruption::empty"])
    .may_fail(&["corruption::truncation", "corruption::malformed"]),
    FlawEntry::new(
        "lenient-parse",
        "answers a session with default parts when the file cannot be read whole",
        &LenientParse,
    )
    .cwe(&["CWE-354", "CWE-636"])
    .caught_by(&["corruption::truncation", "corruption::random_bytes", "corruption::malformed"])
    .may_fail(&[
        "corruption::bit_flips",
        "corruption::empty",
        "corruption::replaced_by_link",
        "corruption::structure",
        "corruption::wrong_types",
    ]),
    FlawEntry::new(
        "skips-integrity",
        "does not check who wrote the file: each part that parses loads, the others get defaults",
        &SkipsIntegrity,
    )
    .cwe(&["CWE-353"])
    .caught_by(&["corruption::wrong_types", "corruption::bit_flips", "corruption::swapped"])
    .may_fail(&[
        "corruption::malformed",
        "corruption::random_bytes",
        "corruption::replaced_by_link",
        "corruption::structure",
    ]),
    FlawEntry::new(
        "retypes-panic",
        "takes for granted that each part of the JSON has its type",
        &RetypesPanic,
    )
    .cwe(&["CWE-248"])
    .caught_by(&["corruption::wrong_types"])
    .may_fail(&[
        "corruption::bit_flips",
        "corruption::malformed",
        "corruption::random_bytes",
        "corruption::replaced_by_link",
        "corruption::structure",
        "corruption::swapped",
    ]),
    FlawEntry::new(
        "clears-what-is-in-the-way",
        "removes a directory at the session's path with everything in it",
        &ClearsWhatIsInTheWay,
    )
    .cwe(&["CWE-754"])
    .caught_by(&["corruption::replaced_by_directory"]),
    FlawEntry::new(
        "blocks-on-fifo",
        "opens whatever lies at the session's path, and waits for a FIFO's writer",
        &BlocksOnFifo,
    )
    .cwe(&["CWE-66"])
    .caught_by(&["corruption::replaced_by_fifo"]),
    FlawEntry::new(
        "retries-for-ever",
        "tries again until the session file can be opened, which a socket never can",
        &RetriesForEver,
    )
    .cwe(&["CWE-835"])
    .caught_by(&["corruption::replaced_by_socket"]),
    FlawEntry::new(
        "writes-where-links-lead",
        "saves under the name that a link in the session file's place leads to",
        &WritesWhereLinksLead,
    )
    .cwe(&["CWE-59"])
    .caught_by(&["corruption::replaced_by_link"]),
    FlawEntry::new(
        "panics-on-denied",
        "takes for granted that its own file can be read",
        &PanicsOnDenied,
    )
    .cwe(&["CWE-280", "CWE-248"])
    .caught_by(&["corruption::unreadable"])
    .may_fail(&["honesty::broken_neighbour", "permissions::leftovers"]),
    FlawEntry::new(
        "recurses-without-limit",
        "looks how deep a document is by calling itself for each level",
        &RecursesWithoutLimit,
    )
    .cwe(&["CWE-674"])
    .caught_by(&["corruption::structure"]),
    FlawEntry::new(
        "checks-the-first-key",
        "checks the first session in the document, and answers the last",
        &ChecksTheFirstKey,
    )
    .cwe(&["CWE-436", "CWE-694"])
    .like(&["CVE-2017-12635"])
    .caught_by(&["corruption::structure"]),
    FlawEntry::new(
        "reads-any-size",
        "reads a whole file to find out that it is too large",
        &ReadsAnySize,
    )
    .cwe(&["CWE-770"])
    .caught_by(&["corruption::huge"])
    .may_fail(&["faults::*", "concurrency::*"]),
];

struct PanicsOnEmpty;
impl Steps for PanicsOnEmpty {
    fn read(&self, dir: BorrowedFd<'_>, name: &str, read_only: bool) -> Found {
        let found = Sound.read(dir, name, read_only)?;
        if let Some(bytes) = &found {
            let _version = bytes.first().expect("a session file has a first byte");
        }
        Ok(found)
    }
}

struct LenientParse;
impl Steps for LenientParse {
    fn unseal(&self, seal: Seal, key: &Key, id: &str, file: &[u8]) -> Result<Session, Failure> {
        Ok(Sound.unseal(seal, key, id, file).unwrap_or_default())
    }
}

struct SkipsIntegrity;
impl Steps for SkipsIntegrity {
    fn unseal(&self, _: Seal, _: &Key, _: &str, file: &[u8]) -> Result<Session, Failure> {
        let file: Value = from_slice(file)?;
        let part = |name| file["session"][name].clone();
        Ok(Session {
            data: from_value(part("data")).unwrap_or_default(),
            cookies: from_value(part("cookies")).unwrap_or_default(),
            headers: from_value(part("headers")).unwrap_or_default(),
            auth: from_value(part("auth")).unwrap_or_default(),
            expires_at: from_value(part("expires_at")).unwrap_or_default(),
        })
    }
}

struct RetypesPanic;
impl Steps for RetypesPanic {
    fn unseal(&self, _: Seal, _: &Key, _: &str, file: &[u8]) -> Result<Session, Failure> {
        let file: Value = from_slice(file)?;
        let session = file["session"].as_object().expect("a session is an object");
        for (part, value) in session {
            match part.as_str() {
                "data" | "auth" => assert!(value.is_object(), "{part} is an object"),
                "cookies" | "headers" => assert!(value.is_array(), "{part} is a list"),
                _ => assert!(value.is_i64(), "{part} is a time"),
            }
        }
        Ok(from_value(file["session"].clone()).expect("a session has a session's parts"))
    }
}

struct ClearsWhatIsInTheWay;
impl Steps for ClearsWhatIsInTheWay {
    fn read(&self, dir: BorrowedFd<'_>, name: &str, read_only: bool) -> Found {
        let _ = fs::remove_dir_all(format!("/proc/self/fd/{}/{name}", dir.as_raw_fd()));
        Sound.read(dir, name, read_only)
    }
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        let _ = fs::remove_dir_all(format!("/proc/self/fd/{}/{name}", dir.as_raw_fd()));
        Sound.write(dir, name, sealed)
    }
}

struct BlocksOnFifo;
impl Steps for BlocksOnFifo {
    fn read(&self, dir: BorrowedFd<'_>, name: &str, read_only: bool) -> Found {
        read(dir, name, READING.difference(OFlags::NONBLOCK), read_only)
    }
}

struct RetriesForEver;
impl Steps for RetriesForEver {
    fn read(&self, dir: BorrowedFd<'_>, name: &str, read_only: bool) -> Found {
        while matches!(openat(dir, name, READING, Mode::empty()), Err(Errno::NXIO)) {
            std::thread::sleep(Duration::from_millis(10));
        }
        Sound.read(dir, name, read_only)
    }
}

struct WritesWhereLinksLead;
impl Steps for WritesWhereLinksLead {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        let path = format!("/proc/self/fd/{}/{name}", dir.as_raw_fd());
        let leads = fs::read_link(path).unwrap_or_default();
        let leads = leads.file_name().and_then(OsStr::to_str);
        Sound.write(dir, leads.unwrap_or(name), sealed)
    }
}

struct PanicsOnDenied;
impl Steps for PanicsOnDenied {
    fn read(&self, dir: BorrowedFd<'_>, name: &str, read_only: bool) -> Found {
        let found = Sound.read(dir, name, read_only);
        if let Err(Failure { kind: ErrorKind::Denied, message }) = &found {
            panic!("the session file can always be read: {message}");
        }
        found
    }
}

struct RecursesWithoutLimit;
impl Steps for RecursesWithoutLimit {
    fn unseal(&self, seal: Seal, key: &Key, name: &str, file: &[u8]) -> Result<Session, Failure> {
        fn depth(text: &[u8]) -> usize {
            // A pointer, which has a value to hide: what is known to be this very function would be made a loop.
            let itself: fn(&[u8]) -> usize = std::hint::black_box(depth);
            let deeper = |rest| 1 + itself(rest);
            match text.iter().position(|byte| matches!(byte, b'[' | b'{')) {
                Some(at) => deeper(&text[at + 1..]),
                None => 0,
            }
        }
        std::hint::black_box(depth(file));
        Sound.unseal(seal, key, name, file)
    }
}

struct ChecksTheFirstKey;
impl Steps for ChecksTheFirstKey {
    fn unseal(&self, seal: Seal, key: &Key, name: &str, file: &[u8]) -> Result<Session, Failure> {
        let text = String::from_utf8_lossy(file);
        let sessions: Vec<&str> = text.split(r#","session":"#).collect();
        let first = match &sessions[..] {
            [head, first, _, ..] => [head, r#","session":"#, first, "}"].concat(),
            _ => text.to_string(),
        };
        Sound.unseal(seal, key, name, first.as_bytes())?;
        // A map keeps the last of two.
        Ok(from_value(from_slice::<Value>(file)?["session"].clone())?)
    }
}

struct ReadsAnySize;
impl Steps for ReadsAnySize {
    fn read(&self, dir: BorrowedFd<'_>, name: &str, read_only: bool) -> Found {
        if let Ok(file) = openat(dir, name, READING, Mode::empty()) {
            let mut all = Vec::new();
            let _ = fs::File::from(file).read_to_end(&mut all);
            std::hint::black_box(all.len());
        }
        Sound.read(dir, name, read_only)
    }
}

struct GivesWayToADirectory;
impl Steps for GivesWayToADirectory {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        match openat(dir, name, OFlags::DIRECTORY | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(_) => Ok(()),
            Err(_) => Sound.write(dir, name, sealed),
        }
    }
}

struct QuotesDamage;
impl Steps for QuotesDamage {
    fn unseal(&self, seal: Seal, key: &Key, name: &str, file: &[u8]) -> Result<Session, Failure> {
        let quoted = String::from_utf8_lossy(file);
        Sound
            .unseal(seal, key, name, file)
            .map_err(|_| Failure::corrupt(format!("not a session: {quoted}")))
    }
}

struct ClearsDamageAway;
impl Steps for ClearsDamageAway {
    fn read(&self, dir: BorrowedFd<'_>, name: &str, read_only: bool) -> Found {
        let found = Sound.read(dir, name, read_only)?;
        match found {
            // The key has as many bytes as it should.
            Some(bytes) if name.len() == 64 && !bytes.ends_with(b"}") => {
                Sound.remove(dir, name)?;
                Ok(None)
            }
            found => Ok(found),
        }
    }
}

/// The sessions of [`BeginsAnew`], by the names of their files. Each byte is a character, so that what is readable stays so.
type All = BTreeMap<String, String>;
const ALL: &str = "all";
const KEY: &str = "key";

fn all(dir: BorrowedFd<'_>, read_only: bool) -> Result<All, Failure> {
    let found = Sound.read(dir, ALL, read_only)?;
    found.map_or_else(|| Ok(All::new()), |bytes| Ok(from_slice(&bytes)?))
}

fn keep(dir: BorrowedFd<'_>, all: &All) -> Result<(), Failure> {
    Sound.write(dir, ALL, &serde_json::to_vec(all)?)
}

fn put(all: &mut All, name: &str, sealed: &[u8]) {
    all.insert(name.to_owned(), sealed.iter().map(|byte| char::from(*byte)).collect());
}

struct BeginsAnew;
impl Steps for BeginsAnew {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        let mut all = all(dir, false).unwrap_or_default();
        put(&mut all, name, sealed);
        keep(dir, &all)
    }
    fn read(&self, dir: BorrowedFd<'_>, name: &str, read_only: bool) -> Found {
        let text = |mut all: All| all.remove(name).map(|it| it.chars().map(|c| c as u8).collect());
        if name == KEY { Sound.read(dir, name, read_only) } else { all(dir, read_only).map(text) }
    }
    fn remove(&self, dir: BorrowedFd<'_>, name: &str) -> Result<(), Failure> {
        let mut all = all(dir, false)?;
        all.remove(name);
        keep(dir, &all)
    }
}

/// Returns what is readable at the beginning of the file, without the last of it.
fn all_but_the_last(dir: BorrowedFd<'_>) -> Result<All, Failure> {
    let bytes = Sound.read(dir, ALL, false)?.unwrap_or_default();
    let mut values = serde_json::Deserializer::from_slice(&bytes).into_iter::<All>();
    let mut first = values.next().transpose()?.unwrap_or_default();
    first.pop_last();
    Ok(first)
}

struct DropsTheLast;
impl Steps for DropsTheLast {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        let mut all = all(dir, false).or_else(|_| all_but_the_last(dir))?;
        put(&mut all, name, sealed);
        keep(dir, &all)
    }
    fn read(&self, dir: BorrowedFd<'_>, name: &str, read_only: bool) -> Found {
        BeginsAnew.read(dir, name, read_only)
    }
    fn remove(&self, dir: BorrowedFd<'_>, name: &str) -> Result<(), Failure> {
        BeginsAnew.remove(dir, name)
    }
}
