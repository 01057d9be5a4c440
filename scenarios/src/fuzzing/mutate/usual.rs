//! The parts of a store's own files that are worth repeating first: what nests, what it escapes, and its fields.

use super::place::{OPENERS, Place};
use super::text::SEPARATORS;
use crate::fuzzing::input::FuzzInput;

/// The longest escape, in bytes.
const ESCAPE: usize = 8;
/// The shortest run of letters and digits that is taken for a secret.
const SECRET: usize = 24;
/// The longest field that is repeated, in bytes.
const FIELD: usize = 160;
/// Number of the openers that nest.
const NESTING: usize = 11;

/// Returns these parts, each with its file's number; `seeds` are the files that the store wrote, first the session's own.
pub(in crate::fuzzing) fn usual(seeds: &[FuzzInput]) -> Vec<(u8, Place)> {
    let Some(first) = seeds.first() else { return Vec::new() };
    let mut places = Vec::new();
    for unit in &OPENERS[..NESTING] {
        places.push((first.file, at(b"", 0, unit)));
        places.extend(value(&first.bytes).map(|start| (first.file, at(&first.bytes, start, unit))));
    }
    places.extend(fields(&first.bytes).into_iter().map(|place| (first.file, place)));
    for seed in seeds {
        places.extend(escapes(&seed.bytes).into_iter().map(|place| (seed.file, place)));
    }
    places
}

/// Returns a place of a file where something is put in.
fn at(bytes: &[u8], start: usize, unit: &[u8]) -> Place {
    Place {
        before: bytes[..start].to_vec(),
        unit: unit.to_vec(),
        after: bytes[start..].to_vec(),
        around: Vec::new(),
    }
}

/// Returns where the first value begins that looks like a secret: after what stands between it and its name.
fn value(bytes: &[u8]) -> Option<usize> {
    let mut run = 0;
    let end = bytes.iter().position(|byte| {
        run = if byte.is_ascii_alphanumeric() { run + 1 } else { 0 };
        run == SECRET
    })?;
    let secret = end + 1 - SECRET;
    let between = |byte: &u8| matches!(byte, b':' | b'=' | b'|' | b' ' | b'\t' | b'>');
    Some(bytes[..secret].iter().rposition(between).map_or(secret, |last| last + 1))
}

/// Returns the first whole field between two of each separator, with the second.
fn fields(bytes: &[u8]) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for separator in SEPARATORS {
        let mut ends = bytes.iter().enumerate().filter(|(_, byte)| *byte == separator);
        let start = ends.next().map_or(0, |(at, _)| at + 1);
        let end = ends.next().map_or(start, |(at, _)| at + 1);
        let is_new = places.iter().all(|place| place.unit != bytes[start..end]);
        if is_new && (1..=FIELD).contains(&(end - start)) {
            places.push(at(bytes, start, &bytes[start..end]));
        }
    }
    places
}

/// Returns how the file has the quotes and the backslash of the value that was saved to show it: `a"b'c\d`.
fn escapes(bytes: &[u8]) -> Vec<Place> {
    for start in (0..bytes.len()).filter(|start| bytes[*start] == b'a') {
        let Some(first) = escape(bytes, start + 1, b'b') else { continue };
        let Some(second) = escape(bytes, first + 1, b'c') else { continue };
        let Some(third) = escape(bytes, second + 1, b'd') else { continue };
        let ranges = [(start + 1, first), (first + 1, second), (second + 1, third)];
        return ranges.map(|(from, to)| at(bytes, from, &bytes[from..to])).into();
    }
    Vec::new()
}

/// Returns where an escape that begins here ends: before a letter, after at least one byte that is none.
fn escape(bytes: &[u8], start: usize, letter: u8) -> Option<usize> {
    if bytes.get(start)?.is_ascii_alphanumeric() {
        return None;
    }
    let rest = &bytes[start..bytes.len().min(start + 1 + ESCAPE)];
    // Hexadecimal digits may be that letter, too: the end is where the letter is not followed by one, or where it is alone.
    let ends = (1..rest.len()).filter(|end| rest[*end] == letter);
    ends.map(|end| start + end).find(|end| {
        bytes.get(end + 1).is_none_or(|next| !next.is_ascii_alphanumeric() || letter == b'd')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(bytes: &[u8]) -> Vec<Vec<u8>> {
        escapes(bytes).into_iter().map(|place| place.unit).collect()
    }

    #[test]
    fn a_file_shows_how_its_writer_escapes() {
        assert_eq!(units(br#"{"quoted": "a\"b'c\\d"}"#), [&b"\\\""[..], b"'", b"\\\\"]);
        assert_eq!(units(b"quoted: a%22b%27c%5cd\n"), [b"%22", b"%27", b"%5c"]);
        assert_eq!(units(b"a&quot;b&#39;c\\d"), [&b"&quot;"[..], b"&#39;", b"\\"]);
        assert_eq!(units(b"{\"name\": \"abcd\"}"), [] as [&[u8]; 0]);
    }

    #[test]
    fn what_nests_is_put_where_a_value_begins() {
        let file = b"{\"name\": \"0123456789012345678901234567890\"}";
        let places = usual(&[FuzzInput { file: 2, bytes: file.to_vec() }]);
        assert!(places.iter().all(|(file, _)| *file == 2));
        let deep =
            places.iter().any(|(_, place)| place.before == b"{\"name\": " && place.unit == b"[");
        assert!(deep);
    }

    #[test]
    fn a_file_without_fields_has_what_nests_alone() {
        assert_eq!(usual(&[FuzzInput { file: 0, bytes: b"x".to_vec() }]).len(), NESTING);
        assert_eq!(usual(&[]).len(), 0);
    }
}
