//! What a step did to the contents of a file, and how much of it may be on the disk.

use std::ops::Range;

/// The unit in which contents reach the disk: a page of the cache and a block of most file systems.
const BLOCK: usize = 4096;

/// One change of a file's contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Its end moved towards its beginning: truncate(2), O_TRUNC.
    Cut(usize),
    /// Its end moved away, with nothing but zeros before it: ftruncate(2) to a greater length. One number, so never torn.
    Grow(usize),
    /// Bytes were written, in place or past the end.
    Put {
        /// Where the first byte goes.
        at: usize,
        /// From the first byte that differs to the last.
        data: Vec<u8>,
        /// Whether the file became longer; a change inside a file says nothing of its length.
        grows: bool,
    },
}

/// How much of a change is on the disk, when any of it is.
///
/// A change of up to one block is there or not. One of more than a block has a state for each set of its blocks, far too many;
/// these few stand for the ways in which readers are misled: a beginning that parses and has no end, the full length with
/// zeros or old bytes at the beginning, and old and new side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// The first block only.
    First,
    /// The last block only; with it the length.
    Last,
    /// The first, third, fifth block, and so on.
    Alternate,
}

impl Change {
    /// The changes that make the new contents of the old ones.
    pub(super) fn between(old: &[u8], new: &[u8]) -> Vec<Change> {
        let mut changes = Vec::new();
        if new.len() < old.len() {
            changes.push(Change::Cut(new.len()));
        }
        let common = old.len().min(new.len());
        let differs = |&index: &usize| old[index] != new[index];
        let first = (0..common).find(differs);
        let grows = new.len() > old.len();
        let at = first.unwrap_or(common);
        let end = if grows { new.len() } else { (at..common).rfind(differs).map_or(at, |n| n + 1) };
        if grows && first.is_none() && new[common..].iter().all(|&byte| byte == 0) {
            changes.push(Change::Grow(new.len()));
        } else if end > at {
            changes.push(Change::Put { at, data: new[at..end].to_vec(), grows });
        }
        changes
    }

    /// How much of it may be on the disk; the whole comes first.
    pub(super) fn parts(&self) -> Vec<Part> {
        let mut parts = vec![Part::Whole];
        if let Change::Put { data, .. } = self
            && data.len() > BLOCK
        {
            parts.extend([Part::First, Part::Last]);
            // Of two blocks, the first one is every other.
            if self.blocks().len() > 2 {
                parts.push(Part::Alternate);
            }
        }
        parts
    }

    /// One past the last byte that it is about.
    pub(super) fn end(&self) -> usize {
        match self {
            Change::Cut(_) => usize::MAX,
            Change::Grow(length) => *length,
            Change::Put { at, data, .. } => at + data.len(),
        }
    }

    /// Does it, or a part of it, to contents of which earlier changes may be lost.
    pub(super) fn apply(&self, part: Part, contents: &mut Vec<u8>) {
        match self {
            // A length is set as it was, whatever of the data before it is lost: that reads as zeros.
            Change::Cut(length) => contents.resize(*length, 0),
            Change::Grow(length) => contents.resize((*length).max(contents.len()), 0),
            Change::Put { at, data, grows } => {
                let blocks = self.blocks();
                let last = blocks.len().saturating_sub(1);
                for (index, block) in blocks.into_iter().enumerate() {
                    let there = match part {
                        Part::Whole => true,
                        Part::First => index == 0,
                        Part::Last => index == last,
                        Part::Alternate => index % 2 == 0,
                    };
                    if !there {
                        continue;
                    }
                    if *grows && contents.len() < block.end {
                        contents.resize(block.end, 0);
                    }
                    // What was put inside a file that is shorter on the disk lies past its end, where nobody reads it.
                    let end = block.end.min(contents.len());
                    if block.start < end {
                        contents[block.start..end]
                            .copy_from_slice(&data[block.start - at..end - at]);
                    }
                }
            }
        }
    }

    /// The parts of what is put that lie in one block of the file each.
    fn blocks(&self) -> Vec<Range<usize>> {
        let Change::Put { at, data, .. } = self else { return Vec::new() };
        let end = at + data.len();
        // Up to a block it is one piece, wherever it lies: where the boundary falls is the file system's affair.
        if data.len() <= BLOCK {
            return std::iter::once(*at..end).collect();
        }
        (at / BLOCK..end.div_ceil(BLOCK))
            .map(|block| (block * BLOCK).max(*at)..((block + 1) * BLOCK).min(end))
            .collect()
    }
}
