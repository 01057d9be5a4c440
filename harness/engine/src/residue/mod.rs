//! Residue: what is left of a secret in bytes that should no longer hold it.
//!
//! [`Search`] looks for the blocks of canaries as they are and through the wrappings that session
//! stores use: hexadecimal, base64, percent-encoding, UTF-16, and zlib, gzip and deflate streams,
//! one within another. A hit is proof: the check characters of a block were recomputed. That there
//! is no hit proves less. By design not found are
//!
//! - encrypted bytes, and compression other than deflate. LZ4 and Snappy leave the first block of a
//!   stream's first canary as it is, Zstandard does at times, Brotli and LZMA do not;
//! - deflate without a zlib or gzip header, unless it begins the bytes or an encoded run;
//! - the rest of a stream whose beginning is lost, and zlib streams with a preset dictionary or a
//!   window other than 32 KiB;
//! - base32, quoted-printable, `\xNN` and `\uNNNN` escapes, changed case, UTF-16 that is not text;
//! - base64 in lines of less than 15 characters, where it is itself wrapped and nothing longer stands
//!   beside it; a match of deflate that leads before the beginning of its stream;
//! - pieces smaller than a block, what is wrapped deeper than [`DEPTH`], and what is past the other
//!   bounds, of which [`SearchResult::complete`] tells.

mod inflate;
mod plain;
mod runs;
mod scan;
mod text;
mod unwrap;

#[cfg(test)]
mod tests;

use crate::canary::Mint;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub use inflate::{INFLATED_FLOOR, INFLATED_PER_BYTE, STREAM_ALLOWANCE, STREAM_RATIO};
pub use runs::{RUN_MIN, UNWRAPPED_MIN};
pub use text::PERCENT_MAX;
pub use unwrap::{DEPTH, WORK_FLOOR, WORK_PER_BYTE};

/// A way in which bytes hold other bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Encoding {
    /// Two hexadecimal digits a byte, of either case (RFC 4648, section 8).
    Hex,
    /// Base64 of either alphabet, padded or not, with or without line breaks (RFC 4648, sections 4
    /// and 5).
    Base64,
    /// `%XX` for some of the bytes or all (RFC 3986, section 2.1).
    Percent,
    /// Two bytes a character, the low one first.
    Utf16Le,
    /// Two bytes a character, the high one first. What lies around text can make one order look like
    /// the other; then the offset of a hit is one byte off, and the hit is as good.
    Utf16Be,
    /// A zlib stream (RFC 1950).
    Zlib,
    /// A gzip member (RFC 1952).
    Gzip,
    /// Deflate blocks without a header (RFC 1951).
    Deflate,
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hex => "hex",
            Self::Base64 => "base64",
            Self::Percent => "percent",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Zlib => "zlib",
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        })
    }
}

/// A block of a canary that was found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hit {
    /// The index of the canary in its mint.
    pub canary: u16,
    /// Number of the block within the canary.
    pub block: u8,
    /// Offset in the bytes that were searched: the first byte that holds a part of the block, or the beginning of the outermost stream that
    /// holds it compressed.
    pub offset: usize,
    /// Encodings around the block, outermost first; empty if there are none.
    pub wrapped: Vec<Encoding>,
}

impl Hit {
    /// Returns the hit in words: `canary 3 block 1 at offset 233, base64 in zlib`.
    pub fn describe(&self) -> String {
        let Self { canary, block, offset, wrapped } = self;
        let form: Vec<String> = wrapped.iter().rev().map(Encoding::to_string).collect();
        let form = if form.is_empty() { "raw".to_owned() } else { form.join(" in ") };
        format!("canary {canary} block {block} at offset {offset}, {form}")
    }

    /// Ranks the least wrapped first, then by offset.
    fn rank(&self) -> (usize, usize, u8) {
        (self.wrapped.len(), self.offset, self.block)
    }
}

impl fmt::Display for Hit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe())
    }
}

/// Result of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchResult {
    /// Every block found, in the order of the bytes, none twice.
    pub hits: Vec<Hit>,
    /// Whether everything was searched. If a bound ended the search early, the absence of a hit says nothing.
    pub complete: bool,
}

/// Looks for the canaries of one mint. Make one and share it: it does not change.
#[derive(Clone, Debug)]
pub struct Search {
    mint: Mint,
    plain: plain::Plain,
}

impl Search {
    /// Returns a search for every canary of this mint.
    pub fn new(mint: &Mint) -> Self {
        Self { mint: mint.clone(), plain: plain::Plain::new(mint) }
    }

    /// Returns every block of a canary in `bytes`, however wrapped, in the order of the bytes.
    pub fn search(&self, bytes: &[u8]) -> Vec<Hit> {
        self.examine(bytes).hits
    }

    /// Searches like [`search`](Self::search), and reports whether a bound ended it early. Callers that report an absence must check that.
    pub fn examine(&self, bytes: &[u8]) -> SearchResult {
        unwrap::examine(&self.mint, &self.plain, bytes)
    }

    /// Returns whether a block is in `bytes` as it is or in one plain encoding (hex, base64, percent, UTF-16): one pass that allocates
    /// nothing, for probers.
    pub fn contains_any(&self, bytes: &[u8]) -> bool {
        self.plain.blocks(&self.mint, bytes).next().is_some()
    }
}

/// Returns the canaries that were found, each once, in order.
pub fn distinct(hits: &[Hit]) -> Vec<u16> {
    hits.iter().map(|hit| hit.canary).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Returns for each canary the hit that shows it best: the least wrapped, then the first.
pub fn best(hits: &[Hit]) -> BTreeMap<u16, &Hit> {
    let mut best = BTreeMap::new();
    for hit in hits {
        let kept = best.entry(hit.canary).or_insert(hit);
        if hit.rank() < kept.rank() {
            *kept = hit;
        }
    }
    best
}
