//! Text within bytes: percent-encoded and UTF-16.

use super::plain::{WideRun, is_text, percent_value};
use super::runs::UNWRAPPED_MIN;
use super::scan::{leading, next_pair, trailing};

/// Bytes of percent-encoded text that are decoded as one. No cookie or URL comes near; longer text
/// is decoded in pieces, and what lies across two of them may be lost.
pub const PERCENT_MAX: usize = 1 << 20;

/// Characters of UTF-16 worth narrowing: the plain search finds a block, and 22 are the base64 of
/// one.
const WIDE_MIN: usize = 22;

/// A stretch of text with its escapes decoded.
pub(super) struct PercentRun {
    pub(super) text: Vec<u8>,
    /// For each stretch of escapes or of none: where in `text` and in the bytes it begins, and how
    /// many bytes a character of it takes.
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

    /// Where in the bytes a byte of the text is.
    pub(super) fn offset(&self, at: usize) -> usize {
        let index = self.stretches.partition_point(|stretch| stretch.0 <= at);
        let (begins, offset, width) = self.stretches[index - 1];
        offset + (at - begins) * width
    }
}

/// As `hex_value(byte).is_some()`, in comparisons alone.
pub(super) const fn is_hex(byte: u8) -> bool {
    (byte.wrapping_sub(b'0') < 10) | ((byte | 0x20).wrapping_sub(b'a') < 6)
}

/// Every stretch of visible characters with at least one `%XX` in it, decoded.
pub(super) fn percent_runs(bytes: &[u8]) -> impl Iterator<Item = PercentRun> + '_ {
    // Quotes end a stretch too: a cookie in JSON has to stay as one.
    let visible = |byte: u8| byte.is_ascii_graphic() & (byte != b'"');
    let (mut from, mut done) = (0, 0);
    std::iter::from_fn(move || {
        loop {
            let at = next_pair(bytes, from, |a, b| (a == b'%') & is_hex(b))?;
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

/// Every stretch of UTF-16 text long enough to wrap something.
pub(super) fn wide_runs(bytes: &[u8]) -> impl Iterator<Item = WideRun> + '_ {
    // The bytes from the first character to the last; two that are looked at in each such
    // stretch cannot both be outside.
    const LENGTH: usize = 2 * WIDE_MIN - 1;
    let mut from = 0;
    std::iter::from_fn(move || {
        while let Some(&[first, second]) = bytes.get(from..).and_then(|rest| rest.first_chunk()) {
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
