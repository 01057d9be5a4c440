//! What an identity could do with a path.

use std::path::{Path, PathBuf};

use nix::fcntl::{AT_FDCWD, OFlag, openat};
use nix::sys::stat::Mode;

use super::walk::walk;
use crate::access::{Access, ProbeResult, Target, list, read_from_start, sightings};
use crate::error::{Context, Error, Result};
use crate::principal::Identity;
use crate::residue::Search;
use crate::tree::NodeKind;

/// Predicts what others could do with paths.
#[derive(Clone, Debug)]
pub struct Predictor {
    root: PathBuf,
}

impl Predictor {
    /// Predicts for the whole tree, from `/` on.
    pub fn whole() -> Predictor {
        Predictor { root: PathBuf::from("/") }
    }

    /// Predicts as if everybody could search the directories above `root`; `root` itself says who may search it.
    ///
    /// For a sandbox in a private temporary directory, whose mode would keep everybody from everything and every finding away.
    ///
    /// # Errors
    /// When the root cannot be found.
    pub fn below(root: &Path) -> Result<Predictor> {
        Ok(Predictor { root: root.canonicalize().on("find", root)? })
    }

    /// Returns the access of an identity to a path.
    ///
    /// # Errors
    /// When the harness itself cannot look at something that the identity could, or the path is of another kind by now.
    pub fn may(&self, identity: &Identity, path: &Path, kind: NodeKind) -> Result<Access> {
        let Some(place) = walk(&self.root, identity, path)? else { return Ok(Access::empty()) };
        let found = place.node.kind();
        if found != kind {
            return Err(Error::Untrustworthy(format!(
                "cannot predict who could use {}: it was a {kind:?} and is a {found:?}",
                path.display()
            )));
        }
        Ok(place.access(identity))
    }

    /// Returns what all attempts on a target would find; contents and names are read with the harness's own access.
    ///
    /// # Errors
    /// As [`Predictor::may`], and when the harness cannot read or list what the identity could.
    pub fn predict(
        &self,
        identity: &Identity,
        target: &Target,
        search: &Search,
    ) -> Result<ProbeResult> {
        let access = self.may(identity, &target.path, target.kind)?;
        let mut tried = ProbeResult { access, ..ProbeResult::default() };
        let refused = |why: &dyn std::fmt::Display| {
            let (uid, path) = (identity.uid, target.path.display());
            Error::Untrustworthy(format!("uid {uid} could open {path}, the harness cannot: {why}"))
        };
        if access.contains(Access::READ) {
            let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
            let file = openat(AT_FDCWD, &target.path, flags, Mode::empty())
                .map_err(|errno| refused(&errno))?;
            let bytes = read_from_start(&file);
            tried.read = bytes.len() as u64;
            tried.seen = sightings(search, &bytes);
        }
        if access.contains(Access::LIST) {
            tried.names = list(&target.path).ok_or_else(|| refused(&"no names were read"))?;
        }
        Ok(tried)
    }
}

/// Calls [`Predictor::may`] for the whole tree.
///
/// # Errors
/// As [`Predictor::may`].
pub fn may(identity: &Identity, path: &Path, kind: NodeKind) -> Result<Access> {
    Predictor::whole().may(identity, path, kind)
}

/// Calls [`Predictor::predict`] for the whole tree.
///
/// # Errors
/// As [`Predictor::predict`].
pub fn predict(identity: &Identity, target: &Target, search: &Search) -> Result<ProbeResult> {
    Predictor::whole().predict(identity, target, search)
}
