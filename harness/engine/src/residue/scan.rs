//! Scanning bytes for what is rare in them, many at a time.
//!
//! Chunks are looked at without a branch, which compilers turn into vector instructions, so that
//! what a file does not hold costs next to nothing.

use std::ops::Range;

/// Bytes looked at together.
const CHUNK: usize = 64;

/// The first place at or after `from` of two neighbouring bytes that are `wanted`; zeros never are.
pub(super) fn next_pair(
    bytes: &[u8],
    from: usize,
    wanted: impl Fn(u8, u8) -> bool,
) -> Option<usize> {
    let any = |window: &[u8; CHUNK + 1]| {
        (0..CHUNK).fold(0, |any, i| any | u8::from(wanted(window[i], window[i + 1]))) != 0
    };
    let mut at = from;
    let mut rest = bytes.get(at..)?;
    while let Some(window) = rest.first_chunk()
        && !any(window)
    {
        at += CHUNK;
        rest = &rest[CHUNK..];
    }
    if rest.len() <= CHUNK && !any(&padded(rest)) {
        return None;
    }
    rest.windows(2).position(|pair| wanted(pair[0], pair[1])).map(|found| at + found)
}

/// The first stretch of `min` bytes or more of a class, at or after `from`, to its end. No zero is
/// of the class; `min` is 64 at most.
pub(super) fn next_stretch(
    bytes: &[u8],
    from: usize,
    min: usize,
    class: impl Fn(u8) -> bool,
) -> Option<Range<usize>> {
    let mut at = from;
    let mut low = mask(bytes.get(at..)?, &class);
    loop {
        let next = bytes.get(at + CHUNK..).unwrap_or_default();
        let high = mask(next, &class);
        // The bits at which stretches of 1, 2, 4 … and at last `min` begin.
        let mut begins = u128::from(high) << CHUNK | u128::from(low);
        let mut length = 1;
        while 2 * length <= min {
            begins &= begins >> length;
            length *= 2;
        }
        begins &= begins >> (min - length);
        if begins as u64 != 0 {
            let start = at + begins.trailing_zeros() as usize;
            return Some(start..start + leading(&bytes[start..], &class));
        }
        if next.is_empty() {
            return None;
        }
        at += CHUNK;
        low = high;
    }
}

/// How many of the first bytes are of the class. No zero is.
pub(super) fn leading(bytes: &[u8], class: impl Fn(u8) -> bool) -> usize {
    let mut at = 0;
    loop {
        let ones = mask(&bytes[at..], &class).trailing_ones() as usize;
        at += ones;
        if ones < CHUNK {
            return at;
        }
    }
}

/// How many of the last bytes are of the class.
pub(super) fn trailing(bytes: &[u8], class: impl Fn(u8) -> bool) -> usize {
    bytes.iter().rev().take_while(|&&byte| class(byte)).count()
}

/// One bit for each of the first [`CHUNK`] bytes, the lowest for the first: whether it is of the
/// class.
fn mask(bytes: &[u8], class: impl Fn(u8) -> bool) -> u64 {
    let chunk = match bytes.first_chunk::<CHUNK>() {
        Some(chunk) => chunk,
        None => &padded(bytes),
    };
    let ones = chunk.map(|byte| u8::from(class(byte)));
    // Eight ones at the lowest bits of bytes, gathered in the highest byte.
    let gather =
        |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    ones.as_chunks().0.iter().rev().fold(0, |mask, eight| mask << 8 | gather(eight))
}

/// The bytes, of which there are not more than `N`, and zeros.
fn padded<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut padded = [0; N];
    padded[..bytes.len()].copy_from_slice(bytes);
    padded
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
        fn pairs_are_where_a_plain_loop_finds_them(bytes in bytes(), from in 0..420_usize) {
            let wanted = |a, b| (a == 1) & (b == 2);
            let plain = (from..bytes.len().saturating_sub(1))
                .find(|&at| wanted(bytes[at], bytes[at + 1]));
            prop_assert_eq!(next_pair(&bytes, from, wanted), plain);
        }

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
        }
    }
}
