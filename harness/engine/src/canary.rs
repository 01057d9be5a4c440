//! Canaries: secrets that can be recognised wherever their bytes turn up.
//!
//! A canary is 64 characters of `[0-9A-Za-z]`, which cookies, headers, URLs, JSON and SQL carry
//! without escaping. It is four blocks of 16, each a proof on its own, so that a canary of which
//! a part was overwritten is still found:
//!
//! ```text
//! marker (8) │ canary (2) │ block (1) │ check (5)
//! ```
//!
//! The marker is one string for the whole run: searching for it finds every canary at once. The
//! check characters follow from seed, canary and block, so bytes that merely look like a block,
//! or come from another run, are not taken for one.

use std::fmt;

use crate::random::Random;

/// Characters in the text of a canary, and bytes: they are all ASCII.
pub const CANARY_LEN: usize = BLOCK_LEN * BLOCKS as usize;
/// Characters in a block.
pub const BLOCK_LEN: usize = 16;
/// Blocks in a canary.
pub const BLOCKS: u8 = 4;
/// Canaries a mint can make: the index is written with two base-62 characters.
pub const CANARIES: u16 = 62 * 62;

pub(crate) const MARKER_LEN: usize = 8;
const CHECK_LEN: usize = BLOCK_LEN - MARKER_LEN - 3;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Characters that a marker may begin with: see [`Mint::new`].
const FIRST: &[u8; 40] = b"GHIJKLMNOPQRSTUVWXYZghijklmnopqrstuvwxyz";

/// Mint that makes the canaries of one run and recognises their blocks. The same seed makes the same ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mint {
    seed: u64,
    marker: String,
}

impl Mint {
    /// Returns a mint for the run with this seed.
    ///
    /// The marker starts with a letter above F. So no configuration format reads a canary as a
    /// number (`1e5…`, `0x…`), and hexadecimal text, of which session files are full, holds no
    /// marker by chance. That letter is in no other place of the marker, so a marker cannot begin
    /// within one that was cut short. Nothing else about it matters: a chance match costs the
    /// reading of 16 bytes, and the check characters refuse it.
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut marker = [0; MARKER_LEN];
        let first = FIRST[random.below(FIRST.len())];
        let (head, rest) = marker.split_at_mut(1);
        head[0] = first;
        write_base62(rest, random.next());
        for other in rest.iter_mut().filter(|other| **other == first) {
            *other = b'0';
        }
        Self { seed, marker: marker.map(char::from).iter().collect() }
    }

    /// Returns the characters that begin every block of this run.
    pub fn marker(&self) -> &str {
        &self.marker
    }

    /// Returns the canary with this index; the same each time.
    ///
    /// # Panics
    ///
    /// If `index` is not below [`CANARIES`].
    pub fn canary(&self, index: u16) -> Canary {
        assert!(index < CANARIES, "canary {index}: a mint makes {CANARIES}, counted from 0");
        let text = (0..BLOCKS).flat_map(|block| self.block(index, block)).map(char::from).collect();
        Canary { index, text }
    }

    /// Returns the canary and the number of its block that these 16 bytes are; `None` if they are no block of this mint, or not 16 bytes.
    pub fn parse_block(&self, bytes: &[u8]) -> Option<(u16, u8)> {
        if bytes.len() != BLOCK_LEN || !bytes.starts_with(self.marker.as_bytes()) {
            return None;
        }
        let digit = |at: usize| ALPHABET.iter().position(|&c| c == bytes[at]);
        let index = digit(MARKER_LEN)? * 62 + digit(MARKER_LEN + 1)?;
        let block = digit(MARKER_LEN + 2)?;
        let (index, block) = (u16::try_from(index).ok()?, u8::try_from(block).ok()?);
        (block < BLOCKS && self.block(index, block) == bytes).then_some((index, block))
    }

    fn block(&self, index: u16, block: u8) -> [u8; BLOCK_LEN] {
        let mut text = [0; BLOCK_LEN];
        text[..MARKER_LEN].copy_from_slice(self.marker.as_bytes());
        write_base62(&mut text[MARKER_LEN..][..2], u64::from(index));
        write_base62(&mut text[MARKER_LEN + 2..][..1], u64::from(block));
        // Scrambled before it meets the index, so that neighbouring seeds share no checks.
        let seed = Random::new(self.seed).next() ^ (u64::from(index) << 8 | u64::from(block));
        write_base62(&mut text[BLOCK_LEN - CHECK_LEN..], Random::new(seed).next());
        text
    }
}

/// One secret to plant and look for: see the [module](self).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Canary {
    index: u16,
    text: String,
}

impl Canary {
    /// Returns the index of this canary in its mint.
    pub fn index(&self) -> u16 {
        self.index
    }

    /// Returns the secret: [`CANARY_LEN`] characters of `[0-9A-Za-z]`.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Canary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Writes the lowest base-62 digits of `value` over all of `out`, most significant first.
fn write_base62(out: &mut [u8], mut value: u64) {
    for digit in out.iter_mut().rev() {
        *digit = ALPHABET[(value % 62) as usize];
        value /= 62;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    #[test]
    fn every_canary_of_a_mint_is_another_one_and_says_which() {
        let mint = Mint::new(7);
        let mut seen = HashSet::new();
        for index in 0..CANARIES {
            let canary = mint.canary(index);
            assert_eq!(canary.text().len(), CANARY_LEN);
            for (block, bytes) in canary.text().as_bytes().chunks(BLOCK_LEN).enumerate() {
                assert_eq!(mint.parse_block(bytes), Some((index, block as u8)));
                assert!(seen.insert(bytes.to_vec()));
            }
        }
    }

    #[test]
    #[should_panic(expected = "canary 3844")]
    fn an_index_past_the_last_is_refused() {
        let _ = Mint::new(7).canary(CANARIES);
    }

    #[test]
    fn a_changed_character_is_noticed() {
        let mint = Mint::new(7);
        let canary = mint.canary(CANARIES - 1);
        let block = &canary.text().as_bytes()[..BLOCK_LEN];
        for at in 0..BLOCK_LEN {
            for other in 0..=255 {
                let mut bytes = block.to_vec();
                bytes[at] = other;
                let same = other == block[at];
                assert_eq!(mint.parse_block(&bytes).is_some(), same, "{at} {other}");
            }
        }
        assert_eq!(mint.parse_block(&block[1..]), None);
        assert_eq!(mint.parse_block(canary.text().as_bytes()), None);
    }

    proptest! {
        #[test]
        fn a_seed_is_a_run(seed: u64, other: u64, index in 0..CANARIES) {
            prop_assume!(seed != other);
            let (mint, stranger) = (Mint::new(seed), Mint::new(other));
            let canary = mint.canary(index);
            prop_assert_eq!(&canary, &Mint::new(seed).canary(index));
            prop_assert!(canary.text().starts_with(mint.marker()));
            prop_assert!(canary.text().bytes().all(|c| c.is_ascii_alphanumeric()));
            let first = mint.marker().as_bytes()[0];
            prop_assert!(first.is_ascii_alphabetic() && !first.is_ascii_hexdigit());
            prop_assert!(!mint.marker().as_bytes()[1..].contains(&first));
            for block in canary.text().as_bytes().chunks(BLOCK_LEN) {
                prop_assert_eq!(stranger.parse_block(block), None);
            }
        }
    }
}
