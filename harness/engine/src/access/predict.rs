//! What an identity could do with a path.

use std::path::{Path, PathBuf};

use nix::fcntl::{AT_FDCWD, OFlag, openat};
use nix::sys::stat::Mode;

use super::acl::Perms;
use super::component::Component;
use super::walk::walk;
use crate::access::{Access, ProbeResult, Target, list, read_from_start, sightings};
use crate::error::{Context, Error, Result};
use crate::principal::Identity;
use crate::residue::Search;
use crate::tree::NodeKind;

/// A file or directory, and the directories that lead to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Every directory that must be searched, in the order of the lookups.
    pub way: Vec<Component>,
    /// The directory that the last name is in; none for `/`.
    pub parent: Option<Component>,
    /// What is there.
    pub node: Component,
}

impl Location {
    /// What an identity without capabilities could do: the pure rules, nothing is looked at.
    pub fn access(&self, identity: &Identity) -> Access {
        if !self.way.iter().all(|dir| dir.grants(identity, Perms::SEARCH)) {
            return Access::empty();
        }
        let node = &self.node;
        let mut access = Access::SEE;
        match node.kind() {
            NodeKind::File => {
                access.set(Access::READ, node.grants(identity, Perms::READ));
                access.set(Access::WRITE, node.is_writable(identity));
            }
            NodeKind::Dir => {
                access.set(Access::LIST, node.grants(identity, Perms::READ));
                access.set(Access::CREATE, node.takes_names(identity));
            }
            // Nobody opens these to see, so neither does the model.
            NodeKind::Symlink | NodeKind::Other => {}
        }
        // A file of one's own can be made in every directory that a name can be taken out of, so the two go together.
        if self.parent.as_ref().is_some_and(|parent| parent.gives_up(identity, node)) {
            access |= Access::REMOVE | Access::REPLACE;
        }
        access
    }
}

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

    /// What an identity could do with a path.
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

    /// What trying everything on a target would find; contents and names are read with the harness's own access.
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

/// [`Predictor::may`] for the whole tree.
///
/// # Errors
/// As [`Predictor::may`].
pub fn may(identity: &Identity, path: &Path, kind: NodeKind) -> Result<Access> {
    Predictor::whole().may(identity, path, kind)
}

/// [`Predictor::predict`] for the whole tree.
///
/// # Errors
/// As [`Predictor::predict`].
pub fn predict(identity: &Identity, target: &Target, search: &Search) -> Result<ProbeResult> {
    Predictor::whole().predict(identity, target, search)
}
