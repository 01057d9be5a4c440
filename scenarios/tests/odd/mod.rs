//! Stores that are no flawed ones, and of which a verdict must not say too much.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use interloper_driver::{
    At, Can, Door, Failure, Hello, Keeps, Medium, Open, Operation, Session, SessionStore, Setup,
};
use interloper_flawed::Hardened;

/// A store that calls itself a server: one with files, or one that keeps sessions in memory.
pub(crate) struct Server(pub(crate) Option<Hardened>);

fn hello(name: &str) -> Hello {
    Hello::new(name, "1")
        .keeps([Keeps::Data])
        .ops([Operation::Save, Operation::Load])
        .setups([Setup::dir()])
}

impl SessionStore for Server {
    fn hello(&self) -> Hello {
        hello("server").medium(Medium::Server)
    }
    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        self.0.as_mut().map_or(Ok(()), |files| files.open(at))
    }
    fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
        self.0.as_mut().map_or(Ok(()), |files| files.save(id, session))
    }
    fn load(&mut self, id: &str) -> Result<Option<Session>, Failure> {
        self.0.as_mut().map_or(Ok(None), |files| files.load(id))
    }
}

/// The store with a sound server, and a program to ask it with that does not exist, or that is no client.
pub(crate) struct AskedInVain(pub(crate) Hardened, pub(crate) &'static str);

impl SessionStore for AskedInVain {
    fn hello(&self) -> Hello {
        let ask = vec![self.1.to_owned(), "no such server".to_owned()];
        let path = ".local/share/hardened/sessions/door".to_owned();
        Hello {
            doors: vec![Door { name: "door".into(), path, ask, recover: Vec::new() }],
            ..self.0.hello()
        }
    }
    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        self.0.open(at)
    }
    fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
        self.0.save(id, session)
    }
    fn load(&mut self, id: &str) -> Result<Option<Session>, Failure> {
        self.0.load(id)
    }
}

/// The reference store, which names a process as its server that it has not started.
pub(crate) struct NamesAnother(pub(crate) Hardened);

impl SessionStore for NamesAnother {
    fn hello(&self) -> Hello {
        self.0.hello().can([Can::Server])
    }
    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        self.0.open(at)
    }
    fn server(&self) -> Option<i32> {
        Some(std::os::unix::process::parent_id().cast_signed())
    }
    fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
        self.0.save(id, session)
    }
    fn load(&mut self, id: &str) -> Result<Option<Session>, Failure> {
        self.0.load(id)
    }
}

/// A store that keeps sessions in memory: one that does, or one that has a file for a moment of each save.
#[derive(Default)]
pub(crate) struct InMemory {
    sessions: BTreeMap<String, Session>,
    writes: bool,
}

impl InMemory {
    /// Returns the second.
    pub(crate) fn writing() -> InMemory {
        InMemory { writes: true, ..InMemory::default() }
    }
}

impl SessionStore for InMemory {
    fn hello(&self) -> Hello {
        let setups = [Setup::new("none".parse().expect("a name"), At::None)];
        let ops = [Operation::Save, Operation::Load, Operation::Delete];
        hello("in-memory").medium(Medium::Memory).ops(ops).setups(setups)
    }
    fn open(&mut self, _at: &Open) -> Result<(), Failure> {
        Ok(())
    }
    fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
        if self.writes {
            let path = std::env::home_dir().unwrap_or_default().join("moment");
            std::fs::write(&path, serde_json::to_vec(session)?)?;
            std::fs::remove_file(path)?;
        }
        self.sessions.insert(id.to_owned(), session.clone());
        Ok(())
    }
    fn load(&mut self, id: &str) -> Result<Option<Session>, Failure> {
        Ok(self.sessions.get(id).cloned())
    }
    fn delete(&mut self, id: &str) -> Result<(), Failure> {
        self.sessions.remove(id);
        Ok(())
    }
}

/// A store that names private files in the directory for temporary files after the ids.
pub(crate) struct IdsInTmp;

impl SessionStore for IdsInTmp {
    fn hello(&self) -> Hello {
        let setups = [Setup::new("tmp".parse().expect("a name"), At::Tmp)];
        hello("ids-in-tmp").setups(setups)
    }
    fn open(&mut self, _at: &Open) -> Result<(), Failure> {
        Ok(())
    }
    fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(in_tmp(id))?;
        Ok(file.write_all(&serde_json::to_vec(session)?)?)
    }
    fn load(&mut self, id: &str) -> Result<Option<Session>, Failure> {
        Ok(Some(serde_json::from_slice(&std::fs::read(in_tmp(id))?)?))
    }
}

fn in_tmp(id: &str) -> PathBuf {
    PathBuf::from(format!("/tmp/session-{id}"))
}

/// A store that keeps each session in the name of an empty file: there is nothing to cut and no bit to flip.
#[derive(Default)]
pub(crate) struct InNames(PathBuf);

impl InNames {
    /// Returns the names of the session of an id.
    fn names(&self, id: &str) -> Result<Vec<String>, Failure> {
        let prefix = format!("{}.", hex(id.as_bytes()));
        let names = std::fs::read_dir(&self.0)?.flatten();
        let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
        Ok(names.filter(|name| name.starts_with(&prefix)).collect())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl SessionStore for InNames {
    fn hello(&self) -> Hello {
        hello("in-names")
    }
    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        at.path()?.clone_into(&mut self.0);
        Ok(std::fs::create_dir_all(&self.0)?)
    }
    fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
        let old = self.names(id)?;
        let name = format!("{}.{}", hex(id.as_bytes()), hex(&serde_json::to_vec(session)?));
        std::fs::write(self.0.join(&name), "")?;
        for old in old.iter().filter(|old| **old != name) {
            std::fs::remove_file(self.0.join(old))?;
        }
        Ok(())
    }
    fn load(&mut self, id: &str) -> Result<Option<Session>, Failure> {
        let Some(name) = self.names(id)?.pop() else { return Ok(None) };
        let text = name.split_once('.').map_or("", |(_, text)| text);
        let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2).unwrap_or("zz"), 16);
        let json: Result<Vec<u8>, _> = (0..text.len()).step_by(2).map(byte).collect();
        let json = json.map_err(|error| Failure::corrupt(error.to_string()))?;
        Ok(Some(serde_json::from_slice(&json)?))
    }
}
