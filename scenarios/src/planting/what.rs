//! The things that are planted.

use std::path::Path;

use interloper_engine::{Lab, Plant};

use super::survey::Chance;

/// What is planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
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
    /// What the store kept an older session in.
    Older,
}

impl What {
    /// How a story names it.
    pub(super) fn words(self, chance: &Chance, lab: &Lab<'_>) -> String {
        let baits = &chance.set.baits;
        let either =
            |dir: &Path, file: &Path| lab.display_path(if chance.as_dir { dir } else { file });
        match self {
            What::LinkToVictim => {
                format!("a link to the owner's {}", either(&baits.private, &baits.victim))
            }
            What::LinkToOwn => format!("a link to its own {}", either(&baits.drop, &baits.loot)),
            What::LinkToNothing => {
                format!("a link to {}, where nothing is,", lab.display_path(&baits.nothing))
            }
            What::NameOfVictim => {
                format!("a hard link to the owner's {}", lab.display_path(&baits.near_victim))
            }
            What::NameOfOwn => {
                format!("a hard link to its own {} (0666)", lab.display_path(&baits.near_loot))
            }
            What::Fifo => "a FIFO".into(),
            What::FifoRead => "a FIFO that it reads".into(),
            What::Directory => "a directory of its own (0777)".into(),
            What::Empty => "an empty file of its own (0644)".into(),
            What::Wide => "an empty file of its own (0666)".into(),
            What::Older => "a copy of what held an older session".into(),
        }
    }

    /// What is made for it; none where it makes no sense there.
    pub(super) fn plant(self, chance: &Chance) -> Option<Plant> {
        let (baits, target) = (&chance.set.baits, &chance.target);
        let link = |dir: &Path, file: &Path| {
            Some(Plant::Symlink { to: if chance.as_dir { dir } else { file }.to_owned() })
        };
        match self {
            What::LinkToVictim => link(&baits.private, &baits.victim),
            What::LinkToOwn => link(&baits.drop, &baits.loot),
            What::LinkToNothing => link(&baits.nothing, &baits.nothing),
            What::NameOfVictim => Some(Plant::HardLink { to: baits.near_victim.clone() }),
            What::NameOfOwn => Some(Plant::HardLink { to: baits.near_loot.clone() }),
            What::Fifo => Some(Plant::Fifo { listen: false }),
            What::FifoRead => Some(Plant::Fifo { listen: true }),
            What::Directory => Some(Plant::Dir { mode: 0o777 }),
            What::Empty => Some(Plant::File { bytes: Vec::new(), mode: 0o644 }),
            What::Wide => Some(Plant::File { bytes: Vec::new(), mode: 0o666 }),
            What::Older => {
                let (_, contents) = chance.set.older.iter().find(|(path, _)| path == target)?;
                Some(match contents {
                    Some(bytes) => Plant::File { bytes: bytes.clone(), mode: 0o644 },
                    None => Plant::Tree(
                        chance
                            .set
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
