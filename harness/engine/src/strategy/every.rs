//! Every moment, one after the other.

use super::Strategy;

/// All of a row, from its first to its last.
#[derive(Clone, Debug)]
pub struct Every {
    row: std::ops::Range<usize>,
}

impl Every {
    /// Tries all of a row of so many.
    pub fn of(count: usize) -> Every {
        Every { row: 0..count }
    }
}

impl Strategy for Every {
    fn next(&mut self, _: Option<bool>) -> Option<usize> {
        self.row.next()
    }
}
