//! A store with one file for all sessions, which is changed in place under a lock.
//!
//! - `pages`: what is in the file, and how a change is committed;
//! - `place`: where the file is, how it is locked, and how another takes its place.
//!
//! A change in place reaches whoever had the file open before. So each process puts a copy of the file in its place when it opens the store,
//! and changes only a file that it made itself and that is its owner's alone.

mod pages;
mod place;

use interloper_driver::{ErrorKind, Failure, Hello, Open, Session, SessionStore, Setup};
use rustix::fs::{FlockOperation, Mode, fchmod};

use self::pages::{Pages, Sessions};
use self::place::{Inode, Locked, Place};
use super::clock::{Opened, hello, json_of, name_of, new_id};
use crate::hardened::failed;

/// The store.
#[derive(Default)]
pub struct OneFile {
    opened: Opened,
    /// The file that this process made.
    own: Option<Inode>,
}

/// A careful store that keeps all sessions in one file.
pub fn one_file() -> OneFile {
    OneFile::default()
}

impl OneFile {
    fn place(&self, make: bool) -> Result<Option<Place>, Failure> {
        Place::of(self.opened.at()?, make)
    }

    /// Changes the sessions; `change` answers whether there was something to change.
    fn change(
        &mut self,
        make: bool,
        change: impl Fn(&OneFile, &mut Sessions) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        self.opened.may_write()?;
        let Some(place) = self.place(make)? else { return Ok(()) };
        loop {
            let Some(locked) = place.lock(FlockOperation::LockExclusive)? else {
                let mut sessions = Sessions::new();
                // A delete has to remove also what was never finished.
                if !change(self, &mut sessions)? {
                    return place.sweep();
                }
                match place.make(&Pages::whole(None, &sessions)?)? {
                    Some(inode) => self.own = Some(inode),
                    None => continue,
                }
                return Ok(());
            };
            let pages = Pages::read(&locked.file)?;
            let mut sessions = pages.sessions.clone();
            return match change(self, &mut sessions)? {
                true => self.write(&place, &locked, &pages, &sessions),
                false => pages.clear(&locked.file),
            }
            .and_then(|()| place.sweep());
        }
    }

    fn write(
        &mut self,
        place: &Place,
        locked: &Locked,
        pages: &Pages,
        sessions: &Sessions,
    ) -> Result<(), Failure> {
        if self.own == Some(locked.inode) && locked.is_private {
            return pages.commit(&locked.file, sessions);
        }
        self.own = place.replace(&Pages::whole(Some(pages), sessions)?)?;
        Ok(())
    }

    /// Puts a copy in the place of the file, if nobody uses it.
    fn renew(&mut self) -> Result<(), Failure> {
        let Some(place) = self.place(false)? else { return Ok(()) };
        place.sweep()?;
        let Some(locked) = place.lock(FlockOperation::NonBlockingLockExclusive)? else {
            return Ok(());
        };
        let pages = Pages::read(&locked.file)?;
        self.own = place.replace(&Pages::whole(Some(&pages), &pages.sessions)?)?;
        Ok(())
    }

    /// The session of a line; nothing when it has expired.
    fn alive(&self, json: &[u8]) -> Result<Option<Session>, Failure> {
        let session: Session = serde_json::from_slice(json)?;
        Ok(Some(session).filter(|session| !self.opened.is_past(session.expires_at)))
    }
}

impl SessionStore for OneFile {
    fn hello(&self) -> Hello {
        hello("one-file").setups([Setup::home(), Setup::file()])
    }

    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        self.opened.open(at);
        self.own = None;
        if !at.read_only {
            // Whoever loads or saves is told what is wrong with the file; without a copy of its own, the first change makes one.
            let _ = self.renew();
        }
        Ok(())
    }

    fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
        let (name, json) = (name_of(id)?, json_of(session)?);
        self.change(true, |_, sessions| {
            sessions.insert(name.clone(), json.clone());
            Ok(true)
        })
    }

    fn load(&mut self, id: &str) -> Result<Option<Session>, Failure> {
        let name = name_of(id)?;
        let Some(place) = self.place(false)? else { return Ok(None) };
        let Some(locked) = place.lock(FlockOperation::LockShared)? else { return Ok(None) };
        if !locked.is_private && !self.opened.read_only()? {
            fchmod(&locked.file, Mode::from_raw_mode(0o600)).map_err(failed("narrow the file"))?;
            // Others may have it open.
            self.own = None;
        }
        match Pages::read(&locked.file)?.sessions.get(&name) {
            Some(json) => self.alive(json),
            None => Ok(None),
        }
    }

    fn delete(&mut self, id: &str) -> Result<(), Failure> {
        let name = name_of(id)?;
        self.change(false, |_, sessions| Ok(sessions.remove(&name).is_some()))
    }

    fn create(&mut self, _: Option<&str>, session: &Session) -> Result<String, Failure> {
        let id = new_id()?;
        self.save(&id, session)?;
        Ok(id)
    }

    /// Both ids change at once: nobody ever finds the session under two.
    fn rotate(&mut self, id: &str) -> Result<String, Failure> {
        let (name, new) = (name_of(id)?, new_id()?);
        let to = name_of(&new)?;
        let absent = || Failure::new(ErrorKind::Absent, "there is no such session");
        if self.place(false)?.is_none() {
            return Err(absent());
        }
        self.change(false, |store, sessions| {
            let json = sessions.remove(&name).ok_or_else(absent)?;
            store.alive(&json)?.ok_or_else(absent)?;
            sessions.insert(to.clone(), json);
            Ok(true)
        })?;
        Ok(new)
    }

    fn purge(&mut self) -> Result<(), Failure> {
        self.change(false, |store, sessions| {
            let before = sessions.len();
            sessions.retain(|_, json| !matches!(store.alive(json), Ok(None)));
            Ok(sessions.len() < before)
        })
    }

    fn advance(&mut self, seconds: i64) -> Result<(), Failure> {
        self.opened.ahead = self.opened.ahead.saturating_add(seconds);
        Ok(())
    }
}
