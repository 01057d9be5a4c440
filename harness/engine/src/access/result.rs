//! What one user can do with one path: the same whether it was tried or computed.

use std::ffi::OsString;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::tree::NodeKind;

bitflags::bitflags! {
    /// Set of things that a principal could do with a path.
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
    /// Returns whether any of it has a letter.
    pub fn has_letters(self) -> bool {
        let lettered = Access::LIST
            | Access::READ
            | Access::WRITE
            | Access::CREATE
            | Access::REMOVE
            | Access::REPLACE;
        self.intersects(lettered)
    }

    /// Returns the letters of a story: `r`, `w`, `l`ist, `c`reate, `x` remove or replace; `-` for nothing.
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

/// Path that every attempt is made on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Path, as bytes.
    #[serde(with = "crate::paths::bytes")]
    pub path: PathBuf,
    /// Kind of the node, as the harness saw it.
    pub kind: NodeKind,
}

/// Result of all attempts on one target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeResult {
    /// Attempts that succeeded.
    pub access: Access,
    /// Number of bytes that were read.
    pub read: u64,
    /// The canaries whose bytes were read.
    pub seen: Vec<Sighting>,
    /// The names that were listed.
    pub names: Vec<OsString>,
}

/// A canary in bytes that somebody got.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Sighting {
    /// Number of the canary.
    pub canary: u16,
    /// Number of the block within the canary.
    pub block: u8,
    /// Offset of the block, in bytes.
    pub offset: u64,
    /// Encodings around it, outermost first; empty for none.
    pub wrapped: String,
}
