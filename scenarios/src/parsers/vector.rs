//! The inputs: `harness/formats/vectors`.

use std::sync::LazyLock;

use interloper_driver::{Bytes, Header};
use interloper_formats::vectors;

use crate::vectors::{Vector, read};

/// The longest input that a record shows, in characters.
const SHOWN: usize = 120;

static COOKIE: LazyLock<Vec<Vector>> = LazyLock::new(|| read(vectors::COOKIE_HEADER));
static SET_COOKIE: LazyLock<Vec<Vector>> = LazyLock::new(|| read(vectors::SET_COOKIE));

/// Returns the vectors of a header.
pub(super) fn of(header: Header) -> &'static [Vector] {
    match header {
        Header::Cookie => &COOKIE,
        Header::SetCookie => &SET_COOKIE,
    }
}

/// Returns bytes as a record shows them.
pub(super) fn shown(bytes: &[u8]) -> String {
    let whole = Bytes::from(bytes).to_string();
    match whole.len() > SHOWN {
        true => format!("{}… ({} bytes)", &whole[..SHOWN], bytes.len()),
        false => whole,
    }
}
