//! What no reader goes beyond, whatever the input says of itself.

use crate::error::{Error, Reason};

/// The longest input, in bytes: as long as a line of the driver protocol may be.
pub const MAX_INPUT: usize = 16 << 20;
/// The deepest nesting of arrays, maps and objects. No session of a real program comes near it, and no thread's stack ends before it.
pub const MAX_DEPTH: usize = 64;
/// The most that a compressed payload may become, in bytes. A cookie has 4096 and zlib's factor is about a thousand.
pub const MAX_INFLATED: usize = 1 << 20;

/// Refuses what is too long before anything reads it.
pub(crate) fn check_length(bytes: &[u8]) -> Result<(), Error> {
    match bytes.len() > MAX_INPUT {
        true => Err(Error::new(MAX_INPUT, Reason::TooLong)),
        false => Ok(()),
    }
}
