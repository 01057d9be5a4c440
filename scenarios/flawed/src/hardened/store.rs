//! The store's operations.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Component, Path};
use std::time::{SystemTime, UNIX_EPOCH};

use interloper_driver::{
    Can, Enforces, ErrorKind, Failure, Hello, Ids, Keeps, Medium, Open, Operation, Promise,
    Session, SessionStore, Setup,
};
use rustix::fs::FlockOperation;

use super::dirs::{Route, enter};
use super::failure::denied;
use super::files::{MAX_SESSION, sessions, sweep};
use super::key;
use super::seal::Seal;
use super::steps::{Sound, Steps};

/// Longer ids are refused: nothing good needs one, and each costs its hash.
const MAX_ID: usize = 4096;

/// The hardened store, or a flawed one when one of its steps is not the sound one.
pub struct Hardened {
    name: String,
    seal: Seal,
    steps: &'static dyn Steps,
    at: Option<Open>,
    /// The process of its server.
    server: Option<i32>,
    /// How far its clock is ahead of the wall's, in seconds.
    ahead: i64,
}

/// The reference store: the one to copy.
pub fn hardened() -> Hardened {
    Hardened::with("hardened", Seal::Encrypted, &Sound)
}

/// The reference store with its content authenticated but readable, as the flawed ones are built on it.
pub fn hardened_plain() -> Hardened {
    Hardened::with("hardened-plain", Seal::Plain, &Sound)
}

impl Default for Hardened {
    fn default() -> Hardened {
        hardened()
    }
}

impl Hardened {
    pub(crate) fn with(name: &str, seal: Seal, steps: &'static dyn Steps) -> Hardened {
        Hardened { name: name.to_owned(), seal, steps, at: None, server: None, ahead: 0 }
    }

    fn at(&self) -> Result<&Open, Failure> {
        self.at.as_ref().ok_or_else(|| Failure::invalid("the store is not open"))
    }

    fn read_only(&self) -> Result<bool, Failure> {
        self.at().map(|at| self.steps.read_only(at))
    }

    fn may_write(&self) -> Result<(), Failure> {
        match self.read_only()? {
            true => Err(denied("the store was opened for reading only")),
            false => Ok(()),
        }
    }

    /// Walks to one of the store's directories, for each operation anew: what was private a minute ago may not be now.
    fn enter(&self, route: Route, make: bool) -> Result<Option<OwnedFd>, Failure> {
        let entered = enter(self.steps, &route, make, self.read_only()?)?;
        self.steps.entered(self.at()?);
        Ok(entered)
    }

    /// Unix seconds.
    fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        i64::try_from(since).unwrap_or(i64::MAX).saturating_add(self.ahead)
    }

    /// The name of an id's file.
    fn name_of(&self, id: &str) -> Result<String, Failure> {
        match id.len() {
            1..=MAX_ID => Ok(self.steps.file_name(&self.steps.identity(id))),
            length => Err(Failure::invalid(format!("an id has 1 to {MAX_ID} bytes, not {length}"))),
        }
    }

    /// What lies under a name; nothing where it is over.
    fn read(&self, data: BorrowedFd<'_>, name: &str) -> Result<Option<Session>, Failure> {
        let read_only = self.read_only()?;
        let Some(file) = self.steps.read(data, name, read_only)? else { return Ok(None) };
        let key = match self.keys(false)? {
            Some(keys) => key::find(self.steps, keys.as_fd(), read_only)?,
            None => None,
        };
        let key = key.ok_or_else(|| Failure::corrupt("there is a session and no key"))?;
        let session = self.steps.unseal(self.seal, &key, name, &file)?;
        // Known only now, because the time is inside the seal where nobody can change it.
        Ok(Some(session).filter(|session| !self.steps.expired(session, self.now())))
    }

    /// Makes of a session the JSON that is kept.
    fn json(&self, session: &Session) -> Result<Vec<u8>, Failure> {
        let kept = self.steps.kept(session);
        let json = serde_json::to_vec(&kept)?;
        // What could not be loaded again is refused now: too deep a nesting, for one.
        let loads = serde_json::from_slice::<Session>(&json).is_ok_and(|loaded| loaded == kept);
        if json.len() > MAX_SESSION || !loads {
            return Err(Failure::invalid("the session is too large or too deep to be kept"));
        }
        Ok(json)
    }

    /// Seals a session for its name.
    fn sealed(&self, name: &str, json: &[u8]) -> Result<Vec<u8>, Failure> {
        let keys = self.keys(true)?.ok_or_else(unmade)?;
        let key = key::find_or_make(self.steps, keys.as_fd())?;
        self.steps.seal(self.seal, &key, name, json)
    }

    fn data(&self, make: bool) -> Result<Option<OwnedFd>, Failure> {
        self.enter(data_route(self.at()?)?, make)
    }

    fn keys(&self, make: bool) -> Result<Option<OwnedFd>, Failure> {
        self.enter(self.steps.key_route(self.at()?)?, make)
    }
}

fn unmade() -> Failure {
    denied("the store's directories cannot be made")
}

fn absent() -> Failure {
    Failure::new(ErrorKind::Absent, "there is no such session")
}

/// Where the sessions are.
pub(crate) fn data_route(at: &Open) -> Result<Route, Failure> {
    let Some(path) = &at.at else {
        let below = ".local/share/hardened/sessions".into();
        return Ok(Route { base: at.home.clone(), below, own: 2 });
    };
    match path.components().next_back() {
        Some(Component::Normal(_)) if path.is_absolute() => {}
        _ => return Err(Failure::invalid("the store's directory needs a name and a whole path")),
    }
    Ok(Route { base: Path::new("/").into(), below: path.clone(), own: 1 })
}

impl SessionStore for Hardened {
    fn hello(&self) -> Hello {
        let hello = Hello::new(&self.name, env!("CARGO_PKG_VERSION"))
            .keeps([Keeps::Data, Keeps::Cookies, Keeps::Headers, Keeps::Auth, Keeps::Expires])
            .enforces([Enforces::Expiry, Enforces::Owner, Enforces::Integrity])
            .ops([Operation::Save, Operation::Load, Operation::Update, Operation::Delete])
            .ops([Operation::Create, Operation::Rotate, Operation::Purge, Operation::Advance])
            .ids(Ids::Both)
            .id_is_credential(true)
            .setups([Setup::home(), Setup::dir()])
            .promises([Promise::Atomic, Promise::Durable])
            .promises(self.steps.promises().iter().copied())
            .can([Can::ReadOnly]);
        let hello = Hello { doors: self.steps.doors(), ..hello };
        let hello = match self.steps.has_server() {
            true => hello.medium(Medium::Server).can([Can::Server]),
            false => hello,
        };
        match self.seal {
            Seal::Encrypted => hello.promises([Promise::Encrypted]),
            Seal::Plain => hello,
        }
    }

    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        self.at = Some(at.clone());
        if self.read_only()? {
            return Ok(());
        }
        for dir in [self.data(false)?, self.keys(false)?].into_iter().flatten() {
            sweep(dir.as_fd())?;
        }
        if self.steps.has_server() {
            let data = self.data(true)?.ok_or_else(unmade)?;
            self.server = self.steps.serve(data.as_fd())?;
        }
        Ok(())
    }

    fn server(&self) -> Option<i32> {
        self.server
    }

    fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
        let name = self.name_of(id)?;
        self.may_write()?;
        let json = self.json(session)?;
        let data = self.data(true)?.ok_or_else(unmade)?;
        let sealed = self.sealed(&name, &json)?;
        // A purge that has found the session expired does not take away what is saved now.
        self.steps.lock(data.as_fd(), FlockOperation::LockShared)?;
        self.steps.write(data.as_fd(), &name, &sealed)
    }

    /// Reads, changes and writes under one lock that keeps out everybody else who changes something (CWE-362).
    fn update(&mut self, id: &str, set: &Session) -> Result<(), Failure> {
        let name = self.name_of(id)?;
        self.may_write()?;
        let data = self.data(false)?.ok_or_else(absent)?;
        if !self.steps.lock(data.as_fd(), FlockOperation::LockExclusive)? {
            return Err(denied("the store's directory cannot be locked, and an update needs that"));
        }
        let mut session = self.read(data.as_fd(), &name)?.ok_or_else(absent)?;
        session.set(set.clone());
        let sealed = self.sealed(&name, &self.json(&session)?)?;
        self.steps.write(data.as_fd(), &name, &sealed)
    }

    fn load(&mut self, id: &str) -> Result<Option<Session>, Failure> {
        let name = self.name_of(id)?;
        match self.data(false)? {
            Some(data) => self.read(data.as_fd(), &name),
            None => Ok(None),
        }
    }

    fn delete(&mut self, id: &str) -> Result<(), Failure> {
        let name = self.name_of(id)?;
        if self.steps.guards_deletes() {
            self.may_write()?;
        }
        let Some(data) = self.data(false)? else { return Ok(()) };
        // An update that has read the session does not write it back.
        self.steps.lock(data.as_fd(), FlockOperation::LockShared)?;
        self.steps.remove(data.as_fd(), &name)?;
        // A save of this id that crashed may have left its file, and what was deleted is to be gone.
        sweep(data.as_fd())
    }

    fn create(&mut self, requested: Option<&str>, session: &Session) -> Result<String, Failure> {
        let id = self.steps.new_id(requested, session)?;
        self.save(&id, session)?;
        Ok(id)
    }

    /// A crash in between leaves both ids, and the caller knows only the old one: it goes on with that.
    fn rotate(&mut self, id: &str) -> Result<String, Failure> {
        let name = self.name_of(id)?;
        self.may_write()?;
        let data = self.data(false)?.ok_or_else(absent)?;
        // What is saved or set under the old id meanwhile is not lost with it.
        self.steps.lock(data.as_fd(), FlockOperation::LockExclusive)?;
        let session = self.read(data.as_fd(), &name)?.ok_or_else(absent)?;
        let new = self.steps.new_id(None, &session)?;
        let new_name = self.name_of(&new)?;
        let sealed = self.sealed(&new_name, &self.json(&session)?)?;
        self.steps.write(data.as_fd(), &new_name, &sealed)?;
        if let Err(failure) = self.steps.retire(data.as_fd(), &name) {
            // Two ids of one session are worse than none that is new.
            self.steps.remove(data.as_fd(), &new_name)?;
            return Err(failure);
        }
        Ok(new)
    }

    fn purge(&mut self) -> Result<(), Failure> {
        self.may_write()?;
        let Some(data) = self.data(false)? else { return Ok(()) };
        for name in sessions(data.as_fd())? {
            if self.read(data.as_fd(), &name).is_err() && !self.steps.purges_on() {
                break;
            }
            // What cannot be read is for whoever loads it to complain of: it keeps nobody else's from being purged.
            let over = || self.steps.purges(matches!(self.read(data.as_fd(), &name), Ok(None)));
            // While somebody saves, what is over waits for the next purge.
            if over() && self.steps.lock(data.as_fd(), FlockOperation::NonBlockingLockExclusive)? {
                if over() {
                    self.steps.remove(data.as_fd(), &name)?;
                }
                self.steps.lock(data.as_fd(), FlockOperation::Unlock)?;
            }
        }
        sweep(data.as_fd())
    }

    fn advance(&mut self, seconds: i64) -> Result<(), Failure> {
        self.ahead = self.ahead.saturating_add(seconds);
        Ok(())
    }
}
