//! The moments that somebody names.

use super::Strategy;

/// Strategy that tries again what was tried before.
#[derive(Clone, Debug)]
pub struct Replay {
    again: std::vec::IntoIter<usize>,
}

impl Replay {
    /// Tries these, in this order.
    pub fn of(again: Vec<usize>) -> Replay {
        Replay { again: again.into_iter() }
    }
}

impl Strategy for Replay {
    fn next(&mut self, _: Option<bool>) -> Option<usize> {
        self.again.next()
    }
}
