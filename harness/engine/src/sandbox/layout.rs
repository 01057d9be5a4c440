//! Where things are in a sandbox: the same paths for every case, with new contents.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::principal::Principal;

/// The places of one sandbox.
///
/// In tier `namespaces` they are mounts of its own at their usual paths; in the other tiers they are directories below one base.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    base: PathBuf,
    /// Paths of the host that are shown below a writable place: a home's cache, a temporary directory. The sandbox neither empties nor
    /// searches them.
    shown: Vec<PathBuf>,
}

/// A writable root, and what it looks like when a case begins.
pub(crate) struct Root {
    pub(crate) path: PathBuf,
    pub(crate) mode: u32,
}

impl Layout {
    /// Returns a layout below a directory; `/` inside a mount namespace.
    pub fn new(base: impl Into<PathBuf>) -> Layout {
        Layout { base: base.into(), shown: Vec::new() }
    }

    /// Returns the layout with these paths of the host shown in it.
    pub(crate) fn showing(mut self, shown: impl IntoIterator<Item = PathBuf>) -> Layout {
        let roots = self.roots();
        self.shown = shown
            .into_iter()
            .filter(|path| roots.iter().any(|root| path.starts_with(&root.path)))
            .collect();
        self
    }

    /// Returns the host's paths below the writable places.
    pub(crate) fn shown(&self) -> &[PathBuf] {
        &self.shown
    }

    /// Returns the paths below the writable places that are not the store's to write: those shown there, and the directories that were made
    /// on the way to them. The sandbox's root made those, and nobody else may put anything in them.
    pub(crate) fn unwritable(&self) -> Vec<PathBuf> {
        let everyone =
            [Principal::Owner, Principal::Groupmate, Principal::Stranger, Principal::Service];
        let mut given: Vec<PathBuf> = everyone.map(|principal| self.home(principal)).into();
        given.push(self.runtime_dir().join("owner"));
        let roots = self.roots();
        let is_made = |dir: &&Path| {
            let below = roots.iter().any(|root| *dir != root.path && dir.starts_with(&root.path));
            // A host may have its code below a directory of the same name as a home of the sandbox's.
            below && !given.iter().any(|given| given.starts_with(dir))
        };
        let topmost = |path: &PathBuf| path.ancestors().filter(is_made).last().map(Path::to_owned);
        self.shown.iter().map(|path| topmost(path).unwrap_or_else(|| path.clone())).collect()
    }

    /// Returns the directory everything is below.
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// Returns a principal's home directory.
    pub fn home(&self, principal: Principal) -> PathBuf {
        self.base.join("home").join(principal.as_str())
    }

    /// Returns the directory for temporary files.
    pub fn tmp(&self) -> PathBuf {
        self.base.join("tmp")
    }

    /// Returns the directory that holds the driver's own files, read-only to it.
    pub fn driver_files(&self) -> PathBuf {
        self.base.join("opt/interloper")
    }

    /// Returns the directory for the runtime's sockets and such, as `XDG_RUNTIME_DIR` names it.
    pub fn runtime_dir(&self) -> PathBuf {
        self.base.join("run/user")
    }

    /// Returns every directory a store could write to: what is reset between cases and searched for residue.
    pub(crate) fn roots(&self) -> Vec<Root> {
        [
            ("home", 0o755),
            ("tmp", 0o1777),
            ("var/tmp", 0o1777),
            ("dev/shm", 0o1777),
            ("run/user", 0o755),
            ("run/lock", 0o1777),
        ]
        .map(|(path, mode)| Root { path: self.base.join(path), mode })
        .into()
    }
}
