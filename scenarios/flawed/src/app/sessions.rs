//! The sessions: in memory, and in files as servers keep them.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// The fewest characters by which a session is found, where only its beginning counts.
const SHORTEST: usize = 8;

/// A session.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    pub(super) user: Option<String>,
    pub(super) value: String,
    /// The token that its forms carry.
    pub(super) token: String,
}

/// All sessions.
#[derive(Debug)]
pub(super) struct Sessions {
    by_id: BTreeMap<String, Kept>,
    dir: PathBuf,
    /// Whether files are named by the id, and the directory can be listed.
    open: bool,
    /// Whether an id is found by its beginning.
    by_prefix: bool,
}

/// Returns 128 random bits in hexadecimal.
pub(super) fn random() -> String {
    let mut bytes = [0; 16];
    // Without random bytes there are no sessions: an empty id is found nowhere.
    match getrandom::fill(&mut bytes) {
        Ok(()) => hexadecimal(&bytes),
        Err(_) => String::new(),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Sessions {
    pub(super) fn new(home: &Path, open: bool, by_prefix: bool) -> Sessions {
        let dir = home.join("sessions");
        let mode = if open { 0o755 } else { 0o700 };
        // Where it cannot be made, sessions are in memory alone.
        let _ = DirBuilder::new().mode(mode).create(&dir);
        Sessions { by_id: BTreeMap::new(), dir, open, by_prefix }
    }

    /// Returns the id of the session that a cookie means.
    pub(super) fn find(&self, id: &str) -> Option<String> {
        if self.by_prefix && id.len() >= SHORTEST {
            return self.by_id.keys().find(|known| known.starts_with(id)).cloned();
        }
        self.by_id.contains_key(id).then(|| id.to_owned())
    }

    pub(super) fn get(&self, id: &str) -> Option<&Kept> {
        self.by_id.get(id)
    }

    /// Adds a session, or changes it.
    pub(super) fn put(&mut self, id: &str, kept: Kept) {
        if id.is_empty() {
            return;
        }
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        if let Ok(mut file) = options.open(self.file(id)) {
            let _ = write!(file, "{}\n{}\n", kept.user.as_deref().unwrap_or_default(), kept.value);
        }
        self.by_id.insert(id.to_owned(), kept);
    }

    pub(super) fn remove(&mut self, id: &str) {
        self.by_id.remove(id);
        let _ = fs::remove_file(self.file(id));
    }

    /// Returns the ids of a user's sessions.
    pub(super) fn of(&self, user: &str) -> Vec<String> {
        let of = |kept: &Kept| kept.user.as_deref() == Some(user);
        self.by_id.iter().filter(|(_, kept)| of(kept)).map(|(id, _)| id.clone()).collect()
    }

    fn file(&self, id: &str) -> PathBuf {
        match self.open {
            true => self.dir.join(id),
            false => self.dir.join(hexadecimal(&Sha256::digest(id.as_bytes()))),
        }
    }
}
