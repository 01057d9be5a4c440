//! A store whose save is as many small writes as its name says: steps to count with, and nothing else to pay for.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use interloper_driver::{Failure, Hello, Keeps, Open, Operation, Session, SessionStore, Setup};

/// A session's file always has this size, so that what the probers read is the same however many writes made it.
const SIZE: usize = 1024;

/// Sessions in files, each written piece by piece.
pub(crate) struct Writes {
    count: usize,
    dir: PathBuf,
}

impl Writes {
    /// The adapter that `writes-400` names.
    pub(crate) fn named(name: &str) -> Option<Writes> {
        let count = name.strip_prefix("writes-")?.parse().ok()?;
        (1..=SIZE).contains(&count).then(|| Writes { count, dir: PathBuf::new() })
    }
}

impl SessionStore for Writes {
    fn hello(&self) -> Hello {
        Hello::new(format!("writes-{}", self.count), "1")
            .keeps([Keeps::Data])
            .ops([Operation::Save, Operation::Load])
            .setups([Setup::dir()])
    }

    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        self.dir = at.path()?.to_owned();
        Ok(std::fs::create_dir_all(&self.dir)?)
    }

    fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
        let mut bytes = serde_json::to_vec(session)?;
        // JSON may end with as many spaces as one likes.
        bytes.resize(bytes.len().max(SIZE), b' ');
        let mut file = File::create(self.dir.join(id))?;
        for n in 0..self.count {
            let (from, to) = (n * bytes.len() / self.count, (n + 1) * bytes.len() / self.count);
            file.write_all(&bytes[from..to])?;
        }
        Ok(())
    }

    fn load(&mut self, id: &str) -> Result<Option<Session>, Failure> {
        match std::fs::read(self.dir.join(id)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
