//! File trees as data: what stat(2) says of each node, contents, and snapshots of both.

mod contents;
mod node;
#[cfg(test)]
mod sizes;
mod snapshot;

pub(crate) use contents::{Contents, NOTHING};
pub(crate) use node::read_node;
pub use node::{Node, NodeKind, Tree};
pub(crate) use snapshot::Entry;
pub use snapshot::Snapshot;
