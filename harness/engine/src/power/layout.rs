//! What tells the contents of a file from others, whatever of its changes persisted, without making them.
//!
//! The ends of everything that was ever changed in a file cut it into parts, and in each part every change is there whole or not at all. So
//! each part is one of few, what each of those is was computed once, and a choice of changes costs as much as there are parts.
//!
//! A part is told by its bytes as the digits of a number, modulo a prime, to two bases: that of several parts one after the other follows
//! from those of each, and does not depend on where they were cut.

use std::ops::Range;

use super::bytes::{Change, Part};
use super::render::Choice;
use crate::tree::Contents;

/// The prime 2^61 - 1.
const PRIME: u64 = (1 << 61) - 1;
/// Two numbers below it, without a pattern.
const BASES: [u64; 2] = [0x1b87_3593_cc9e_2d51, 0x0f0e_1eba_9e37_79b9];

/// Digest of bytes that tells them from others of the same length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Number([u64; 2]);

fn times(one: u64, two: u64) -> u64 {
    let product = u128::from(one) * u128::from(two);
    let folded = (product as u64 & PRIME) + (product >> 61) as u64;
    if folded >= PRIME { folded - PRIME } else { folded }
}

fn plus(one: u64, two: u64) -> u64 {
    let sum = one + two;
    if sum >= PRIME { sum - PRIME } else { sum }
}

impl Number {
    /// Returns the digest of bytes.
    fn of<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Number {
        let mut number = Number::default();
        for byte in pieces.flatten() {
            for (number, base) in number.0.iter_mut().zip(BASES) {
                // One more than the byte, so that zeros count where a length is not said.
                *number = plus(times(*number, base), u64::from(*byte) + 1);
            }
        }
        number
    }

    /// Returns the digest of these bytes followed by others, whose length gives these powers of the bases.
    fn then(self, next: Number, powers: Number) -> Number {
        let at = |n: usize| plus(times(self.0[n], powers.0[n]), next.0[n]);
        Number([at(0), at(1)])
    }

    /// Returns the bases to the power of a length.
    fn powers(length: usize) -> Number {
        let power = |base| {
            let (mut power, mut square, mut rest) = (1, base, length);
            while rest > 0 {
                if rest & 1 == 1 {
                    power = times(power, square);
                }
                square = times(square, square);
                rest >>= 1;
            }
            power
        };
        Number(BASES.map(power))
    }

    /// Returns the digest of so many zeros.
    fn zeros(length: usize) -> Number {
        // The sum of the powers, by doubling: that of 2n is that of n, and as much again behind it.
        let (mut number, mut done) = (Number::default(), 0_usize);
        for bit in (0..usize::BITS - length.leading_zeros()).rev() {
            number = number.then(number, Number::powers(done));
            done *= 2;
            if length >> bit & 1 == 1 {
                number = number.then(Number([1, 1]), Number(BASES));
                done += 1;
            }
        }
        number
    }

    pub(super) fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        for (bytes, number) in bytes.chunks_exact_mut(8).zip(self.0) {
            bytes.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }
}

/// A file in parts, and what its changes make of each.
#[derive(Debug)]
pub(super) struct Layout {
    /// Offsets at which the parts begin, and the end of the last.
    ends: Vec<usize>,
    /// Length of the file when it was born, in parts.
    born: usize,
    /// Each part as it was born, as zeros, and the powers of its length.
    parts: Vec<(Number, Number, Number)>,
    layers: Vec<Layer>,
}

/// Effect of a change on the parts.
#[derive(Debug)]
struct Layer {
    /// The effect.
    effect: usize,
    what: Done,
}

/// Change, counted in parts.
#[derive(Debug)]
enum Done {
    Cut(usize),
    Grow(usize),
    Put {
        /// Portions that may persist, whole first, with their parts.
        blocks: Vec<(Part, Vec<Range<usize>>)>,
        /// The part that the first number is of.
        from: usize,
        numbers: Vec<Number>,
        grows: bool,
    },
}

impl Layout {
    /// Returns the layout of a file that was born so, with its changes in their order, each with its effect.
    pub(super) fn of<'c>(
        born: &Contents,
        changes: impl Iterator<Item = (usize, &'c Change)> + Clone,
    ) -> Layout {
        let mut ends = vec![0, born.len()];
        for (_, change) in changes.clone() {
            match change {
                Change::Cut(length) | Change::Grow(length) => ends.push(*length),
                Change::Put { at, end, .. } => {
                    ends.extend([*at, *end]);
                    // Only where a part of it may persist are its blocks of interest.
                    for part in change.parts().into_iter().filter(|part| *part != Part::Whole) {
                        ends.extend(
                            change.persisted(part).flat_map(|block| [block.start, block.end]),
                        );
                    }
                }
            }
        }
        ends.sort_unstable();
        ends.dedup();
        // Every place that is asked for is an end.
        let part = |at: usize| ends.partition_point(|end| *end < at);
        let number =
            |contents: &Contents, part: &[usize]| Number::of(contents.pieces(part[0]..part[1]));
        let parts = ends.windows(2).map(|part| {
            let length = part[1] - part[0];
            (number(born, part), Number::zeros(length), Number::powers(length))
        });
        let parts = parts.collect();
        let layers = changes.map(|(effect, change)| {
            let what = match change {
                Change::Cut(length) => Done::Cut(part(*length)),
                Change::Grow(length) => Done::Grow(part(*length)),
                Change::Put { at, end, after, grows } => {
                    let ranges = |which| -> Vec<Range<usize>> {
                        let blocks = change.persisted(which);
                        let blocks = blocks.map(|block| part(block.start)..part(block.end));
                        if which == Part::Whole {
                            std::iter::once(part(*at)..part(*end)).collect()
                        } else {
                            blocks.collect()
                        }
                    };
                    let blocks = change.parts().into_iter().map(|which| (which, ranges(which)));
                    let (blocks, from) = (blocks.collect(), part(*at));
                    let numbers = ends[from..=part(*end)].windows(2);
                    let numbers = numbers.map(|part| number(after, part)).collect();
                    Done::Put { blocks, from, numbers, grows: *grows }
                }
            };
            Layer { effect, what }
        });
        let layers = layers.collect();
        Layout { born: part(born.len()), parts, layers, ends }
    }

    /// Returns the length of the file if so much of its changes persisted, and the digest of its contents.
    pub(super) fn number(&self, choice: &Choice) -> (usize, Number) {
        let mut length = self.born;
        let mut now: Vec<Number> = self.parts[..length].iter().map(|part| part.0).collect();
        // What is past the end is not there, and reads as zeros when the end moves away.
        let resize = |now: &mut Vec<Number>, length: usize| {
            now.truncate(length);
            now.extend(self.parts[now.len()..length].iter().map(|part| part.1));
        };
        for layer in &self.layers {
            let Some(part) = choice.get(layer.effect).copied().flatten() else { continue };
            match &layer.what {
                Done::Cut(to) => length = *to,
                Done::Grow(to) => length = length.max(*to),
                Done::Put { blocks, from, numbers, grows } => {
                    let blocks = blocks.iter().find(|(which, _)| *which == part);
                    for block in blocks.into_iter().flat_map(|(_, blocks)| blocks) {
                        if *grows {
                            length = length.max(block.end);
                            resize(&mut now, length);
                        }
                        let end = block.end.min(length);
                        if block.start < end {
                            now[block.start..end]
                                .copy_from_slice(&numbers[block.start - from..end - from]);
                        }
                    }
                }
            }
            resize(&mut now, length);
        }
        let number = now.iter().zip(&self.parts);
        let number =
            number.fold(Number::default(), |all, (now, (_, _, powers))| all.then(*now, *powers));
        (self.ends[length], number)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(bytes: &[u8]) -> Number {
        Number::of(std::iter::once(bytes))
    }

    proptest! {
        #[test]
        fn where_bytes_are_cut_does_not_matter(one in any::<Vec<u8>>(), two in any::<Vec<u8>>()) {
            let whole = [&one[..], &two].concat();
            prop_assert_eq!(number(&one).then(number(&two), Number::powers(two.len())), number(&whole));
        }

        #[test]
        fn zeros_are_counted(length in 0..9_000_usize) {
            prop_assert_eq!(Number::zeros(length), number(&vec![0; length]));
        }

        #[test]
        fn contents_are_told_as_if_they_were_made(
            steps in proptest::collection::vec(
                (0..30_000_usize, 0..12_000_usize, 0..3_u8, any::<bool>()), 1..7),
            seed: u64,
        ) {
            // A history of writes and truncations.
            let mut moments = vec![Contents::of(&[7; 5_000], None)];
            for (at, length, byte, cuts) in steps {
                let mut bytes = moments[moments.len() - 1].to_vec();
                if cuts {
                    bytes.resize(at, 0);
                } else {
                    bytes.resize(bytes.len().max(at + length), 0);
                    bytes[at..at + length].fill(byte);
                }
                moments.push(Contents::of(&bytes, moments.last()));
            }
            let changes: Vec<Change> =
                moments.windows(2).flat_map(|two| Change::between(&two[0], &two[1])).collect();
            let layout = Layout::of(&moments[0], changes.iter().enumerate());
            let mut random = crate::random::Random::new(seed);
            for _ in 0..20 {
                let choice: Choice = changes.iter().map(|change| {
                    let parts = change.parts();
                    (random.below(3) > 0).then(|| parts[random.below(parts.len())])
                }).collect();
                let mut bytes = moments[0].to_vec();
                for (change, part) in changes.iter().zip(&choice) {
                    if let Some(part) = part {
                        change.apply(*part, &mut bytes);
                    }
                }
                prop_assert_eq!(layout.number(&choice), (bytes.len(), number(&bytes)));
            }
        }
    }
}
