//! What an oracle says when something is wrong.

use std::fmt::{self, Display};

/// A broken promise: which, and the evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The oracle that was not satisfied.
    pub oracle: &'static str,
    /// Evidence that it saw.
    pub evidence: String,
}

impl Violation {
    /// Returns a violation with its evidence.
    pub fn new(oracle: &'static str, evidence: impl Display) -> Violation {
        Violation { oracle, evidence: evidence.to_string() }
    }

    /// Returns ok if `kept`, otherwise a violation.
    ///
    /// # Errors
    /// Where the promise is broken.
    pub fn unless<D: Display>(
        kept: bool,
        oracle: &'static str,
        evidence: impl FnOnce() -> D,
    ) -> Result<(), Violation> {
        match kept {
            true => Ok(()),
            false => Err(Violation::new(oracle, evidence())),
        }
    }
}

impl Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.oracle, self.evidence)
    }
}

impl std::error::Error for Violation {}

/// Panics with the violation: how libFuzzer hears of it.
///
/// ```should_panic
/// use interloper_oracles::{Violation, assert_ok};
/// assert_ok(Err(Violation::new("same value", "1 became 2")));
/// ```
///
/// # Panics
/// Where there is a violation.
#[track_caller]
pub fn assert_ok(kept: Result<(), Violation>) {
    if let Err(violation) = kept {
        panic!("{violation}");
    }
}
