//! What a server can do instead of answering.

use thiserror::Error;

/// Failure of an exchange. None of these is an error of the harness.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum HttpError {
    /// Nobody accepts connections there.
    #[error("nobody accepts connections at {at}: {why}")]
    Refused {
        /// The address.
        at: String,
        /// The kernel's answer.
        why: String,
    },
    /// The address is not one that may be connected to.
    #[error("{at} cannot be connected to: {why}")]
    Address {
        /// The address.
        at: String,
        /// The reason.
        why: String,
    },
    /// The connection ended before the answer did.
    #[error(
        "the connection was {how} after {got} bytes of the answer, in the middle of its {part}"
    )]
    Short {
        /// Way in which it ended: `closed` or `reset`.
        how: &'static str,
        /// The number of bytes that came.
        got: usize,
        /// The part that was not complete: `head` or `body`.
        part: &'static str,
    },
    /// The bytes are no answer.
    #[error("it answered something that is not HTTP/1: {0}")]
    Garbage(String),
    /// The answer is longer than what is read.
    #[error("its answer has a {part} of more than {limit} bytes")]
    TooLong {
        /// The part: `head` or `body`.
        part: &'static str,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The answer did not come.
    #[error("it did not answer: {0}")]
    Late(String),
    /// The machine gave the server no time.
    #[error("the machine gave it no time")]
    Starved,
}
