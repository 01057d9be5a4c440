//! Python's `http.cookies`, which reads by a pattern of its own: `_CookiePattern` and `BaseCookie.__parse_string` in `Lib/http/cookies.py`.
//! Nothing here applies where every piece of a header is what RFC 6265 lets a client send (section 4.2.1), and no name is an attribute's.

use super::super::compare::{Case, KnownDisagreement, Part};

pub(in super::super) static COOKIE_HEADER: &[KnownDisagreement] = &[
    KnownDisagreement::new(
        Part::Accepts,
        "6265bis refuses control characters; http.cookies takes some for white space and stops at others",
        |case| case.input.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t'),
    ),
    KnownDisagreement::new(
        Part::Refuses,
        "a name that is no token is an error: Morsel.set",
        |case| {
            words(case.input).any(|word| {
                let name = word
                    .iter()
                    .skip(1)
                    .position(|&byte| byte == b'=')
                    .map_or(word, |at| &word[..=at]);
                name.first() == Some(&b'$') || !name.iter().all(is_token)
            })
        },
    ),
    KnownDisagreement::new(
        Part::Refuses,
        "a name goes on beyond `=` where quotes begin later, and is an error: the pattern's key",
        |case| {
            let quotes = |value: &[u8]| value.contains(&b'=') && value.contains(&b'"');
            pieces(case.input).map(value).any(quotes)
        },
    ),
    KnownDisagreement::new(
        Part::Value,
        "a word without `=`, or with nothing before it, makes nothing of the whole header",
        |case| {
            let bare = |word: &[u8]| !word.is_empty() && !word[1..].contains(&b'=');
            nothing(case) && words(case.input).any(bare)
        },
    ),
    KnownDisagreement::new(
        Part::Value,
        "white space ends a pair as `;` does: the pattern's end",
        |case| {
            let inside = |half: &[u8]| half.iter().any(is_blank);
            pieces(case.input).any(|piece| inside(name(piece)) || inside(value(piece)))
        },
    ),
    KnownDisagreement::new(
        Part::Value,
        "a string in quotes may hold `;` and white space: the pattern's val",
        |case| {
            let mut values = pieces(case.input).map(value);
            values.any(|value| value.starts_with(b"\"") && !is_quoted(value))
        },
    ),
    KnownDisagreement::new(
        Part::Value,
        "the names of attributes, and names after `$`, are none of a cookie: Morsel._reserved",
        |case| {
            words(case.input).any(|word| {
                let name = name(word);
                let reserved = |known: &&[u8]| name.eq_ignore_ascii_case(known);
                name.first() == Some(&b'$') || RESERVED.iter().any(reserved)
            })
        },
    ),
    KnownDisagreement::new(
        Part::Value,
        "what the pattern does not match ends the reading",
        |case| {
            let outside = |piece: &[u8]| {
                let (name, value) = (name(piece), value(piece));
                let no_name = name.is_empty() || name.iter().any(is_bracket);
                no_name
                    || !name.iter().all(is_legal)
                    || !is_quoted(value) && !value.iter().all(is_legal)
            };
            pieces(case.input).any(outside) && pairs(&case.theirs) <= pairs(&case.ours)
        },
    ),
    KnownDisagreement::new(
        Part::Print,
        "white space around `=` is not printed, and ends a pair to http.cookies",
        |case| {
            let around = |piece: &[u8]| {
                let at = piece.iter().position(|&byte| byte == b'=');
                at.is_some_and(|at| {
                    piece[..at].last().is_some_and(is_blank)
                        || piece.get(at + 1).is_some_and(is_blank)
                })
            };
            pieces(case.input).any(around)
        },
    ),
    KnownDisagreement::new(
        Part::Print,
        "a piece that is no pair is not printed, and without it http.cookies reads the others",
        |case| pieces(case.input).any(|piece| !piece.contains(&b'=') || name(piece).is_empty()),
    ),
];

const RESERVED: [&[u8]; 10] = [
    b"expires",
    b"path",
    b"comment",
    b"domain",
    b"max-age",
    b"secure",
    b"httponly",
    b"version",
    b"samesite",
    b"partitioned",
];

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// `_LegalChars`
fn is_token(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:".contains(byte)
}

/// `_LegalValueChars`, and the white space around.
fn is_legal(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric()
        || is_blank(byte)
        || b"!#%&'~_`><@,:/$*+-.^|)(?}{=[]".contains(byte)
}

/// From quote to quote, with neither in between nor a backslash.
fn is_quoted(value: &[u8]) -> bool {
    let inside = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    inside.is_some_and(|inside| !inside.iter().any(|byte| matches!(byte, b'"' | b'\\')))
}

/// Returns what `_LegalValueChars` has more than `_LegalKeyChars`.
fn is_bracket(byte: &u8) -> bool {
    matches!(byte, b'[' | b']')
}

fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// Returns what stands between semicolons.
fn pieces(input: &[u8]) -> impl Iterator<Item = &[u8]> {
    input.split(|&byte| byte == b';').map(trim)
}

/// Returns what stands between semicolons or white space.
fn words(input: &[u8]) -> impl Iterator<Item = &[u8]> {
    input.split(|byte| is_blank(byte) || *byte == b';').filter(|word| !word.is_empty())
}

fn name(piece: &[u8]) -> &[u8] {
    trim(piece.split(|&byte| byte == b'=').next().unwrap_or_default())
}

fn value(piece: &[u8]) -> &[u8] {
    let equals = piece.iter().position(|&byte| byte == b'=');
    trim(equals.map_or(&[][..], |at| &piece[at + 1..]))
}

fn nothing(case: &Case<'_>) -> bool {
    case.theirs.as_ref().ok().and_then(|value| value.as_array()).is_some_and(Vec::is_empty)
}

fn pairs<E>(reading: &Result<serde_json::Value, E>) -> usize {
    reading.as_ref().ok().and_then(|value| value.as_array()).map_or(0, Vec::len)
}
