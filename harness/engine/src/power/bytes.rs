//! What a step did to the contents of a file, and how much of it may be on the disk.

use std::ops::Range;

use crate::tree::Contents;

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
        /// Offset of the first byte.
        at: usize,
        /// Offset one past the last byte that it is about.
        end: usize,
        /// The file as it was after the step: what was written is in it, from the first byte that differs to the last.
        after: Contents,
        /// Whether the file became longer; a change inside a file says nothing of its length.
        grows: bool,
    },
}

/// Portion of a change that is on the disk.
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
    /// Returns the changes that make the new contents of the old ones.
    pub(super) fn between(old: &Contents, new: &Contents) -> Vec<Change> {
        let mut changes = Vec::new();
        if new.len() < old.len() {
            changes.push(Change::Cut(new.len()));
        }
        let common = old.len().min(new.len());
        let difference = old.difference(new);
        let grows = new.len() > old.len();
        let at = difference.map_or(common, |(first, _)| first);
        let end = if grows { new.len() } else { difference.map_or(at, |(_, last)| last + 1) };
        if grows && difference.is_none() && new.is_zero_from(common) {
            changes.push(Change::Grow(new.len()));
        } else if end > at {
            changes.push(Change::Put { at, end, after: new.clone(), grows });
        }
        changes
    }

    /// Returns how much of it may be on the disk; the whole comes first.
    pub(super) fn parts(&self) -> Vec<Part> {
        let mut parts = vec![Part::Whole];
        if let Change::Put { at, end, .. } = self
            && end - at > BLOCK
        {
            parts.extend([Part::First, Part::Last]);
            // Of two blocks, the first one is every other.
            if self.blocks().len() > 2 {
                parts.push(Part::Alternate);
            }
        }
        parts
    }

    /// Returns the offset one past the last byte that it is about.
    pub(super) fn end(&self) -> usize {
        match self {
            Change::Cut(_) => usize::MAX,
            Change::Grow(length) => *length,
            Change::Put { end, .. } => *end,
        }
    }

    /// Does it, or a part of it, to contents of which earlier changes may be lost.
    pub(super) fn apply(&self, part: Part, contents: &mut Vec<u8>) {
        match self {
            // A length is set as it was, whatever of the data before it is lost: that reads as zeros.
            Change::Cut(length) => contents.resize(*length, 0),
            Change::Grow(length) => contents.resize((*length).max(contents.len()), 0),
            Change::Put { after, grows, .. } => {
                for block in self.persisted(part) {
                    if *grows && contents.len() < block.end {
                        contents.resize(block.end, 0);
                    }
                    // What was put inside a file that is shorter on the disk lies past its end, where nobody reads it.
                    let end = block.end.min(contents.len());
                    let mut at = block.start;
                    for piece in after.pieces(block.start..end) {
                        contents[at..at + piece.len()].copy_from_slice(piece);
                        at += piece.len();
                    }
                }
            }
        }
    }

    /// Returns the parts of what is put that are on the disk, when so much of it is.
    pub(super) fn persisted(&self, part: Part) -> impl Iterator<Item = Range<usize>> {
        let blocks = self.blocks();
        let last = blocks.len().saturating_sub(1);
        let there = move |index| match part {
            Part::Whole => true,
            Part::First => index == 0,
            Part::Last => index == last,
            Part::Alternate => index % 2 == 0,
        };
        blocks.enumerate().filter(move |(index, _)| there(*index)).map(|(_, block)| block)
    }

    /// Returns the parts of what is put that lie in one block of the file each.
    fn blocks(&self) -> impl ExactSizeIterator<Item = Range<usize>> + use<> {
        let (at, end) = match self {
            Change::Put { at, end, .. } => (*at, *end),
            _ => (0, 0),
        };
        // Up to a block it is one piece, wherever it lies: where the boundary falls is the file system's affair.
        let whole = end - at <= BLOCK;
        let blocks = match (whole, at == end) {
            (_, true) => 0..0,
            (true, _) => 0..1,
            (false, _) => at / BLOCK..end.div_ceil(BLOCK),
        };
        blocks.map(move |block| match whole {
            true => at..end,
            false => (block * BLOCK).max(at)..((block + 1) * BLOCK).min(end),
        })
    }
}
