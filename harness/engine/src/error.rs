//! Errors of the harness itself.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Failure of the harness, or of the host. A store that misbehaves is never one of these.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A system call failed on a path.
    #[error("cannot {doing} {}: {source}", path.display())]
    Path {
        /// Action that failed.
        doing: &'static str,
        /// Path that it failed on.
        path: PathBuf,
        /// The kernel's answer.
        source: io::Error,
    },
    /// A system call failed.
    #[error("cannot {doing}: {source}")]
    System {
        /// Action that failed.
        doing: &'static str,
        /// The kernel's answer.
        source: io::Error,
    },
    /// This host refuses what a tier needs.
    #[error("this host refuses {what}: {why}")]
    Refused {
        /// Thing that was refused.
        what: &'static str,
        /// Message of the refusal, and the way out.
        why: String,
    },
    /// A prober failed its self-test.
    #[error(
        "cannot trust the {principal} prober: {why}; `interloper doctor` shows what this host lacks"
    )]
    Prober {
        /// Principal of the prober.
        principal: &'static str,
        /// Result of its test that shows it.
        why: String,
    },
    /// A prober is gone or does not answer, so its attempts were not made.
    #[error("the {principal} prober {why}")]
    Lost {
        /// Principal of the prober.
        principal: &'static str,
        /// Fate of the process.
        why: &'static str,
    },
    /// A supervisor ended, or sent something that is not of the protocol between the two.
    #[error("sandbox supervisor: {0}")]
    Supervisor(String),
    /// A supervisor could not do what it was asked, for a reason of its own.
    #[error("{0}")]
    Job(String),
    /// The driver could not be started, or did not answer `hello`.
    #[error("driver: {0}")]
    Driver(String),
    /// A replay token or file cannot be read.
    #[error("the replay token: {0}")]
    Token(String),
    /// There are no steps to show: the host cannot hold the store's calls, or the store refuses the operation.
    #[error("no steps to trace: {0}")]
    Untraced(String),
    /// A driver and the harness disagree about something that makes a verdict worthless.
    #[error("{0}")]
    Untrustworthy(String),
}

/// The engine's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Adds the action that failed to a system call's error: `open`, `make a pipe`, as it follows "cannot".
pub(crate) trait Context<T> {
    fn doing(self, doing: &'static str) -> Result<T>;
    fn on(self, doing: &'static str, path: impl Into<PathBuf>) -> Result<T>;
}

impl<T, E: Into<io::Error>> Context<T> for std::result::Result<T, E> {
    fn doing(self, doing: &'static str) -> Result<T> {
        self.map_err(|source| Error::System { doing, source: source.into() })
    }
    fn on(self, doing: &'static str, path: impl Into<PathBuf>) -> Result<T> {
        self.map_err(|source| Error::Path { doing, path: path.into(), source: source.into() })
    }
}
