//! Runs of base64 and hexadecimal characters.

use super::plain::{hex_value, is_line_break, sextet};
use std::borrow::Cow;
use std::ops::Range;

/// Bytes below which nothing can be a wrapped block: deflate with the fixed code takes 8 bits for
/// each of its 16 characters, and two bytes of header (RFC 1950; RFC 1951, section 3.2.6).
pub const UNWRAPPED_MIN: usize = 18;

/// Characters without a gap that a base64 run must have, here and there: [`UNWRAPPED_MIN`] bytes.
pub const RUN_MIN: usize = UNWRAPPED_MIN * 8 / 6;

/// Hexadecimal digits of a run worth decoding: [`UNWRAPPED_MIN`] bytes.
const HEX_MIN: usize = UNWRAPPED_MIN * 2;

/// The characters of a base64 run, without what interrupts them.
pub(super) struct Run<'a> {
    pub(super) text: Cow<'a, [u8]>,
    /// Where in the text and in the bytes each piece begins.
    pieces: Vec<(usize, usize)>,
}

impl<'a> Run<'a> {
    fn new(bytes: &'a [u8], parts: &[Range<usize>]) -> Self {
        let mut length = 0;
        let mut pieces = Vec::with_capacity(parts.len());
        for part in parts {
            pieces.push((length, part.start));
            length += part.len();
        }
        let text = match parts {
            [part] => Cow::Borrowed(&bytes[part.clone()]),
            _ => Cow::Owned(parts.iter().flat_map(|part| &bytes[part.clone()]).copied().collect()),
        };
        Self { text, pieces }
    }

    /// Where in the bytes a character of the text is.
    pub(super) fn offset(&self, at: usize) -> usize {
        let index = self.pieces.partition_point(|piece| piece.0 <= at);
        let (begins, offset) = self.pieces[index - 1];
        offset + at - begins
    }
}

/// Every run of base64 characters (hexadecimal digits are some) with a stretch of [`RUN_MIN`],
/// joined over line breaks, indentation and what JSON makes of line breaks and slashes.
pub(super) fn runs(bytes: &[u8]) -> impl Iterator<Item = Run<'_>> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let stretch = next_stretch(bytes, done)?;
        let mut parts = Vec::new();
        let mut first = stretch.start;
        while let Some((gap, begin)) = gap_before(bytes, first, done) {
            let back = bytes[done..gap].iter().rev().take_while(|&&byte| is_base64(byte)).count();
            if back == 0 {
                break;
            }
            parts.push(begin..stretch_end(bytes, begin));
            first = gap - back;
        }
        parts.push(first..stretch_end(bytes, first));
        parts.reverse();
        let mut end = stretch.end;
        while let Some(begin) = gap_after(bytes, end) {
            end = stretch_end(bytes, begin);
            if end == begin {
                break;
            }
            parts.push(begin..end);
        }
        done = parts.last()?.end;
        Some(Run::new(bytes, &parts))
    })
}

/// The first stretch of [`RUN_MIN`] base64 characters or more at or after `from`.
///
/// One byte in each [`RUN_MIN`] is looked at until one is a base64 character: that is what makes
/// a search of binary data and of prose quick.
fn next_stretch(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let mut floor = from;
    loop {
        let probe = floor + RUN_MIN - 1;
        if !is_base64(*bytes.get(probe)?) {
            floor = probe + 1;
            continue;
        }
        let back = bytes[floor..probe].iter().rev().take_while(|&&byte| is_base64(byte)).count();
        let start = probe - back;
        let end = stretch_end(bytes, probe);
        if end - start >= RUN_MIN {
            return Some(start..end);
        }
        floor = end;
    }
}

fn stretch_end(bytes: &[u8], start: usize) -> usize {
    start + bytes[start..].iter().take_while(|&&byte| is_base64(byte)).count()
}

/// If a run may go on after a gap at `end`: where.
fn gap_after(bytes: &[u8], end: usize) -> Option<usize> {
    let rest = &bytes[end..];
    match rest {
        [b'\\', b'/', ..] => Some(end + 1),
        [b'\\', b'n', ..] => Some(end + 2),
        [b'\\', b'r', b'\\', b'n', ..] => Some(end + 4),
        [b'\r' | b'\n', ..] => {
            let breaks = rest.iter().take_while(|&&byte| is_line_break(byte)).count();
            let indent = rest[breaks..].iter().take_while(|&&byte| is_blank(byte)).count();
            Some(end + breaks + indent)
        }
        _ => None,
    }
}

/// If a run may have been going on before a gap that ends where the stretch at `start` begins:
/// where the gap begins, and where the stretch does, since the `n` of `\n` is no part of it.
fn gap_before(bytes: &[u8], start: usize, floor: usize) -> Option<(usize, usize)> {
    let before = &bytes[floor..start];
    match (before, bytes[start]) {
        ([.., b'\\'], b'/') => Some((start - 1, start)),
        ([.., b'\\', b'r', b'\\'], b'n') => Some((start - 3, start + 1)),
        ([.., b'\\'], b'n') => Some((start - 1, start + 1)),
        _ => {
            let indent = before.iter().rev().take_while(|&&byte| is_blank(byte)).count();
            let lines = &before[..before.len() - indent];
            let breaks = lines.iter().rev().take_while(|&&byte| is_line_break(byte)).count();
            (breaks > 0).then_some((start - indent - breaks, start))
        }
    }
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// No sextet, in the table below.
const NONE: u8 = 0xFF;
static SEXTETS: [u8; 256] = {
    let mut table = [NONE; 256];
    let mut byte = 0;
    while byte < 256 {
        if let Some(value) = sextet(byte as u8) {
            table[byte] = value;
        }
        byte += 1;
    }
    table
};

fn is_base64(byte: u8) -> bool {
    SEXTETS[usize::from(byte)] != NONE
}

/// The bytes that base64 characters hold, the bits left over at the end included.
pub(super) fn decode_base64(text: &[u8]) -> Vec<u8> {
    let value = |&char: &u8| u32::from(SEXTETS[usize::from(char)]);
    let mut decoded = Vec::with_capacity(text.len() / 4 * 3 + 3);
    for group in text.chunks(4) {
        let bits = group.iter().fold(0, |bits, char| bits << 6 | value(char));
        let bytes = (bits << (6 * (4 - group.len()))).to_be_bytes();
        decoded.extend_from_slice(&bytes[1..]);
    }
    decoded
}

/// Every run of [`HEX_MIN`] hexadecimal digits or more.
pub(super) fn hex_runs(text: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let is_hex = |byte: &u8| byte.is_ascii_hexdigit();
    let mut floor = 0;
    std::iter::from_fn(move || {
        loop {
            let probe = floor + HEX_MIN - 1;
            if !is_hex(text.get(probe)?) {
                floor = probe + 1;
                continue;
            }
            let start = probe - text[floor..probe].iter().rev().take_while(|b| is_hex(b)).count();
            floor = probe + text[probe..].iter().take_while(|b| is_hex(b)).count();
            if floor - start >= HEX_MIN {
                return Some(start..floor);
            }
        }
    })
}

/// The bytes that hexadecimal digits hold, half a byte at the end included.
pub(super) fn decode_hex(digits: &[u8]) -> Vec<u8> {
    let value = |at: &u8| hex_value(*at).unwrap_or(0);
    digits.chunks(2).map(|pair| value(&pair[0]) << 4 | pair.get(1).map_or(0, value)).collect()
}

/// Moves all bits so many places (1 to 7) towards the beginning; the first ones are lost.
pub(super) fn shifted(bytes: &mut [u8], places: usize) {
    for at in 1..bytes.len() {
        bytes[at - 1] = bytes[at - 1] << places | bytes[at] >> (8 - places);
    }
    if let Some(last) = bytes.last_mut() {
        *last <<= places;
    }
}
