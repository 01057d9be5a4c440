//! Layer by layer: the plain search of some bytes, then of everything they wrap.

use super::inflate::{Inflater, Stream, streams};
use super::plain::Plain;
use super::runs::{
    Run, UNWRAPPED_MIN, decode_base64, decode_hex, hex_runs, only_hex, runs, shifted,
};
use super::scan::may_have_stretch;
use super::text::{may_have_wide, percent_runs, visible, wide_runs};
use super::{Encoding, Hit, SearchResult};
use crate::canary::{BLOCK_LEN, Mint};
use std::collections::HashSet;

/// Wrappings taken off, one within another, before the last plain search. That one sees through a
/// plain encoding too, so at most one more is named in a hit.
pub const DEPTH: usize = 4;

/// Bytes of work for each byte searched. Base64 text, read from each of four beginnings, costs 3,
/// base64 in base64 in base64 less than 8.
pub const WORK_PER_BYTE: usize = 12;

/// Bytes of work that every search may do, however small its input: enough to search what
/// [`INFLATED_FLOOR`](super::INFLATED_FLOOR) bytes of base64 text wrap.
pub const WORK_FLOOR: usize = 512 << 20;

/// Cost of trying a stream, in bytes of work: clearing the 32 KiB window, mostly.
const ATTEMPT: usize = 4 << 10;
/// Cost of an encoded run besides its bytes.
const RUN: usize = 64;

/// Says where in the outermost bytes an offset of this layer is.
type OffsetMap<'a> = &'a dyn Fn(usize) -> usize;

pub(super) fn examine(mint: &Mint, plain: &Plain, bytes: &[u8]) -> SearchResult {
    let mut pass = Pass {
        mint,
        plain,
        hits: HashSet::new(),
        wrapped: Vec::new(),
        inflater: None,
        spare: Vec::new(),
        work_left: WORK_FLOOR.saturating_add(bytes.len().saturating_mul(WORK_PER_BYTE)),
        searched: bytes.len(),
        complete: true,
    };
    pass.layer(bytes, &|at| at, true);
    if let Some(inflater) = pass.inflater.take() {
        inflater.put_away();
    }
    let mut hits: Vec<Hit> = pass.hits.into_iter().collect();
    hits.sort_unstable_by(|a, b| {
        let order = |hit: &Hit| (hit.offset, hit.canary, hit.block);
        order(a).cmp(&order(b)).then_with(|| a.wrapped.cmp(&b.wrapped))
    });
    SearchResult { hits, complete: pass.complete }
}

struct Pass<'a> {
    mint: &'a Mint,
    plain: &'a Plain,
    hits: HashSet<Hit>,
    /// The way from the outermost bytes to the layer being searched.
    wrapped: Vec<Encoding>,
    /// Made when first needed: most files hold no stream.
    inflater: Option<Inflater>,
    /// Memory that decoded runs had, for the next ones: one for each layer.
    spare: Vec<[Vec<u8>; 2]>,
    work_left: usize,
    /// The length of the outermost bytes.
    searched: usize,
    complete: bool,
}

impl Pass<'_> {
    /// Searches these bytes and what they wrap. `whole` says that something may begin with them.
    fn layer(&mut self, bytes: &[u8], place: OffsetMap<'_>, whole: bool) {
        if bytes.len() < BLOCK_LEN {
            return;
        }
        // A block is visible, in each of its forms, or has a zero behind each character. Random bytes
        // are neither, and most of what is wrapped is nothing else, read from where it did not begin.
        let (has_text, has_wide) = (may_have_stretch(bytes, visible), may_have_wide(bytes));
        if has_text || has_wide || self.wrapped.is_empty() {
            for seen in self.plain.blocks(self.mint, bytes) {
                let mut wrapped = self.wrapped.clone();
                wrapped.extend(seen.encoding);
                let offset = place(seen.offset);
                self.record(Hit { canary: seen.canary, block: seen.block, offset, wrapped });
            }
        }
        if self.wrapped.len() == DEPTH || bytes.len() < UNWRAPPED_MIN {
            return;
        }
        self.in_streams(bytes, place, whole);
        if has_text {
            self.in_runs(bytes, place);
        }
        if has_wide {
            self.in_wide_text(bytes, place);
        }
        if has_text {
            self.in_percent_text(bytes, place);
        }
    }

    /// Records a hit of a percent-decoded layer unless it was found without decoding: most text stays as it is. The plain search of a layer
    /// comes before, so its hits are known.
    fn record(&mut self, hit: Hit) {
        if hit.wrapped.contains(&Encoding::Percent) {
            let mut without = hit.clone();
            without.wrapped.retain(|&encoding| encoding != Encoding::Percent);
            if self.hits.contains(&without) {
                return;
            }
        }
        self.hits.insert(hit);
    }

    fn within(&mut self, encoding: Encoding, bytes: &[u8], place: OffsetMap<'_>, whole: bool) {
        self.wrapped.push(encoding);
        self.layer(bytes, place, whole);
        self.wrapped.pop();
    }

    fn in_streams(&mut self, bytes: &[u8], place: OffsetMap<'_>, whole: bool) {
        for stream in streams(bytes) {
            self.in_stream(&stream, bytes, place);
        }
        // Without a header there is nothing to find such a stream by. Where something begins, it
        // may: base64 of deflate is what PHP's gzdeflate() and SAML's redirect binding lead to.
        if whole && let Some(stream) = Stream::headless(bytes) {
            self.in_stream(&stream, bytes, place);
        }
    }

    fn in_stream(&mut self, stream: &Stream, bytes: &[u8], place: OffsetMap<'_>) {
        if !self.spend(ATTEMPT) {
            return;
        }
        let input = &bytes[stream.body..];
        let inflated = self
            .inflater
            .get_or_insert_with(|| Inflater::new(self.searched))
            .inflate(input, self.work_left);
        self.complete &= !inflated.cut;
        if self.spend(inflated.consumed + inflated.bytes.len()) {
            self.within(stream.encoding, &inflated.bytes, &|_| place(stream.at), false);
        }
    }

    fn in_runs(&mut self, bytes: &[u8], place: OffsetMap<'_>) {
        for run in runs(bytes) {
            let [mut decoded, mut moved] = self.spare.pop().unwrap_or_default();
            for digits in hex_runs(&run.text) {
                decode_hex(&run.text[digits.clone()], &mut decoded);
                self.in_bits(Encoding::Hex, 4, (&decoded, &mut moved), digits.start, &run, place);
            }
            // 24 base64 characters happen to be all hexadecimal once in 10^11.
            if !only_hex(&run.text) {
                decode_base64(&run.text, &mut decoded);
                self.in_bits(Encoding::Base64, 6, (&decoded, &mut moved), 0, &run, place);
            }
            self.spare.push([decoded, moved]);
        }
    }

    /// Decodes a run's characters from `from` on, of so many bits each. If the text before ran into the run (`session-eJw…`), the first
    /// character is not where it began, so each beginning is tried.
    fn in_bits(
        &mut self,
        encoding: Encoding,
        bits: usize,
        (decoded, moved): (&[u8], &mut Vec<u8>),
        from: usize,
        run: &Run<'_>,
        place: OffsetMap<'_>,
    ) {
        let step = if bits == 4 { 4 } else { 2 };
        for skip in (0..8).step_by(step) {
            if !self.spend(decoded.len() + RUN) {
                return;
            }
            let bytes = match skip {
                0 => decoded,
                _ => {
                    shifted(decoded, skip, moved);
                    &*moved
                }
            };
            let outer = |at: usize| place(run.offset(from + (8 * at + skip) / bits));
            self.within(encoding, bytes, &outer, skip == 0);
        }
    }

    fn in_wide_text(&mut self, bytes: &[u8], place: OffsetMap<'_>) {
        for run in wide_runs(bytes) {
            let narrow: Vec<u8> = bytes[run.start..run.end].iter().copied().step_by(2).collect();
            if !self.spend(narrow.len() + RUN) {
                return;
            }
            let first = run.start - usize::from(run.big_endian);
            self.within(run.encoding(), &narrow, &|at| place(first + 2 * at), false);
        }
    }

    fn in_percent_text(&mut self, bytes: &[u8], place: OffsetMap<'_>) {
        for run in percent_runs(bytes) {
            if !self.spend(run.text.len() + RUN) {
                return;
            }
            self.within(Encoding::Percent, &run.text, &|at| place(run.offset(at)), false);
        }
    }

    /// Takes so much from the work that may still be done; `false` if that was too much.
    fn spend(&mut self, work: usize) -> bool {
        match self.work_left.checked_sub(work) {
            Some(left) => {
                self.work_left = left;
                true
            }
            None => {
                self.complete = false;
                false
            }
        }
    }
}
