//! A part of an input that can be repeated at its place, within wrappings too.

use interloper_engine::Random;

use super::LONGEST;
use super::bytes::{longest_run, odd};
use super::text::SEPARATORS;
use crate::corruption::code_execution::{Layer, decode, encode, wrapped};

/// Texts that open something that can hold the same again, in formats that stores write, and what is escaped in a text.
pub(super) const OPENERS: [&[u8]; 22] = [
    b"[",
    b"{\"a\":",
    b"{",
    b"(",
    b"<a>",
    b"a:1:{i:0;",
    b"l",
    b"d1:a",
    b"\x91",
    b"\x81\xa1a",
    b"- ",
    b"\"",
    b"'",
    b"\\\"",
    b"\\\\",
    b"%22",
    b"%41",
    b"&amp;",
    b"\\u0041",
    b"a",
    b"0",
    b" ",
];
/// The longest field that is repeated, in bytes.
const FIELD: usize = 160;

/// A part of an input, and everything around it.
#[derive(Clone, Debug)]
pub(in crate::fuzzing) struct Place {
    /// Bytes before it.
    pub(in crate::fuzzing) before: Vec<u8>,
    /// Bytes that are repeated.
    pub(in crate::fuzzing) unit: Vec<u8>,
    /// Bytes after it.
    pub(in crate::fuzzing) after: Vec<u8>,
    /// The wrappings of these, the outermost first, with what stands before and after each.
    pub(in crate::fuzzing) around: Vec<(Vec<u8>, Layer, Vec<u8>)>,
}

impl Place {
    /// Chooses a part of an input, or of what is wrapped in it.
    pub(in crate::fuzzing) fn choose(bytes: &[u8], depth: usize, random: &mut Random) -> Place {
        let mut bytes = bytes.to_vec();
        let mut around = Vec::new();
        while around.len() < depth && random.below(2) == 0 {
            let layers = wrapped(&bytes);
            let Some((range, layer)) = layers.get(random.below(layers.len().max(1))) else { break };
            let Some(inner) = decode(&bytes[range.clone()], *layer) else { break };
            let outside = (bytes[..range.start].to_vec(), *layer, bytes[range.end..].to_vec());
            around.push(outside);
            bytes = inner;
        }
        let (at, unit) = match random.below(3) {
            0 => (position(&bytes, random), OPENERS[random.below(OPENERS.len())].to_vec()),
            1 => field(&bytes, random),
            _ => part(&bytes, random),
        };
        // A reader that ends at a mark after it may never come to what is long.
        let after = if random.below(4) == 0 { Vec::new() } else { bytes[at..].to_vec() };
        Place { before: bytes[..at].to_vec(), unit, after, around }
    }

    /// Returns the part that an input repeats already; `None` if it repeats nothing often enough.
    pub(in crate::fuzzing) fn run(bytes: &[u8]) -> Option<Place> {
        let (run, period) = longest_run(bytes)?;
        Some(Place {
            before: bytes[..run.start].to_vec(),
            unit: bytes[run.start..run.start + period].to_vec(),
            after: bytes[run.end..].to_vec(),
            around: Vec::new(),
        })
    }

    /// Returns the part in the first of its rotations, so that it is the same wherever a run of it is cut.
    pub(in crate::fuzzing) fn least_unit(&self) -> Vec<u8> {
        let rotated = |at: usize| [&self.unit[at..], &self.unit[..at]].concat();
        (0..self.unit.len()).map(rotated).min().unwrap_or_default()
    }

    /// Returns the input with the part repeated up to a length; `None` if there is nothing to repeat, or no room.
    pub(in crate::fuzzing) fn repeated(&self, length: usize) -> Option<Vec<u8>> {
        let times = length.checked_div(self.unit.len())?;
        let middle = self.unit.repeat(times);
        let mut bytes = [&self.before, &middle, &self.after].map(Vec::as_slice).concat();
        for (before, layer, after) in self.around.iter().rev() {
            bytes = [before, &encode(&bytes, *layer)?, after].map(Vec::as_slice).concat();
        }
        (bytes.len() <= LONGEST).then_some(bytes)
    }
}

/// Chooses where something new is put: where a field begins, more often than elsewhere.
fn position(bytes: &[u8], random: &mut Random) -> usize {
    let starts: Vec<usize> =
        (0..bytes.len()).filter(|at| SEPARATORS.contains(&bytes[*at])).map(|at| at + 1).collect();
    match random.below(4) {
        0 => 0,
        1 | 2 if !starts.is_empty() => starts[random.below(starts.len())],
        _ => random.below(bytes.len() + 1),
    }
}

/// Chooses a field with the separator after it.
fn field(bytes: &[u8], random: &mut Random) -> (usize, Vec<u8>) {
    let there: Vec<u8> = SEPARATORS.iter().copied().filter(|one| bytes.contains(one)).collect();
    if there.is_empty() {
        return part(bytes, random);
    }
    let separator = there[random.below(there.len())];
    let mut starts = vec![0];
    starts.extend((0..bytes.len()).filter(|at| bytes[*at] == separator).map(|at| at + 1));
    let at = starts[random.below(starts.len())];
    let rest = &bytes[at..];
    let length = rest.iter().position(|byte| *byte == separator).map_or(rest.len(), |end| end + 1);
    // After a separator at the end there is no field.
    if rest.is_empty() { part(bytes, random) } else { (at, rest[..length.min(FIELD)].to_vec()) }
}

/// Chooses a few bytes.
fn part(bytes: &[u8], random: &mut Random) -> (usize, Vec<u8>) {
    let at = random.below(bytes.len() + 1);
    let end = (at + 1 + random.below(8)).min(bytes.len());
    let unit = if at < end { bytes[at..end].to_vec() } else { vec![odd(random)] };
    (at, unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_repeated_stands_where_it_stood() {
        let whole = b"{\"name\": \"value\", \"quoted\": \"a%22b%27c\"}";
        let mut random = Random::new(5);
        let mut whole_left = 0;
        for _ in 0..500 {
            let place = Place::choose(whole, 3, &mut random);
            let once = [&place.before[..], &place.after[..]].concat();
            assert!(!place.unit.is_empty());
            whole_left += usize::from(once == whole);
            let repeated = place.repeated(4 << 10).unwrap();
            assert!(repeated.starts_with(&place.before) && repeated.ends_with(&place.after));
        }
        assert!(whole_left > 300, "{whole_left}");
    }

    #[test]
    fn a_run_goes_on_where_it_is_and_is_the_same_wherever_it_is_cut() {
        let whole = [b"name=", &b"%22"[..].repeat(20)[..], b"\n"].concat();
        let place = Place::run(&whole).unwrap();
        assert_eq!(place.repeated(60).unwrap(), whole);
        assert_eq!(place.least_unit(), b"%22");
        let cut = Place::run(&b"2%2".repeat(20)).unwrap();
        assert_eq!(cut.least_unit(), place.least_unit());
        assert!(Place::run(b"nothing of it repeats").is_none());
    }

    #[test]
    fn nothing_panics_on_the_empty_file() {
        let mut random = Random::new(5);
        for _ in 0..200 {
            assert!(Place::choose(b"", 3, &mut random).repeated(1 << 12).is_some());
        }
    }
}
