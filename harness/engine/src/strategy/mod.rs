//! Which of many moments are tried, and in which order: the steps of an operation, the faults at them, the schedules of two drivers.
//!
//! | strategy | which |
//! |---|---|
//! | [`Every`] | all of them |
//! | [`Sample`] | those that must be, and some by seed |
//! | [`First`] | those of another strategy, until something is found |
//! | [`Bisect`] | as few as are needed to find where something begins |
//! | [`Replay`] | those that somebody names |
//!
//! Whether what was tried may be called exhaustive is not for a strategy to say: the determinism check is
//! [`Lab::rehearse`](crate::Lab::rehearse), which goes through an operation twice.

mod bisect;
mod every;
mod first;
mod replay;
mod sample;

pub use bisect::Bisect;
pub use every::Every;
pub use first::First;
pub use replay::Replay;
pub use sample::{Room, Sample};

use crate::lab::CaseResult;

/// Says which moment of a row is tried next.
pub trait Strategy {
    /// Returns the place in the row of the next trial; `last` is the result of the one before, and `None` for the first. Returns `None`
    /// when enough was tried.
    fn next(&mut self, last: Option<bool>) -> Option<usize>;
}

/// Tries what a strategy says until it has enough; `try_one` says whether what was looked for was found there.
///
/// Gives how many were tried.
///
/// ```
/// use interloper_engine::strategy::{Every, follow};
///
/// let mut odd = Vec::new();
/// let tried = follow(Every::of(5), |n| {
///     odd.extend((n % 2 == 1).then_some(n));
///     Ok(n % 2 == 1)
/// })?;
/// assert_eq!((tried, odd), (5, vec![1, 3]));
/// # Ok::<(), interloper_engine::Abort>(())
/// ```
///
/// # Errors
/// What `try_one` says.
pub fn follow(
    mut strategy: impl Strategy,
    mut try_one: impl FnMut(usize) -> CaseResult<bool>,
) -> CaseResult<usize> {
    let mut last = None;
    let mut tried = 0;
    while let Some(next) = strategy.next(last) {
        last = Some(try_one(next)?);
        tried += 1;
    }
    Ok(tried)
}

/// One that is asked for its answer afterwards is lent.
impl<S: Strategy + ?Sized> Strategy for &mut S {
    fn next(&mut self, last: Option<bool>) -> Option<usize> {
        (**self).next(last)
    }
}
