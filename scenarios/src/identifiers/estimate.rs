//! How much there is to guess in ids, from above: an estimate accuses, and never certifies.
//!
//! Only what shows on the outside is seen. The hash of a counter looks as good as the kernel's random bytes;
//! such ids give themselves away only where two processes give the same ones.

use std::collections::BTreeSet;

/// The alphabets that ids are written in, smallest first.
const ALPHABETS: [&[u8]; 10] = [
    b"0123456789",
    b"0123456789abcdef",
    b"0123456789ABCDEF",
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    b"0123456789abcdefghijklmnopqrstuvwxyz",
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_",
    // Base64 as mail has it, and PHP's session.sid_bits_per_character = 6.
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/",
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz,-",
];

/// Padding before the first character of an id shorter than others: counters are written so.
const NOTHING: u8 = 0;

/// Returns an upper limit of the bits to guess in ids of one process: each place that varies at all counts as any character of the
/// alphabet, unless it was seen to take few of them.
pub(super) fn capacity(ids: &[String]) -> f64 {
    let length = ids.iter().map(String::len).max().unwrap_or_default();
    let places: Vec<BTreeSet<u8>> =
        (0..length).map(|place| characters(ids, place, length)).collect();
    let varying = places.iter().filter(|seen| seen.len() > 1);
    let used: BTreeSet<u8> = varying.clone().flatten().copied().filter(|c| *c != NOTHING).collect();
    let alphabet = alphabet_of(used).map_or(95, <[u8]>::len);
    varying
        .map(|seen| {
            // Four for each character there might be: that chance left out half of them is out of the question.
            let few = ids.len() >= 4 * seen.len() && seen.len() <= alphabet / 2;
            let values = if few { seen.len() } else { alphabet };
            (values as f64).log2()
        })
        .sum()
}

/// Returns the smallest alphabet that has all of these characters.
pub(super) fn alphabet_of(used: impl IntoIterator<Item = u8>) -> Option<&'static [u8]> {
    let used: BTreeSet<u8> = used.into_iter().collect();
    ALPHABETS.into_iter().find(|alphabet| used.iter().all(|c| alphabet.contains(c)))
}

/// Returns the characters at a place, counted so that ids end at the same one.
fn characters(ids: &[String], place: usize, length: usize) -> BTreeSet<u8> {
    ids.iter().map(|id| padded(id, length)[place]).collect()
}

fn padded(id: &str, length: usize) -> Vec<u8> {
    let mut bytes = vec![NOTHING; length - id.len().min(length)];
    bytes.extend_from_slice(id.as_bytes());
    bytes
}

/// Returns whether ids go up, or down, in the order in which they were given: each is compared with the one half of them later, so that
/// what is random within a moment does not hide the time before it.
pub(super) fn ordered(ids: &[String]) -> bool {
    let length = ids.iter().map(String::len).max().unwrap_or_default();
    let (early, late) = ids.split_at(ids.len() / 2);
    // Of fewer pairs than these, chance orders all once in a million times.
    if early.len() < 20 {
        return false;
    }
    let up = |(one, other): (&String, &String)| padded(one, length) < padded(other, length);
    let ups = early.iter().zip(late).filter(|pair| up(*pair)).count();
    ups == 0 || ups == early.len()
}

/// Returns the first id that is there twice.
pub(crate) fn repeated<'a>(ids: impl IntoIterator<Item = &'a String>) -> Option<&'a String> {
    let mut seen = BTreeSet::new();
    ids.into_iter().find(|id| !seen.insert(*id))
}

#[cfg(test)]
mod tests {
    use interloper_engine::Random;

    use super::*;

    /// Numbers that nobody orders.
    fn noise(n: u64) -> u64 {
        Random::new(n).next()
    }

    fn of(id: impl Fn(u64) -> String) -> Vec<String> {
        (0..128).map(id).collect()
    }

    #[test]
    fn random_ids_have_their_bits_and_no_order() {
        let ids = of(|n| format!("{:016x}{:016x}", noise(2 * n), noise(2 * n + 1)));
        assert_eq!(capacity(&ids), 128.0);
        assert!(!ordered(&ids));
        assert_eq!(repeated(&ids), None);
    }

    #[test]
    fn what_does_not_vary_does_not_count() {
        let version_4 = of(|n| {
            let (high, low) = (noise(2 * n), noise(2 * n + 1));
            let variant = ['8', '9', 'a', 'b'][(low >> 62) as usize];
            format!(
                "{:08x}-{:04x}-4{:03x}-{variant}{:03x}-{:012x}",
                high >> 32,
                high & 0xffff,
                high >> 20 & 0xfff,
                low & 0xfff,
                low >> 12 & 0xffff_ffff_ffff
            )
        });
        assert_eq!(capacity(&version_4), 122.0);
        assert_eq!(capacity(&of(|n| format!("sess_{:08x}", noise(n) as u32))), 32.0);
    }

    #[test]
    fn counters_are_small_and_ordered() {
        for ids in
            [of(|n| n.to_string()), of(|n| format!("{n:032x}")), of(|n| format!("s-{}", 9_990 + n))]
        {
            assert!(capacity(&ids) < 20.0, "{}", capacity(&ids));
            assert!(ordered(&ids));
        }
    }

    #[test]
    fn a_time_before_random_digits_shows_as_order() {
        let ids = of(|n| {
            format!(
                "{:012x}{:016x}{:04x}",
                0x0190_0000_0000_u64 + n / 3,
                noise(n),
                noise(n + 999) as u16
            )
        });
        assert!(ordered(&ids) && capacity(&ids) >= 80.0);
    }

    #[test]
    fn letters_and_digits_are_counted_by_their_alphabet() {
        let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let ids = of(|n| {
            (0..22).map(|at| char::from(digits[(noise(n * 22 + at) % 62) as usize])).collect()
        });
        assert!((capacity(&ids) - 22.0 * 62_f64.log2()).abs() < 0.001);
    }

    #[test]
    fn what_is_given_twice_is_seen() {
        let ids = of(|n| format!("{}", n % 100));
        assert_eq!(repeated(&ids), Some(&"0".to_owned()));
    }
}
