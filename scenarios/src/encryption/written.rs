//! What a save writes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use interloper_engine::{Flow, Lab, NodeKind, Shape};

/// Saves a session, and gives the files that this made or wrote anew, with what is in them.
///
/// Secrets cannot be searched for in what is encrypted, and so this is how a session's files are found.
pub(super) fn save_and_see(
    lab: &mut Lab<'_>,
    id: &str,
    slot: u16,
    shape: &Shape,
) -> Flow<BTreeMap<PathBuf, Vec<u8>>> {
    lab.finish_store()?;
    let before = lab.tree()?;
    lab.must_save(id, slot, shape)?;
    lab.finish_store()?;
    let after = lab.tree()?;
    after
        .changed_since(&before)
        .filter(|node| node.kind == NodeKind::File)
        .map(|node| Ok((node.path.clone(), lab.read(&node.path)?)))
        .collect()
}
