//! Nothing is bigger than linear: bytes allocated are counted, not seconds, so that a busy machine finds the same.

use crate::Violation;
use crate::input::chance;

/// Bytes that any input may allocate.
const FLOOR: u64 = 64 << 10;
/// Bytes that each byte of it may allocate. A value of a tree costs some 50 bytes, growing vectors are counted again at each size, the
/// value is also printed, and both are done twice.
const EACH: u64 = 1024;
/// Length of a scaled input, in bytes.
const SCALED: usize = 16 << 10;
/// One input in so many is scaled: reading one costs as much as reading a hundred others. It is a multiple of each target's `one_in`.
const ONE_IN: u64 = 512;

/// Runs something over the input, and for some inputs over one in which a piece of it stands again and again.
/// It may allocate so many bytes for each byte, and no more.
///
/// ```
/// assert_eq!(interloper_oracles::linear("copy", b"abc", |bytes| drop(bytes.to_vec())), Ok(()));
/// ```
///
/// # Errors
/// Where it allocates more.
pub fn linear(what: &str, input: &[u8], run: impl Fn(&[u8])) -> Result<(), Violation> {
    measured(what, input, run)
}

/// Checks like [`linear`], and returns the result for the input itself, so that nothing is run for the sake of counting alone.
pub(crate) fn measured<R>(
    what: &str,
    input: &[u8],
    run: impl Fn(&[u8]) -> R,
) -> Result<R, Violation> {
    let first = bounded(what, input, &run)?;
    let chance = chance(input);
    if input.is_empty() || !chance.is_multiple_of(ONE_IN) {
        return Ok(first);
    }
    let length = input.len() as u64;
    let from = (chance / ONE_IN % length) as usize;
    // Short pieces are the likelier ones: most of what grows badly is a character or two.
    let most = if chance & ONE_IN == 0 { 4.min(length) } else { length };
    let piece = 1 + (chance / ONE_IN / length % most) as usize;
    let to = (from + piece).min(input.len());
    let again = input[from..to].repeat(SCALED / (to - from));
    bounded(what, &[&input[..from], &again, &input[to..]].concat(), &run).map(|_| first)
}

fn bounded<R>(what: &str, input: &[u8], run: impl Fn(&[u8]) -> R) -> Result<R, Violation> {
    let (result, cost) = counted(|| run(input));
    let bound = FLOOR + EACH * input.len() as u64;
    Violation::unless(cost <= bound, "linear", || {
        let begins = String::from_utf8_lossy(&input[..input.len().min(80)]).into_owned();
        format!("{what} allocated {cost} bytes for {} that begin {begins:?}", input.len())
    })?;
    Ok(result)
}

/// Returns its answer, and the bytes that it allocated.
#[cfg(feature = "counting")]
fn counted<R>(run: impl FnOnce() -> R) -> (R, u64) {
    let before = crate::allocator::bytes();
    (run(), crate::allocator::bytes() - before)
}

#[cfg(not(feature = "counting"))]
fn counted<R>(run: impl FnOnce() -> R) -> (R, u64) {
    (run(), 0)
}

#[cfg(all(test, feature = "counting"))]
mod tests {
    use super::*;

    #[test]
    fn what_copies_everything_for_each_byte_is_found() {
        let quadratic = |bytes: &[u8]| {
            for _ in bytes {
                drop(std::hint::black_box(bytes.to_vec()));
            }
        };
        let found = |name: u32| linear("test", &name.to_le_bytes(), quadratic).is_err();
        assert!((0..8000).any(found));
        assert_eq!(linear("test", &[0; 1000], |bytes| drop(bytes.to_vec())), Ok(()));
    }
}
