//! The sessions: files of a directory, which several threads and processes may share.
//!
//! Whoever reads a session to change it holds the lock until that is written, flock(2). Each holder opens the file of the lock anew, so
//! threads of one process exclude each other, too.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use sha2::{Digest, Sha256};

use crate::hardened::hex;

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

/// All sessions, and the users.
#[derive(Debug)]
pub(super) struct Sessions {
    dir: PathBuf,
    users: PathBuf,
    pub(super) lock: PathBuf,
    /// Whether files are named by the id, and the directory can be listed.
    open: bool,
    /// Flag that an id is found by its beginning. Then the file has it.
    by_prefix: bool,
}

/// Returns 128 random bits in hexadecimal.
pub(super) fn random() -> String {
    random_of(16)
}

/// Returns so many random bytes in hexadecimal.
pub(super) fn random_of(count: usize) -> String {
    let mut bytes = vec![0; count];
    // Without random bytes there are no sessions: an empty id is found nowhere.
    match getrandom::fill(&mut bytes) {
        Ok(()) => hex(&bytes),
        Err(_) => String::new(),
    }
}

/// Returns a hash in hexadecimal.
pub(super) fn hash(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

impl Sessions {
    pub(super) fn new(home: &Path, open: bool, by_prefix: bool) -> Sessions {
        let dir = home.join("sessions");
        let mode = if open { 0o755 } else { 0o700 };
        // It is there already if another process serves. Where it cannot be made, there are no sessions.
        let _ = DirBuilder::new().mode(mode).create(&dir);
        let (users, lock) = (home.join("users"), home.join("lock"));
        Sessions { dir, users, lock, open, by_prefix }
    }

    /// Takes the lock, for as long as the file lives.
    pub(super) fn lock(&self) -> Option<File> {
        let file = options().open(&self.lock).ok()?;
        flock(&file, FlockOperation::LockExclusive).ok()?;
        Some(file)
    }

    /// Returns the id of the session that a cookie means.
    pub(super) fn find(&self, id: &str) -> Option<String> {
        if self.by_prefix && id.len() >= SHORTEST {
            let whole = |name: String| fs::read_to_string(self.dir.join(name)).ok();
            let ids = self.names().into_iter().filter_map(whole);
            let mut ids = ids.filter_map(|text| Some(text.lines().nth(3)?.to_owned()));
            return ids.find(|known| known.starts_with(id));
        }
        self.file(id).exists().then(|| id.to_owned())
    }

    pub(super) fn get(&self, id: &str) -> Option<Kept> {
        read(&self.file(id))
    }

    /// Adds a session, or changes it.
    pub(super) fn put(&self, id: &str, kept: &Kept) {
        if id.is_empty() {
            return;
        }
        let Kept { user, value, token } = kept;
        let id_line = if self.by_prefix { id } else { "" };
        if let Ok(mut file) = options().truncate(true).open(self.file(id)) {
            let user = user.as_deref().unwrap_or_default();
            let _ = file.write_all(format!("{user}\n{value}\n{token}\n{id_line}\n").as_bytes());
        }
    }

    pub(super) fn remove(&self, id: &str) {
        self.remove_named(&self.name(id));
    }

    /// Removes the session that a file of this name has.
    pub(super) fn remove_named(&self, name: &str) {
        let _ = fs::remove_file(self.dir.join(name));
    }

    /// Returns the names of the files that have a user's sessions.
    pub(super) fn of(&self, user: &str) -> Vec<String> {
        let of = |name: &String| {
            read(&self.dir.join(name)).is_some_and(|kept| kept.user.as_deref() == Some(user))
        };
        self.names().into_iter().filter(of).collect()
    }

    /// Returns the name of the file that has a session.
    pub(super) fn name(&self, id: &str) -> String {
        match self.open {
            true => id.to_owned(),
            false => hex(&Sha256::digest(id.as_bytes())),
        }
    }

    /// Returns a user's password.
    pub(super) fn password(&self, user: &str) -> Option<String> {
        let text = fs::read_to_string(&self.users).ok()?;
        // The last counts.
        let line = text.lines().rev().find_map(|line| line.strip_prefix(user)?.strip_prefix('\t'));
        line.map(str::to_owned)
    }

    /// Returns the names of all users.
    pub(super) fn users(&self) -> impl Iterator<Item = String> {
        let text = fs::read_to_string(&self.users).unwrap_or_default();
        let names = text.lines().filter_map(|line| Some(line.split_once('\t')?.0.to_owned()));
        names.collect::<Vec<_>>().into_iter()
    }

    /// Sets a user's password.
    pub(super) fn set_password(&self, user: &str, password: &str) {
        if let Ok(mut file) = options().append(true).open(&self.users) {
            let _ = file.write_all(format!("{user}\t{password}\n").as_bytes());
        }
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.dir).into_iter().flatten().filter_map(Result::ok);
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort_unstable();
        names
    }

    fn file(&self, id: &str) -> PathBuf {
        // An id is a name, and no path.
        self.dir.join(self.name(id).replace('/', ""))
    }
}

/// Returns the options with which every file is made.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).mode(0o600);
    options
}

fn read(path: &Path) -> Option<Kept> {
    let text = fs::read_to_string(path).ok()?;
    let mut lines = text.lines().map(str::to_owned);
    let user = lines.next()?;
    let (value, token) = (lines.next()?, lines.next()?);
    Some(Kept { user: (!user.is_empty()).then_some(user), value, token })
}
