//! A store with a file for each session, spread over subdirectories: two hex digits of a hash of the id, as git keeps its objects.
//!
//! ```text
//! sessions/lock          held by whoever changes something, and never written to
//! sessions/index         name and end of each session, for purging
//! sessions/3a/3a7bd3e2…  a session, after the checksum of its name and itself
//! ```
//!
//! The index is a hint. A session gets into it before it gets its file, so that a crash in between leaves a name too many and never one too
//! few. The end that it holds is the earliest that the session can have; a purge looks into the file before it removes it. An index that
//! cannot be read is made anew from the files.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Component, Path};

use interloper_driver::{ErrorKind, Failure, Hello, Open, Session, SessionStore, Setup};
use rustix::fs::{AtFlags, FlockOperation, Mode};
use rustix::fs::{fchmod, flock, fstat, linkat, openat};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use super::clock::{Opened, hello, json_of, name_of, new_id};
use crate::hardened::{
    Modes, READING, Route, Sound, create, denied, discard, enter, enter_below, failed, hex, read,
    remove, replace, sessions, sweep, sync, trust,
};

const LOCK: &str = "lock";
const INDEX: &str = "index";
/// The first line of a session file, and of the index, before the checksum.
const HEAD: &str = "sharded 1 ";
const PRIVATE: Modes = Modes::exactly(0o600);

/// Name of each session, and the earliest time at which it can have expired.
type Index = BTreeMap<String, Option<i64>>;

/// The store.
#[derive(Default)]
pub struct Sharded {
    opened: Opened,
}

/// A careful store that spreads its sessions over subdirectories.
pub fn sharded() -> Sharded {
    Sharded::default()
}

/// The store's directory, locked for one who changes it.
struct Locked {
    dir: OwnedFd,
    /// The lock lasts as long as this is open.
    _lock: File,
}

impl Sharded {
    fn dir(&self, make: bool) -> Result<Option<OwnedFd>, Failure> {
        let at = self.opened.at()?;
        let below = ".local/share/sharded/sessions".into();
        let route = match &at.at {
            None => Route { base: at.home.clone(), below, own: 2 },
            Some(path) => match path.components().next_back() {
                Some(Component::Normal(_)) if path.is_absolute() => {
                    Route { base: Path::new("/").into(), below: path.clone(), own: 1 }
                }
                _ => return Err(Failure::invalid("the store's directory needs a whole path")),
            },
        };
        enter(&Sound, &route, make, at.read_only)
    }

    /// Locks the directory; `None` when it is not there and is not to be made.
    fn locked(&self, make: bool) -> Result<Option<Locked>, Failure> {
        self.opened.may_write()?;
        let Some(dir) = self.dir(make)? else { return Ok(None) };
        let lock = lock_file(dir.as_fd())?;
        flock(&lock, FlockOperation::LockExclusive).map_err(failed("lock the store"))?;
        Ok(Some(Locked { dir, _lock: lock }))
    }

    /// What lies under a name; nothing when it has expired.
    fn read(&self, dir: BorrowedFd<'_>, name: &str) -> Result<Option<Session>, Failure> {
        let read_only = self.opened.read_only()?;
        let Some(shard) = enter_below(&Sound, dir, &name[..2], false, read_only)? else {
            return Ok(None);
        };
        let Some(bytes) = read(shard.as_fd(), name, READING, read_only)? else { return Ok(None) };
        let json = unsealed(name, &bytes)?;
        let session: Session = serde_json::from_slice(json)?;
        Ok(Some(session).filter(|session| !self.opened.is_past(session.expires_at)))
    }

    fn put(&self, locked: &Locked, name: &str, session: &Session) -> Result<(), Failure> {
        let json = json_of(session)?;
        let dir = locked.dir.as_fd();
        let mut index = self.index(dir)?;
        let known = index.get(name).copied();
        let end = earlier(known.flatten(), session.expires_at);
        if known != Some(end) {
            index.insert(name.to_owned(), end);
            write_index(dir, &index)?;
        }
        let shard = self.shard(dir, name)?;
        replace(shard.as_fd(), name, &sealed(name, &json), PRIVATE)
    }

    fn shard(&self, dir: BorrowedFd<'_>, name: &str) -> Result<OwnedFd, Failure> {
        let shard = enter_below(&Sound, dir, &name[..2], true, false)?;
        shard.ok_or_else(|| denied("a subdirectory cannot be made"))
    }

    /// Removes sessions and what crashed saves of them left, and takes them out of the index.
    fn take(&self, locked: &Locked, names: &[String]) -> Result<(), Failure> {
        let dir = locked.dir.as_fd();
        for name in names {
            if let Some(shard) = enter_below(&Sound, dir, &name[..2], false, false)? {
                remove(shard.as_fd(), name)?;
                sweep(shard.as_fd())?;
            }
        }
        let mut index = self.index(dir)?;
        let before = index.len();
        index.retain(|name, _| !names.contains(name));
        if index.len() < before { write_index(dir, &index) } else { Ok(()) }
    }

    /// The index, or another one made from the files.
    fn index(&self, dir: BorrowedFd<'_>) -> Result<Index, Failure> {
        let found = read(dir, INDEX, READING, true).ok().flatten();
        let whole =
            found.and_then(|bytes| serde_json::from_slice(unsealed(INDEX, &bytes).ok()?).ok());
        match whole {
            Some(index) => Ok(index),
            None => self.rebuilt(dir),
        }
    }

    fn rebuilt(&self, dir: BorrowedFd<'_>) -> Result<Index, Failure> {
        let mut index = Index::new();
        for shard in shards(dir)? {
            let Some(open) = enter_below(&Sound, dir, &shard, false, false)? else { continue };
            for name in sessions(open.as_fd())?.into_iter().filter(|name| is_name(&shard, name)) {
                let whole = read(open.as_fd(), &name, READING, true).ok().flatten();
                let session = whole.and_then(|bytes| {
                    serde_json::from_slice::<Session>(unsealed(&name, &bytes).ok()?).ok()
                });
                // A session that cannot be read is never purged: whoever loads it is told.
                index.insert(name, session.and_then(|session| session.expires_at));
            }
        }
        Ok(index)
    }
}

impl SessionStore for Sharded {
    fn hello(&self) -> Hello {
        hello("sharded").setups([Setup::home(), Setup::dir()])
    }

    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        self.opened.open(at);
        if at.read_only {
            return Ok(());
        }
        let Some(dir) = self.dir(false)? else { return Ok(()) };
        sweep(dir.as_fd())?;
        for shard in shards(dir.as_fd())? {
            if let Some(shard) = enter_below(&Sound, dir.as_fd(), &shard, false, false)? {
                sweep(shard.as_fd())?;
            }
        }
        Ok(())
    }

    fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
        let name = name_of(id)?;
        self.opened.may_write()?;
        json_of(session)?;
        let locked = self.locked(true)?.ok_or_else(|| denied("the store cannot be made"))?;
        self.put(&locked, &name, session)
    }

    fn load(&mut self, id: &str) -> Result<Option<Session>, Failure> {
        let name = name_of(id)?;
        match self.dir(false)? {
            Some(dir) => self.read(dir.as_fd(), &name),
            None => Ok(None),
        }
    }

    fn delete(&mut self, id: &str) -> Result<(), Failure> {
        let name = name_of(id)?;
        match self.locked(false)? {
            Some(locked) => self.take(&locked, &[name]),
            None => Ok(()),
        }
    }

    fn create(&mut self, _: Option<&str>, session: &Session) -> Result<String, Failure> {
        let id = new_id()?;
        self.save(&id, session)?;
        Ok(id)
    }

    fn rotate(&mut self, id: &str) -> Result<String, Failure> {
        let name = name_of(id)?;
        let absent = || Failure::new(ErrorKind::Absent, "there is no such session");
        let locked = self.locked(false)?.ok_or_else(absent)?;
        let session = self.read(locked.dir.as_fd(), &name)?.ok_or_else(absent)?;
        let new = new_id()?;
        self.put(&locked, &name_of(&new)?, &session)?;
        if let Err(failure) = self.take(&locked, &[name]) {
            // Two ids of one session are worse than none that is new.
            self.take(&locked, &[name_of(&new)?])?;
            return Err(failure);
        }
        Ok(new)
    }

    fn purge(&mut self) -> Result<(), Failure> {
        let Some(locked) = self.locked(false)? else { return Ok(()) };
        let index = self.index(locked.dir.as_fd())?;
        let past = index.into_iter().filter(|(_, end)| self.opened.is_past(*end));
        // A session that cannot be read stays: whoever loads it is told.
        let gone = |name: &String| matches!(self.read(locked.dir.as_fd(), name), Ok(None));
        let names: Vec<String> = past.map(|(name, _)| name).filter(gone).collect();
        self.take(&locked, &names)
    }

    fn advance(&mut self, seconds: i64) -> Result<(), Failure> {
        self.opened.ahead = self.opened.ahead.saturating_add(seconds);
        Ok(())
    }
}

/// Opens the lock file, made when there is none: under a random name first, so that it has its mode before it has its name.
fn lock_file(dir: BorrowedFd<'_>) -> Result<File, Failure> {
    for _ in 0..2 {
        match openat(dir, LOCK, READING, Mode::empty()) {
            Ok(lock) => {
                let stat = fstat(&lock).map_err(failed("look at the lock"))?;
                trust(&stat)?;
                if stat.st_mode & 0o077 != 0 {
                    fchmod(&lock, Mode::from_raw_mode(0o600)).map_err(failed("narrow the lock"))?;
                }
                return Ok(lock.into());
            }
            Err(Errno::NOENT) => {}
            Err(errno) => return Err(failed("open the lock")(errno)),
        }
        // It is locked while it is open, which keeps a sweep from taking it for a leftover.
        let (temp, made) = create(dir, PRIVATE)?;
        let linked = linkat(dir, &temp, dir, LOCK, AtFlags::empty());
        discard(dir, &temp);
        drop(made);
        match linked {
            Ok(()) | Err(Errno::EXIST) => sync(dir)?,
            Err(errno) => return Err(failed("name the lock")(errno)),
        }
    }
    Err(Failure::new(ErrorKind::Conflict, "the lock went away"))
}

/// The earlier of two ends; `None` is never.
fn earlier(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    one.into_iter().chain(other).min()
}

fn write_index(dir: BorrowedFd<'_>, index: &Index) -> Result<(), Failure> {
    replace(dir, INDEX, &sealed(INDEX, &serde_json::to_vec(index)?), PRIVATE)
}

/// The checksum is of the name too, so that two files that changed places are noticed.
fn checksum(name: &str, json: &[u8]) -> String {
    hex(&Sha256::new().chain_update(name).chain_update("\n").chain_update(json).finalize())
}

fn sealed(name: &str, json: &[u8]) -> Vec<u8> {
    [HEAD.as_bytes(), checksum(name, json).as_bytes(), b"\n", json].concat()
}

fn unsealed<'b>(name: &str, bytes: &'b [u8]) -> Result<&'b [u8], Failure> {
    let corrupt = || Failure::corrupt("the file is not what was saved under this id");
    let rest = bytes.strip_prefix(HEAD.as_bytes()).ok_or_else(corrupt)?;
    let (sum, rest) = rest.split_at_checked(64).ok_or_else(corrupt)?;
    let json = rest.strip_prefix(b"\n").ok_or_else(corrupt)?;
    if sum == checksum(name, json).as_bytes() { Ok(json) } else { Err(corrupt()) }
}

fn shards(dir: BorrowedFd<'_>) -> Result<Vec<String>, Failure> {
    let mut names = sessions(dir)?;
    names.retain(|name| name.len() == 2 && is_hex(name));
    names.sort_unstable();
    Ok(names)
}

fn is_name(shard: &str, name: &str) -> bool {
    name.len() == 64 && is_hex(name) && name.starts_with(shard)
}

fn is_hex(name: &str) -> bool {
    name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
