//! Changes of numbers in a binary file: of those that may count something in it.

use interloper_engine::Random;

/// Number of bytes from the beginning in which numbers are looked for: headers and tables.
const LOOKED_AT: usize = 2 << 10;
/// The most numbers that are chosen from.
const MOST: usize = 64;
/// Sizes of what is counted: a count times one of them wraps around soonest.
const SIZES: [u64; 12] = [2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32, 64];

/// A number of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Field {
    at: usize,
    width: usize,
    little: bool,
    value: u64,
}

/// Puts another number in the place of one that may be a count or a length; `None` if the file has none.
pub(super) fn change(bytes: &[u8], random: &mut Random) -> Option<Vec<u8>> {
    let fields = fields(bytes);
    if fields.is_empty() {
        return None;
    }
    // Those at the beginning count what follows.
    let chosen = random.below(fields.len()).min(random.below(fields.len()));
    let field = fields[chosen];
    let mut bytes = bytes.to_vec();
    field.put(other(field, bytes.len() as u64, random), &mut bytes);
    Some(bytes)
}

/// Returns the numbers that are not 0 and at most the file's length, so that they may count something in it: one of them has a zero byte, and
/// texts have none.
fn fields(bytes: &[u8]) -> Vec<Field> {
    let mut found = Vec::new();
    let length = bytes.len() as u64;
    for at in 0..bytes.len().min(LOOKED_AT) {
        for width in [4, 2, 8] {
            let Some(place) = bytes.get(at..at + width).filter(|place| place.contains(&0)) else {
                continue;
            };
            for little in [true, false] {
                let field = Field { at, width, little, value: read(place, little) };
                if (1..=length).contains(&field.value) && found.len() < MOST {
                    found.push(field);
                }
            }
        }
    }
    found
}

fn read(place: &[u8], little: bool) -> u64 {
    let add = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
    match little {
        true => place.iter().rev().fold(0, add),
        false => place.iter().fold(0, add),
    }
}

/// Returns another value: one that wraps around when it is multiplied, ends of its range, or one near to what it was.
fn other(field: Field, length: u64, random: &mut Random) -> u64 {
    let bits = 8 * field.width as u32;
    let largest = u64::MAX >> (64 - bits);
    let size = SIZES[random.below(SIZES.len())];
    // The least count whose product does not fit any more.
    let wraps = largest / size + 1;
    match random.below(8) {
        // With the rest of the number, for which the file has what it needs.
        0 | 1 => field.value.wrapping_add(wraps),
        2 => wraps,
        3 => largest - random.below(2) as u64,
        4 => largest / 2 + random.below(2) as u64,
        5 => 0_u64.wrapping_sub(field.value),
        6 => length.wrapping_add(random.below(17) as u64).wrapping_sub(8),
        _ => field.value.wrapping_add(random.below(9) as u64).wrapping_sub(4),
    }
}

impl Field {
    fn put(self, value: u64, bytes: &mut [u8]) {
        let place = &mut bytes[self.at..self.at + self.width];
        match self.little {
            true => place.copy_from_slice(&value.to_le_bytes()[..self.width]),
            false => place.copy_from_slice(&value.to_be_bytes()[8 - self.width..]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_becomes_one_that_wraps_around_when_it_is_multiplied() {
        let whole = [b"TAB1", &3_u32.to_le_bytes()[..], b"entries of the table"].concat();
        let mut random = Random::new(3);
        let counts: Vec<u32> = (0..2_000)
            .filter_map(|_| change(&whole, &mut random))
            .filter(|changed| changed.starts_with(b"TAB1"))
            .map(|changed| u32::from_le_bytes(changed[4..8].try_into().unwrap()))
            .collect();
        for size in [2_u32, 4, 8, 16] {
            let wrapped = |count: &&u32| **count != 3 && count.wrapping_mul(size) == 3 * size;
            assert!(counts.iter().any(|count| wrapped(&count)), "{size}");
        }
    }

    #[test]
    fn a_text_has_no_such_numbers() {
        assert_eq!(fields(b"{\"a\": 12, \"b\": \"text\"}"), []);
        assert_eq!(change(b"key=value\n", &mut Random::new(1)), None);
    }

    #[test]
    fn a_number_is_read_in_both_orders_and_written_as_it_was_read() {
        for little in [true, false] {
            let mut bytes = *b"\x00\x00\x00\x00\xff";
            let field = Field { at: 0, width: 4, little, value: 0 };
            field.put(0x0102_0304, &mut bytes);
            assert_eq!(read(&bytes[..4], little), 0x0102_0304);
            assert_eq!(bytes[4], 0xff);
        }
    }
}
