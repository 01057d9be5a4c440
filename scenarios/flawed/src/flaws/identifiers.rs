//! What ids do to paths.

use std::borrow::Cow;

use crate::hardened::{Sound, Steps, hex};

pub(super) struct IdAsPath;
impl Steps for IdAsPath {
    fn file_name(&self, id: &str) -> String {
        id.to_owned()
    }
}

pub(super) struct FoldsSeparators;
impl Steps for FoldsSeparators {
    fn identity<'a>(&self, id: &'a str) -> Cow<'a, str> {
        Cow::Owned(id.replace(['/', '\\'], "_"))
    }
}

pub(super) struct TruncatesLongIds;
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
pub(super) struct FoldsCase;
impl Steps for FoldsCase {
    fn identity<'a>(&self, id: &'a str) -> Cow<'a, str> {
        Cow::Owned(id.to_lowercase())
    }
}
