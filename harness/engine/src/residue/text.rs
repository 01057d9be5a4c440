//! Text within bytes: percent-encoded and UTF-16.

use super::plain::{WideRun, is_text, percent_value};
use super::runs::UNWRAPPED_MIN;
use super::scan::{Class, leading, may_have_stretch, trailing};
use crate::canary::BLOCK_LEN;
use memchr::memchr;

/// Bytes of percent-encoded text that are decoded as one. No cookie or URL comes near; longer text
/// is decoded in pieces, and what lies across two of them may be lost.
pub const PERCENT_MAX: usize = 1 << 20;

/// Characters of UTF-16 worth narrowing: the plain search finds a block, and 22 are the base64 of
/// one.
const WIDE_MIN: usize = 22;

/// A stretch of text with its escapes decoded.
pub(super) struct PercentRun {
    pub(super) text: Vec<u8>,
    /// Offsets in `text` and in the bytes at which each stretch of escapes or of plain text begins, and how many bytes a character of it
    /// takes.
    stretches: Vec<(usize, usize, usize)>,
}

impl PercentRun {
    fn decode(bytes: &[u8], start: usize, end: usize) -> Self {
        let mut run = Self { text: Vec::with_capacity(end - start), stretches: Vec::new() };
        let mut at = start;
        while at < end {
            let (byte, width) = match percent_value(&bytes[at..end]) {
                Some(byte) => (byte, 3),
                None => (bytes[at], 1),
            };
            if run.stretches.last().is_none_or(|last| last.2 != width) {
                run.stretches.push((run.text.len(), at, width));
            }
            run.text.push(byte);
            at += width;
        }
        run
    }

    /// Returns the offset in the bytes of a byte of the text.
    pub(super) fn offset(&self, at: usize) -> usize {
        let index = self.stretches.partition_point(|stretch| stretch.0 <= at);
        let (begins, offset, width) = self.stretches[index - 1];
        offset + (at - begins) * width
    }
}

/// Returns `hex_value(byte).is_some()`, in comparisons alone.
pub(super) const fn is_hex(byte: u8) -> bool {
    (byte.wrapping_sub(b'0') < 10) | ((byte | 0x20).wrapping_sub(b'a') < 6)
}

/// The hexadecimal digits.
#[derive(Clone, Copy)]
pub(super) struct Hex;

impl Class for Hex {
    fn has(self, byte: u8) -> bool {
        is_hex(byte)
    }

    fn looks_up(self, byte: u8) -> bool {
        static TABLE: [bool; 256] = {
            let mut table = [false; 256];
            let mut byte = 0;
            while byte < 256 {
                table[byte] = is_hex(byte as u8);
                byte += 1;
            }
            table
        };
        TABLE[usize::from(byte)]
    }
}

/// Returns the first `%` at or after `from` that may be within visible characters, of which there must be more than 15.
fn next_escape(bytes: &[u8], mut from: usize) -> Option<usize> {
    const PIECE: usize = 4096;
    while from < bytes.len() {
        let end = bytes.len().min(from + PIECE);
        let around = from.saturating_sub(UNWRAPPED_MIN)..bytes.len().min(end + UNWRAPPED_MIN);
        if may_have_stretch(&bytes[around], visible)
            && let Some(at) = memchr(b'%', &bytes[from..end])
        {
            return Some(from + at);
        }
        from = end;
    }
    None
}

/// Returns whether a character is visible. Quotes are not: a cookie in JSON has to stay as one.
pub(super) const fn visible(byte: u8) -> bool {
    (byte.wrapping_sub(b'!') < 94) & (byte != b'"')
}

/// Returns every stretch of visible characters with at least one `%XX` in it, decoded.
pub(super) fn percent_runs(bytes: &[u8]) -> impl Iterator<Item = PercentRun> + '_ {
    let (mut from, mut done) = (0, 0);
    std::iter::from_fn(move || {
        loop {
            let at = next_escape(bytes, from)?;
            from = at + 1;
            if percent_value(&bytes[at..]).is_none() {
                continue;
            }
            let floor = done.max(at.saturating_sub(PERCENT_MAX / 2));
            let back = trailing(&bytes[floor..at], visible);
            let start = at - back;
            let max = bytes.len().min(start + PERCENT_MAX);
            let more = leading(&bytes[at..max], visible);
            let end = at + more;
            (from, done) = (end, end);
            let run = PercentRun::decode(bytes, start, end);
            if run.text.len() >= UNWRAPPED_MIN {
                return Some(run);
            }
        }
    })
}

/// Returns whether there may be a block in UTF-16, or more text: whether there is a zero next to a character, where only so many characters
/// are sure to have one.
pub(super) fn may_have_wide(bytes: &[u8]) -> bool {
    const LENGTH: usize = 2 * BLOCK_LEN - 1;
    let mut places = (0..bytes.len().saturating_sub(1)).step_by(LENGTH - 1);
    places.any(|at| {
        let (first, second) = (bytes[at], bytes[at + 1]);
        // Nearly always neither is zero.
        (first == 0) | (second == 0) && (is_text(first) || is_text(second)) && {
            let run = WideRun::around(bytes, if second == 0 { at } else { at + 1 });
            run.end - run.start >= LENGTH
        }
    })
}

/// Returns every stretch of UTF-16 text long enough to wrap something.
pub(super) fn wide_runs(bytes: &[u8]) -> impl Iterator<Item = WideRun> + '_ {
    // The bytes from the first character to the last; two that are looked at in each such
    // stretch cannot both be outside.
    const LENGTH: usize = 2 * WIDE_MIN - 1;
    let mut from = 0;
    std::iter::from_fn(move || {
        while from + 1 < bytes.len() {
            let (first, second) = (bytes[from], bytes[from + 1]);
            // Nearly always neither.
            if (first != 0) & (second != 0) {
                from += LENGTH - 1;
                continue;
            }
            let at = match (first, second) {
                (_, 0) if is_text(first) => from,
                (0, _) if is_text(second) => from + 1,
                _ => {
                    from += LENGTH - 1;
                    continue;
                }
            };
            let run = WideRun::around(bytes, at);
            from = run.end.max(from + LENGTH - 1);
            if run.end - run.start >= LENGTH {
                return Some(run);
            }
        }
        None
    })
}
