//! An input, and how much is asked of it.

use crate::cost::chance;

/// An input of a target.
///
/// Some oracles cost many times what the parser does. In fuzzing they look at one input in so many, and which, follows from the input: so
/// a crash is one again when it is replayed. Tests look at each input with all oracles.
///
/// ```
/// use interloper_oracles::{Input, target};
/// let header = target("cookie_header").unwrap();
/// assert_eq!((header.run)(Input::whole(b"a=b; c=d")), Ok(()));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// Nothing, where every oracle is to look.
    chance: Option<u64>,
}

impl<'a> Input<'a> {
    /// One that every oracle looks at.
    pub fn whole(bytes: &'a [u8]) -> Input<'a> {
        Input { bytes, chance: None }
    }

    /// One of very many.
    pub fn sampled(bytes: &'a [u8]) -> Input<'a> {
        Input { bytes, chance: Some(chance(bytes)) }
    }

    /// Whether it is one of those that an oracle for so many looks at. Inputs that are scaled are others: they are chosen by lower bits.
    pub(crate) fn one_in(&self, many: u64) -> bool {
        self.chance.is_none_or(|chance| (chance >> 32).is_multiple_of(many))
    }
}
