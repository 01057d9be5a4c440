//! Changes that know no format.

use std::ops::Range;

use interloper_engine::Random;

use super::LONGEST;

/// Bytes at which readers go wrong: ends, quotes, separators, what is no UTF-8.
const ODD: &[u8] = b"\0\x01\x7f\x80\xc3\xff\n\r\t \"'\\,;:=|&%+-.<>[]{}()09aAzZ";

/// Returns a part of so many bytes, short more often than long.
pub(super) fn range(length: usize, random: &mut Random) -> Range<usize> {
    if length == 0 {
        return 0..0;
    }
    let from = random.below(length);
    let most = match random.below(3) {
        0 => 4,
        1 => 32,
        _ => length,
    };
    from..from + 1 + random.below(most.min(length - from))
}

/// Makes one change.
pub(super) fn change(mut bytes: Vec<u8>, random: &mut Random) -> Vec<u8> {
    if bytes.is_empty() {
        bytes.push(odd(random));
        return bytes;
    }
    let at = random.below(bytes.len());
    match random.below(11) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = odd(random),
        2 => bytes[at] = random.next() as u8,
        3 => bytes.insert(at, odd(random)),
        4 => drop(bytes.drain(range(bytes.len(), random))),
        5 => bytes.truncate(at),
        6 => {
            let part = bytes[range(bytes.len(), random)].to_vec();
            bytes.splice(at..at, part);
        }
        7 => {
            let part = bytes[range(bytes.len(), random)].to_vec();
            let over = part.len().min(bytes.len() - at);
            bytes[at..at + over].copy_from_slice(&part[..over]);
        }
        8 => bytes[at] = bytes[at].wrapping_add(random.below(33) as u8).wrapping_sub(16),
        9 => number(&mut bytes, at, random),
        _ => {
            let other = random.below(bytes.len());
            bytes.swap(at, other);
        }
    }
    bytes
}

pub(super) fn odd(random: &mut Random) -> u8 {
    ODD[random.below(ODD.len())]
}

/// Puts a number in the place of 1, 2, 4 or 8 bytes, in either order.
fn number(bytes: &mut [u8], at: usize, random: &mut Random) {
    let width = [1, 2, 4, 8][random.below(4)];
    let Some(place) = bytes.get_mut(at..at + width) else { return };
    let little = random.below(2) == 0;
    let mut old = [0; 8];
    old[..width].copy_from_slice(place);
    if !little {
        old[..width].reverse();
    }
    let old = u64::from_le_bytes(old);
    let largest = u64::MAX >> (64 - 8 * width);
    let new = match random.below(6) {
        0 => 0,
        1 => largest,
        2 => largest / 2 + random.below(2) as u64,
        3 => old.wrapping_add(1 + random.below(64) as u64),
        4 => old.wrapping_sub(1 + random.below(64) as u64),
        _ => 1 << random.below(8 * width),
    };
    let mut new = (new & largest).to_le_bytes();
    if !little {
        new[..width].reverse();
    }
    place.copy_from_slice(&new[..width]);
}

/// Repeats a part, or a word, many times: what is quadratic or recurses without a limit shows by that.
pub(super) fn stretch(mut bytes: Vec<u8>, random: &mut Random, word: &[u8]) -> Vec<u8> {
    let part = match random.below(3) {
        0 => word.to_vec(),
        1 => vec![odd(random)],
        _ => {
            let at = random.below(bytes.len() + 1);
            let end = (at + 1 + random.below(8)).min(bytes.len());
            bytes[at..end].to_vec()
        }
    };
    if part.is_empty() {
        return bytes;
    }
    // From a few, for what doubles with each, to what is a stack of them.
    let times = 1 << (3 + random.below(12));
    let room = LONGEST.saturating_sub(bytes.len()) / part.len();
    let at = random.below(bytes.len() + 1);
    bytes.splice(at..at, part.repeat(times.min(room)));
    bytes
}

/// Returns the longest part that repeats with a period of at most 40 bytes, and its period; `None` if none repeats eight times.
pub(in crate::fuzzing) fn longest_run(bytes: &[u8]) -> Option<(Range<usize>, usize)> {
    let mut best: Option<(Range<usize>, usize)> = None;
    for period in 1..=40 {
        let mut from = 0;
        for at in period..=bytes.len() {
            if at < bytes.len() && bytes[at] == bytes[at - period] {
                continue;
            }
            let length = at - from;
            let longer = best.as_ref().is_none_or(|(range, _)| length > range.len());
            if length >= 8 * period && longer {
                best = Some((from..at, period));
            }
            from = at + 1 - period;
        }
    }
    best
}

/// Returns the bytes with their longest run four times as long; `None` if there is none, or no room.
pub(in crate::fuzzing) fn grown(bytes: &[u8]) -> Option<Vec<u8>> {
    let (run, period) = longest_run(bytes)?;
    let unit = &bytes[run.start..run.start + period];
    let more = unit.repeat(3 * run.len() / period);
    let grown = [&bytes[..run.end], &more, &bytes[run.end..]].concat();
    (grown.len() <= LONGEST).then_some(grown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_found_with_its_period_and_grows() {
        let whole = [b"{\"a\": \"", &b"\\\"".repeat(40)[..], b"\"}"].concat();
        let (run, period) = longest_run(&whole).unwrap();
        // The quote that opens the value belongs to it: what follows has a period of two bytes.
        assert_eq!((run.start, period), (6, 2));
        let grown = grown(&whole).unwrap();
        assert!(grown.starts_with(b"{\"a\": \"\\\"\\\"") && grown.ends_with(b"\"}"));
        assert!(grown.len() > 3 * whole.len());
        assert_eq!(longest_run(b"no run in this"), None);
    }
}
