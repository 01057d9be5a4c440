//! Scanning bytes for what is rare in them, many at a time.
//!
//! Chunks are looked at without a branch, which compilers turn into vector instructions, so that
//! what a file does not hold costs next to nothing.

use std::ops::Range;

/// Bytes looked at together.
const CHUNK: usize = 64;

/// Shortest stretch that is found: of a chunk, every second eight bytes are looked at, and a stretch of this length contains eight of them.
const ASKED: usize = 16 + 8 - 1;

/// Returns the first stretch of `min` bytes or more of a class, at or after `from`, to its end.
pub(super) fn next_stretch(
    bytes: &[u8],
    from: usize,
    min: usize,
    class: impl Class,
) -> Option<Range<usize>> {
    if min < ASKED {
        return plain_stretch(bytes, from, min, class);
    }
    // Before `floor` no stretch begins that is long enough, and none of which eight were asked before `at`.
    let (mut floor, mut at) = (from, from);
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        let Some(eight) = eight_of(chunk, class) else {
            at += CHUNK;
            continue;
        };
        at += eight;
        // The eight before them are of it too, or the eight behind them.
        let behind = bytes.get(at + 8..).and_then(|rest| rest.first_chunk());
        let before = bytes[floor..at].last_chunk();
        if !behind.into_iter().chain(before).any(|eight| all(eight, class)) {
            at += 16;
            continue;
        }
        let start = at - trailing(&bytes[floor..at], class);
        let end = at + leading(&bytes[at..], class);
        if end - start >= min {
            return Some(start..end);
        }
        (floor, at) = (end, end);
    }
    plain_stretch(bytes, floor.max(at.saturating_sub(ASKED)), min, class)
}

fn all(eight: &[u8; 8], class: impl Class) -> bool {
    eight.iter().fold(true, |all, &byte| all & class.has(byte))
}

/// Returns the offset in a chunk of eight bytes of a class, among those that are looked at.
fn eight_of(chunk: &[u8; CHUNK], class: impl Class) -> Option<usize> {
    let mut asked = [[0_u8; 8]; CHUNK / 16];
    for (asked, bytes) in asked.iter_mut().zip(chunk.as_chunks::<16>().0) {
        asked.copy_from_slice(&bytes[..8]);
    }
    let flat = asked.as_flattened_mut();
    flat.iter_mut().for_each(|byte| *byte = if class.has(*byte) { u8::MAX } else { 0 });
    let all = |eight: &[u8; 8]| *eight == [u8::MAX; 8];
    asked.iter().position(all).map(|n| n * 16)
}

/// Finds the stretch a byte at a time.
fn plain_stretch(bytes: &[u8], from: usize, min: usize, class: impl Class) -> Option<Range<usize>> {
    // Before `known` all is of the class, from `start` on. A byte that is not of it ends every
    // stretch across it: so the last of those that are needed is asked first.
    let (mut start, mut known) = (from, from);
    while let Some(window) = bytes.get(known..start + min) {
        match window.iter().rposition(|&byte| !class.looks_up(byte)) {
            Some(other) => (start, known) = (known + other + 1, start + min),
            None => return Some(start..start + min + leading(&bytes[start + min..], class)),
        }
    }
    None
}

/// Returns whether there may be a stretch of 15 bytes or more of a class: whether eight of them stand where only such a stretch is sure to
/// have some.
pub(super) fn may_have_stretch(bytes: &[u8], class: impl Class) -> bool {
    let eights = bytes.as_chunks::<8>().0;
    let (chunks, few) = eights.as_chunks::<{ CHUNK / 8 }>();
    let any = |eights: &[[u8; 8]; CHUNK / 8]| {
        let mut has = *eights;
        has.as_flattened_mut()
            .iter_mut()
            .for_each(|byte| *byte = if class.has(*byte) { u8::MAX } else { 0 });
        has.iter().fold(false, |any, eight| any | (*eight == [u8::MAX; 8]))
    };
    chunks.iter().any(any) || few.iter().any(|eight| all(eight, class))
}

/// Returns how many of the first bytes are of the class.
pub(super) fn leading(bytes: &[u8], class: impl Class) -> usize {
    // Without a branch, which compilers turn into vector instructions.
    let all = |chunk: &[u8; CHUNK]| chunk.iter().fold(true, |all, &byte| all & class.has(byte));
    let whole = bytes.as_chunks().0.iter().take_while(|chunk| all(chunk)).count();
    let rest = &bytes[whole * CHUNK..];
    whole * CHUNK + rest.iter().take_while(|&&byte| class.looks_up(byte)).count()
}

/// Returns how many of the last bytes are of the class.
pub(super) fn trailing(bytes: &[u8], class: impl Class) -> usize {
    bytes.iter().rev().take_while(|&&byte| class.looks_up(byte)).count()
}

/// A class of bytes.
pub(super) trait Class: Copy {
    /// Returns whether a byte is of it: in comparisons alone, for many at a time.
    fn has(self, byte: u8) -> bool;
    /// Returns whether one byte is of the class.
    fn looks_up(self, byte: u8) -> bool;
}

impl<F: Fn(u8) -> bool + Copy> Class for F {
    fn has(self, byte: u8) -> bool {
        self(byte)
    }

    fn looks_up(self, byte: u8) -> bool {
        self(byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(prop_oneof![10 => Just(b'x'), 1 => 0..3_u8], 0..400)
    }

    proptest! {
        #[test]
        fn stretches_are_where_a_plain_loop_finds_them(
            bytes in bytes(),
            from in 0..420_usize,
            min in 1..=64_usize,
        ) {
            let class = |byte| byte == b'x';
            let end = |start: usize| {
                start + bytes[start..].iter().take_while(|&&byte| class(byte)).count()
            };
            let plain = (from..bytes.len()).find(|&at| end(at) - at >= min).map(|at| at..end(at));
            prop_assert_eq!(next_stretch(&bytes, from, min, class), plain);
            let start = from.min(bytes.len());
            prop_assert_eq!(leading(&bytes[start..], class), end(start) - start);
        }
    }
}
