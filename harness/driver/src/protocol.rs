//! The lines that travel: requests, answers, events and errors.

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Op, SetupName, Umask, umask};

/// The protocol's version.
pub const PROTOCOL: u32 = 2;
/// The longest line either side accepts, in bytes.
pub const MAX_LINE: usize = 16 << 20;
/// The descriptor on which a driver reads requests.
pub const REQUEST_FD: i32 = 3;
/// The descriptor on which a driver writes answers.
pub const ANSWER_FD: i32 = 4;

/// One request: its number and what is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Request {
    /// The request's number, repeated in the answer.
    pub n: u64,
    /// What is asked.
    #[serde(flatten)]
    pub op: Op,
}

/// Where and how to open the store.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Open {
    /// The user's home directory, absolute; it is also in `HOME`.
    #[serde(default)]
    pub home: PathBuf,
    /// The setup's name.
    pub setup: SetupName,
    /// The session file or directory, if the setup is at one that the harness names; `null` otherwise.
    #[serde(default)]
    pub at: Option<PathBuf>,
    /// The umask to set before anything else, in octal digits: `"0022"`.
    #[serde(with = "umask::digits")]
    #[cfg_attr(feature = "schema", schemars(with = "String", regex(pattern = "^[0-7]{1,4}$")))]
    pub umask: Umask,
    /// Whether the store is to be used without being changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// The setup's parameters.
    #[serde(default)]
    pub params: Map<String, Value>,
}

impl Open {
    /// The path the harness named.
    ///
    /// # Errors
    /// `invalid` when the setup is at no path that the harness names.
    pub fn path(&self) -> Result<&std::path::Path, Failure> {
        self.at.as_deref().ok_or_else(|| {
            Failure::new(ErrorKind::Invalid, "this setup needs a path and none was given")
        })
    }
}

/// Said by the parent of a forked driver when its child has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChildEvent {
    /// Always `child`.
    pub event: String,
    /// The wait status, as wait(2) gives it.
    pub status: i32,
}

/// Why an operation failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Failure {
    /// The class of the error; the corruption scenarios are about which one is answered.
    pub kind: ErrorKind,
    /// The store's own words.
    #[serde(default)]
    pub message: String,
}

/// The classes of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The store has no such operation.
    Unsupported,
    /// What is stored is damaged, and the store noticed.
    Corrupt,
    /// The operating system refused.
    Denied,
    /// Somebody else changed it meanwhile.
    Conflict,
    /// There is no such session.
    Absent,
    /// The caller's id, path or session is not acceptable.
    Invalid,
    /// Another error of input and output.
    Io,
    /// Anything else.
    #[serde(other)]
    Other,
}

impl ErrorKind {
    /// The word that stands for it in the protocol.
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorKind::Unsupported => "unsupported",
            ErrorKind::Corrupt => "corrupt",
            ErrorKind::Denied => "denied",
            ErrorKind::Conflict => "conflict",
            ErrorKind::Absent => "absent",
            ErrorKind::Invalid => "invalid",
            ErrorKind::Io => "io",
            ErrorKind::Other => "other",
        }
    }
}

impl std::fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl Failure {
    /// A failure with the store's own words.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Failure {
        Failure { kind, message: message.into() }
    }

    /// The store has no such operation.
    pub fn unsupported() -> Failure {
        Failure::new(ErrorKind::Unsupported, "")
    }

    /// What is stored is damaged.
    pub fn corrupt(message: impl Into<String>) -> Failure {
        Failure::new(ErrorKind::Corrupt, message)
    }

    /// The caller's id, path or session is not acceptable.
    pub fn invalid(message: impl Into<String>) -> Failure {
        Failure::new(ErrorKind::Invalid, message)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

impl std::error::Error for Failure {}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        let kind = match error.kind() {
            io::ErrorKind::NotFound => ErrorKind::Absent,
            io::ErrorKind::PermissionDenied => ErrorKind::Denied,
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidFilename => ErrorKind::Invalid,
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => ErrorKind::Corrupt,
            _ => ErrorKind::Io,
        };
        Failure::new(kind, error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Failure {
        Failure::corrupt(error.to_string())
    }
}
