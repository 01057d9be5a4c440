//! The driver of a store in Rust. Put your store's calls in place of the lines that read and write the file.

use std::path::PathBuf;
use std::{fs, io};

use interloper_driver::{
    ErrorKind, Failure, Hello, Keeps, Open, Operation, Session, SessionStore, Setup, serve,
};

#[derive(Default)]
struct Files(PathBuf);

impl SessionStore for Files {
    fn hello(&self) -> Hello {
        Hello::new("files", "1.0.0")
            .keeps([Keeps::Data])
            .ops([Operation::Save, Operation::Load, Operation::Delete])
            .setups([Setup::file().one_session()])
    }

    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        self.0 = at.path()?.to_owned();
        Ok(())
    }

    fn save(&mut self, _id: &str, session: &Session) -> Result<(), Failure> {
        Ok(fs::write(&self.0, serde_json::to_vec(session)?)?)
    }

    fn load(&mut self, _id: &str) -> Result<Option<Session>, Failure> {
        let bytes = fs::read(&self.0)?;
        let damaged = |error: serde_json::Error| Failure::new(ErrorKind::Corrupt, error.to_string());
        serde_json::from_slice(&bytes).map(Some).map_err(damaged)
    }

    fn delete(&mut self, _id: &str) -> Result<(), Failure> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

fn main() -> io::Result<()> {
    serve(&mut Files::default())
}
