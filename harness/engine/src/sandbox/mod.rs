//! Sandboxes: the namespaces, mounts, homes and principals that cases run in.
//!
//! The kernel's facts first (all seen, see `docs/src/architecture.md`):
//! an unprivileged thread cannot play another user, a root thread with `setfsuid` keeps the capabilities that make its word worthless,
//! and a store run as real root is held by no mount namespace. So every sandbox is a user namespace whose ids are nobody's,
//! every principal a process in it, and pid 1 of it a process that dies with the harness and takes everything along.

pub(crate) mod beneath;
mod boot;
#[expect(unsafe_code, reason = "clone3 and the calls between it and exec")]
mod clone;
mod host;
mod idmap;
#[expect(unsafe_code, reason = "the calls of System V IPC, which nix does not wrap")]
mod ipc;
mod janitor;
mod layout;
#[expect(unsafe_code, reason = "the mount system calls that nix does not wrap")]
mod mounts;
mod namespace;
mod reset;
mod tier;

pub use boot::FileSpec;
pub use host::{Host, Note};
pub use layout::Layout;
pub use tier::Tier;

pub(crate) use beneath::Beneath;
pub(crate) use boot::{Boot, set_up};
pub(crate) use clone::{Child, clone_into_namespaces};
pub(crate) use idmap::IdRange;
pub(crate) use janitor::{janitor_main, parent_of_bases, remove_base};
pub(crate) use mounts::leave_space;
pub(crate) use namespace::{is_initial, missing_capabilities};
pub(crate) use reset::{ResetOptions, empty, reset};
