//! Compressed streams: where one may begin, and what it holds, within bounds.

use super::Encoding;
use super::plain::Engine;
use flate2::{Decompress, FlushDecompress, Status};
use std::cell::Cell;
use std::sync::LazyLock;

/// Bytes that a search may inflate in all, nested streams included, for each byte searched.
pub const INFLATED_PER_BYTE: usize = 4;

/// Bytes that every search may inflate in all, however small its input.
pub const INFLATED_FLOOR: usize = 64 << 20;

/// Bytes that a stream may inflate to whatever its size; past them [`STREAM_RATIO`] holds.
pub const STREAM_ALLOWANCE: usize = 1 << 20;

/// Bytes out for each byte in, past [`STREAM_ALLOWANCE`]. Sessions compress to a fifth or a
/// twentieth, deflate can reach 1032 to one (<https://zlib.net/zlib_tech.html>): one bomb must not
/// use up what the streams behind it need.
pub const STREAM_RATIO: usize = 100;

/// The window of deflate (RFC 1951, section 2), which miniz_oxide hands out whole: asked for as
/// much each time, it loses nothing of what it had when it meets an error.
const WINDOW: usize = 32 << 10;

/// Bytes below which a stream without a header is not tried: those of a canary's 64 characters in
/// the fixed code, with the ends of the block (RFC 1951, section 3.2.6).
pub(super) const HEADLESS_MIN: usize = (3 + 64 * 8 + 7usize).div_ceil(8);

/// Possible beginning of a compressed stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream {
    /// Its header, in the bytes of its layer.
    pub(super) at: usize,
    /// Its first deflate block.
    pub(super) body: usize,
    pub(super) encoding: Encoding,
}

/// Returns every place in `bytes` where a zlib or gzip stream may begin.
pub(super) fn streams(bytes: &[u8]) -> impl Iterator<Item = Stream> + '_ {
    static BEGINS: LazyLock<Engine> =
        LazyLock::new(|| Engine::new(&STREAMS.map(|begin| begin.to_vec())));
    let mut from = 0;
    let places = std::iter::from_fn(move || {
        let at = BEGINS.next(bytes, from)?.start();
        from = at + 1;
        Some(at)
    });
    places.filter_map(|at| Stream::beginning(bytes, at))
}

impl Stream {
    /// Returns the stream that may begin where [`STREAMS`] says.
    fn beginning(bytes: &[u8], at: usize) -> Option<Self> {
        let (encoding, header) = match bytes[at] {
            ZLIB => (Encoding::Zlib, 2),
            _ => (Encoding::Gzip, gzip_header(&bytes[at..])?),
        };
        let body = at + header;
        plausible(&bytes[body..]).then_some(Self { at, body, encoding })
    }

    /// Returns the deflate blocks at the beginning of `bytes`, without a header. Stored blocks are left out: their contents are there in
    /// clear, and five random bytes can look like their beginning.
    pub(super) fn headless(bytes: &[u8]) -> Option<Self> {
        let stored = block_type(*bytes.first()?) == STORED;
        (bytes.len() >= HEADLESS_MIN && !stored && plausible(bytes)).then_some(Self {
            at: 0,
            body: 0,
            encoding: Encoding::Deflate,
        })
    }
}

/// CMF for deflate with a window of 32 KiB, as every common library writes it (RFC 1950, section
/// 2.2).
const ZLIB: u8 = 0x78;

/// First bytes of streams: CMF and, for the four levels without a preset dictionary, FLG of zlib; ID1 and ID2 of gzip (RFC 1952, section
/// 2.3.1).
const STREAMS: [[u8; 2]; 5] =
    [[ZLIB, 0x01], [ZLIB, 0x5E], [ZLIB, 0x9C], [ZLIB, 0xDA], [0x1F, 0x8B]];

/// Returns the length of the gzip header at the beginning of `bytes` (RFC 1952, section 2.3).
fn gzip_header(bytes: &[u8]) -> Option<usize> {
    const DEFLATE: u8 = 8;
    const HCRC: u8 = 1 << 1;
    const EXTRA: u8 = 1 << 2;
    const NAME: u8 = 1 << 3;
    const COMMENT: u8 = 1 << 4;
    const RESERVED: u8 = 0xE0;
    // A file name is 255 bytes and its end at most; bytes that are no header may have no end.
    const TEXT_MAX: usize = 256;
    let flags = *bytes.get(3)?;
    if bytes[2] != DEFLATE || flags & RESERVED != 0 {
        return None;
    }
    let mut end = 10;
    if flags & EXTRA != 0 {
        let length = bytes.get(end..end + 2)?;
        end += 2 + usize::from(u16::from_le_bytes([length[0], length[1]]));
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            end += 1 + bytes.get(end..)?.iter().take(TEXT_MAX).position(|&byte| byte == 0)?;
        }
    }
    end += if flags & HCRC != 0 { 2 } else { 0 };
    (end <= bytes.len()).then_some(end)
}

const STORED: u8 = 0;
const FIXED: u8 = 1;

/// Returns BTYPE of the first byte of a deflate block (RFC 1951, section 3.2.3).
const fn block_type(first: u8) -> u8 {
    first >> 1 & 3
}

/// Returns whether these bytes can begin a deflate block (RFC 1951, sections 3.2.3, 3.2.4 and 3.2.7). Most bytes cannot, and asking costs a
/// hundredth of trying.
fn plausible(bytes: &[u8]) -> bool {
    let &[first, second, third, fourth, fifth, ..] = bytes else { return false };
    match block_type(first) {
        STORED => second == !fourth && third == !fifth,
        FIXED => true,
        2 => first >> 3 < 30 && second & 31 < 30 && lengths_are_complete(bytes),
        _ => false,
    }
}

/// Reader of bits from bytes, the lowest of each byte first (RFC 1951, section 3.1.1).
struct Bits<'b> {
    bytes: &'b [u8],
    /// Bits that were taken from `bytes` and not given out.
    held: u64,
    count: u32,
}

impl<'b> Bits<'b> {
    /// Returns the bits of a block behind its first three.
    fn of_block(bytes: &'b [u8]) -> Option<Bits<'b>> {
        let mut bits = Bits { bytes, held: 0, count: 0 };
        bits.take(3).map(|_| bits)
    }

    /// Takes so many bits, 16 at most; `None` if fewer are left.
    fn take(&mut self, count: u32) -> Option<u32> {
        while self.count < count {
            let (first, rest) = self.bytes.split_first()?;
            self.held |= u64::from(*first) << self.count;
            self.count += 8;
            self.bytes = rest;
        }
        let taken = self.held & ((1 << count) - 1);
        self.held >>= count;
        self.count -= count;
        Some(taken as u32)
    }

    /// Takes so many bits of a Huffman code, whose highest bit comes first.
    fn code(&mut self, count: u32) -> Option<u32> {
        self.take(count).map(|bits| bits.reverse_bits() >> (32 - count))
    }
}

/// Bytes up to which a block of the fixed codes is inflated here. Text that is taken for one breaks
/// off before that, and so do random bytes: to get the tables ready costs more than all of it.
const SHORT: usize = 256;

/// Returns the output of a block of the fixed codes which breaks off early: at its end, at a symbol that is none, or at a distance that
/// leads before its beginning (RFC 1951, sections 3.2.5 and 3.2.6). `None` if there is more to it.
fn short_block(input: &[u8]) -> Option<Inflated> {
    let is_last = input.first()? & 1 == 1;
    let mut bits = Bits::of_block(input)?;
    let mut bytes = Vec::with_capacity(SHORT);
    while bytes.len() < SHORT {
        match fixed_symbol(&mut bits) {
            Some(Symbol::Literal(byte)) => bytes.push(byte),
            Some(Symbol::End) if !is_last => return None,
            Some(Symbol::Match(length)) => match fixed_distance(&mut bits) {
                Some(distance) if distance <= bytes.len() => {
                    for _ in 0..length {
                        bytes.push(bytes[bytes.len() - distance]);
                    }
                }
                _ => break,
            },
            Some(Symbol::End) | None => break,
        }
    }
    let consumed = input.len() - bits.bytes.len();
    (bytes.len() < SHORT).then_some(Inflated { bytes, consumed, cut: false })
}

enum Symbol {
    Literal(u8),
    End,
    /// A match of this many bytes.
    Match(usize),
}

fn fixed_symbol(bits: &mut Bits<'_>) -> Option<Symbol> {
    let seven = bits.code(7)?;
    if seven == 0 {
        return Some(Symbol::End);
    }
    let number = if seven < 0b001_1000 {
        seven as usize - 1
    } else {
        let eight = seven << 1 | bits.take(1)?;
        match eight {
            0b1100_0000..=0b1100_0111 => eight as usize - 0b1100_0000 + 23,
            0b1100_1000.. => {
                let nine = eight << 1 | bits.take(1)?;
                return Some(Symbol::Literal((nine - 0b1_1001_0000 + 144) as u8));
            }
            _ => return Some(Symbol::Literal((eight - 0b0011_0000) as u8)),
        }
    };
    // 286 and 287 stand for nothing.
    let (extra, base) = match number {
        0..=7 => (0, number + 3),
        28 => (0, 258),
        29.. => return None,
        _ => {
            let extra = number as u32 / 4 - 1;
            (extra, ((4 + number % 4) << extra) + 3)
        }
    };
    Some(Symbol::Match(base + bits.take(extra)? as usize))
}

fn fixed_distance(bits: &mut Bits<'_>) -> Option<usize> {
    let number = bits.code(5)?;
    let (extra, base) = match number {
        0..=3 => (0, number + 1),
        4..=29 => (number / 2 - 1, ((2 + number % 2) << (number / 2 - 1)) + 1),
        _ => return None,
    };
    Some((base + bits.take(extra)?) as usize)
}

/// Returns whether the lengths that a block of its own codes begins with make a whole code, as each must (RFC 1951, section 3.2.7).
fn lengths_are_complete(bytes: &[u8]) -> bool {
    let complete = || {
        let mut bits = Bits::of_block(bytes)?;
        bits.take(10)?;
        let count = bits.take(4)? + 4;
        // In units of the longest code that there may be, of seven bits.
        let mut taken = 0;
        for _ in 0..count {
            taken += match bits.take(3)? {
                0 => 0,
                length => 128 >> length,
            };
        }
        Some(taken == 128)
    };
    complete().unwrap_or(false)
}

/// Output of a stream.
pub(super) struct Inflated {
    pub(super) bytes: Vec<u8>,
    /// Bytes of the input that were read.
    pub(super) consumed: usize,
    /// Whether a bound, not the stream, ended it.
    pub(super) cut: bool,
}

/// Inflates the streams of one search.
pub(super) struct Inflater {
    state: Decompress,
    chunk: Vec<u8>,
    left: usize,
}

thread_local! {
    /// Decompressor and buffer of the last search: making them anew costs more than searching a small file.
    static SPARE: Cell<Option<(Decompress, Vec<u8>)>> = const { Cell::new(None) };
}

impl Inflater {
    /// Makes an inflater for one search of so many bytes.
    pub(super) fn new(searched: usize) -> Self {
        let left = searched.saturating_mul(INFLATED_PER_BYTE).max(INFLATED_FLOOR);
        let (state, chunk) =
            SPARE.take().unwrap_or_else(|| (Decompress::new(false), vec![0; WINDOW]));
        Self { state, chunk, left }
    }

    /// Leaves what it inflated with to the next search.
    pub(super) fn put_away(self) {
        SPARE.set(Some((self.state, self.chunk)));
    }

    /// Inflates the deflate blocks at the beginning of `input` as far as they go, reading no more
    /// than `input_max` bytes. A stream that breaks off or is damaged gives what was before that;
    /// checksums are not looked at, for the same reason.
    pub(super) fn inflate(&mut self, input: &[u8], input_max: usize) -> Inflated {
        let whole = input.len();
        let input = &input[..whole.min(input_max)];
        if input.first().is_some_and(|first| block_type(*first) == FIXED)
            && input.len() == whole
            && self.left > SHORT
            && let Some(inflated) = short_block(input)
        {
            self.left -= inflated.bytes.len();
            return inflated;
        }
        if self.left > 0 {
            self.state.reset(false);
        }
        let mut bytes = Vec::new();
        let (mut consumed, mut cut) = (0_usize, false);
        loop {
            let allowed = STREAM_ALLOWANCE.saturating_add(consumed.saturating_mul(STREAM_RATIO));
            if bytes.len() >= allowed.min(self.left) {
                cut = true;
                break;
            }
            let status =
                self.state.decompress(&input[consumed..], &mut self.chunk, FlushDecompress::None);
            // The counts are right after an error too.
            let read = self.state.total_in() as usize - consumed;
            let written = self.state.total_out() as usize - bytes.len();
            consumed += read;
            bytes.extend_from_slice(&self.chunk[..written]);
            match status {
                Ok(Status::Ok | Status::BufError) if read + written > 0 => {}
                Ok(Status::StreamEnd) | Err(_) => break,
                Ok(_) => {
                    cut = input.len() < whole;
                    break;
                }
            }
        }
        self.left = self.left.saturating_sub(bytes.len());
        Inflated { bytes, consumed, cut }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Read;

    /// Returns the output of a block by another reader, up to where it breaks off.
    fn inflated(bytes: &[u8]) -> Vec<u8> {
        let mut state = Decompress::new(false);
        let mut out = vec![0; WINDOW];
        let _ = state.decompress(bytes, &mut out, FlushDecompress::None);
        out.truncate(state.total_out() as usize);
        out
    }

    /// Symbols of the fixed codes, one after the other: literals and matches that lead no further than they may.
    fn block(symbols: &[(u8, u8, bool)], last: bool) -> (Vec<u8>, Vec<u8>) {
        let (mut bits, mut given) = (vec![last, true, false], Vec::<u8>::new());
        let mut code = |code: u32, length: u32| {
            (0..length).rev().for_each(|bit| bits.push(code >> bit & 1 == 1));
        };
        for &(byte, back, literal) in symbols {
            let distance = usize::from(back % 4) + 1;
            match (literal || distance > given.len(), byte) {
                (true, 0..=143) => code(0b0011_0000 + u32::from(byte), 8),
                (true, _) => code(0b1_1001_0000 + u32::from(byte) - 144, 9),
                (false, _) => {
                    // Lengths of 3 to 10 and distances of 1 to 4 have no more bits.
                    code(u32::from(byte % 8) + 1, 7);
                    code(distance as u32 - 1, 5);
                    (0..usize::from(byte % 8) + 3)
                        .for_each(|_| given.push(given[given.len() - distance]));
                    continue;
                }
            }
            given.push(byte);
        }
        code(0, 7);
        bits.resize(bits.len().next_multiple_of(8), false);
        let byte =
            |bits: &[bool]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
        (bits.chunks(8).map(byte).collect(), given)
    }

    proptest! {
        #[test]
        fn short_blocks_are_read_as_others_read_them(
            symbols in proptest::collection::vec(any::<(u8, u8, bool)>(), 0..120),
            last: bool,
            cut in 0..200_usize,
            rest in any::<Vec<u8>>(),
        ) {
            let (whole, given) = block(&symbols, last);
            prop_assert_eq!(&inflated(&whole), &given);
            // Whole, cut off, and with something behind it.
            let short = short_block(&whole);
            prop_assert_eq!(short.is_some(), last && given.len() < SHORT);
            prop_assert!(short.is_none_or(|short| short.bytes == given));
            let cut = &whole[..cut.min(whole.len())];
            if let Some(short) = (!cut.is_empty()).then(|| short_block(cut)).flatten() {
                prop_assert_eq!(short.bytes, inflated(cut));
            }
            if last && let Some(short) = short_block(&[&whole[..], &rest].concat()) {
                prop_assert_eq!(short.bytes, given);
            }
        }

        #[test]
        fn a_block_with_its_own_codes_is_plausible(text in "[a-f]{300,2000}") {
            let mut deflate = Vec::new();
            let mut encoder = flate2::read::DeflateEncoder::new(text.as_bytes(), flate2::Compression::best());
            encoder.read_to_end(&mut deflate).unwrap();
            prop_assert!(plausible(&deflate));
        }

        #[test]
        fn what_breaks_off_at_once_is_not_tried(bytes in proptest::collection::vec(any::<u8>(), 64)) {
            // What is refused would have given nothing.
            prop_assert!(plausible(&bytes) || block_type(bytes[0]) == STORED || inflated(&bytes).is_empty());
        }
    }
}
