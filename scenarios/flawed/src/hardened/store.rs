//! The store's operations.

use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path};
use std::time::{SystemTime, UNIX_EPOCH};

use interloper_driver::{
    Can, Failure, Hello, Keeps, Open, Operation, Place, Promise, Session, SessionStore,
};

use super::dirs::{Route, enter};
use super::failure::denied;
use super::files::{MAX_SESSION, sweep};
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
        Hardened { name: name.to_owned(), seal, steps, at: None }
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

    fn data(&self, make: bool) -> Result<Option<OwnedFd>, Failure> {
        self.enter(data_route(self.at()?)?, make)
    }

    fn keys(&self, make: bool) -> Result<Option<OwnedFd>, Failure> {
        let base = self.at()?.home.clone();
        self.enter(Route { base, below: ".config/hardened".into(), own: 1 }, make)
    }
}

fn data_route(at: &Open) -> Result<Route, Failure> {
    let Some(path) = &at.path else {
        let below = ".local/share/hardened/sessions".into();
        return Ok(Route { base: at.home.clone(), below, own: 2 });
    };
    match path.components().next_back() {
        Some(Component::Normal(_)) if path.is_absolute() => {}
        _ => return Err(Failure::invalid("the store's directory needs a name and a whole path")),
    }
    Ok(Route { base: Path::new("/").into(), below: path.clone(), own: 1 })
}

fn check_id(id: &str) -> Result<(), Failure> {
    match id.len() {
        1..=MAX_ID => Ok(()),
        length => Err(Failure::invalid(format!("an id has 1 to {MAX_ID} bytes, not {length}"))),
    }
}

fn expired(session: &Session) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    session.expires_at.is_some_and(|end| i128::from(end) <= i128::from(now))
}

impl SessionStore for Hardened {
    fn hello(&self) -> Hello {
        let hello = Hello::new(&self.name, env!("CARGO_PKG_VERSION"))
            .keeps([Keeps::Data, Keeps::Cookies, Keeps::Headers, Keeps::Auth, Keeps::Expires])
            .ops([Operation::Save, Operation::Load, Operation::Delete])
            .places([Place::Default, Place::Dir])
            .promises([Promise::Atomic, Promise::Durable])
            .can([Can::ReadOnly]);
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
        Ok(())
    }

    fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
        check_id(id)?;
        self.may_write()?;
        let kept = self.steps.kept(session);
        let json = serde_json::to_vec(&kept)?;
        // What could not be loaded again is refused now: too deep a nesting, for one.
        let loads = serde_json::from_slice::<Session>(&json).is_ok_and(|loaded| loaded == kept);
        if json.len() > MAX_SESSION || !loads {
            return Err(Failure::invalid("the session is too large or too deep to be kept"));
        }
        let (Some(data), Some(keys)) = (self.data(true)?, self.keys(true)?) else {
            return Err(denied("the store's directories cannot be made"));
        };
        let key = key::find_or_make(self.steps, keys.as_fd())?;
        let id = self.steps.identity(id);
        let sealed = self.seal.close(&key, &id, &json)?;
        self.steps.write(data.as_fd(), &self.steps.file_name(&id), &sealed)
    }

    fn load(&mut self, id: &str) -> Result<Option<Session>, Failure> {
        check_id(id)?;
        let read_only = self.read_only()?;
        let Some(data) = self.data(false)? else { return Ok(None) };
        let id = self.steps.identity(id);
        let name = self.steps.file_name(&id);
        let Some(file) = self.steps.read(data.as_fd(), &name, read_only)? else { return Ok(None) };
        let key = match self.keys(false)? {
            Some(keys) => key::find(self.steps, keys.as_fd(), read_only)?,
            None => None,
        };
        let key = key.ok_or_else(|| Failure::corrupt("there is a session and no key"))?;
        let session = self.steps.unseal(self.seal, &key, &id, &file)?;
        // Known only now, because the time is inside the seal where nobody can change it.
        Ok(Some(session).filter(|session| !expired(session)))
    }

    fn delete(&mut self, id: &str) -> Result<(), Failure> {
        check_id(id)?;
        self.may_write()?;
        let Some(data) = self.data(false)? else { return Ok(()) };
        let name = self.steps.file_name(&self.steps.identity(id));
        self.steps.remove(data.as_fd(), &name)?;
        // A save of this id that crashed may have left its file, and what was deleted is to be gone.
        sweep(data.as_fd())
    }
}
