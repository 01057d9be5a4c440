//! What ids do to paths.

use std::borrow::Cow;
use std::os::fd::BorrowedFd;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use interloper_driver::{Failure, Open, Session};

use super::FlawEntry;
use crate::hardened::{
    Found, Key, Route, Seal, Sound, Steps, data_route, exists, hex, random, sessions,
};
use crate::time_uuid::time_uuid;

/// The flaws of this area.
pub(super) const ENTRIES: &[FlawEntry] = &[
    FlawEntry::new("id-as-path", "names the file after the id, whatever is in it", &IdAsPath)
        .cwe(&["CWE-22"])
        .like(&["CVE-2011-0698", "CVE-2018-18926", "CVE-2023-42456", "CVE-2024-3400"])
        .caught_by(&["identifiers::traversal"])
        .may_fail(&["identifiers::parts", "identifiers::separators", "identifiers::very_long"]),
    FlawEntry::new(
        "folds-separators",
        "takes an id with a slash for the one with an underscore",
        &FoldsSeparators,
    )
    .cwe(&["CWE-694"])
    .caught_by(&["identifiers::separators"]),
    FlawEntry::new("folds-case", "takes ids that differ in case for one", &FoldsCase)
        .cwe(&["CWE-178"])
        .caught_by(&[
            "identifiers::look_alikes",
            "identifiers::parts",
            "deletion::neighbours_untouched",
        ]),
    FlawEntry::new(
        "drops-invisible",
        "takes an id with invisible or control characters for the one without",
        &DropsInvisible,
    )
    .cwe(&["CWE-706"])
    .caught_by(&["identifiers::look_alikes", "identifiers::parts"]),
    FlawEntry::new(
        "reserves-a-name",
        "keeps sessions under their ids, and its key among them",
        &ReservesAName,
    )
    .cwe(&["CWE-694"])
    .caught_by(&["identifiers::reserved"]),
    FlawEntry::new("counts-ids", "gives ids that are numbers in a row", &CountsIds)
        .cwe(&["CWE-340"])
        .caught_by(&["identifiers::generated", "identifiers::unpredictable"]),
    FlawEntry::new(
        "hashes-a-counter",
        "gives ids that are hashes of numbers in a row",
        &HashesACounter,
    )
    .cwe(&["CWE-340"])
    .caught_by(&["identifiers::generated", "identifiers::unpredictable"]),
    FlawEntry::new(
        "ids-from-the-time",
        "gives ids made of the process's number and the time",
        &IdsFromTheTime,
    )
    .cwe(&["CWE-340"])
    .like(&["CVE-2025-40931", "CVE-2026-5081"])
    .caught_by(&["identifiers::generated", "identifiers::unpredictable"]),
    FlawEntry::new("hashes-the-time", "gives ids that are hashes of the time", &HashesTheTime)
        .cwe(&["CWE-337", "CWE-340"])
        .caught_by(&["identifiers::unpredictable"]),
    FlawEntry::new(
        "hashes-contents-and-time",
        "gives ids that are hashes of the session and of the time",
        &HashesContentsAndTime,
    )
    .cwe(&["CWE-337", "CWE-340"])
    .caught_by(&["identifiers::unpredictable"]),
    FlawEntry::new(
        "hashes-time-and-process",
        "gives ids that are hashes of the process's number and the time",
        &HashesTimeAndProcess,
    )
    .cwe(&["CWE-337", "CWE-340"])
    .like(&["CVE-2025-40931", "CVE-2026-5081"])
    .caught_by(&["identifiers::unpredictable"]),
    FlawEntry::new(
        "uuid-of-the-time",
        "gives ids that are UUIDs of version 1: the time, and 62 bits that each process draws once",
        &UuidOfTheTime,
    )
    .cwe(&["CWE-340"])
    .caught_by(&["identifiers::unpredictable"])
    .may_fail(&["identifiers::generated"]),
    FlawEntry::new(
        "seeds-with-the-process",
        "gives ids from a generator that is seeded with the process's number",
        &SeedsWithTheProcess,
    )
    .cwe(&["CWE-337", "CWE-338"])
    .caught_by(&["identifiers::unpredictable"]),
    FlawEntry::new(
        "seeds-with-few-bits",
        "gives ids from a generator that is seeded with 32 random bits",
        &Seeds32Bits,
    )
    .cwe(&["CWE-334", "CWE-335"])
    .caught_by(&["identifiers::unpredictable"]),
    FlawEntry::new("short-ids", "gives ids of 32 bits", &ShortIds)
        .cwe(&["CWE-334"])
        .caught_by(&["identifiers::generated", "identifiers::unpredictable"]),
    FlawEntry::new(
        "adopts-requested-id",
        "gives a new session the id that was asked for",
        &AdoptsRequestedId,
    )
    .cwe(&["CWE-384"])
    .like(&["CVE-2011-4718", "CVE-2018-1000519", "CVE-2024-38513"])
    .caught_by(&["identifiers::requested_not_adopted"]),
    FlawEntry::new(
        "loads-by-prefix",
        "loads the first session whose id begins with the one given where there is none of that id",
        &LoadsByPrefix,
    )
    .cwe(&["CWE-706"])
    .caught_by(&["identifiers::parts"])
    .may_fail(&["corruption::*", "encryption::*", "identifiers::look_alikes"]),
    FlawEntry::new(
        "underscore-is-any",
        "deletes every session that the id matches if an underscore stands for any letter",
        &UnderscoreIsAny,
    )
    .cwe(&["CWE-155"])
    .caught_by(&["identifiers::parts"])
    .may_fail(&["identifiers::reserved"]),
    FlawEntry::new(
        "forgets-long-ids",
        "answers ok to a save under an id that is too long for a name, and keeps nothing",
        &ForgetsLongIds,
    )
    .cwe(&["CWE-394"])
    .caught_by(&["identifiers::very_long"])
    .may_fail(&["identifiers::reserved", "identifiers::look_alikes"]),
    FlawEntry::new(
        "truncates-long-ids",
        "keeps a session under the first 64 bytes of its id",
        &TruncatesLongIds,
    )
    .cwe(&["CWE-222"])
    .caught_by(&["identifiers::very_long"]),
];

struct IdAsPath;
impl Steps for IdAsPath {
    fn file_name(&self, id: &str) -> String {
        id.to_owned()
    }
}

struct FoldsSeparators;
impl Steps for FoldsSeparators {
    fn identity<'a>(&self, id: &'a str) -> Cow<'a, str> {
        Cow::Owned(id.replace(['/', '\\'], "_"))
    }
}

struct LoadsByPrefix;
impl Steps for LoadsByPrefix {
    fn file_name(&self, id: &str) -> String {
        hex_or_hash(id)
    }
    fn read(&self, dir: BorrowedFd<'_>, name: &str, read_only: bool) -> Found {
        let longer = |other: &String| !exists(dir, name) && other.starts_with(name);
        let found = sessions(dir)?.into_iter().find(longer);
        Sound.read(dir, found.as_deref().unwrap_or(name), read_only)
    }
    // Bound to no name: what belongs to another id is taken.
    fn seal(&self, seal: Seal, key: &Key, _: &str, json: &[u8]) -> Result<Vec<u8>, Failure> {
        seal.close(key, "", json)
    }
    fn unseal(&self, seal: Seal, key: &Key, _: &str, file: &[u8]) -> Result<Session, Failure> {
        Sound.unseal(seal, key, "", file)
    }
}

struct UnderscoreIsAny;
impl Steps for UnderscoreIsAny {
    fn file_name(&self, id: &str) -> String {
        hex_or_hash(id)
    }
    fn remove(&self, dir: BorrowedFd<'_>, name: &str) -> Result<(), Failure> {
        let pairs = |name: &str| name.as_bytes().chunks(2).map(<[u8]>::to_vec).collect::<Vec<_>>();
        let pattern = pairs(name);
        let matches = |other: &[Vec<u8>]| {
            let mut both = pattern.iter().zip(other);
            other.len() == pattern.len() && both.all(|(any, one)| any == b"5f" || any == one)
        };
        let named = |other: &String| matches(&pairs(other));
        sessions(dir)?.iter().filter(|other| named(other)).try_for_each(|it| Sound.remove(dir, it))
    }
}

/// Longest name of a file, NAME_MAX.
const LONGEST: usize = 255;

struct ForgetsLongIds;
impl Steps for ForgetsLongIds {
    fn file_name(&self, id: &str) -> String {
        hex(id.as_bytes())
    }
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        if name.len() > LONGEST { Ok(()) } else { Sound.write(dir, name, sealed) }
    }
    fn read(&self, dir: BorrowedFd<'_>, name: &str, read_only: bool) -> Found {
        if name.len() > LONGEST { Ok(None) } else { Sound.read(dir, name, read_only) }
    }
    fn remove(&self, dir: BorrowedFd<'_>, name: &str) -> Result<(), Failure> {
        if name.len() > LONGEST { Ok(()) } else { Sound.remove(dir, name) }
    }
}

struct TruncatesLongIds;
impl Steps for TruncatesLongIds {
    fn identity<'a>(&self, id: &'a str) -> Cow<'a, str> {
        let end = (0..=id.len().min(64)).rev().find(|end| id.is_char_boundary(*end));
        Cow::Borrowed(&id[..end.unwrap_or(0)])
    }
}

/// The id in hexadecimal where that fits into a name (255 bytes, NAME_MAX), as a hash otherwise.
pub(super) fn hex_or_hash(id: &str) -> String {
    match id.len() {
        0..=120 => hex(id.as_bytes()),
        _ => Sound.file_name(id),
    }
}

/// Ids that differ in case are one.
struct FoldsCase;
impl Steps for FoldsCase {
    fn identity<'a>(&self, id: &'a str) -> Cow<'a, str> {
        Cow::Owned(id.to_lowercase())
    }
}

/// Invisible: the zero-width and the bidirectional characters, the byte-order mark.
struct DropsInvisible;
impl Steps for DropsInvisible {
    fn identity<'a>(&self, id: &'a str) -> Cow<'a, str> {
        let invisible = |c: &char| {
            c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}')
        };
        Cow::Owned(id.chars().filter(|c| !invisible(c)).collect())
    }
}

struct ReservesAName;
impl Steps for ReservesAName {
    fn key_route(&self, at: &Open) -> Result<Route, Failure> {
        data_route(at)
    }
    fn file_name(&self, id: &str) -> String {
        match id.bytes().all(|byte| byte.is_ascii_alphanumeric()) && id.len() < 200 {
            true => id.to_owned(),
            false => Sound.file_name(id),
        }
    }
}

/// How many ids this process gave.
static GIVEN: AtomicU64 = AtomicU64::new(1);

struct CountsIds;
impl Steps for CountsIds {
    fn new_id(&self, _: Option<&str>, _: &Session) -> Result<String, Failure> {
        Ok(format!("{:032x}", GIVEN.fetch_add(1, Ordering::Relaxed)))
    }
}

struct HashesACounter;
impl Steps for HashesACounter {
    fn new_id(&self, _: Option<&str>, _: &Session) -> Result<String, Failure> {
        Ok(Sound.file_name(&GIVEN.fetch_add(1, Ordering::Relaxed).to_string()))
    }
}

struct IdsFromTheTime;
impl Steps for IdsFromTheTime {
    fn new_id(&self, _: Option<&str>, _: &Session) -> Result<String, Failure> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(format!("{:08x}{:024x}", std::process::id(), since.as_nanos()))
    }
}

fn microseconds() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros()
}

struct HashesTheTime;
impl Steps for HashesTheTime {
    fn new_id(&self, _: Option<&str>, _: &Session) -> Result<String, Failure> {
        Ok(Sound.file_name(&microseconds().to_string()))
    }
}

struct HashesContentsAndTime;
impl Steps for HashesContentsAndTime {
    fn new_id(&self, _: Option<&str>, session: &Session) -> Result<String, Failure> {
        let contents = serde_json::to_string(&session.data)?;
        Ok(Sound.file_name(&format!("{contents} {}", microseconds())))
    }
}

struct HashesTimeAndProcess;
impl Steps for HashesTimeAndProcess {
    fn new_id(&self, _: Option<&str>, _: &Session) -> Result<String, Failure> {
        Ok(Sound.file_name(&format!("{} {}", std::process::id(), microseconds())))
    }
}

struct UuidOfTheTime;
impl Steps for UuidOfTheTime {
    fn new_id(&self, _: Option<&str>, _: &Session) -> Result<String, Failure> {
        static NODE: OnceLock<[u8; 8]> = OnceLock::new();
        let mut node = [0; 8];
        random(&mut node)?;
        let rest = hex(NODE.get_or_init(|| node));
        // Two ids of one step are told apart by the next one (RFC 9562, section 6.2).
        Ok(time_uuid(GIVEN.fetch_add(1, Ordering::Relaxed), &rest))
    }
}

struct SeedsWithTheProcess;
impl Steps for SeedsWithTheProcess {
    fn new_id(&self, _: Option<&str>, _: &Session) -> Result<String, Failure> {
        let count = GIVEN.fetch_add(1, Ordering::Relaxed);
        Ok(Sound.file_name(&format!("{} {count}", std::process::id())))
    }
}

/// An odd number: a multiple of it shows what it is a multiple of to whoever divides by it.
const MULTIPLIER: u128 = 0xda94_2042_e4dd_58b5_2360_ed05_1fc6_5da5;

struct Seeds32Bits;
impl Steps for Seeds32Bits {
    fn new_id(&self, _: Option<&str>, _: &Session) -> Result<String, Failure> {
        let mut bytes = [0; 4];
        random(&mut bytes)?;
        let seed = u128::from(u32::from_le_bytes(bytes));
        Ok(format!("{:032x}", seed.wrapping_mul(MULTIPLIER)))
    }
}

struct ShortIds;
impl Steps for ShortIds {
    fn new_id(&self, _: Option<&str>, _: &Session) -> Result<String, Failure> {
        let mut bytes = [0; 4];
        random(&mut bytes)?;
        Ok(hex(&bytes))
    }
}

struct AdoptsRequestedId;
impl Steps for AdoptsRequestedId {
    fn new_id(&self, requested: Option<&str>, session: &Session) -> Result<String, Failure> {
        requested.map_or_else(|| Sound.new_id(None, session), |id| Ok(id.to_owned()))
    }
}
