//! A store that notices an older version: the hardened one, with a count for each id in another directory.
//!
//! It is here to show that `encryption::no_rollback` can be passed, and is not to be copied: the counts of what was deleted stay for
//! ever, and two who save one id at the same time need a lock that is not here. `docs/src/architecture.md` has what it would take.

use std::fs;
use std::io::ErrorKind::NotFound;
use std::path::PathBuf;

use interloper_driver::{Failure, Hello, Open, Operation, Promise, Session, SessionStore};
use sha2::{Digest, Sha256};

use crate::hardened::{Hardened, hardened_plain, hex};

/// Where the number of the version is kept in a session.
const VERSION: &str = "interloper version";

/// The store.
pub struct Versioned {
    inner: Hardened,
    counts: PathBuf,
}

/// The store that promises that an older version is noticed.
pub fn versioned() -> Versioned {
    Versioned { inner: hardened_plain(), counts: PathBuf::new() }
}

impl Versioned {
    fn path(&self, id: &str) -> PathBuf {
        self.counts.join(hex(&Sha256::digest(id)))
    }

    /// The least version that is good.
    fn least(&self, id: &str) -> Result<u64, Failure> {
        match fs::read_to_string(self.path(id)) {
            Ok(text) => text.parse().map_err(|_| Failure::corrupt("a count is no number")),
            Err(error) if error.kind() == NotFound => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    fn forbid_before(&self, id: &str, version: u64) -> Result<(), Failure> {
        fs::create_dir_all(&self.counts)?;
        Ok(fs::write(self.path(id), version.to_string())?)
    }
}

impl SessionStore for Versioned {
    fn hello(&self) -> Hello {
        let inner = self.inner.hello();
        Hello::new("hardened-versioned", inner.version)
            .keeps(inner.keeps)
            .ops([Operation::Save, Operation::Load, Operation::Delete])
            .setups(inner.setups)
            .promises([Promise::NoRollback])
    }

    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        self.counts = at.home.join(".local/state/hardened-versioned");
        self.inner.open(at)
    }

    fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
        let version = self.least(id)? + 1;
        let mut session = session.clone();
        session.data.insert(VERSION.into(), version.into());
        // The session first: who is killed in between has the new one, and the old one is not forbidden yet.
        self.inner.save(id, &session)?;
        self.forbid_before(id, version)
    }

    fn load(&mut self, id: &str) -> Result<Option<Session>, Failure> {
        // The count first: who saves meanwhile makes the session newer than it, and not older.
        let least = self.least(id)?;
        let Some(mut session) = self.inner.load(id)? else { return Ok(None) };
        let version = session.data.remove(VERSION).and_then(|version| version.as_u64());
        match version.is_some_and(|version| version >= least) {
            true => Ok(Some(session)),
            false => Err(Failure::corrupt("this is an older version of the session")),
        }
    }

    fn delete(&mut self, id: &str) -> Result<(), Failure> {
        self.inner.delete(id)?;
        self.forbid_before(id, self.least(id)? + 1)
    }
}
