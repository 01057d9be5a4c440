//! An input, and how much is asked of it.

/// An input of a target.
///
/// Every input is read. The other oracles cost as much as many readings, so in fuzzing they look at one input in so many; which, follows
/// from the input. Tests, and targets that are given a file and not a folder, look at each input with all oracles: so what was found by any
/// of them is found again.
///
/// ```
/// use interloper_oracles::{Input, target};
/// let header = target("cookie_header").unwrap();
/// assert_eq!(header.run(Input::whole(b"a=b; c=d")), Ok(()));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// Hash that decides which oracles look; `None` if all do.
    chance: Option<u64>,
}

impl<'a> Input<'a> {
    /// Returns an input that every oracle looks at.
    pub fn whole(bytes: &'a [u8]) -> Input<'a> {
        Input { bytes, chance: None }
    }

    /// Returns one of very many inputs, which only sampled oracles look at.
    pub fn sampled(bytes: &'a [u8]) -> Input<'a> {
        Input { bytes, chance: Some(chance(bytes)) }
    }

    /// Returns whether an oracle that looks at one in `many` inputs looks at this one.
    pub(crate) fn one_in(&self, many: u64) -> bool {
        self.chance.is_none_or(|chance| chance.is_multiple_of(many))
    }

    /// Returns whether it is one in `many` of the sampled inputs, by independent hash bits.
    pub(crate) fn also_one_in(&self, many: u64) -> bool {
        self.chance.is_none_or(|chance| (chance >> 32).is_multiple_of(many))
    }
}

/// Returns a number that follows from the input: what is done for some inputs only is done again when one of them is replayed. It is
/// computed for each input, so it is FNV-1a over eight bytes at a time, and not a better one that takes longer.
pub(crate) fn chance(input: &[u8]) -> u64 {
    let (words, rest) = input.as_chunks::<8>();
    let mut chance = 0xcbf2_9ce4_8422_2325_u64 ^ input.len() as u64;
    for word in words {
        chance = mixed(chance, u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mixed(chance, u64::from_le_bytes(last))
}

/// Returns a multiplication lets upper bits know of lower ones only, so the halves are folded.
fn mixed(chance: u64, word: u64) -> u64 {
    let chance = (chance ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    chance ^ chance >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_input_in_so_many_is_chosen_and_a_whole_one_always() {
        let inputs: Vec<String> = (0..32_000).map(|number| format!("a=b; c={number}")).collect();
        let sampled = || inputs.iter().map(|input| Input::sampled(input.as_bytes()));
        let chosen: Vec<Input> = sampled().filter(|input| input.one_in(32)).collect();
        assert!((800..1200).contains(&chosen.len()));
        assert!((150..350).contains(&chosen.iter().filter(|input| input.also_one_in(4)).count()));
        let whole = inputs.iter().map(|input| Input::whole(input.as_bytes()));
        assert_eq!(whole.filter(|input| input.one_in(32) && input.also_one_in(4)).count(), 32_000);
    }

    #[test]
    fn a_byte_anywhere_and_a_length_change_the_chance() {
        let input = [0; 21];
        for at in 0..input.len() {
            let mut changed = input;
            changed[at] = 1;
            assert_ne!(chance(&input), chance(&changed), "{at}");
            assert_ne!(chance(&input), chance(&input[..at]), "{at}");
        }
    }
}
