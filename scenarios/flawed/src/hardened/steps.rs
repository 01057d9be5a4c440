//! The places where stores go wrong, each done right.
//!
//! The store calls these and does nothing else that matters; a flaw is a type that does one of them differently.

use std::borrow::Cow;
use std::os::fd::{BorrowedFd, OwnedFd};

use interloper_driver::{Door, Failure, Open, Promise, Session};
use rustix::fs::FlockOperation;
use sha2::{Digest, Sha256};

use super::dirs::{self, Level, Route};
use super::files::{self, Found, Modes, READING, hex};
use super::key::Key;
use super::seal::Seal;

/// One step of the store each.
pub(crate) trait Steps: Sync {
    /// What the store promises beside what every one of these does: nothing.
    fn promises(&self) -> &'static [Promise] {
        &[]
    }

    /// The ways in to a server of the store's: none.
    fn doors(&self) -> Vec<Door> {
        Vec::new()
    }

    /// Returns whether sessions are kept by a server, which [`serve`](Steps::serve) starts.
    fn has_server(&self) -> bool {
        false
    }

    /// Starts the server of a directory if it has none; gives its process.
    fn serve(&self, dir: BorrowedFd<'_>) -> Result<Option<i32>, Failure> {
        let _ = dir;
        Ok(None)
    }

    /// Whether nothing may be changed.
    fn read_only(&self, at: &Open) -> bool {
        at.read_only
    }

    /// What is left to do once the store's directories are there: nothing.
    fn entered(&self, at: &Open) {
        let _ = at;
    }

    /// The mode of a directory that is made in `parent`, or that is the store's own: its owner's alone.
    ///
    /// Every one on the way, not only the last: CVE-2020-24583.
    fn dir_modes(&self, level: Level, parent: BorrowedFd<'_>) -> Modes {
        let _ = (level, parent);
        Modes::exactly(0o700)
    }

    /// Takes a directory of the store's own that is already there, or refuses it.
    fn accept_dir(&self, dir: &OwnedFd, modes: Modes, read_only: bool) -> Result<(), Failure> {
        dirs::accept(dir, modes, read_only)
    }

    /// The id under which a session is kept: the caller's, every byte of it.
    fn identity<'a>(&self, id: &'a str) -> Cow<'a, str> {
        Cow::Borrowed(id)
    }

    /// The file's name: tells nothing of the id, and any id has one, however long and whatever is in it (CWE-22, CWE-548).
    fn file_name(&self, id: &str) -> String {
        hex(&Sha256::digest(id))
    }

    /// The mode of a session file, new or not: its owner's alone, and not executable.
    fn file_modes(&self, dir: BorrowedFd<'_>, name: &str) -> Modes {
        let _ = (dir, name);
        Modes::exactly(0o600)
    }

    /// What of the session is kept: all of it.
    fn kept(&self, session: &Session) -> Session {
        session.clone()
    }

    /// Puts a sealed session under its name.
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        files::replace(dir, name, sealed, self.file_modes(dir, name))
    }

    /// Reads what lies under the name: a session, or the key.
    fn read(&self, dir: BorrowedFd<'_>, name: &str, read_only: bool) -> Found {
        files::read(dir, name, READING, read_only)
    }

    /// Where the key is: in another directory than the sessions, which a copy of those leaves behind.
    fn key_route(&self, at: &Open) -> Result<Route, Failure> {
        Ok(Route { base: at.home.clone(), below: ".config/hardened".into(), own: 1 })
    }

    /// Makes of a session's JSON what is written.
    fn seal(&self, seal: Seal, key: &Key, name: &str, json: &[u8]) -> Result<Vec<u8>, Failure> {
        seal.close(key, name, json)
    }

    /// Makes a session of what was read.
    fn unseal(&self, seal: Seal, key: &Key, name: &str, file: &[u8]) -> Result<Session, Failure> {
        Ok(serde_json::from_slice(&seal.open(key, name, file)?)?)
    }

    /// Whether a session is over at a time, in Unix seconds.
    fn expired(&self, session: &Session, now: i64) -> bool {
        session.expires_at.is_some_and(|end| end <= now)
    }

    /// An id of the store's own: 128 bits that nobody can guess (ASVS 5.0 7.2.3), whatever the caller asked for (CWE-384).
    fn new_id(&self, requested: Option<&str>, session: &Session) -> Result<String, Failure> {
        let _ = (requested, session);
        let mut bytes = [0; 16];
        files::random(&mut bytes)?;
        Ok(hex(&bytes))
    }

    /// Whether a purge takes a session away: when it is over.
    fn purges(&self, over: bool) -> bool {
        over
    }

    /// Whether a store that is open for reading only deletes nothing.
    fn guards_deletes(&self) -> bool {
        true
    }

    /// Whether a purge goes on behind a session that cannot be read: it keeps nobody else's from being purged.
    fn purges_on(&self) -> bool {
        true
    }

    /// Locks the store's directory, as long as its descriptor is open; whether it could be locked.
    fn lock(&self, dir: BorrowedFd<'_>, how: FlockOperation) -> Result<bool, Failure> {
        files::lock(dir, how)
    }

    /// Ends the id that a session had before it got another.
    fn retire(&self, dir: BorrowedFd<'_>, name: &str) -> Result<(), Failure> {
        self.remove(dir, name)
    }

    /// Removes the session under the name.
    fn remove(&self, dir: BorrowedFd<'_>, name: &str) -> Result<(), Failure> {
        files::remove(dir, name)
    }
}

/// Every step as it should be.
pub(crate) struct Sound;

impl Steps for Sound {}
