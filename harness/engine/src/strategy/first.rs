//! As many as it takes to find something.

use super::Strategy;

/// Strategy that follows another one until it finds something.
#[derive(Clone, Debug)]
pub struct First<S>(S);

impl<S: Strategy> First<S> {
    /// Follows a strategy until it finds something.
    pub fn of(strategy: S) -> First<S> {
        First(strategy)
    }
}

impl<S: Strategy> Strategy for First<S> {
    fn next(&mut self, last: Option<bool>) -> Option<usize> {
        if last == Some(true) { None } else { self.0.next(last) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Every, follow};
    use super::*;

    #[test]
    fn what_was_found_is_the_last_that_is_tried() {
        let mut tried = Vec::new();
        let count = follow(First::of(Every::of(9)), |n| {
            tried.push(n);
            Ok(n == 2)
        });
        assert_eq!((count.unwrap(), tried), (3, vec![0, 1, 2]));
        assert_eq!(follow(First::of(Every::of(4)), |_| Ok(false)).unwrap(), 4);
    }
}
