//! What another user could do with a path, computed instead of tried.
//!
//! Where the harness cannot be another user (tier `predicted`), nobody can try. This computes what
//! `prober::attempt` would find if it ran with an identity's ids and no capabilities: from the owner, group, mode and
//! access ACL of every directory on the way and of the target (`path_resolution(7)`, `acl(5)`), and from the rules for opening, creating
//! and renaming (`open(2)`, `rename(2)`, sticky directories in `inode(7)`). The model is tested against the kernel, attempt by attempt.
//!
//! Where the manual and the kernel differ, the model does what the kernel does: see [`Component::grants`].
//!
//! Left out, so a prediction can be wrong about them; verdicts that rest on one say `predicted`:
//! - security modules (SELinux, AppArmor, Landlock) and seccomp filters, which refuse more;
//! - file systems that decide for themselves: FUSE, NFS and SMB, NFSv4 ACLs, file systems without owners;
//! - what depends on who else uses the file (leases, a program being executed) or on space, quotas and limits;
//! - `chattr +i` and `+a`, which take a capability that no store has, and which refuse more;
//! - mounts with `nosymfollow`, and symbolic links of `/proc` that are no paths;
//! - capabilities: uid 0 is a user like any other here, so a prediction for a privileged `service` is worth nothing;
//! - ids that the harness's user namespace has no number for: they show as the overflow id, 65534, and would be taken for it.

mod acl;
mod component;
mod predict;
mod read;
mod result;
mod steps;
#[cfg(test)]
pub(crate) mod tests;
mod walk;
mod xattr;

pub use acl::{Acl, AclError, Entry, Perms, Tag};
pub use component::{Component, Location};
pub use predict::{Predictor, may, predict};
pub use result::{Access, ProbeResult, Sighting};
pub use steps::{Step, steps};
pub use xattr::{AclKind, read_acl, remove_acl, write_acl};

pub(crate) use read::{NAMES_LIMIT, READ_LIMIT, first_of_each, list, read_from_start, sightings};
pub(crate) use result::Target;
