//! What is wrong with an input, and where.

use crate::limits::{MAX_DEPTH, MAX_INFLATED, MAX_INPUT};

/// Why an input was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {at}: {reason}")]
pub struct Error {
    /// The offset of the first byte that cannot be right.
    pub at: usize,
    /// What is wrong there.
    pub reason: Reason,
}

/// What can be wrong with an input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Something else had to stand here.
    #[error("expected {0}")]
    Expected(&'static str),
    /// This must not stand here.
    #[error("{0} is not allowed here")]
    Forbidden(&'static str),
    /// The input ends before the value does.
    #[error("ends too early")]
    Ends,
    /// The value ends before the input does.
    #[error("something follows the end")]
    Trailing,
    /// A number that its type cannot hold, or a date that does not exist.
    #[error("{0} is out of range")]
    Range(&'static str),
    /// A name that stands twice where each may stand once.
    #[error("{0} stands twice")]
    Twice(&'static str),
    /// More than [`MAX_INPUT`] bytes.
    #[error("longer than {MAX_INPUT} bytes")]
    TooLong,
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH}")]
    TooDeep,
    /// More than [`MAX_INFLATED`] bytes once it is decompressed.
    #[error("inflates to more than {MAX_INFLATED} bytes")]
    Inflates,
}

impl Error {
    pub(crate) fn new(at: usize, reason: Reason) -> Error {
        Error { at, reason }
    }
}
