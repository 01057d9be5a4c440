//! The contents of a file in blocks, which what was taken at one moment shares with what was taken at the next.
//!
//! An operation of a thousand writes has a thousand snapshots: as whole copies they would take a thousand times the file.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::{Arc, LazyLock, OnceLock};

use sha2::{Digest, Sha256};

/// Length of a block, in bytes: a page of the cache.
const BLOCK: usize = 4096;
/// Number of bytes that are read at once.
const CHUNK: usize = 64 * BLOCK;

/// A file's contents, or a link's target.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contents {
    /// All of them whole, but for the last.
    blocks: Vec<Arc<Block>>,
    length: usize,
}

#[derive(Debug)]
struct Block {
    bytes: Box<[u8]>,
    /// Made when it is asked for, and then kept: most blocks are in many snapshots.
    digest: OnceLock<[u8; 32]>,
}

/// Block that holes are read as.
static ZEROS: LazyLock<Arc<Block>> = LazyLock::new(|| Block::new(&[0; BLOCK]));

/// Contents of an empty file.
pub(crate) static NOTHING: Contents = Contents { blocks: Vec::new(), length: 0 };

impl Block {
    fn new(bytes: &[u8]) -> Arc<Block> {
        Arc::new(Block { bytes: bytes.into(), digest: OnceLock::new() })
    }
}

impl Contents {
    /// Reads a file; where it is as it was at an earlier moment, that is shared.
    pub(crate) fn read(mut file: impl Read, earlier: Option<&Contents>) -> io::Result<Contents> {
        let mut contents = Contents::default();
        let mut chunk = Vec::new();
        loop {
            chunk.clear();
            // It ends at the limit or at the end of the file, so that only the last block may be short.
            file.by_ref().take(CHUNK as u64).read_to_end(&mut chunk)?;
            contents.append(&chunk, earlier);
            if chunk.len() < CHUNK {
                return Ok(contents);
            }
        }
    }

    /// Returns these bytes as contents, shared with those of an earlier moment where they are the same.
    pub(crate) fn of(bytes: &[u8], earlier: Option<&Contents>) -> Contents {
        let mut contents = Contents::default();
        contents.append(bytes, earlier);
        contents
    }

    /// Puts bytes at the end, which is one of a whole block.
    fn append(&mut self, bytes: &[u8], earlier: Option<&Contents>) {
        for bytes in bytes.chunks(BLOCK) {
            let was = earlier.and_then(|earlier| earlier.blocks.get(self.blocks.len()));
            self.blocks.push(match was.filter(|was| *was.bytes == *bytes) {
                Some(was) => Arc::clone(was),
                None if *bytes == *ZEROS.bytes => Arc::clone(&ZEROS),
                None => Block::new(bytes),
            });
            self.length += bytes.len();
        }
    }

    /// Returns their length, in bytes.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Returns the bytes of a part, piece by piece.
    pub(crate) fn pieces(&self, part: Range<usize>) -> impl Iterator<Item = &[u8]> {
        let end = part.end.min(self.length);
        let mut at = part.start;
        std::iter::from_fn(move || {
            if at >= end {
                return None;
            }
            let block = &self.blocks[at / BLOCK].bytes;
            let first = at % BLOCK;
            let piece = &block[first..block.len().min(first + end - at)];
            at += piece.len();
            Some(piece)
        })
    }

    /// Returns all bytes in one piece.
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.length);
        self.pieces(0..self.length).for_each(|piece| bytes.extend_from_slice(piece));
        bytes
    }

    /// Returns whether there is nothing but zeros from there on.
    pub(crate) fn is_zero_from(&self, at: usize) -> bool {
        self.pieces(at..self.length).all(|piece| piece.iter().all(|byte| *byte == 0))
    }

    /// Returns the first and the last byte that differ, of those that both have.
    pub(crate) fn difference(&self, other: &Contents) -> Option<(usize, usize)> {
        let differ = |(_, (one, two)): &(usize, (&Arc<Block>, &Arc<Block>))| {
            let common = one.bytes.len().min(two.bytes.len());
            !Arc::ptr_eq(one, two) && one.bytes[..common] != two.bytes[..common]
        };
        let mut pairs = self.blocks.iter().zip(&other.blocks).enumerate().filter(differ);
        let bytes = |(n, (one, two)): (usize, (&Arc<Block>, &Arc<Block>)), last: bool| {
            let mut pairs = one.bytes.iter().zip(&*two.bytes);
            let differ = |(one, two): (&u8, &u8)| one != two;
            let at = if last { pairs.rposition(differ) } else { pairs.position(differ) };
            Some(n * BLOCK + at?)
        };
        let first = pairs.next()?;
        let last = pairs.next_back().unwrap_or(first);
        Some((bytes(first, false)?, bytes(last, true)?))
    }

    /// Adds what tells them from others to a digest.
    pub(crate) fn hash(&self, hash: &mut Sha256) {
        hash.update((self.length as u64).to_le_bytes());
        for block in &self.blocks {
            hash.update(block.digest.get_or_init(|| Sha256::digest(&block.bytes).into()));
        }
    }

    /// Returns the parts that are no holes, each with where it begins.
    pub(crate) fn written(&self) -> impl Iterator<Item = (usize, &[u8])> {
        let blocks = self.blocks.iter().enumerate();
        let written = blocks.filter(|(_, block)| !Arc::ptr_eq(block, &ZEROS));
        written.map(|(n, block)| (n * BLOCK, &*block.bytes))
    }
}

impl PartialEq for Contents {
    fn eq(&self, other: &Contents) -> bool {
        let same = |(one, two): (&Arc<Block>, &Arc<Block>)| {
            Arc::ptr_eq(one, two) || one.bytes == two.bytes
        };
        self.length == other.length && self.blocks.iter().zip(&other.blocks).all(same)
    }
}

impl Eq for Contents {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::allocated::allocated;

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let runs = proptest::collection::vec((0..2_u8, 1..3_000_usize), 0..6);
        runs.prop_map(|runs| runs.into_iter().flat_map(|(byte, n)| vec![byte; n]).collect())
    }

    proptest! {
        #[test]
        fn they_are_what_they_were_made_of(one in bytes(), two in bytes(), at in 0..9_000_usize) {
            let (first, second) = (Contents::of(&one, None), Contents::of(&two, None));
            let shared = Contents::of(&two, Some(&first));
            prop_assert_eq!(&shared.to_vec(), &two);
            prop_assert_eq!(&shared, &second);
            prop_assert_eq!(first == second, one == two);
            let common = one.iter().zip(&two);
            let places: Vec<usize> =
                common.enumerate().filter(|(_, (a, b))| a != b).map(|(n, _)| n).collect();
            let ends = places.first().copied().zip(places.last().copied());
            prop_assert_eq!(first.difference(&shared), ends);
            let rest = two.get(at..).unwrap_or_default();
            prop_assert_eq!(shared.is_zero_from(at), rest.iter().all(|byte| *byte == 0));
            let part = two.get(..at.min(two.len())).unwrap_or_default();
            prop_assert_eq!(shared.pieces(0..at).collect::<Vec<_>>().concat(), part);
        }
    }

    #[test]
    fn a_file_that_grows_by_a_thousand_writes_is_kept_once() {
        let whole: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
        let (moments, allocated) = allocated(|| {
            let mut moments = vec![Contents::default()];
            for end in (1..=1_000).map(|n| n * whole.len() / 1_000) {
                let next = Contents::of(&whole[..end], moments.last());
                moments.push(next);
            }
            moments
        });
        assert_eq!(moments.len(), 1_001);
        assert!(allocated.peak < 5 * whole.len(), "{allocated:?} of {}", whole.len());
    }

    #[test]
    fn holes_take_no_memory() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(100 << 20).unwrap();
        let (contents, allocated) = allocated(|| Contents::read(file.as_file(), None).unwrap());
        assert_eq!((contents.len(), contents.written().count()), (100 << 20, 0));
        assert!(allocated.peak < 2 << 20, "{allocated:?}");
    }
}
