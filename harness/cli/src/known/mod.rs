//! Known failures: a list of findings that do not fail a run, each with the reason why.
//!
//! ```toml
//! [[known]]
//! store = "httpie"                             # the store's name
//! place = "file"                               # optional: only at this place
//! scenario = "permissions::nobody_reaches"     # a glob over scenario ids
//! cause = "read-*"                             # optional: a glob over the causes of findings
//! reason = "sessions are written with the umask's mode; reported upstream"
//! ```
//!
//! An entry that no longer holds hides the next failure of the same kind, so it fails the run until it is removed.
//!
//! | file | what |
//! |---|---|
//! | [`read`] | the file, and what is wrong with it |
//! | [`apply`] | which findings are listed, which entries no longer hold |
//! | [`mod@write`] | a list of what a run found |
//! | [`glob`] | the patterns |

mod apply;
mod glob;
mod read;
mod write;

use std::path::PathBuf;

pub(crate) use glob::Glob;
pub(crate) use read::KnownError;
pub(crate) use write::write_known;

/// A known-failure file.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// The file, as it was named.
    file: PathBuf,
    entries: Vec<Entry>,
}

/// One entry of it.
#[derive(Clone, Debug)]
struct Entry {
    line: usize,
    store: String,
    place: Option<String>,
    scenario: Glob,
    cause: Option<Glob>,
    reason: String,
}
