//! What stops a command before it has a result, and the exit code that says so.

use interloper_engine::Error;
use interloper_record::json::ReadError;
use interloper_record::known::KnownError;
use interloper_record::{Exit, MergeError};

use crate::commands::InitError;
use crate::config::ConfigError;
use crate::output::OutputError;
use crate::run::{ReplayFileError, SelectError};
use crate::subjects::{DriverError, InstallError, SubjectError};

/// Why a command stops. Each names what it was about, the cause and the way out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Subject(#[from] SubjectError),
    #[error(transparent)]
    Select(#[from] SelectError),
    #[error(transparent)]
    Driver(#[from] DriverError),
    #[error(transparent)]
    Known(#[from] KnownError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Merge(#[from] MergeError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    ReplayFile(#[from] ReplayFileError),
    #[error(transparent)]
    Init(#[from] InitError),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error(transparent)]
    Install(#[from] InstallError),
    /// The host refuses the tier that was asked for.
    #[error("--tier {tier}: {source}; `interloper doctor` says what would let it")]
    Tier {
        /// The tier.
        tier: interloper_engine::Tier,
        /// What refused it.
        source: Error,
    },
    #[error(transparent)]
    Engine(#[from] Error),
    /// What is wrong was said already: none of the stores that were asked for can be started.
    #[error("")]
    Reported(Exit),
    /// Two things on the command line do not go together, or something is missing there.
    #[error("{0}")]
    Usage(String),
}

impl Failure {
    /// The exit code for it.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Failure::Subject(SubjectError::Manifest(_)) => Exit::Broken,
            Failure::Subject(SubjectError::NoSuchStore { .. })
            | Failure::Select(_)
            | Failure::Driver(_)
            | Failure::Known(_)
            | Failure::Read(_)
            | Failure::Merge(_)
            | Failure::ReplayFile(_)
            | Failure::Config(_)
            | Failure::Init(_)
            | Failure::Usage(_) => Exit::Usage,
            Failure::Output(error) => error.exit(),
            Failure::Install(error) if error.host_cannot() => Exit::Untested,
            Failure::Install(_) => Exit::Broken,
            Failure::Tier { .. } => Exit::Untested,
            Failure::Reported(exit) => *exit,
            Failure::Engine(Error::Token(_) | Error::Driver(_)) => Exit::Usage,
            Failure::Engine(Error::Refused { .. } | Error::Untraced(_)) => Exit::Untested,
            Failure::Engine(_) => Exit::Broken,
        }
    }
}
