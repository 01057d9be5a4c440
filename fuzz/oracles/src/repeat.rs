//! A mutation that libFuzzer does not have: a piece of the input stands there again and again.

use crate::input::chance;

/// One mutation in so many is this one; the others are libFuzzer's own.
const ONE_IN: u32 = 8;
/// Upper limit of a piece's length, in bytes. Longer ones are what libFuzzer copies about.
const PIECE: usize = 8;

/// Repeats a piece of the input where it stands, and answers how long the input is then; `None` where libFuzzer is to make the mutation.
///
/// Numbers with too many digits, brackets that are too deep and quotes that are too many are all a few bytes again and again. libFuzzer
/// inserts such runs of a byte that it draws, and copies pieces to places that it draws; it has no way from `60` to `606060`.
/// Every second piece is a run of digits, where there is one, since a length or an age is what most often overflows.
///
/// `data` is as long as the input may become, and the input are its first `size` bytes.
///
/// ```
/// use interloper_oracles::repeat;
///
/// let longer = |seed| {
///     let mut data = *b"Max-Age=60......................";
///     repeat(&mut data, 10, 32, seed).map(|size| data[..size].to_vec())
/// };
/// let age = b"Max-Age=6060606060";
/// assert!((0..10_000).filter_map(longer).any(|input| input.starts_with(age)));
/// ```
pub fn repeat(data: &mut [u8], size: usize, max: usize, seed: u32) -> Option<usize> {
    let mut draw = Chance(seed.into());
    let max = max.min(data.len());
    let size = size.min(data.len());
    if size == 0 || size >= max || draw.below(ONE_IN as usize) != 0 {
        return None;
    }
    let (from, to) = piece(&data[..size], &mut draw);
    let length = to - from;
    // Few repetitions are the likelier ones, and a limit is often a power of two.
    let times = (1 << draw.below(7)) + draw.below(8);
    let times = times.min((max - size) / length);
    if times == 0 {
        return None;
    }
    data.copy_within(to..size, to + times * length);
    for again in 0..times {
        data.copy_within(from..to, to + again * length);
    }
    Some(size + times * length)
}

fn piece(input: &[u8], draw: &mut Chance) -> (usize, usize) {
    let begins =
        |at: &usize| input[*at].is_ascii_digit() && (*at == 0 || !input[*at - 1].is_ascii_digit());
    let runs = (0..input.len()).filter(begins).count();
    if runs > 0 && draw.below(2) == 0 {
        let run = (0..input.len()).filter(begins).nth(draw.below(runs));
        let from = run.unwrap_or_default();
        let digits = input[from..].iter().take_while(|byte| byte.is_ascii_digit());
        return (from, from + digits.count().min(PIECE));
    }
    let from = draw.below(input.len());
    (from, (from + 1 + draw.below(PIECE)).min(input.len()))
}

/// Draws that follow from libFuzzer's seed, so that a run can be repeated.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = chance(&self.0.to_le_bytes());
        (self.0 >> 32) as usize % limit
    }
}

#[cfg(test)]
mod tests {
    use super::repeat;

    #[test]
    fn what_is_repeated_stays_inside_and_keeps_its_ends() {
        let input = b"a=b; Max-Age=86400; Path=/";
        let mut made = 0;
        for seed in 0..20_000 {
            let mut data = [0xff; 64];
            data[..input.len()].copy_from_slice(input);
            let Some(size) = repeat(&mut data, input.len(), 60, seed) else { continue };
            made += 1;
            assert!(size > input.len() && size <= 60, "{seed}");
            assert!(!data[..size].contains(&0xff), "{seed}");
            assert!(data[60..].iter().all(|byte| *byte == 0xff), "{seed}");
            assert!(data.starts_with(b"a") && data[..size].ends_with(b"/"), "{seed}");
        }
        assert!((1500..3500).contains(&made), "{made}");
    }

    #[test]
    fn nothing_is_made_of_nothing_or_beyond_the_limit() {
        for seed in 0..1000 {
            assert_eq!(repeat(&mut [], 0, 0, seed), None);
            assert_eq!(repeat(&mut [1; 8], 8, 8, seed), None);
            assert_eq!(repeat(&mut [1; 8], 8, 4, seed), None);
        }
    }
}
