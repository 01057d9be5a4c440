//! Nothing is bigger than linear: bytes allocated are counted, not seconds, so that a busy machine finds the same.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::Violation;

/// What any input may cost, in bytes allocated.
const FLOOR: u64 = 64 << 10;
/// What each byte of it may cost. A value of a tree costs some 50 bytes, growing vectors are counted again at each size,
/// and what was read is also printed.
const EACH: u64 = 1024;
/// How long a scaled input is.
const SCALED: usize = 64 << 10;
/// One input in so many is scaled; which, follows from the input.
const ONE_IN: u64 = 64;

/// Runs something over the input, and for some inputs over one in which a piece of it stands again and again.
/// It may allocate so many bytes for each byte, and no more.
///
/// # Errors
/// Where it allocates more.
pub fn linear(what: &str, input: &[u8], run: impl Fn(&[u8])) -> Result<(), Violation> {
    bounded(what, input, &run)?;
    let mut hasher = DefaultHasher::new();
    input.hash(&mut hasher);
    let chance = hasher.finish();
    if input.is_empty() || !chance.is_multiple_of(ONE_IN) {
        return Ok(());
    }
    let length = input.len() as u64;
    let from = (chance / ONE_IN % length) as usize;
    // Short pieces are the likelier ones: most of what grows badly is a character or two.
    let most = if chance & ONE_IN == 0 { 4.min(length) } else { length };
    let piece = 1 + (chance / ONE_IN / length % most) as usize;
    let to = (from + piece).min(input.len());
    let again = input[from..to].repeat(SCALED / (to - from));
    bounded(what, &[&input[..from], &again, &input[to..]].concat(), &run)
}

fn bounded(what: &str, input: &[u8], run: impl Fn(&[u8])) -> Result<(), Violation> {
    let cost = allocation_counter::measure(|| run(input)).bytes_total;
    let bound = FLOOR + EACH * input.len() as u64;
    Violation::unless(cost <= bound, "linear", || {
        let begins = String::from_utf8_lossy(&input[..input.len().min(80)]).into_owned();
        format!("{what} allocated {cost} bytes for {} that begin {begins:?}", input.len())
    })
}

#[cfg(test)]
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
        assert!((0..1000).any(found));
        assert_eq!(linear("test", &[0; 1000], |bytes| drop(bytes.to_vec())), Ok(()));
    }
}
