//! What changed in the sandbox without a step: somebody beside the stepped process works for the store, and nobody saw how.
//!
//! Between two looks at the tree only what the steps name may be another. A directory's time and size are left out: they change with the
//! names in it, and with the attempts of others, which put everything back but that.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::Lab;
use crate::stepper::Step;
use crate::tree::NodeKind;
use crate::tree::{Node, Tree};

/// Set of changes that a number of steps may have made.
#[derive(Debug, Default)]
pub(super) struct Explained {
    paths: BTreeSet<PathBuf>,
    /// Paths whose names were made, removed or moved: everything below them may have changed.
    moved: BTreeSet<PathBuf>,
    /// Whether memory is written to files, so that anything may have changed.
    everything: bool,
}

impl Explained {
    /// Adds the changes that a step makes.
    pub(super) fn add(&mut self, step: &Step) {
        self.everything |= step.mapped;
        if !step.changes {
            return;
        }
        let paths = if step.names() { &mut self.moved } else { &mut self.paths };
        paths.extend(step.paths.iter().cloned());
    }

    /// Returns the first changed node that no step names, neither directly nor by another name or path.
    pub(super) fn unseen(&self, before: &Tree, now: &Tree) -> Option<PathBuf> {
        if self.everything {
            return None;
        }
        let gone = before.nodes.values().filter(|node| !now.nodes.contains_key(&node.path));
        let changed = now.nodes.values().filter(|node| {
            before.nodes.get(&node.path).is_none_or(|before| !is_same(before, node))
        });
        let mut changed = gone.chain(changed).filter(|node| !self.names(&node.path)).peekable();
        changed.peek()?;
        // Rare, and a few calls for each path: a step may have gone by a link or a second name.
        let ways = self.by_other_ways(before, now);
        changed.find(|node| !ways.names(&node.path)).map(|node| node.path.clone())
    }

    fn names(&self, path: &Path) -> bool {
        self.paths.contains(path) || path.ancestors().any(|above| self.moved.contains(above))
    }

    fn by_other_ways(&self, before: &Tree, now: &Tree) -> Explained {
        let real = |path: &PathBuf| {
            let itself = fs::canonicalize(path).ok();
            let beside = || Some(fs::canonicalize(path.parent()?).ok()?.join(path.file_name()?));
            [itself, beside()].into_iter().flatten().collect::<Vec<_>>()
        };
        let mut paths: BTreeSet<PathBuf> = self.paths.iter().flat_map(real).collect();
        let moved: BTreeSet<PathBuf> = self.moved.iter().flat_map(real).collect();
        let named = |node: &&Node| self.names(&node.path) || paths.contains(&node.path);
        let nodes = || before.nodes.values().chain(now.nodes.values());
        let inodes: BTreeSet<u64> = nodes().filter(named).map(|node| node.inode).collect();
        let linked = nodes().filter(|node| inodes.contains(&node.inode));
        paths.extend(linked.map(|node| node.path.clone()).collect::<Vec<_>>());
        Explained { paths, moved, everything: false }
    }
}

fn is_same(before: &Node, now: &Node) -> bool {
    match now.kind {
        NodeKind::Dir => {
            let Node { size, modified, .. } = *before;
            *before == Node { size, modified, ..now.clone() }
        }
        _ => before == now,
    }
}

impl Lab<'_> {
    /// Notes a change that no step explains, if there is one; a pass over the steps is not exhaustive then.
    pub(super) fn note_unseen(
        &mut self,
        explained: &Explained,
        before: &Tree,
        now: &Tree,
        word: &str,
    ) -> Option<String> {
        // A process under libfaketime makes files of libfaketime's own.
        if self.key().ahead != 0 {
            return None;
        }
        let path = self.display_path(&explained.unseen(before, now)?);
        self.steps.mark_sampled();
        self.add_note(format!(
            "{path} changed during {word} without a step of the process that serves: what \
             others could do at those moments was not tried"
        ));
        Some(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(nodes: &[(&str, NodeKind, u64, u64)]) -> Tree {
        let node = |(path, kind, inode, size): &(&str, NodeKind, u64, u64)| Node {
            path: path.into(),
            kind: *kind,
            mode: 0o600,
            uid: 1000,
            gid: 1000,
            size: *size,
            inode: *inode,
            modified: 0,
        };
        Tree { nodes: nodes.iter().map(|one| (one.0.into(), node(one))).collect() }
    }

    #[test]
    fn only_what_no_step_names_is_unseen() {
        use NodeKind::{Dir, File};
        let before = tree(&[("/h", Dir, 1, 40), ("/h/a", File, 2, 1), ("/h/d/x", File, 3, 1)]);
        let now = tree(&[("/h", Dir, 1, 60), ("/h/a", File, 2, 9), ("/h/e/x", File, 4, 1)]);
        let explained = |paths: &[&str], moved: &[&str]| Explained {
            paths: paths.iter().map(PathBuf::from).collect(),
            moved: moved.iter().map(PathBuf::from).collect(),
            everything: false,
        };
        let unseen = |explained: Explained| explained.unseen(&before, &now);
        assert_eq!(unseen(explained(&["/h/a"], &["/h/d", "/h/e"])), None);
        assert_eq!(unseen(explained(&[], &["/h/d", "/h/e"])), Some("/h/a".into()));
        assert_eq!(unseen(explained(&["/h/a"], &["/h/d"])), Some("/h/e/x".into()));
        assert_eq!(unseen(Explained { everything: true, ..Explained::default() }), None);
        // A directory has another time and size with each name in it.
        assert_eq!(Explained::default().unseen(&before, &before), None);
    }

    #[test]
    fn a_second_name_of_what_a_step_names_is_seen() {
        use NodeKind::File;
        let before = tree(&[("/h/a", File, 2, 1), ("/h/b", File, 2, 1)]);
        let now = tree(&[("/h/a", File, 2, 9), ("/h/b", File, 2, 9)]);
        let explained = Explained { paths: ["/h/a".into()].into(), ..Explained::default() };
        assert_eq!(explained.unseen(&before, &now), None);
    }
}
