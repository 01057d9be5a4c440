//! Headers that leave no room: what every parser must read as it is.

use std::collections::BTreeSet;

use super::compare::{Pair, reference};

/// The longest header that every parser must read, in bytes: RFC 6265 section 6.1 lets them have limits.
const PLAIN: usize = 1024;
/// Names of the attributes of RFC 6265bis. A cookie of such a name is odd.
const ATTRIBUTES: [&[u8]; 7] =
    [b"expires", b"max-age", b"domain", b"path", b"secure", b"httponly", b"samesite"];

/// Returns whether there are control characters in a header, which 6265bis refuses.
pub(super) fn has_controls(header: &[u8]) -> bool {
    header.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t')
}

/// Returns whether a cookie is so plain that every parser must read it: letters and digits, a value as RFC 6265 section 4.1.1 has it, and no white
/// space but the one behind a semicolon.
pub(super) fn is_plain<'h>(header: &'h [u8], (name, value): &Pair) -> bool {
    let octet = |byte: &u8| byte.is_ascii_graphic() && !b"\",;\\".contains(byte);
    let sent = [&name[..], b"=", value].concat();
    let mut pieces = header.split(|byte| *byte == b';').enumerate();
    // No header begins with a blank (RFC 9110 section 5.5).
    let without_blank = |(at, piece): (usize, &'h [u8])| match at {
        0 => piece,
        _ => piece.strip_prefix(b" ").unwrap_or(piece),
    };
    name.iter().all(u8::is_ascii_alphanumeric)
        && value.iter().all(octet)
        && pieces.any(|piece| without_blank(piece) == sent)
}

/// Returns whether a header is so plain that every parser must read it as it is: cookies of different names and of letters and digits alone.
pub(super) fn is_all_plain(header: &[u8], due: &[Pair]) -> bool {
    let word = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_alphanumeric);
    let names: BTreeSet<Vec<u8>> = due.iter().map(|pair| pair.0.to_ascii_lowercase()).collect();
    header.len() <= PLAIN
        && names.len() == header.split(|byte| *byte == b';').count()
        && due.iter().all(|pair| word(&pair.0) && word(&pair.1) && is_plain(header, pair))
}

/// Returns whether a header is so plain that every parser must read its cookie: as the grammar of RFC 6265 section 4.1.1 has it, in letters and digits,
/// with attributes that ask for nothing which a user agent may refuse, as a domain or a time that has passed.
pub(super) fn sets_plainly(header: &[u8]) -> bool {
    let pieces: Vec<&[u8]> = header.split(|byte| *byte == b';').collect();
    let Some((cookie, attributes)) = pieces.split_first() else { return false };
    let lower = |piece: &&[u8]| piece.strip_prefix(b" ").unwrap_or(piece).to_ascii_lowercase();
    let attributes: Vec<Vec<u8>> = attributes.iter().map(lower).collect();
    let name_of = |piece: &Vec<u8>| piece.split(|byte| *byte == b'=').next().map(<[u8]>::to_vec);
    let names: BTreeSet<Option<Vec<u8>>> = attributes.iter().map(name_of).collect();
    let due = reference(cookie);
    let is_attribute =
        |name: &[u8]| ATTRIBUTES.iter().any(|known| name.eq_ignore_ascii_case(known));
    header.len() <= PLAIN
        && is_all_plain(cookie, &due)
        && due.iter().all(|pair| !is_attribute(&pair.0))
        && names.len() == attributes.len()
        && attributes.iter().all(|piece| is_plain_attribute(piece))
}

/// Returns whether an attribute, in lower case, is one that every parser may be sent.
fn is_plain_attribute(piece: &[u8]) -> bool {
    let path = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'/';
    let (name, value) = match piece.iter().position(|byte| *byte == b'=') {
        Some(at) => (&piece[..at], Some(&piece[at + 1..])),
        None => (piece, None),
    };
    match (name, value) {
        (b"secure" | b"httponly", None) | (b"samesite", Some(b"strict" | b"lax")) => true,
        (b"path", Some(value)) => value.starts_with(b"/") && value.iter().all(path),
        (b"max-age", Some([b'1'..=b'9', more @ ..])) => {
            more.len() < 9 && more.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}
