//! What both stores make of an id, of a session and of the time.

use std::time::{SystemTime, UNIX_EPOCH};

use interloper_driver::{
    Can, Enforces, Failure, Hello, Ids, Keeps, Open, Operation, Promise, Session,
};
use sha2::{Digest, Sha256};

use crate::hardened::{MAX_SESSION, denied, hex, random};

/// The longest id, in bytes.
const MAX_ID: usize = 4096;

/// The store as it was opened, and its clock.
#[derive(Default)]
pub(super) struct Opened {
    at: Option<Open>,
    /// Seconds by which its clock is ahead of the system's.
    pub(super) ahead: i64,
}

impl Opened {
    pub(super) fn open(&mut self, at: &Open) {
        self.at = Some(at.clone());
    }

    pub(super) fn at(&self) -> Result<&Open, Failure> {
        self.at.as_ref().ok_or_else(|| Failure::invalid("the store is not open"))
    }

    pub(super) fn read_only(&self) -> Result<bool, Failure> {
        self.at().map(|at| at.read_only)
    }

    pub(super) fn may_write(&self) -> Result<(), Failure> {
        match self.read_only()? {
            true => Err(denied("the store was opened for reading only")),
            false => Ok(()),
        }
    }

    /// Returns whether a time has come.
    pub(super) fn is_past(&self, end: Option<i64>) -> bool {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let now = i64::try_from(since).unwrap_or(i64::MAX).saturating_add(self.ahead);
        end.is_some_and(|end| end <= now)
    }
}

/// What both stores say of themselves, less their setups.
pub(super) fn hello(name: &str) -> Hello {
    Hello::new(name, env!("CARGO_PKG_VERSION"))
        .keeps([Keeps::Data, Keeps::Cookies, Keeps::Headers, Keeps::Auth, Keeps::Expires])
        .enforces([Enforces::Expiry, Enforces::Owner, Enforces::Integrity])
        .ops([Operation::Save, Operation::Load, Operation::Delete])
        .ops([Operation::Create, Operation::Rotate, Operation::Purge, Operation::Advance])
        .ids(Ids::Both)
        .id_is_credential(true)
        .promises([Promise::Atomic, Promise::Durable])
        .can([Can::ReadOnly])
}

/// The name that an id has in the store: it tells nothing of the id, and any id has one.
pub(super) fn name_of(id: &str) -> Result<String, Failure> {
    match id.len() {
        1..=MAX_ID => Ok(hex(&Sha256::digest(id))),
        length => Err(Failure::invalid(format!("an id has 1 to {MAX_ID} bytes, not {length}"))),
    }
}

/// An id of the store's own: 128 random bits, whatever was asked for.
pub(super) fn new_id() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    random(&mut bytes)?;
    Ok(hex(&bytes))
}

/// A session's JSON; a session that could not be loaded again is refused.
pub(super) fn json_of(session: &Session) -> Result<Vec<u8>, Failure> {
    let json = serde_json::to_vec(session)?;
    let loads = serde_json::from_slice::<Session>(&json).is_ok_and(|loaded| loaded == *session);
    match loads && json.len() <= MAX_SESSION {
        true => Ok(json),
        false => Err(Failure::invalid("the session is too large or too deep to be kept")),
    }
}
