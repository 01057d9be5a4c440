//! Bytes that two files have in common and a third has not.

use std::collections::HashSet;

/// The length of a block of every cipher in use, in bytes: chance makes no two of them equal.
const BLOCK: usize = 16;

/// Number of equal bytes in a row that are reported: half a secret, and more than a time or a number has.
pub(super) const TOLD: usize = 32;

/// Every run of [`BLOCK`] bytes of some files.
pub(super) type Blocks = HashSet<[u8; BLOCK]>;

/// Returns every block of some files.
pub(super) fn blocks_of(files: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Blocks {
    let mut blocks = Blocks::new();
    for bytes in files {
        let windows = bytes.as_ref().windows(BLOCK);
        blocks.extend(windows.filter_map(|window| <[u8; BLOCK]>::try_from(window).ok()));
    }
    blocks
}

/// Returns the longest run of bytes that is in both, leaving out what is in a control, too: headers, names of algorithms and of keys.
///
/// The number of its bytes, and where it is in the first; nothing where it is shorter than [`TOLD`].
pub(super) fn common(one: &[u8], other: &[u8], known: &Blocks) -> Option<(usize, usize)> {
    let theirs = blocks_of([other]);
    let mut shared = vec![false; one.len()];
    let mut plain = vec![false; one.len()];
    for (at, window) in one.windows(BLOCK).enumerate() {
        if theirs.contains(window) {
            shared[at..at + BLOCK].fill(true);
        }
        if known.contains(window) {
            plain[at..at + BLOCK].fill(true);
        }
    }
    let mut longest: Option<(usize, usize)> = None;
    let mut begun = None;
    for at in 0..=one.len() {
        let counts = at < one.len() && shared[at] && !plain[at];
        match (counts, begun) {
            (true, None) => begun = Some(at),
            (false, Some(start)) => {
                let length = at - start;
                if length >= TOLD && longest.is_none_or(|(most, _)| length > most) {
                    longest = Some((length, start));
                }
                begun = None;
            }
            _ => {}
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use interloper_engine::Random;

    use super::*;

    /// Bytes that are not one another's.
    fn noise(seed: u8, length: usize) -> Vec<u8> {
        let mut random = Random::new(seed.into());
        (0..length).map(|_| random.below(256) as u8).collect()
    }

    #[test]
    fn what_is_drawn_anew_has_nothing_in_common() {
        assert_eq!(common(&noise(1, 500), &noise(2, 500), &Blocks::new()), None);
    }

    #[test]
    fn a_header_is_no_news() {
        let header = b"a header that says how the rest is encrypted\n";
        let file = |seed| [&header[..], &noise(seed, 300)].concat();
        assert_eq!(common(&file(1), &file(2), &blocks_of([file(3)])), None);
        assert_eq!(common(&file(1), &file(2), &Blocks::new()), Some((header.len(), 0)));
    }

    #[test]
    fn equal_blocks_are_seen_wherever_they_are() {
        let secret = noise(9, 48);
        let file =
            |seed, before| [noise(seed, before), secret.clone(), noise(seed + 1, 99)].concat();
        assert_eq!(
            common(&file(1, 100), &file(3, 7), &blocks_of([noise(8, 300)])),
            Some((48, 100))
        );
    }

    #[test]
    fn a_time_between_a_header_and_the_rest_is_not_told() {
        let file = |seed, time: &str| {
            [b"{\"version\":1,\"saved\":\"", time.as_bytes(), &noise(seed, 200)].concat()
        };
        let (one, other, control) = (
            file(1, "2026-01-01T00:00:01"),
            file(2, "2026-01-01T00:00:01"),
            file(3, "2026-01-02T00:00:02"),
        );
        assert_eq!(common(&one, &other, &blocks_of([control])), None);
    }
}
