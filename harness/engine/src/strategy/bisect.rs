//! Where something begins, in as few tries as can be.

use super::Strategy;

/// Looks for a place in a row at which something is found, and just before which it is not.
///
/// There is one, since at the row's begin it is known not to be found and at its end to be. Where it comes and goes there are several, and
/// this is one of them: both sides of it were tried.
#[derive(Clone, Debug)]
pub struct Bisect {
    /// Here it is not found, or nothing is.
    without: usize,
    /// Here it is.
    with: usize,
    asked: Option<usize>,
}

impl Bisect {
    /// Bisects between the first of a row of at least two, which is known to be without it, and the last, which is known to have it.
    pub fn of(count: usize) -> Bisect {
        Bisect { without: 0, with: count.saturating_sub(1), asked: None }
    }

    /// Returns the place where it begins, once the search has ended.
    pub fn begins(&self) -> usize {
        self.with
    }
}

impl Strategy for Bisect {
    fn next(&mut self, last: Option<bool>) -> Option<usize> {
        match (self.asked.take(), last) {
            (Some(asked), Some(true)) => self.with = asked,
            (Some(asked), Some(false)) => self.without = asked,
            _ => {}
        }
        if self.with - self.without < 2 {
            return None;
        }
        self.asked = Some(self.without + (self.with - self.without) / 2);
        self.asked
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::follow;
    use super::*;

    fn bisect(row: &[bool]) -> (usize, usize) {
        let mut bisect = Bisect::of(row.len());
        let tried = follow(&mut bisect, |n| Ok(row[n])).unwrap();
        (bisect.begins(), tried)
    }

    #[test]
    fn the_shortest_rows() {
        assert_eq!(bisect(&[false, true]), (1, 0));
        assert_eq!(bisect(&[false, false, true]), (2, 1));
        assert_eq!(bisect(&[false, true, true]), (1, 1));
    }

    proptest! {
        #[test]
        fn it_begins_where_it_is_found(mut row in proptest::collection::vec(any::<bool>(), 2..300)) {
            let last = row.len() - 1;
            row[0] = false;
            row[last] = true;
            let (begins, tried) = bisect(&row);
            prop_assert!(row[begins] && !row[begins - 1]);
            prop_assert!(tried <= row.len().ilog2() as usize + 1);
        }

        #[test]
        fn of_a_row_that_has_one_it_finds_the_first(from in 1_usize..300, more in 0_usize..300) {
            let row: Vec<bool> = (0..=from + more).map(|n| n >= from).collect();
            prop_assert_eq!(bisect(&row).0, from);
        }
    }
}
