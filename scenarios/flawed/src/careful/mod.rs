//! Two more careful stores, of other designs than the hardened one.
//!
//! A scenario that every careful store of one design passes may still accuse another design of something that is right. These are the
//! other designs, and pass everything as the hardened store does:
//! - `sharded`: each session in a file of its own, spread over subdirectories, with a lock file, a checksum and an index;
//! - `one_file`: all sessions in one file, which is changed in place under a lock.
//!
//! Both share `clock` (what a session's id and its time are), and the hardened store's ways to walk to a directory and to make a file.

mod clock;
mod one_file;
mod sharded;

pub use one_file::{OneFile, one_file};
pub use sharded::{Sharded, sharded};
