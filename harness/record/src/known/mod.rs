//! Known failures: a list of findings that do not fail a run, each with the reason why.
//!
//! ```toml
//! [[known]]
//! store = "httpie"                             # the store's name
//! setup = "file"                               # optional: only at this setup
//! scenario = "permissions::nobody_reaches"     # a glob over scenario ids
//! cause = "read-*"                             # optional: a glob over the causes of findings
//! reason = "sessions are written with the umask's mode; reported upstream"
//! ```
//!
//! An entry that no longer holds hides the next failure of the same kind, so it fails the run until it is removed.
//!
//! | file | what |
//! |---|---|
//! | `read` | reads a file, and says what is wrong with it |
//! | `names` | whether the stores and scenarios of a file are there |
//! | `apply` | which findings are listed, which entries no longer hold |
//! | `write` | a list of what a run found |
//! | `glob` | patterns over ids and causes |

mod apply;
mod glob;
mod names;
mod read;
mod write;

use std::fmt;
use std::path::PathBuf;

pub use glob::Glob;
pub use read::KnownError;
use toml::Value;
pub use write::write_known;

/// A known-failure file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFailures {
    /// The file, as it was named.
    pub file: PathBuf,
    /// Its entries, in their order.
    pub entries: Vec<Entry>,
}

/// One entry of a known-failure file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The line on which it begins.
    pub line: usize,
    /// The store's name.
    pub store: String,
    /// The setup; `None` for all.
    pub setup: Option<String>,
    /// The scenarios.
    pub scenario: Glob,
    /// The causes of findings; `None` for all.
    pub cause: Option<Glob>,
    /// Why the failure is accepted.
    pub reason: String,
}

/// The entry as it stands in a file.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "[[known]]")?;
        let mut line = |key: &str, value: &str| writeln!(f, "{key} = {}", Value::from(value));
        let (scenario, cause) = (self.scenario.to_string(), self.cause.as_ref());
        line("store", &self.store)?;
        self.setup.iter().try_for_each(|setup| line("setup", setup))?;
        line("scenario", &scenario)?;
        cause.iter().try_for_each(|cause| line("cause", &cause.to_string()))?;
        line("reason", &self.reason)
    }
}
