//! More and more of the same: depth shows by that, and cost out of proportion, whatever the machine.
//!
//! A *ladder* repeats one part of an input at its place, each rung four times as often as the one before. What nests without a limit dies on
//! the way up. What takes much more than four times the processor time from one rung to the next is suspect, and a fresh process measures it
//! again ([`shrunk`] gives it the rungs below).

use std::collections::{BTreeMap, VecDeque};

use interloper_engine::Random;

use super::input::FuzzInput;
use super::mutate::{Place, USUAL, longest_run, usual};
use crate::corruption::code_execution::{decode, encode, wrapped};

/// Lengths of what is repeated, in bytes, one for each rung.
const RUNGS: [usize; 5] = [4 << 10, 16 << 10, 64 << 10, 256 << 10, 960 << 10];
/// Number of rungs that are climbed if the cost is in proportion.
const USUAL_RUNGS: usize = 4;
/// Ratio of the processor time that four times the length takes: 4 is proportion, 16 is quadratic.
///
/// A load that is watched is suspect from the first on, for what watching costs is in proportion and hides the rest. The second is what the
/// longest of three lengths takes at least in a process that is not watched, and the third what the one before it takes.
const RATIOS: [u64; 3] = [5, 7, 4];
/// Processor time of a rung below which its ratio to another says nothing, in nanoseconds.
const MEASURABLE: u64 = 1_000_000;
/// Processor time of a load that is worth a suspicion, in nanoseconds.
pub(super) const COSTLY: u64 = 100_000_000;
/// Processor time that a rung may be expected to take, in nanoseconds: one beyond is left out if the cost is in proportion.
const DEAR: u64 = 600_000_000;
/// Number of wrappings around a run that are looked into.
const DEPTH: usize = 3;
/// Number of times that a run of one unit is climbed.
const TIMES: u32 = 3;

/// Rungs of one part of an input.
pub(super) struct Ladder {
    file: u8,
    place: Place,
    rung: usize,
    /// Processor time of the rung below, in nanoseconds.
    below: Option<u64>,
    /// Number of changes of the input that it begins with.
    pub(super) changes: u32,
}

impl Ladder {
    /// Begins at the lowest rung.
    pub(super) fn new(file: u8, changes: u32, place: Place) -> Ladder {
        Ladder { file, place, rung: 0, below: None, changes }
    }

    /// Returns the next rung; `None` above the last.
    pub(super) fn next(&mut self) -> Option<FuzzInput> {
        let length = RUNGS.get(self.rung)?;
        self.rung += 1;
        let bytes = self.place.repeated(*length)?;
        Some(FuzzInput { file: self.file, bytes })
    }

    /// Takes note of what the last rung took; whether it is out of proportion to the one below.
    pub(super) fn took(&mut self, nanos: u64) -> bool {
        let below = self.below.replace(nanos);
        let steep = below.is_some_and(|below| is_steep(below, nanos, RATIOS[0]));
        if !steep && (nanos.saturating_mul(4) > DEAR || self.rung >= USUAL_RUNGS) {
            self.rung = RUNGS.len();
        }
        steep && nanos >= COSTLY
    }
}

/// Returns whether what three lengths took, each four times the one before, is out of all proportion to them.
pub(super) fn is_out_of_proportion([least, middle, most]: [u64; 3]) -> bool {
    most >= COSTLY && is_steep(middle, most, RATIOS[1]) && is_steep(least, middle, RATIOS[2])
}

/// Returns whether a length took more than so many times what a quarter of it took.
fn is_steep(below: u64, above: u64, ratio: u64) -> bool {
    above > below.max(MEASURABLE).saturating_mul(ratio)
}

/// Returns an input with its longest run a quarter as long, in whole units, within wrappings too; `None` if it has no run to speak of.
pub(super) fn shrunk(bytes: &[u8]) -> Option<Vec<u8>> {
    within(bytes, DEPTH, &|bytes| {
        let (run, period) = longest_run(bytes).filter(|(run, _)| run.len() >= bytes.len() / 2)?;
        let kept = (run.len() / 4).next_multiple_of(period).min(run.len());
        Some([&bytes[..run.start + kept], &bytes[run.end..]].concat())
    })
}

/// Makes a change to an input, or to the first of its wrapped parts that can be changed so.
fn within(
    bytes: &[u8],
    depth: usize,
    change: &dyn Fn(&[u8]) -> Option<Vec<u8>>,
) -> Option<Vec<u8>> {
    // From the innermost: a run that is wrapped in base64 is one outside, too, and there it ends within a unit.
    if depth > 0 {
        for (range, layer) in wrapped(bytes) {
            let inner = decode(&bytes[range.clone()], layer);
            let changed = inner.and_then(|inner| within(&inner, depth - 1, change));
            if let Some(outer) = changed.and_then(|changed| encode(&changed, layer)) {
                return Some([&bytes[..range.start], &outer, &bytes[range.end..]].concat());
            }
        }
    }
    change(bytes)
}

/// Chooses a part of an input to repeat.
pub(super) fn ladder(input: &FuzzInput, changes: u32, random: &mut Random) -> Ladder {
    Ladder::new(input.file, changes, Place::choose(&input.bytes, DEPTH, random))
}

/// Returns the ladders that every search climbs, of what the store's own files have.
pub(super) fn usual_ladders(seeds: &[FuzzInput]) -> VecDeque<Ladder> {
    usual(seeds).into_iter().map(|(file, place)| Ladder::new(file, 1, place)).collect()
}

/// Runs that showed something new: each unit is climbed a few times, for it may stand in several places.
#[derive(Default)]
pub(super) struct Runs {
    climbed: BTreeMap<Vec<u8>, u32>,
}

impl Runs {
    /// Returns the ladder of an input's own run, if it has one that was not climbed often enough.
    pub(super) fn ladder(&mut self, input: &FuzzInput, changes: u32) -> Option<Ladder> {
        let place = Place::run(&input.bytes).filter(|_| input.bytes.len() <= USUAL)?;
        let times = self.climbed.entry(place.least_unit()).or_default();
        *times += 1;
        (*times <= TIMES).then(|| Ladder::new(input.file, changes + 1, place))
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn place(unit: &[u8]) -> Place {
        Place {
            before: b"{\"a\": ".to_vec(),
            unit: unit.to_vec(),
            after: b"}".to_vec(),
            around: Vec::new(),
        }
    }

    #[test]
    fn each_rung_is_four_times_as_long_and_has_whole_units() {
        let mut ladder = Ladder::new(0, 0, place(b"%22"));
        let lengths: Vec<usize> =
            std::iter::from_fn(|| ladder.next()).map(|input| input.bytes.len() - 7).collect();
        assert!(lengths.iter().all(|length| length % 3 == 0));
        assert_eq!(lengths, [4_095, 16_383, 65_535, 262_143, 983_040]);
    }

    #[test]
    fn what_is_quadratic_is_suspect_and_what_is_linear_is_not() {
        let climb = |cost: &dyn Fn(u64) -> u64| {
            let mut ladder = Ladder::new(0, 0, place(b"["));
            let mut suspect = false;
            while let Some(input) = ladder.next() {
                assert!(suspect || input.bytes.len() < 300_000, "a rung for what is in proportion");
                suspect |= ladder.took(cost(input.bytes.len() as u64));
            }
            suspect
        };
        assert!(climb(&|length| length * length / 32));
        assert!(!climb(&|length| 30_000 + 900 * length));
        // As a reader that counts lines, half of whose cost is in proportion.
        assert!(climb(&|length| 1_200 * length + length * length / 200));
        // Out of proportion, and too little to matter.
        assert!(!climb(&|length| length * length / 32_768));
    }

    #[test]
    fn three_lengths_say_what_is_out_of_proportion() {
        let of = |cost: &dyn Fn(u64) -> u64| [1, 4, 16].map(|times| cost(times * 16_384));
        // The planted quadratic reader: 7, 41 and 437 ms.
        assert!(is_out_of_proportion([7_000_000, 40_500_000, 436_700_000]));
        assert!(is_out_of_proportion(of(&|length| length * length / 200)));
        assert!(!is_out_of_proportion(of(&|length| 2_000 * length)));
        // Sorting, and a cache that is too small for the last.
        assert!(!is_out_of_proportion(of(&|length| 100 * length * u64::from(length.ilog2()))));
        assert!(!is_out_of_proportion([60_000_000, 240_000_000, 1_500_000_000]));
    }

    #[test]
    fn a_run_shrinks_by_whole_units_inside_of_base64_too() {
        let whole = [b"head ", &b"%22"[..].repeat(400)[..], b" tail"].concat();
        let small = shrunk(&whole).unwrap();
        assert_eq!(small, [b"head ", &b"%22"[..].repeat(100)[..], b" tail"].concat());
        let wrapped = STANDARD.encode(&whole);
        assert_eq!(shrunk(wrapped.as_bytes()).unwrap(), STANDARD.encode(&small).into_bytes());
        assert_eq!(shrunk(b"a short text without any run"), None);
    }
}
