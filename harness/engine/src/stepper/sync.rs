//! What a step makes durable, as its call promises it.

use std::path::PathBuf;

/// Data that a step made durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Synced {
    /// No sync, as with most calls.
    Nothing,
    /// An inode of the file system that this path is on: fsync(2), or a write to a file that is open with O_SYNC.
    InodeBelow(PathBuf, u64),
    /// The contents of an inode of the file system that this path is on, without its mode, owner and attributes: fdatasync(2),
    /// which "does not flush modified metadata unless that metadata is needed in order to allow a subsequent data retrieval to be
    /// correctly handled", msync(2), or a write to a file that is open with O_DSYNC.
    ContentsBelow(PathBuf, u64),
    /// Everything: sync(2) and syncfs(2).
    Everything,
}
