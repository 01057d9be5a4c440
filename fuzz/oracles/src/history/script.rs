//! What is done with a store, made from bytes.

use std::fmt;

use arbitrary::Arbitrary;

/// Actions on a store.
#[derive(Clone, Debug, Arbitrary)]
pub struct Script {
    /// One thing after the other.
    pub actions: Vec<Action>,
}

/// One thing that is done.
#[derive(Clone, Debug, Arbitrary)]
pub enum Action {
    /// Save under one of a few ids.
    Save(u8, String),
    /// Load.
    Load(u8),
    /// Delete.
    Delete(u8),
    /// Change a byte of a file: which file, where, and by what.
    Damage(u8, u16, u8),
    /// Cut a file short.
    Cut(u8, u16),
    /// Let two files change places.
    Swap(u8, u8),
    /// Close and open the store.
    Again,
}

/// So many ids, few enough that they meet.
const IDS: [&str; 4] = ["alpha", "Alpha", "../alpha", "beta"];

/// Returns the id that a number stands for.
pub(super) fn name(id: &u8) -> &'static str {
    IDS[usize::from(*id) % IDS.len()]
}

/// Returns whether every store takes it. Without that, one that refuses everything would satisfy the oracle.
pub(super) fn is_plain(id: &str, text: &str) -> bool {
    let letters = |text: &str| text.chars().all(|c| c.is_ascii_lowercase());
    letters(id) && letters(text) && text.len() < 1024
}

/// As a person would say it, for evidence.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Save(id, text) => write!(f, "save {:?} with the text {text:?}", name(id)),
            Action::Load(id) => write!(f, "load {:?}", name(id)),
            Action::Delete(id) => write!(f, "delete {:?}", name(id)),
            Action::Damage(file, at, by) => {
                write!(f, "change byte {at} of file {file}, both counted round, by {by:#04x}")
            }
            Action::Cut(file, at) => write!(f, "cut file {file} at {at}, both counted round"),
            Action::Swap(one, other) => {
                write!(f, "files {one} and {other}, counted round, change places")
            }
            Action::Again => write!(f, "close and open the store"),
        }
    }
}
