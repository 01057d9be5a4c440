//! The things that are planted.

use std::path::Path;

use interloper_engine::record::{Condition, Evidence};
use interloper_engine::{Lab, ParentDir, Plant};

use super::survey::InjectionPoint;

/// Node that an attacker plants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Payload {
    /// A symbolic link to a file or directory of the owner's.
    LinkToVictim,
    /// A symbolic link to a file or directory of the attacker's.
    LinkToOwn,
    /// A symbolic link to nothing, in a directory of the attacker's.
    LinkToNothing,
    /// A hard link to a file of the owner's.
    NameOfVictim,
    /// A hard link to a file of the attacker's.
    NameOfOwn,
    /// A FIFO that nobody has open.
    Fifo,
    /// A FIFO that the attacker reads.
    FifoRead,
    /// An empty directory that everybody may write to.
    Directory,
    /// An empty file.
    Empty,
    /// An empty file that everybody may read and write.
    Wide,
    /// Copy of what the store kept an older session in.
    Older,
    /// The same, and everybody may read and write it: a store that locks what it loads, or opens it for both, gets as far as it would.
    OlderWide,
}

/// A thing that is planted, with its place, and before which step of an operation, in words.
pub(super) struct Planting {
    dir: String,
    payload: String,
    path: String,
    step: u32,
    operation: String,
    call: String,
}

impl Planting {
    pub(super) fn new(lab: &Lab<'_>, point: &InjectionPoint, payload: Payload) -> Planting {
        Planting {
            dir: point.prepared.parent_dir.words().to_owned(),
            payload: payload.words(point, lab),
            path: lab.display_path(&point.target),
            step: point.step,
            operation: point.target_op.word().to_owned(),
            call: point.call.clone(),
        }
    }

    /// Returns it as a clause of the story.
    pub(super) fn clause(&self) -> String {
        let Planting { payload, path, step, operation, call, .. } = self;
        format!("{payload} at {path} before step {step} of {operation}, {call}")
    }

    /// Returns it with what came of it.
    pub(super) fn evidence(&self, outcome: &str) -> Evidence {
        Evidence::Planted {
            dir: self.dir.clone(),
            payload: self.payload.clone(),
            path: self.path.clone(),
            step: self.step,
            operation: self.operation.clone(),
            call: self.call.clone(),
            outcome: outcome.to_owned(),
        }
    }
}

impl Payload {
    /// Returns the name for stories.
    pub(super) fn words(self, point: &InjectionPoint, lab: &Lab<'_>) -> String {
        let baits = &point.prepared.baits;
        let either =
            |dir: &Path, file: &Path| lab.display_path(if point.as_dir { dir } else { file });
        match self {
            Payload::LinkToVictim => {
                format!("a link to the owner's {}", either(&baits.private, &baits.victim))
            }
            Payload::LinkToOwn => format!("a link to its own {}", either(&baits.drop, &baits.loot)),
            Payload::LinkToNothing => {
                format!("a link to {}, where nothing is,", lab.display_path(&baits.nothing))
            }
            Payload::NameOfVictim => {
                format!("a hard link to the owner's {}", lab.display_path(&baits.near_victim))
            }
            Payload::NameOfOwn => {
                format!("a hard link to its own {} (0666)", lab.display_path(&baits.near_loot))
            }
            Payload::Fifo => "a FIFO".into(),
            Payload::FifoRead => "a FIFO that it reads".into(),
            Payload::Directory => "a directory of its own (0777)".into(),
            Payload::Empty => "an empty file of its own (0644)".into(),
            Payload::Wide => "an empty file of its own (0666)".into(),
            Payload::Older => "a copy of what held an older session".into(),
            Payload::OlderWide => "a copy of what held an older session (0666)".into(),
        }
    }

    /// Returns the setting of the kernel without which it does nothing there, if this host has it so.
    ///
    /// `fs.protected_symlinks` keeps links in sticky directories from being followed, `fs.protected_hardlinks` keeps users from linking what
    /// they may not write to: proc_sys_fs(5). What the other two settings keep depends on the flags of the call.
    pub(super) fn condition(self, parent_dir: ParentDir, lab: &Lab<'_>) -> Option<Condition> {
        match self {
            Payload::LinkToVictim | Payload::LinkToOwn | Payload::LinkToNothing => {
                parent_dir.is_sticky().then(|| lab.unset("fs.protected_symlinks")).flatten()
            }
            Payload::NameOfVictim => lab.unset("fs.protected_hardlinks"),
            _ => None,
        }
    }

    /// Returns the node to plant; `None` if it makes no sense there.
    pub(super) fn plant(self, point: &InjectionPoint) -> Option<Plant> {
        let (baits, target) = (&point.prepared.baits, &point.target);
        let link = |dir: &Path, file: &Path| {
            Some(Plant::Symlink { to: if point.as_dir { dir } else { file }.to_owned() })
        };
        match self {
            Payload::LinkToVictim => link(&baits.private, &baits.victim),
            Payload::LinkToOwn => link(&baits.drop, &baits.loot),
            Payload::LinkToNothing => link(&baits.nothing, &baits.nothing),
            Payload::NameOfVictim => Some(Plant::HardLink { to: baits.near_victim.clone() }),
            Payload::NameOfOwn => Some(Plant::HardLink { to: baits.near_loot.clone() }),
            Payload::Fifo => Some(Plant::Fifo { listen: false }),
            Payload::FifoRead => Some(Plant::Fifo { listen: true }),
            Payload::Directory => Some(Plant::Dir { mode: 0o777 }),
            Payload::Empty => Some(Plant::File { bytes: Vec::new(), mode: 0o644 }),
            Payload::Wide => Some(Plant::File { bytes: Vec::new(), mode: 0o666 }),
            Payload::Older | Payload::OlderWide => {
                let mode = if self == Payload::OlderWide { 0o666 } else { 0o644 };
                let (_, contents) = point.prepared.older.iter().find(|(path, _)| path == target)?;
                Some(match contents {
                    Some(bytes) => Plant::File { bytes: bytes.clone(), mode },
                    // A directory is always open to all.
                    None if self == Payload::OlderWide => return None,
                    None => Plant::Tree(
                        point
                            .prepared
                            .older
                            .iter()
                            .filter_map(|(path, contents)| {
                                let rest = path.strip_prefix(target).ok()?;
                                let below = !rest.as_os_str().is_empty();
                                below.then(|| (rest.to_owned(), contents.clone()))
                            })
                            .collect(),
                    ),
                })
            }
        }
    }
}
