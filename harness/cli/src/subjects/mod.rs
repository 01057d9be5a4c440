//! What can be checked: subjects by name, what each needs installed, and how its driver is started.
//!
//! | file | what |
//! |---|---|
//! | [`registry`] | which subjects there are, and which of them words select |
//! | [`target`] | the targets of the command line: a subject, in one setup or in all |
//! | [`entry`] | one subject: what it is, and how it is started |
//! | [`command`] | a store of the user's own: a driver, or commands |
//! | [`app`] | web applications: the user's own, and those of the registry |
//! | [`client`] | HTTP clients: the user's own, and those of the registry |
//! | [`recipe`] | ordinary commands as a store |
//! | [`runtime`] | what hosts drivers: this program, Python, Node, Go, Cargo, PHP, Ruby |
//! | [`cache`] | the directory that installs are kept in, its lock, and what dead installs left |
//! | [`mod@error`] | why something is not there and cannot be put there |
//! | [`documented`] | the findings that a manifest says are documented |
//! | [`mod@manifest`] | `subject.toml`, the one form for all of them |
//! | [`folders`] | the folders of `scenarios/subjects`, as they were when this program was built |
//! | [`paths`] | what of the host a driver needs to see |
//!
//! Each needs only what is below it in this list.

mod app;
mod cache;
mod client;
mod command;
mod documented;
mod entry;
mod error;
mod folders;
mod manifest;
mod paths;
mod recipe;
mod registry;
pub(crate) mod runtime;
mod target;

pub(crate) use app::{documentation, own as application, serve_command};
pub(crate) use cache::Cache;
pub(crate) use command::{DriverError, commands, driver, with_bound};
pub(crate) use entry::{Entry, needs_own_loopback};
pub(crate) use error::{InstallError, free_space};
pub(crate) use paths::unreachable;
pub(crate) use registry::{
    SubjectError, adapter, all, chosen, is_known, nearest, select, suggestion,
};
pub(crate) use target::{TargetPattern, read_targets, setups_of};
