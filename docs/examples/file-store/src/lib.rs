//! A small session store: a JSON file for each session.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// What a session holds.
pub type Values = BTreeMap<String, serde_json::Value>;

/// A directory of sessions.
#[derive(Debug, Default)]
pub struct FileStore {
    dir: PathBuf,
}

impl FileStore {
    /// Opens a directory, and makes it where it is missing.
    pub fn open(dir: &Path) -> io::Result<FileStore> {
        if cfg!(feature = "careless") {
            fs::create_dir_all(dir)?;
        } else {
            match DirBuilder::new().mode(0o700).create(dir) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
                _ => fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?,
            }
        }
        Ok(FileStore { dir: dir.to_owned() })
    }

    fn path(&self, id: &str) -> io::Result<PathBuf> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if id.is_empty() || id.len() > 64 || !id.chars().all(plain) {
            return Err(io::Error::new(ErrorKind::InvalidInput, "not a session id"));
        }
        Ok(self.dir.join(format!("{id}.json")))
    }

    /// Writes a session under a temporary name, and renames it into place.
    pub fn save(&self, id: &str, values: &Values) -> io::Result<()> {
        let path = self.path(id)?;
        let temporary = self.dir.join(format!("{id}.{:016x}.new", random()));
        let body = serde_json::to_vec(values)?;
        let done = write(&temporary, &body).and_then(|()| fs::rename(&temporary, &path));
        if done.is_err() {
            // The error that made it so is the one to tell.
            let _ = fs::remove_file(&temporary);
        }
        done.and_then(|()| self.sync())
    }

    /// Makes what was renamed or removed durable: a directory is a file, too.
    fn sync(&self) -> io::Result<()> {
        fs::File::open(&self.dir)?.sync_all()
    }

    /// Reads a session.
    pub fn load(&self, id: &str) -> io::Result<Option<Values>> {
        let path = self.path(id)?;
        let bytes = match fs::symlink_metadata(&path) {
            Ok(metadata) if !metadata.is_file() || metadata.nlink() != 1 => {
                return Err(io::Error::new(ErrorKind::InvalidData, "not a regular file"));
            }
            Ok(_) => fs::read(&path)?,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let damaged = || io::Error::new(ErrorKind::InvalidData, "the session file is damaged");
        let line = bytes.iter().position(|byte| *byte == b'\n').ok_or_else(damaged)?;
        let length = std::str::from_utf8(&bytes[..line]).ok().and_then(|text| text.parse().ok());
        if length != Some(bytes.len() - line - 1) {
            return Err(damaged());
        }
        serde_json::from_slice(&bytes[line + 1..]).map(Some).map_err(|_| damaged())
    }

    /// Removes a session, and what a save of it that was killed has left; where there is none, it is done already.
    pub fn delete(&self, id: &str) -> io::Result<()> {
        gone(fs::remove_file(self.path(id)?))?;
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let name = entry.file_name();
            let rest = name.to_str().and_then(|name| name.strip_prefix(id)?.strip_prefix('.'));
            if rest.is_some_and(|rest| rest.ends_with(".new")) {
                gone(fs::remove_file(entry.path()))?;
            }
        }
        self.sync()
    }
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn write(temporary: &Path, body: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true);
    if cfg!(feature = "careless") {
        options.create(true).truncate(true);
    } else {
        options.create_new(true).mode(0o600);
    }
    let mut file = options.open(temporary)?;
    if !cfg!(feature = "careless") {
        // The umask may have taken the owner's own bits.
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    // A length in front: a file that was cut short is noticed.
    file.write_all(format!("{}\n", body.len()).as_bytes())?;
    file.write_all(body)?;
    file.sync_all()
}

/// A number that nobody guesses: the standard library's hash maps get theirs from the kernel.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
