//! What ids do to paths.

use std::borrow::Cow;

use super::FlawEntry;
use crate::hardened::{Sound, Steps, hex};

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
        .caught_by(&["deletion::neighbours_untouched"]),
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
