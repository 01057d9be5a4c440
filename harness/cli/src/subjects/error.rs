//! Why something that a subject needs is not there and cannot be put there.

use std::io;
use std::path::{Path, PathBuf};

/// Why a subject cannot be started. Each says what is missing, and the way out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InstallError {
    /// No such program, or none that answers.
    #[error("there is no {program} on PATH that answers{}; on Debian: apt-get install {packages}", said(.why))]
    NoProgram {
        /// Its name.
        program: &'static str,
        /// What the first one on PATH said.
        why: Option<String>,
        /// The Debian packages that have it.
        packages: &'static str,
    },
    /// No such command.
    #[error(
        "there is no {program} on PATH that says its version; on Debian: apt-get install {package}"
    )]
    NoCommand {
        /// Its name.
        program: String,
        /// The Debian package that has it.
        package: String,
    },
    /// Commands of a manifest that make no store.
    #[error("{store}: {why}")]
    Commands {
        /// The store.
        store: String,
        /// What is wrong with them.
        why: String,
    },
    /// A program from before what the driver is written for.
    #[error("{} is {program} {found}, and {oldest} or later is needed; put a later one first on PATH", .path.display())]
    TooOld {
        /// The program.
        path: PathBuf,
        /// Its name.
        program: &'static str,
        /// Its version.
        found: String,
        /// The oldest that will do.
        oldest: String,
    },
    /// Debian ships these apart.
    #[error("{} has no module {module}; on Debian: apt-get install python3-venv", .path.display())]
    NoVenv {
        /// The interpreter.
        path: PathBuf,
        /// The module.
        module: &'static str,
    },
    /// A Debian package that is not installed.
    #[error("{store} needs the Debian package {package}, which is not installed{}; on Debian: apt-get install {package}", said(.why))]
    NoPackage {
        /// The store.
        store: String,
        /// The package.
        package: String,
        /// What dpkg-query said.
        why: Option<String>,
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
        "the packages of {store} cannot be fetched: {why}; install it when this host is online, or {way}"
    )]
    Offline {
        /// The store.
        store: String,
        /// What the installer said.
        why: String,
        /// Where else it can find them.
        way: &'static str,
    },
    /// A package is not what it was when it was pinned.
    #[error("a package of {store} is not the one that is pinned: {why}; nothing was installed")]
    Hash {
        /// The store.
        store: String,
        /// What the installer said.
        why: String,
    },
    /// No wheel for this machine.
    #[error(
        "a package of {store} has no wheel for this Python or machine, and nothing is built here: {why}"
    )]
    NoWheel {
        /// The store.
        store: String,
        /// What the installer said.
        why: String,
    },
    /// Anything else that an installer said.
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

impl InstallError {
    /// Returns whether it is this host that lacks something, and nothing went wrong.
    pub(crate) fn host_cannot(&self) -> bool {
        matches!(
            self,
            InstallError::NoProgram { .. }
                | InstallError::NoCommand { .. }
                | InstallError::TooOld { .. }
                | InstallError::NoVenv { .. }
                | InstallError::NoPackage { .. }
        )
    }

    /// Returns the error for a failure in the cache; a full disk is an error of its own.
    pub(crate) fn cache(doing: &'static str, path: &Path, source: io::Error) -> InstallError {
        if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
            return InstallError::full(path);
        }
        InstallError::Cache { doing, path: path.to_owned(), source }
    }

    /// Returns the error for a full disk.
    pub(crate) fn full(path: &Path) -> InstallError {
        InstallError::Full { path: path.to_owned(), free: free_space(path) }
    }
}

fn said(why: &Option<String>) -> String {
    why.as_ref().map_or_else(String::new, |why| format!(" ({why})"))
}

/// Returns how much room there is, in words.
pub(crate) fn free_space(path: &Path) -> String {
    let existing = path.ancestors().find(|path| path.exists()).unwrap_or(path);
    match nix::sys::statvfs::statvfs(existing) {
        Ok(stat) => {
            let bytes = stat.blocks_available() * stat.fragment_size();
            format!("{} MB free", bytes / 1_000_000)
        }
        Err(errno) => format!("free space unknown: {errno}"),
    }
}
