//! What one user can do with one path: the same whether it was tried or computed.

use std::ffi::OsString;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::tree::NodeKind;

bitflags::bitflags! {
    /// What a principal could do with a path.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct Access: u16 {
        /// Learn that it exists, its size and its mode.
        const SEE = 1;
        /// Open the file for reading.
        const READ = 1 << 1;
        /// Open the file for writing.
        const WRITE = 1 << 2;
        /// Read the directory's names.
        const LIST = 1 << 3;
        /// Create a file in the directory.
        const CREATE = 1 << 4;
        /// Move it away.
        const REMOVE = 1 << 5;
        /// Put a file of its own in its place.
        const REPLACE = 1 << 6;
    }
}

impl Serialize for Access {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.bits().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Access {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Access, D::Error> {
        u16::deserialize(deserializer).map(Access::from_bits_truncate)
    }
}

impl Access {
    /// The letters of a story: `r`, `w`, `l`ist, `c`reate, `x` remove or replace; `-` for nothing.
    pub fn letters(self) -> String {
        let letters: String = [
            (Access::LIST, 'l'),
            (Access::READ, 'r'),
            (Access::WRITE, 'w'),
            (Access::CREATE, 'c'),
            (Access::REMOVE | Access::REPLACE, 'x'),
        ]
        .into_iter()
        .filter(|(access, _)| self.intersects(*access))
        .map(|(_, letter)| letter)
        .collect();
        if letters.is_empty() { "-".into() } else { letters }
    }
}

/// Something to try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Where it is.
    #[serde(with = "crate::paths::bytes")]
    pub path: PathBuf,
    /// What it is, as the harness saw it.
    pub kind: NodeKind,
}

/// What came of trying everything on one target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeResult {
    /// What worked.
    pub access: Access,
    /// How many bytes were read.
    pub read: u64,
    /// The canaries whose bytes were read.
    pub seen: Vec<Sighting>,
    /// The names that were listed.
    pub names: Vec<OsString>,
}

/// A canary in bytes that somebody got.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Sighting {
    /// Which canary.
    pub canary: u16,
    /// Which of its blocks.
    pub block: u8,
    /// At which byte.
    pub offset: u64,
    /// What it was wrapped in, outermost first; empty for none.
    pub wrapped: String,
}
