//! The forms in which a block shows itself to a search for fixed bytes.

use super::Encoding;
use crate::canary::{BLOCK_LEN, MARKER_LEN, Mint};
use aho_corasick::packed::{self, Searcher};
use aho_corasick::{AhoCorasick, Input, Match, Span};

/// The marker in every form, looked for in one pass, however many canaries there are.
#[derive(Clone, Debug)]
pub(super) struct Plain {
    engine: Engine,
    forms: Vec<Form>,
}

/// Matcher that looks for all patterns at once.
#[derive(Clone, Debug)]
pub(super) enum Engine {
    /// Teddy: vector instructions, at the same speed for every marker. Left to choose a prefilter,
    /// the automaton takes another for some markers, and was thirty times as slow.
    Packed(Searcher),
    /// Automaton for processors without those instructions.
    Automaton(AhoCorasick),
}

impl Engine {
    pub(super) fn new(patterns: &[Vec<u8>]) -> Self {
        match packed::Config::new().builder().extend(patterns).build() {
            Some(searcher) => Self::Packed(searcher),
            None => Self::Automaton(AhoCorasick::new(patterns).unwrap_or_else(|error| {
                unreachable!("patterns of 24 bytes at most make an automaton: {error}")
            })),
        }
    }

    /// Returns the first match at or after `from`.
    pub(super) fn next(&self, bytes: &[u8], from: usize) -> Option<Match> {
        let span = Span { start: from, end: bytes.len() };
        match self {
            Self::Packed(searcher) => searcher.find_in(bytes, span),
            Self::Automaton(automaton) => automaton.find(Input::new(bytes).span(span)),
        }
    }
}

/// Spelling of the marker, one for each pattern.
#[derive(Clone, Copy, Debug)]
enum Form {
    Raw,
    Hex,
    /// With so many bytes (0, 1 or 2) before the block in its group of three.
    Base64(usize),
    Percent,
    /// UTF-16 of either byte order, from the first character to the last.
    Wide,
}

/// A block found, and where its first encoded byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockMatch {
    pub(super) canary: u16,
    pub(super) block: u8,
    pub(super) offset: usize,
    pub(super) encoding: Option<Encoding>,
}

impl Plain {
    pub(super) fn new(mint: &Mint) -> Self {
        let marker = mint.marker().as_bytes();
        let hex: String = marker.iter().map(|byte| format!("{byte:02x}")).collect();
        let percent: String = marker.iter().map(|byte| format!("%{byte:02x}")).collect();
        let wide = marker.iter().flat_map(|&byte| [byte, 0]).take(2 * MARKER_LEN - 1).collect();
        let mut patterns = vec![
            (marker.to_vec(), Form::Raw),
            (hex.to_uppercase().into_bytes(), Form::Hex),
            (hex.into_bytes(), Form::Hex),
            (percent.to_uppercase().into_bytes(), Form::Percent),
            (percent.into_bytes(), Form::Percent),
            (wide, Form::Wide),
        ];
        patterns.extend((0..3).map(|before| (base64_core(marker, before), Form::Base64(before))));
        let (patterns, forms): (Vec<_>, Vec<_>) = patterns.into_iter().unzip();
        Self { engine: Engine::new(&patterns), forms }
    }

    /// Returns every block of this mint in `bytes`, in order.
    ///
    /// Matches do not overlap, and need not: a marker cannot begin within a marker in another
    /// form, except UTF-16 in the one byte order within the other, which is one form here.
    pub(super) fn blocks<'a>(
        &'a self,
        mint: &'a Mint,
        bytes: &'a [u8],
    ) -> impl Iterator<Item = BlockMatch> + 'a {
        let mut from = 0;
        let mut wide = WideRun::default();
        let matches = std::iter::from_fn(move || {
            let found = self.engine.next(bytes, from)?;
            from = found.end();
            Some(found)
        });
        matches.filter_map(move |found| {
            let at = found.start();
            let (block, offset, encoding) = match self.forms[found.pattern().as_usize()] {
                Form::Raw => (raw(bytes, at)?, at, None),
                Form::Hex => (hex(bytes, at)?, at, Some(Encoding::Hex)),
                Form::Percent => (percent(bytes, at)?, at, Some(Encoding::Percent)),
                Form::Base64(before) => {
                    let (block, offset) = base64(bytes, at, before)?;
                    (block, offset, Some(Encoding::Base64))
                }
                Form::Wide => {
                    if at >= wide.end {
                        wide = WideRun::around(bytes, at);
                    }
                    let offset = at - usize::from(wide.big_endian);
                    (utf16(bytes, at)?, offset, Some(wide.encoding()))
                }
            };
            let (canary, block) = mint.parse_block(&block)?;
            Some(BlockMatch { canary, block, offset, encoding })
        })
    }
}

fn raw(bytes: &[u8], at: usize) -> Option<[u8; BLOCK_LEN]> {
    bytes.get(at..at + BLOCK_LEN)?.try_into().ok()
}

fn hex(bytes: &[u8], at: usize) -> Option<[u8; BLOCK_LEN]> {
    let digits = bytes.get(at..at + 2 * BLOCK_LEN)?;
    let mut block = [0; BLOCK_LEN];
    for (byte, pair) in block.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = hex_value(pair[0])? << 4 | hex_value(pair[1])?;
    }
    Some(block)
}

fn percent(bytes: &[u8], at: usize) -> Option<[u8; BLOCK_LEN]> {
    let escapes = bytes.get(at..at + 3 * BLOCK_LEN)?;
    let mut block = [0; BLOCK_LEN];
    for (byte, escape) in block.iter_mut().zip(escapes.chunks_exact(3)) {
        *byte = percent_value(escape)?;
    }
    Some(block)
}

fn utf16(bytes: &[u8], at: usize) -> Option<[u8; BLOCK_LEN]> {
    let units = bytes.get(at..at + 2 * BLOCK_LEN - 1)?;
    let mut block = [0; BLOCK_LEN];
    for (byte, unit) in block.iter_mut().zip(units.chunks(2)) {
        if unit.get(1).is_some_and(|&high| high != 0) {
            return None;
        }
        *byte = unit[0];
    }
    Some(block)
}

/// Returns the block whose marker, with `before` bytes ahead of it in its group, has its first whole character at `at`, and the offset of
/// its own first character. Line breaks are passed over.
fn base64(bytes: &[u8], at: usize, before: usize) -> Option<([u8; BLOCK_LEN], usize)> {
    let mut start = at;
    if before > 0 {
        // The character ahead holds the block's first bits too.
        start = bytes[..at].iter().rposition(|&byte| !is_line_break(byte))?;
    }
    // The bits of the first character that belong to what is before the block.
    let skip = [0, 2, 4][before];
    let (mut bits, mut held) = (0_u32, 0);
    let mut block = [0; BLOCK_LEN];
    let mut filled = 0;
    for &byte in bytes[start..].iter().filter(|&&byte| !is_line_break(byte)) {
        bits = bits << 6 | u32::from(sextet(byte)?);
        held += if held == 0 && filled == 0 { 6 - skip } else { 6 };
        if held >= 8 {
            held -= 8;
            block[filled] = (bits >> held) as u8;
            filled += 1;
            if filled == BLOCK_LEN {
                return Some((block, start));
            }
        }
    }
    None
}

/// Returns the base64 characters that `marker` alone decides when `before` bytes precede it in its group.
///
/// No character of 0x30 to 0x7A puts 62 or 63 into any of the four places, so the standard and
/// the URL-safe alphabet (RFC 4648, sections 4 and 5) agree on all of them.
fn base64_core(marker: &[u8], before: usize) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let value = marker.iter().fold(0_u64, |value, &byte| value << 8 | u64::from(byte));
    let bits = 8 * marker.len();
    // A group is 24 bits: the first character that begins within the marker begins here.
    let first = [0, 4, 2][before];
    (0..(bits - first) / 6)
        .map(|char| ALPHABET[(value >> (bits - first - 6 * (char + 1))) as usize & 63])
        .collect()
}

/// A longest stretch of characters with a zero byte between each two.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WideRun {
    /// Offset of the first character.
    pub(super) start: usize,
    /// Past the last byte that belongs.
    pub(super) end: usize,
    pub(super) big_endian: bool,
}

impl WideRun {
    /// Returns the run that the character at `at` is part of.
    ///
    /// Only the ends of a run tell its byte order: big-endian text has its zero before the first
    /// character and none after the last. A run with zeros at both ends or none is taken for
    /// little-endian, the order of Windows and of browsers. A zero before little-endian text and a
    /// character after it are the same bytes as big-endian text.
    pub(super) fn around(bytes: &[u8], at: usize) -> Self {
        let wide = |pair: &[u8]| pair.len() == 2 && is_text(pair[0]) && pair[1] == 0;
        let back = bytes[..at].rchunks(2).take_while(|pair| wide(pair)).count();
        let start = at - 2 * back;
        let forward = bytes[at..].chunks(2).take_while(|pair| wide(pair)).count();
        let mut end = at + 2 * forward;
        let last_has_no_zero = bytes.get(end).is_some_and(|&byte| is_text(byte));
        end += usize::from(last_has_no_zero);
        let zero_first = start > 0 && bytes[start - 1] == 0;
        Self { start, end, big_endian: zero_first && last_has_no_zero }
    }

    pub(super) fn encoding(self) -> Encoding {
        if self.big_endian { Encoding::Utf16Be } else { Encoding::Utf16Le }
    }
}

/// Returns whether a byte is printable ASCII, which is looked for inside UTF-16.
pub(super) const fn is_text(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')
}

pub(super) const fn is_line_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Returns the value of a base64 character of either alphabet (RFC 4648, sections 4 and 5).
pub(super) const fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

pub(super) const fn hex_value(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Returns the byte that `%XX` at the beginning of `bytes` stands for (RFC 3986, section 2.1).
pub(super) fn percent_value(bytes: &[u8]) -> Option<u8> {
    match bytes {
        [b'%', high, low, ..] => Some(hex_value(*high)? << 4 | hex_value(*low)?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_engines_find_the_same() {
        let mint = Mint::new(3);
        let plain = Plain::new(&mint);
        let marker = mint.marker().as_bytes();
        let hex: String = marker.iter().map(|byte| format!("{byte:02x}")).collect();
        let patterns = [marker.to_vec(), hex.into_bytes(), base64_core(marker, 1)];
        let automaton = AhoCorasick::new(&patterns).unwrap();
        let automaton = Plain { engine: Engine::Automaton(automaton), ..plain.clone() };
        let packed = Plain { engine: Engine::new(&patterns), ..plain };
        let mut bytes = vec![b'.'; 100];
        for (at, pattern) in patterns.iter().cycle().take(30).enumerate() {
            bytes.extend_from_slice(pattern);
            bytes.extend(&mint.canary(5).text().as_bytes()[..at]);
        }
        let all = |plain: &Plain| {
            let next = |last: &Match| plain.engine.next(&bytes, last.end());
            std::iter::successors(plain.engine.next(&bytes, 0), next).collect::<Vec<_>>()
        };
        assert!(all(&packed).len() >= 30);
        assert_eq!(all(&packed), all(&automaton));
    }
}
