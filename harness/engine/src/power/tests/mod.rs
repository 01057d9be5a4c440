//! Power loss on made-up histories: a sandbox in memory, and the states that are told of it.

mod bounds;
mod disk;
mod files;
mod properties;
mod saves;

use std::collections::BTreeSet;
use std::path::Path;

use super::{Losses, Lost, Persistence, Total};
use crate::stepper::Synced;
use crate::tree::NodeKind;
use crate::tree::Snapshot;
use disk::Disk;

/// A step: what the sandbox was after it, and what was on the disk when it returned.
#[derive(Clone, Debug)]
struct Recorded {
    after: Snapshot,
    synced: Synced,
}

/// The legal states, made.
struct States {
    total: Total,
    sampled: bool,
    states: Vec<Lost>,
}

/// What may be left when power is lost after the last of the steps.
fn states(
    model: Persistence,
    before: &Snapshot,
    steps: &[Recorded],
    limit: usize,
    seed: u64,
) -> States {
    let recorded = steps.iter().map(|step| (&step.after, step.synced.clone()));
    let losses = Losses::of(model, before, recorded);
    let found = losses.after(steps.len(), limit, seed);
    let states = found.picked.iter().map(|picked| losses.lost(picked)).collect();
    States { total: found.total, sampled: found.sampled, states }
}

/// More than any table here has.
const MANY: usize = 1000;

/// Every state of a history.
fn every(before: &Snapshot, steps: &[Recorded]) -> States {
    let states = states(Persistence::StrictPosix, before, steps, MANY, 1);
    assert!(!states.sampled, "{}", states.total);
    assert_eq!(states.total.to_string(), states.states.len().to_string());
    states
}

/// A snapshot without the root, as `a=contents b/ c->target`; without inode numbers, times and attributes.
fn told(snapshot: &Snapshot) -> String {
    let entries = snapshot.entries.iter().filter(|entry| entry.node.path != Path::new("/home"));
    let words = entries.map(|entry| {
        let path = entry.node.path.strip_prefix("/home").unwrap_or(&entry.node.path).display();
        let bytes = entry.bytes.to_vec();
        let bytes = String::from_utf8_lossy(&bytes);
        match entry.node.kind {
            NodeKind::Dir => format!("{path}/"),
            NodeKind::Symlink => format!("{path}->{bytes}"),
            _ => format!("{path}={bytes}"),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// What tells trees apart, in order: everything but inode numbers, times and the sizes of directories.
fn tree(snapshot: &Snapshot) -> Vec<impl Ord + std::fmt::Debug + use<>> {
    let entries = snapshot.entries.iter().map(|entry| {
        let node = &entry.node;
        let mut attributes = entry.attributes.clone();
        attributes.sort();
        let size = (node.kind == NodeKind::File).then_some(node.size);
        let owner = (node.uid, node.gid);
        (node.path.clone(), node.kind, node.mode, owner, size, entry.bytes.to_vec(), attributes)
    });
    entries.collect()
}

/// Asserts which trees there are.
fn assert_states(disk: &Disk, expected: &[&str]) {
    let states = every(&disk.before, &disk.steps).states;
    let found: BTreeSet<String> = states.iter().map(|lost| told(&lost.snapshot)).collect();
    assert_eq!(found, expected.iter().map(|&tree| tree.to_owned()).collect());
    assert_eq!(found.len(), states.len(), "states that look alike");
}

/// The state that looks like this.
fn state<'s>(states: &'s States, looks: &str) -> &'s Lost {
    let found = states.states.iter().find(|lost| told(&lost.snapshot) == looks);
    found.unwrap_or_else(|| panic!("no state {looks:?}"))
}
