//! Ids that are made of the time, which no store should give.

use std::time::{SystemTime, UNIX_EPOCH};

/// Steps of 100 ns between 15 October 1582 and the Unix epoch (RFC 9562, section 5.1).
const GREGORIAN: u64 = 122_192_928_000_000_000;

/// Returns a UUID of version 1: the time, so many steps later, and 16 hexadecimal digits that stand for the clock sequence and the node.
pub(crate) fn time_uuid(later: u64, rest: &str) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let steps = (since.as_nanos() / 100) as u64 + GREGORIAN + later;
    let (low, middle, high) = (steps & 0xffff_ffff, (steps >> 32) & 0xffff, steps >> 48);
    format!("{low:08x}-{middle:04x}-1{high:03x}-8{}-{}", &rest[..3], &rest[4..])
}
