//! The `Cookie` and `Set-Cookie` headers.
//!
//! `Set-Cookie` is read by the algorithm of [RFC 6265 section 5.2](https://www.rfc-editor.org/rfc/rfc6265#section-5.2).
//! From [draft-ietf-httpbis-rfc6265bis](https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis-20) come: control characters are refused
//! (section 5.6, step 1), a name and value of more than 4096 bytes are refused (step 5), attribute values of more than 1024 bytes are ignored
//! (step 6 of the attributes), `SameSite` (section 5.6.7), and the name prefixes (section 4.1.3). `Partitioned` and `Priority` are the browsers'.
//! What is *not* taken from it: cookies without a name, which RFC 6265 refuses, and the limit of 400 days.
//!
//! RFC 6265 has no algorithm for a server that reads `Cookie`. The same steps are used for each pair, so that the two readers agree.

mod date;
mod header;
mod set_cookie;

pub use date::{parse_date, print_date};
pub use header::{Pair, cookie_pairs, parse_cookie, print_cookie};
pub use set_cookie::{
    Attribute, Prefix, Priority, SameSite, SetCookie, parse_set_cookie, print_set_cookie,
};

use crate::error::{Error, Reason};
use crate::limits::check_length;
use crate::planted;

/// The most bytes that a cookie's name and value may have together (6265bis section 5.6, step 5).
pub const MAX_PAIR: usize = 4096;
/// The most bytes of an attribute's value that is not ignored (6265bis section 5.6).
pub const MAX_ATTRIBUTE: usize = 1024;

/// Refuses what is too long, and the characters that 6265bis refuses: all controls but the tab.
fn refuse_controls(bytes: &[u8]) -> Result<(), Error> {
    check_length(bytes)?;
    match bytes.iter().position(|&byte| byte.is_ascii_control() && byte != b'\t') {
        Some(at) => Err(Error::new(at, Reason::Forbidden("a control character"))),
        None => Ok(()),
    }
}

/// Takes off the white space of RFC 6265 at both ends: spaces and tabs, and nothing that Unicode adds.
pub fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// What stands before the first `separator`, and what after it.
fn split(bytes: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    match bytes.iter().position(|&byte| byte == separator) {
        Some(at) => (&bytes[..at], Some(&bytes[at + 1..])),
        None => (bytes, None),
    }
}

/// A name and a value, where there are both and the name is not empty.
fn pair(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let bytes = match bytes {
        [b'=', rest @ ..] if planted::NAMELESS => rest,
        _ => bytes,
    };
    let (name, value) = split(bytes, b'=');
    let (name, value) = (trim(name), trim(value?));
    (!name.is_empty()).then_some((name, value))
}
