//! What ids do to paths.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use interloper_driver::{Failure, Open};

use super::FlawEntry;
use crate::hardened::{Route, Sound, Steps, data_route, hex, random};

/// The flaws of this area.
pub(super) const ENTRIES: &[FlawEntry] = &[
    FlawEntry::new("id-as-path", "names the file after the id, whatever is in it", &IdAsPath)
        .cwe(&["CWE-22"])
        .like(&["CVE-2011-0698", "CVE-2018-18926", "CVE-2023-42456", "CVE-2024-3400"])
        .caught_by(&["identifiers::traversal"])
        .may_fail(&["identifiers::separators", "identifiers::very_long"]),
    FlawEntry::new(
        "folds-separators",
        "takes an id with a slash for the one with an underscore",
        &FoldsSeparators,
    )
    .cwe(&["CWE-694"])
    .caught_by(&["identifiers::separators"]),
    FlawEntry::new("folds-case", "takes ids that differ in case for one", &FoldsCase)
        .cwe(&["CWE-178"])
        .caught_by(&["identifiers::look_alikes", "deletion::neighbours_untouched"]),
    FlawEntry::new(
        "drops-invisible",
        "takes an id with invisible or control characters for the one without",
        &DropsInvisible,
    )
    .cwe(&["CWE-706"])
    .caught_by(&["identifiers::look_alikes"]),
    FlawEntry::new(
        "reserves-a-name",
        "keeps sessions under their ids, and its key among them",
        &ReservesAName,
    )
    .cwe(&["CWE-694"])
    .caught_by(&["identifiers::reserved"]),
    FlawEntry::new("counts-ids", "gives ids that are numbers in a row", &CountsIds)
        .cwe(&["CWE-340"])
        .caught_by(&["identifiers::generated"]),
    FlawEntry::new(
        "hashes-a-counter",
        "gives ids that are hashes of numbers in a row",
        &HashesACounter,
    )
    .cwe(&["CWE-340"])
    .caught_by(&["identifiers::generated"]),
    FlawEntry::new(
        "ids-from-the-time",
        "gives ids made of the process's number and the time",
        &IdsFromTheTime,
    )
    .cwe(&["CWE-340"])
    .like(&["CVE-2025-40931", "CVE-2026-5081"])
    .caught_by(&["identifiers::generated"]),
    FlawEntry::new("short-ids", "gives ids of 32 bits", &ShortIds)
        .cwe(&["CWE-334"])
        .caught_by(&["identifiers::generated"]),
    FlawEntry::new(
        "adopts-requested-id",
        "gives a new session the id that was asked for",
        &AdoptsRequestedId,
    )
    .cwe(&["CWE-384"])
    .like(&["CVE-2011-4718", "CVE-2018-1000519", "CVE-2024-38513"])
    .caught_by(&["identifiers::requested_not_adopted"]),
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
    fn new_id(&self, _: Option<&str>) -> Result<String, Failure> {
        Ok(format!("{:032x}", GIVEN.fetch_add(1, Ordering::Relaxed)))
    }
}

struct HashesACounter;
impl Steps for HashesACounter {
    fn new_id(&self, _: Option<&str>) -> Result<String, Failure> {
        Ok(Sound.file_name(&GIVEN.fetch_add(1, Ordering::Relaxed).to_string()))
    }
}

struct IdsFromTheTime;
impl Steps for IdsFromTheTime {
    fn new_id(&self, _: Option<&str>) -> Result<String, Failure> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(format!("{:08x}{:024x}", std::process::id(), since.as_nanos()))
    }
}

struct ShortIds;
impl Steps for ShortIds {
    fn new_id(&self, _: Option<&str>) -> Result<String, Failure> {
        let mut bytes = [0; 4];
        random(&mut bytes)?;
        Ok(hex(&bytes))
    }
}

struct AdoptsRequestedId;
impl Steps for AdoptsRequestedId {
    fn new_id(&self, requested: Option<&str>) -> Result<String, Failure> {
        requested.map_or_else(|| Sound.new_id(None), |id| Ok(id.to_owned()))
    }
}
