//! Bounds of a parser's answer: as much of it is kept as its header may have.
//!
//! An answer may have 16 MiB. Readings are kept until all of a header's vectors were read, and compared pair by pair, so that one that is out of all
//! proportion would cost the harness what it costs nobody else.

use std::collections::BTreeSet;

use interloper_driver::Bytes;
use interloper_engine::record::Difference;

use super::compare::Pair;

/// Pairs of each piece: a reader that decodes may split one once more.
const OF_A_PIECE: usize = 2;
/// Pairs that a reader may add: the attributes of `Set-Cookie` that it fills in.
const OF_ITS_OWN: usize = 8;
/// Bytes of each byte of the header: another encoding takes three, and something may stand between.
const OF_A_BYTE: usize = 4;
/// Bytes that a reader may add: the names and values of the attributes that it fills in.
const OF_NONE: usize = 256;

/// Keeps of an answer what its header may have, and says how the rest differs: a pair too many was added, and a byte too many is no reading of it.
pub(super) fn kept(
    header: &[u8],
    answer: Vec<(Bytes, Bytes)>,
) -> (Vec<Pair>, BTreeSet<Difference>) {
    let pieces = header.iter().filter(|byte| **byte == b';').count() + 1;
    let most = OF_A_PIECE * pieces + OF_ITS_OWN;
    let mut left = OF_A_BYTE * header.len() + OF_NONE;
    let mut differences = BTreeSet::new();
    if answer.len() > most {
        differences.insert(Difference::Added);
    }
    let mut cut = |text: Bytes| {
        let text = text.as_slice();
        if text.len() > left {
            differences.insert(Difference::Other);
        }
        let text = &text[..text.len().min(left)];
        left -= text.len();
        text.to_vec()
    };
    let pairs = answer.into_iter().take(most);
    let pairs = pairs.map(|(name, value)| (cut(name), cut(value))).collect();
    (pairs, differences)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(found: &BTreeSet<Difference>) -> Vec<&'static str> {
        found.iter().map(|one| one.as_str()).collect()
    }

    #[test]
    fn an_answer_within_the_bounds_is_kept_whole() {
        let answer: Vec<(Bytes, Bytes)> =
            (0..12).map(|n| (Bytes::from(&*n.to_string()), "x".into())).collect();
        let (pairs, found) = kept(b"a=1; b=2", answer);
        assert_eq!((pairs.len(), words(&found)), (12, vec![]));
        assert_eq!(pairs[11], (b"11".to_vec(), b"x".to_vec()));
    }

    #[test]
    fn of_very_many_pairs_as_many_are_kept_as_the_header_may_have() {
        let answer = vec![(Bytes::from("x"), Bytes::from("")); 900_000];
        let (pairs, found) = kept(b"a=1; b=2", answer);
        assert_eq!((pairs.len(), words(&found)), (12, vec!["added"]));
    }

    #[test]
    fn of_a_very_long_value_as_much_is_kept_as_the_header_may_have() {
        let long = || Bytes::from(vec![b'x'; 1 << 20]);
        let (pairs, found) = kept(b"a=1", vec![(long(), long()), (long(), long())]);
        let bytes: usize = pairs.iter().map(|pair| pair.0.len() + pair.1.len()).sum();
        assert_eq!((bytes, words(&found)), (4 * 3 + 256, vec!["other"]));
    }
}
