//! The contents of one file, as a case and as a file of a corpus.

use std::fmt;

use interloper_engine::SavedInput;
use serde::{Deserialize, Serialize};

/// Contents of one of the files that a session is in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FuzzInput {
    /// Which of them: those that hold the session's secrets come first.
    pub(crate) file: u8,
    /// Its contents.
    pub(crate) bytes: Vec<u8>,
}

/// Number of bytes that the smallest case of a finding shows.
const SHOWN: usize = 120;

impl fmt::Debug for FuzzInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.bytes[..self.bytes.len().min(SHOWN)];
        let rest = if shown.len() < self.bytes.len() { "…" } else { "" };
        write!(f, "{} bytes: {}{rest}", self.bytes.len(), shown.escape_ascii())
    }
}

impl FuzzInput {
    /// Returns the input of a file: the name of one that is not of the first file ends with a dot and the file's number.
    pub(crate) fn read(saved: &SavedInput) -> FuzzInput {
        let number = saved.name.rsplit_once('.').and_then(|(_, number)| number.parse().ok());
        FuzzInput { file: number.unwrap_or_default(), bytes: saved.bytes.clone() }
    }

    /// Returns it as a file, named after a hash of its bytes.
    pub(crate) fn saved(&self) -> SavedInput {
        let hash = hash(&self.bytes);
        let name = match self.file {
            0 => format!("{hash:016x}"),
            file => format!("{hash:016x}.{file}"),
        };
        SavedInput { name, bytes: self.bytes.clone() }
    }
}

/// Returns a hash that is the same on every machine: FNV-1a of 64 bits.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_the_same_after_it_was_a_file() {
        for file in [0, 1, 200] {
            let input = FuzzInput { file, bytes: b"a.b".to_vec() };
            assert_eq!(FuzzInput::read(&input.saved()), input);
        }
        let other = SavedInput { name: "jar.txt".into(), bytes: Vec::new() };
        assert_eq!(FuzzInput::read(&other).file, 0);
    }
}
