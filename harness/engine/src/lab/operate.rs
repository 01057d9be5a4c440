//! Asking the store.

use std::path::PathBuf;

use interloper_driver::{Answer, Failure, Op, Open, Place, Session};

use super::{Flow, Lab, Stop};
use crate::record::StoryLine;
use crate::shape::Shape;

/// What the store answered to an operation.
pub type Reply = Result<(), Failure>;

/// What the store answered to a load.
#[derive(Clone, Debug, PartialEq)]
pub enum Loaded {
    /// A session.
    Present(Box<Session>),
    /// There is none.
    Absent,
    /// It answered with an error.
    Failed(Failure),
}

impl Loaded {
    /// How a story prints it.
    pub fn word(&self) -> String {
        match self {
            Loaded::Present(_) => "a session".into(),
            Loaded::Absent => "absent".into(),
            Loaded::Failed(failure) => format!("err {}", failure.kind),
        }
    }
}

impl Lab<'_> {
    /// The session that a slot and a shape stand for.
    pub fn session(&self, slot: u16, shape: &Shape) -> Session {
        shape.session(&self.hello, &self.mint, slot)
    }

    /// Whether this place holds one session, so that another id is another path.
    pub fn is_single(&self) -> bool {
        self.hello.single.contains(&self.setting.place)
    }

    /// Where the store is opened for an id.
    pub fn path_for(&self, id: &str) -> Option<PathBuf> {
        match self.setting.place {
            Place::Default => None,
            Place::Dir => Some(self.parent().join("store")),
            Place::File if self.is_single() => Some(self.parent().join(format!("{id}.json"))),
            Place::File => Some(self.parent().join("store.db")),
        }
    }

    /// Opens the store for an id, where it is not open there already.
    ///
    /// # Errors
    /// When the driver does not answer, or the harness broke.
    pub fn open(&mut self, id: &str) -> Flow<Reply> {
        let path = self.path_for(id);
        if self.open_at.as_ref() == Some(&path) {
            return Ok(Ok(()));
        }
        let run_as = self.setting.run_as;
        if !self.begun {
            self.begun = true;
            self.bench.begin(run_as)?.map_err(Stop::Driver)?;
        }
        let open = Open {
            home: self.home(),
            path: path.clone(),
            umask: format!("{:04o}", self.setting.umask),
            read_only: self.read_only,
            params: serde_json::Map::new(),
        };
        let answer = self.bench.driver(run_as)?.open(open)?.map_err(Stop::Driver)?;
        let reply = reply(answer);
        let how = if self.read_only { ", read-only" } else { "" };
        let at = path.as_deref().map_or("default place".into(), |path| self.short(path));
        if reply.is_err() || self.read_only {
            self.tell(format!("open({at}{how})"), result_of(&reply));
        }
        if reply.is_ok() {
            self.open_at = Some(path);
        }
        Ok(reply)
    }

    /// From the next operation on, a new process opens the store.
    ///
    /// # Errors
    /// When the processes cannot be ended.
    pub fn restart(&mut self) -> Flow<()> {
        self.finish()
    }

    /// From the next operation on, a new process opens the store for reading only.
    ///
    /// # Errors
    /// When the processes cannot be ended.
    pub fn reopen_read_only(&mut self) -> Flow<()> {
        self.read_only = true;
        self.finish()
    }

    /// Saves a session of a shape.
    ///
    /// # Errors
    /// When the driver does not answer, or the harness broke.
    pub fn save(&mut self, id: &str, slot: u16, shape: &Shape) -> Flow<Reply> {
        let session = self.session(slot, shape);
        let call = format!("save({}, {})", quoted(id), shape.describe(&self.hello));
        let reply = self.ask(id, Op::Save { id: id.to_owned(), session }, call)?.map(drop);
        if reply.is_ok() {
            self.saved = true;
        }
        Ok(reply)
    }

    /// Saves a session that the case needs: where the store refuses, the case does not count.
    ///
    /// # Errors
    /// [`Stop::Refused`] where the store refuses; when the driver does not answer, or the harness broke.
    pub fn must_save(&mut self, id: &str, slot: u16, shape: &Shape) -> Flow<()> {
        self.save(id, slot, shape)?
            .map_err(|failure| Stop::Refused(format!("save was answered with {failure}")))
    }

    /// Loads a session.
    ///
    /// # Errors
    /// When the driver does not answer, answers something that is no session, or the harness broke.
    pub fn load(&mut self, id: &str) -> Flow<Loaded> {
        let call = format!("load({})", quoted(id));
        let answer = self.ask(id, Op::Load { id: id.to_owned() }, call)?;
        let loaded = match answer {
            Err(failure) if failure.kind == interloper_driver::ErrorKind::Absent => Loaded::Absent,
            Err(failure) => Loaded::Failed(failure),
            Ok(ok) if ok.get("absent").and_then(serde_json::Value::as_bool) == Some(true) => {
                Loaded::Absent
            }
            Ok(ok) => {
                let session = ok.get("session").cloned().unwrap_or_default();
                let session = serde_json::from_value(session).map_err(|error| {
                    Stop::Driver(crate::driver::Observation::Protocol(format!(
                        "load was answered with something that is no session: {error}"
                    )))
                })?;
                Loaded::Present(Box::new(session))
            }
        };
        if let Some(line) = self.story.last_mut() {
            line.result = loaded.word();
        }
        Ok(loaded)
    }

    /// Deletes a session.
    ///
    /// # Errors
    /// When the driver does not answer, or the harness broke.
    pub fn delete(&mut self, id: &str) -> Flow<Reply> {
        let call = format!("delete({})", quoted(id));
        Ok(self.ask(id, Op::Delete { id: id.to_owned() }, call)?.map(drop))
    }

    /// Asks for any operation on an id: opens the store there first.
    ///
    /// # Errors
    /// When the driver does not answer, or the harness broke.
    pub fn ask(
        &mut self,
        id: &str,
        op: Op,
        call: String,
    ) -> Flow<Result<serde_json::Value, Failure>> {
        if let Err(failure) = self.open(id)? {
            return Ok(Err(failure));
        }
        let called = self.bench.driver(self.setting.run_as)?.call(op);
        let answer = match called {
            Ok(answer) => answer,
            Err(observation) => {
                self.tell(call, format!("{}: {}", observation.word(), observation.clause()));
                return Err(Stop::Driver(observation));
            }
        };
        let result = match (answer.ok, answer.err) {
            (Some(ok), _) => Ok(ok),
            (None, failure) => Err(failure.unwrap_or_else(Failure::unsupported)),
        };
        self.tell(call, result_of(&result));
        Ok(result)
    }

    /// What the driver wrote to its standard output and error in this case.
    ///
    /// # Errors
    /// When there is no driver.
    pub fn output(&mut self) -> Flow<Vec<u8>> {
        Ok(self.bench.driver(self.setting.run_as)?.output.clone())
    }

    fn tell(&mut self, did: String, result: String) {
        let op = did.split('(').next().unwrap_or_default().to_owned();
        let outcome = result.split(':').next().unwrap_or_default().to_owned();
        *self.outcomes.entry(format!("{op} {outcome}")).or_default() += 1;
        self.story.push(StoryLine { did, result, others: Vec::new(), mark: None });
    }
}

fn reply(answer: Answer) -> Reply {
    match answer.err {
        None => Ok(()),
        Some(failure) => Err(failure),
    }
}

fn result_of<T>(reply: &Result<T, Failure>) -> String {
    match reply {
        Ok(_) => "ok".into(),
        Err(failure) => {
            let message: String = failure.message.chars().take(120).collect();
            if message.is_empty() {
                format!("err {}", failure.kind)
            } else {
                format!("err {}: {message}", failure.kind)
            }
        }
    }
}

/// An id as a call prints it; a long one by its ends and length.
pub(crate) fn quoted(id: &str) -> String {
    let count = id.chars().count();
    if count <= 48 {
        return format!("{id:?}");
    }
    let first: String = id.chars().take(16).collect();
    format!("{:?}… ({} bytes)", first, id.len())
}
