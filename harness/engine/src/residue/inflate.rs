//! Compressed streams: where one may begin, and what it holds, within bounds.

use super::Encoding;
use super::scan::next_pair;
use flate2::{Decompress, FlushDecompress, Status};
use std::cell::Cell;

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

/// Where a stream may begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream {
    /// Its header, in the bytes of its layer.
    pub(super) at: usize,
    /// Its first deflate block.
    pub(super) body: usize,
    pub(super) encoding: Encoding,
}

impl Stream {
    /// Deflate blocks at the beginning of `bytes`, without a header. Not a stored one: what it
    /// holds is there as it is, and five random bytes can look like its beginning.
    pub(super) fn headless(bytes: &[u8]) -> Option<Self> {
        let stored = block_type(*bytes.first()?) == STORED;
        (bytes.len() >= HEADLESS_MIN && !stored && plausible(bytes)).then_some(Self {
            at: 0,
            body: 0,
            encoding: Encoding::Deflate,
        })
    }
}

/// Every place in `bytes` where a zlib or gzip stream may begin.
pub(super) fn streams(bytes: &[u8]) -> impl Iterator<Item = Stream> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let at = next_pair(bytes, from, begins_stream)?;
            from = at + 1;
            let (encoding, header) = if bytes[at] == ZLIB {
                (Encoding::Zlib, Some(2))
            } else {
                (Encoding::Gzip, gzip_header(&bytes[at..]))
            };
            if let Some(header) = header
                && plausible(&bytes[at + header..])
            {
                return Some(Stream { at, body: at + header, encoding });
            }
        }
    })
}

/// CMF for deflate with a window of 32 KiB, as every common library writes it (RFC 1950, section
/// 2.2).
const ZLIB: u8 = 0x78;

/// Whether two bytes can begin a stream: CMF and, for the four levels without a preset dictionary,
/// FLG of zlib; ID1 and ID2 of gzip (RFC 1952, section 2.3.1).
fn begins_stream(first: u8, second: u8) -> bool {
    let level = (second == 0x01) | (second == 0x5E) | (second == 0x9C) | (second == 0xDA);
    (first == ZLIB) & level | (first == 0x1F) & (second == 0x8B)
}

/// The length of the gzip header at the beginning of `bytes` (RFC 1952, section 2.3).
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

/// BTYPE, of the first byte of a deflate block (RFC 1951, section 3.2.3).
const fn block_type(first: u8) -> u8 {
    first >> 1 & 3
}

/// Whether these bytes can begin a deflate block (RFC 1951, sections 3.2.3, 3.2.4 and 3.2.7). Half
/// of all bytes cannot, and asking costs a hundredth of trying.
fn plausible(bytes: &[u8]) -> bool {
    let &[first, second, third, fourth, fifth, ..] = bytes else { return false };
    match block_type(first) {
        STORED => second == !fourth && third == !fifth,
        1 => true,
        2 => first >> 3 < 30 && second & 31 < 30,
        _ => false,
    }
}

/// What came out of a stream.
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
    /// What the last search inflated with: to make it anew costs more than to search a small file.
    static SPARE: Cell<Option<(Decompress, Vec<u8>)>> = const { Cell::new(None) };
}

impl Inflater {
    /// For one search of so many bytes.
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
