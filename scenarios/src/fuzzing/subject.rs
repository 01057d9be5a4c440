//! A store with a session whose files are damaged, and a neighbour that must not notice.

use std::path::PathBuf;

use interloper_driver::{At, Session};
use interloper_engine::{
    Abort, CaseResult, Lab, Loaded, Memory, Node, NodeKind, Shape, Snapshot, StoryGuards, Tree,
};

/// The session that is damaged, and the one beside it.
pub(super) const OWN: &str = "alpha";
/// The session beside it.
pub(super) const NEIGHBOUR: &str = "beta";
/// Slot of the neighbour's secrets: no input ever holds them, unless both sessions share a file.
pub(super) const NEIGHBOURS_SLOT: u16 = 1;

/// What is in the sandbox before any damage.
pub(super) struct Subject {
    snapshot: Snapshot,
    /// The files that saving the session made or changed, those with its secrets first, and their contents.
    pub(super) files: Vec<(Node, Vec<u8>)>,
    /// The other files of the store, and their contents.
    pub(super) others: Vec<(PathBuf, Vec<u8>)>,
    /// The session as it loads.
    pub(super) whole: Session,
    /// The neighbour as it loads; `None` if it does not.
    pub(super) neighbour: Option<Session>,
    /// Whether the neighbour is in no file that is damaged.
    pub(super) apart: bool,
    /// The nodes that there are.
    pub(super) tree: Tree,
    /// Directory that everything of the store is in, if the harness named it.
    pub(super) within: Option<PathBuf>,
    /// File that a payload makes if it runs.
    pub(super) marker: PathBuf,
}

/// State of the process that tries inputs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Baseline {
    /// The most memory that it had for sessions which nobody damaged.
    pub(super) memory: Memory,
    /// Number of bytes that it has printed.
    pub(super) output: usize,
}

impl Subject {
    /// Saves both sessions, and finds the files of the one that is damaged.
    pub(super) fn new(lab: &mut Lab<'_>, shape: &Shape) -> CaseResult<Subject> {
        lab.must_save(NEIGHBOUR, NEIGHBOURS_SLOT, shape)?;
        let without = lab.tree()?;
        lab.must_save(OWN, 0, shape)?;
        let neighbour = match lab.load(NEIGHBOUR)? {
            Loaded::Present(session) => Some(*session),
            _ => None,
        };
        let Loaded::Present(whole) = lab.load(OWN)? else {
            let why = "what was saved did not load, so damage shows nothing";
            return Err(Abort::Ineffective(why.into()));
        };
        lab.finish_store()?;
        let tree = lab.tree()?;
        let secret: Vec<PathBuf> =
            lab.files_with_secrets(0)?.into_iter().map(|node| node.path).collect();
        let mut nodes: Vec<Node> = tree
            .changed_since(&without)
            .filter(|node| node.kind == NodeKind::File && node.size > 0)
            .cloned()
            .collect();
        nodes.sort_by_key(|node| (!secret.contains(&node.path), node.path.clone()));
        if nodes.is_empty() {
            return Err(Abort::Ineffective("no file was found that holds the session".into()));
        }
        nodes.truncate(usize::from(u8::MAX));
        let theirs = lab.files_with_secrets(NEIGHBOURS_SLOT)?;
        let damaged = |path: &PathBuf| nodes.iter().any(|node| node.path == *path);
        let apart = theirs.iter().all(|node| !damaged(&node.path));
        let mut others = Vec::new();
        for node in tree.new_since(lab.baseline()) {
            if node.kind == NodeKind::File && !damaged(&node.path) {
                others.push((node.path.clone(), lab.read(&node.path)?));
            }
        }
        let mut files = Vec::new();
        for node in nodes {
            let bytes = lab.read(&node.path)?;
            files.push((node, bytes));
        }
        let named = matches!(lab.setup().at, At::File | At::Dir);
        Ok(Subject {
            snapshot: lab.snapshot()?,
            files,
            others,
            whole: *whole,
            neighbour,
            apart,
            tree,
            within: named.then(|| lab.parent()),
            marker: lab.tmp().join("interloper-ran"),
        })
    }

    /// Puts the sandbox back, and has a new process load both sessions as they are: that is what the memory for others is compared with.
    pub(super) fn begin(&self, lab: &mut Lab<'_>) -> CaseResult<Baseline> {
        lab.restore(&self.snapshot)?;
        lab.aside(|lab| {
            let Loaded::Present(_) = lab.load(OWN)? else {
                let why = "what was saved does not load any more, so damage shows nothing";
                return Err(Abort::Ineffective(why.into()));
            };
            // Last, as before each input of a search: what the process still has of a session is the neighbour's.
            lab.load(NEIGHBOUR)
        })?;
        Ok(Baseline { memory: lab.memory()?, output: lab.output()?.len() })
    }

    /// Returns the file of a number; the first if there are not so many.
    pub(super) fn file(&self, number: u8) -> &(Node, Vec<u8>) {
        &self.files[usize::from(number) % self.files.len()]
    }
}
