//! The hardened store: sessions in files that nobody else gets at, whatever the umask, the parent directory or a neighbour does.
//!
//! Read it in this order:
//! - `store`: the operations;
//! - `steps`: what each of them does at the places where stores go wrong (the flaws replace one of these, and nothing else);
//! - `dirs`: how a directory is found, made and looked at;
//! - `files`: how a file is made, replaced, read and removed;
//! - `key` and `seal`: how the content is bound to its id;
//! - `failure`: what the kernel's errors are called.

mod dirs;
mod failure;
mod files;
mod key;
mod seal;
mod steps;
mod store;

pub(crate) use dirs::{Level, Route, enter, enter_below, sync};
pub(crate) use failure::{denied, failed};
pub(crate) use files::{
    Found, MAX_SESSION, Modes, READING, create, create_as, discard, exists, fill, hex, random,
    read, remove, replace, sessions, sweep, trust,
};
pub(crate) use key::Key;
pub(crate) use seal::Seal;
pub(crate) use steps::{Sound, Steps};
pub(crate) use store::data_route;
pub use store::{Hardened, hardened, hardened_plain};
