//! Runs of base64 and hexadecimal characters.

use super::plain::{is_line_break, sextet};
use super::scan::{Class, leading, next_stretch, trailing};
use super::text::Hex;
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
    /// Offsets in the text and in the bytes at which each piece begins.
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
            _ => {
                let mut text = Vec::with_capacity(length);
                for part in parts {
                    text.extend_from_slice(&bytes[part.clone()]);
                }
                Cow::Owned(text)
            }
        };
        Self { text, pieces }
    }

    /// Returns the offset in the bytes of a character of the text.
    pub(super) fn offset(&self, at: usize) -> usize {
        let index = self.pieces.partition_point(|piece| piece.0 <= at);
        let (begins, offset) = self.pieces[index - 1];
        offset + at - begins
    }
}

/// Returns every run of base64 characters (hexadecimal digits are some) with a stretch of [`RUN_MIN`], joined over line breaks, indentation
/// and what JSON makes of line breaks and slashes.
pub(super) fn runs(bytes: &[u8]) -> impl Iterator<Item = Run<'_>> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let stretch = next_stretch(bytes, done, RUN_MIN, Base64)?;
        let mut parts = Vec::new();
        let (mut first, mut first_end) = (stretch.start, stretch.end);
        while let Some((gap, begin)) = gap_before(bytes, first, done) {
            let back = trailing(&bytes[done..gap], Base64);
            if back == 0 {
                break;
            }
            parts.push(begin..first_end);
            first_end = gap;
            first = gap - back;
        }
        parts.push(first..first_end);
        parts.reverse();
        let mut end = stretch.end;
        while let Some(begin) = gap_after(bytes, end) {
            end = begin + leading(&bytes[begin..], Base64);
            if end == begin {
                break;
            }
            parts.push(begin..end);
        }
        done = parts.last()?.end;
        Some(Run::new(bytes, &parts))
    })
}

/// Returns where a run goes on after a gap at `end`, if it may.
fn gap_after(bytes: &[u8], end: usize) -> Option<usize> {
    let rest = &bytes[end..];
    match rest {
        [b'\\', b'/', ..] => Some(end + 1),
        [b'\\', b'n', ..] => Some(end + 2),
        [b'\\', b'r', b'\\', b'n', ..] => Some(end + 4),
        [b'\r' | b'\n', ..] => {
            let breaks = leading(rest, is_line_break);
            let indent = leading(&rest[breaks..], is_blank);
            Some(end + breaks + indent)
        }
        _ => None,
    }
}

/// Returns where a gap begins after which the stretch at `start` may continue a run, and where that stretch begins, since the `n` of `\n`
/// is no part of it.
fn gap_before(bytes: &[u8], start: usize, floor: usize) -> Option<(usize, usize)> {
    let before = &bytes[floor..start];
    match (before, bytes[start]) {
        ([.., b'\\'], b'/') => Some((start - 1, start)),
        ([.., b'\\', b'r', b'\\'], b'n') => Some((start - 3, start + 1)),
        ([.., b'\\'], b'n') => Some((start - 1, start + 1)),
        _ => {
            let indent = trailing(before, is_blank);
            let breaks = trailing(&before[..before.len() - indent], is_line_break);
            (breaks > 0).then_some((start - indent - breaks, start))
        }
    }
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Returns `sextet(byte).is_some()`, in comparisons alone.
pub(super) const fn is_base64(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    // From '/' to '9'.
    let digit = byte.wrapping_sub(b'/') < 11;
    letter | digit | (byte == b'+') | (byte == b'-') | (byte == b'_')
}

/// The characters of base64.
#[derive(Clone, Copy)]
struct Base64;

impl Class for Base64 {
    fn has(self, byte: u8) -> bool {
        is_base64(byte)
    }

    fn looks_up(self, byte: u8) -> bool {
        static TABLE: [bool; 256] = {
            let mut table = [false; 256];
            let mut byte = 0;
            while byte < 256 {
                table[byte] = is_base64(byte as u8);
                byte += 1;
            }
            table
        };
        TABLE[usize::from(byte)]
    }
}

/// Bits of each base64 character in each of the four places of a group, where they belong.
static PLACED: [[u32; 256]; 4] = {
    let mut placed = [[0; 256]; 4];
    let mut at = 0;
    while at < 4 * 256 {
        if let Some(value) = sextet((at % 256) as u8) {
            placed[at / 256][at % 256] = (value as u32) << (18 - 6 * (at / 256));
        }
        at += 1;
    }
    placed
};

/// Decodes base64 characters, including the bits left over at the end.
pub(super) fn decode_base64(text: &[u8], decoded: &mut Vec<u8>) {
    let bits = |group: &[u8]| {
        let placed = group.iter().zip(&PLACED).map(|(&char, table)| table[usize::from(char)]);
        placed.fold(0, |bits, more| bits | more).to_be_bytes()
    };
    let (groups, rest) = text.as_chunks::<4>();
    decoded.resize((groups.len() + 1) * 3, 0);
    for (bytes, group) in decoded.as_chunks_mut::<3>().0.iter_mut().zip(groups) {
        let [_, decoded @ ..] = bits(group);
        *bytes = decoded;
    }
    decoded[groups.len() * 3..].copy_from_slice(&bits(rest)[1..]);
}

/// Returns every run of [`HEX_MIN`] hexadecimal digits or more.
pub(super) fn hex_runs(text: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut done = 0;
    std::iter::from_fn(move || {
        let run = next_stretch(text, done, HEX_MIN, Hex)?;
        done = run.end;
        Some(run)
    })
}

/// Returns whether these are hexadecimal digits and nothing else.
pub(super) fn only_hex(text: &[u8]) -> bool {
    leading(text, Hex) == text.len()
}

/// Decodes hexadecimal digits, including half a byte at the end.
pub(super) fn decode_hex(digits: &[u8], decoded: &mut Vec<u8>) {
    // A letter's low bits count from 1, and only letters have this one.
    let value = |digit: u8| (digit & 15) + 9 * (digit >> 6);
    let (pairs, rest) = digits.as_chunks();
    decoded.clear();
    decoded.extend(pairs.iter().map(|&[high, low]| value(high) << 4 | value(low)));
    decoded.extend(rest.iter().map(|&high| value(high) << 4));
}

/// Moves all bits so many places (1 to 7) towards the beginning; the first ones are lost.
pub(super) fn shifted(bytes: &[u8], places: usize, moved: &mut Vec<u8>) {
    moved.resize(bytes.len(), 0);
    let pairs = bytes.iter().zip(&bytes[1..]);
    // A choice of constants, so that compilers turn each into vector instructions.
    macro_rules! shift {
        ($places:literal) => {
            for (to, (one, next)) in moved.iter_mut().zip(pairs) {
                *to = one << $places | next >> (8 - $places);
            }
        };
    }
    match places {
        2 => shift!(2),
        4 => shift!(4),
        6 => shift!(6),
        _ => {
            for (to, (one, next)) in moved.iter_mut().zip(pairs) {
                *to = one << places | next >> (8 - places);
            }
        }
    }
    if let (Some(to), Some(last)) = (moved.last_mut(), bytes.last()) {
        *to = last << places;
    }
}
