//! Asking the store.

use std::cell::RefCell;
use std::collections::btree_map::Entry;
use std::path::PathBuf;
use std::rc::Rc;

use interloper_driver::{
    At, ErrorKind, Failure, LoadAnswer, Medium, Open, Session, TypedOp, Umask, op,
};

use super::{Abort, CaseResult, Lab, OpenStore, ParentDir};
use crate::driver::{Answered, Leave, Observation};
use crate::http::Sites;
use crate::record::{AnswerEvent, AttemptKind, Event, OperationEvent};
use crate::shape::Shape;

/// Answer of the store to an operation without a value.
pub type Reply = Result<(), Failure>;

/// Answer of the store to a load.
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
    /// Reads an answer to `load`.
    pub fn of(answer: Result<LoadAnswer, Failure>) -> Loaded {
        match answer {
            Ok(LoadAnswer::Session(session)) => Loaded::Present(session),
            Ok(LoadAnswer::Absent) => Loaded::Absent,
            Err(failure) if failure.kind == ErrorKind::Absent => Loaded::Absent,
            Err(failure) => Loaded::Failed(failure),
        }
    }

    /// Returns the answer as an event has it.
    pub fn event(&self) -> AnswerEvent {
        match self {
            Loaded::Present(_) => AnswerEvent::Session,
            Loaded::Absent => AnswerEvent::Absent,
            Loaded::Failed(failure) => {
                AnswerEvent::Error { kind: failure.kind.to_string(), message: String::new() }
            }
        }
    }

    /// Returns the answer in a word or two: `a session`, `absent`, `err corrupt`.
    pub fn word(&self) -> String {
        self.event().word()
    }
}

impl Lab<'_> {
    /// Returns the session for a slot and a shape.
    pub fn session(&self, slot: u16, shape: &Shape) -> Session {
        shape.session(&self.hello, &self.mint, slot)
    }

    /// Returns whether this setup holds one session, so that another id is another path.
    pub fn is_single(&self) -> bool {
        self.setting.setup.one_session
    }

    /// Returns the umask of whoever runs the store.
    fn umask(&self) -> Umask {
        let asked = self.worker.changes().umask.or(self.parent_dir.and_then(ParentDir::umask));
        asked.unwrap_or(self.setting.umask)
    }

    /// Returns the path at which the store is opened for an id.
    pub fn path_for(&self, id: &str) -> Option<PathBuf> {
        match self.setting.setup.at {
            At::Home | At::Tmp | At::None => None,
            At::Dir if self.parent_dir.is_some_and(ParentDir::is_place) => Some(self.parent()),
            At::Dir => Some(self.parent().join("store")),
            At::File if self.is_single() => Some(self.parent().join(format!("{id}.json"))),
            At::File => Some(self.parent().join("store.db")),
        }
    }

    /// Opens the store for an id, where it is not open there already.
    ///
    /// # Errors
    /// When the driver does not answer, or the harness broke.
    pub fn open(&mut self, id: &str) -> CaseResult<Reply> {
        let Some(open) = self.opening(id)? else { return Ok(Ok(())) };
        let path = open.at.clone();
        let key = self.key();
        let fresh =
            self.open_stores.get(&key).is_none_or(|open_store| open_store.open_at.is_none());
        let answer = self.worker.driver_at_work(key)?.open(open)??;
        if let Ok(opened) = &answer {
            self.take_server(key, *opened)?;
        }
        let opened = self.opened(path, answer.map(drop));
        if opened.is_ok() && fresh { self.set_clock() } else { Ok(opened) }
    }

    /// Returns the request that opens the store for an id; `None` if it is open there. A driver serves the case afterwards.
    pub(super) fn opening(&mut self, id: &str) -> CaseResult<Option<Open>> {
        let path = self.path_for(id);
        let key = self.key();
        if let Entry::Vacant(vacant) = self.open_stores.entry(key) {
            vacant.insert(OpenStore::default());
            self.worker.begin(key).map_err(Abort::cannot_step)?.map_err(Abort::Trouble)?;
        }
        if self.open_stores.get(&key).and_then(|open_store| open_store.open_at.as_ref())
            == Some(&path)
        {
            return Ok(None);
        }
        let open = Open {
            home: self.home(),
            setup: self.setting.setup.name.clone(),
            at: path,
            umask: self.umask(),
            read_only: self.read_only,
            params: self.params(),
        };
        self.start_server(&open)?;
        Ok(Some(open))
    }

    /// Notes what came of opening the store.
    pub(super) fn opened(&mut self, path: Option<PathBuf>, reply: Reply) -> Reply {
        let how = if self.read_only { ", read-only" } else { "" };
        let at = path.as_deref().map_or("default place".into(), |path| self.display_path(path));
        if reply.is_err() || self.read_only {
            let sent = Sent::new("open", format!("open({at}{how})"));
            self.record_operation(sent, answer_event(&reply));
        }
        if reply.is_ok() {
            self.open_stores.entry(self.key()).or_default().open_at = Some(path);
        }
        reply
    }

    /// Has the store closed; from the next operation on, a new process opens it. A store in memory stays open, and a server lives on.
    ///
    /// # Errors
    /// When the processes cannot be ended.
    pub fn restart(&mut self) -> CaseResult<()> {
        match self.hello.medium {
            Medium::Memory => Ok(()),
            _ => self.finish(Leave::Close),
        }
    }

    /// Has a new process open the store read-only, from the next operation on.
    ///
    /// # Errors
    /// When the processes cannot be ended.
    pub fn reopen_read_only(&mut self) -> CaseResult<()> {
        self.read_only = true;
        self.finish(Leave::Close)
    }

    /// Saves a session of a shape.
    ///
    /// # Errors
    /// When the driver does not answer, or the harness broke.
    pub fn save(&mut self, id: &str, slot: u16, shape: &Shape) -> CaseResult<Reply> {
        let session = self.session(slot, shape);
        let call = format!("save({}, {})", quoted(id), shape.describe(&self.hello));
        self.save_session(id, session, call)
    }

    /// Saves a session that the case needs: where the store refuses, the case does not count.
    ///
    /// # Errors
    /// [`Abort::Ineffective`] where the store refuses; when the driver does not answer, or the harness broke.
    pub fn must_save(&mut self, id: &str, slot: u16, shape: &Shape) -> CaseResult<()> {
        self.save(id, slot, shape)?
            .map_err(|failure| Abort::Ineffective(format!("save was answered with {failure}")))
    }

    /// Loads a session.
    ///
    /// # Errors
    /// When the driver does not answer, answers something that is no session, or the harness broke.
    pub fn load(&mut self, id: &str) -> CaseResult<Loaded> {
        let call = format!("load({})", quoted(id));
        let answer = self.ask(id, op::Load { id: id.to_owned() }, call)?;
        let loaded = Loaded::of(answer);
        self.amend(loaded.event());
        Ok(loaded)
    }

    /// Deletes a session.
    ///
    /// # Errors
    /// When the driver does not answer, or the harness broke.
    pub fn delete(&mut self, id: &str) -> CaseResult<Reply> {
        let call = format!("delete({})", quoted(id));
        Ok(self.ask(id, op::Delete { id: id.to_owned() }, call)?.map(drop))
    }

    /// Asks for any operation on an id: opens the store there first.
    ///
    /// # Errors
    /// When the driver does not answer or answers something else than the operation's answer, or the harness broke.
    pub fn ask<O: TypedOp>(
        &mut self,
        id: &str,
        op: O,
        call: String,
    ) -> CaseResult<Result<O::Answer, Failure>> {
        if let Err(failure) = self.open(id)? {
            return Ok(Err(failure));
        }
        // Not one that starts anew, and in which nothing is open: that it died since the last answer is this request's crash.
        let sent = Sent::new(op.word(), call);
        let op = self.formed(op);
        let patience = self.patience;
        let driver = self.worker.driver_at_work(self.key())?;
        driver.set_patience(patience);
        let called = driver.call(op);
        self.count_used()?;
        self.answered(called, sent)
    }

    /// Asks for an operation on an id at which the store is open, and serves sites until it is answered.
    pub(super) fn ask_beside<O: TypedOp>(
        &mut self,
        sites: &Rc<RefCell<Sites>>,
        id: &str,
        op: O,
        call: String,
    ) -> CaseResult<Result<O::Answer, Failure>> {
        let key = self.key();
        self.worker.driver_at_work(key)?.attach_sites(Some(Rc::clone(sites)));
        let asked = self.ask(id, op, call);
        // One that has died meanwhile serves nothing any more.
        if let Ok(driver) = self.worker.driver_at_work(key) {
            driver.attach_sites(None);
        }
        asked
    }

    /// Tells what came of a request.
    pub(super) fn answered<T>(
        &mut self,
        answered: Answered<T>,
        sent: Sent,
    ) -> CaseResult<Result<T, Failure>> {
        let result = match answered {
            Ok(result) => result,
            Err(observation) => {
                self.record_operation(sent, no_answer(&observation));
                return Err(observation.into());
            }
        };
        self.record_operation(sent, answer_event(&result));
        Ok(result)
    }

    /// Returns the bytes that the driver wrote to its standard output and error in this case.
    ///
    /// # Errors
    /// When there is no driver.
    pub fn output(&mut self) -> CaseResult<Vec<u8>> {
        Ok(self.worker.driver(self.key())?.output.clone())
    }

    /// Lets the process that has the store open close it and exit by itself; gives all that it printed in this case.
    ///
    /// # Errors
    /// When the processes cannot be ended.
    pub fn leave(&mut self) -> CaseResult<Vec<u8>> {
        let key = self.key();
        match self.open_stores.remove(&key) {
            Some(_) => Ok(self.worker.end(key, Leave::Close)?),
            None => Ok(Vec::new()),
        }
    }

    /// Counts an answer, for the histogram.
    pub(super) fn count_answer(&mut self, sent: &Sent, answer: &AnswerEvent) {
        let what = format!("{} {}", sent.word(), answer.word());
        *self.outcomes.entry((AttemptKind::Request, what)).or_default() += 1;
    }

    fn record_operation(&mut self, sent: Sent, answer: AnswerEvent) {
        self.count_answer(&sent, &answer);
        self.push(sent.answered(answer));
    }
}

/// A request as the story has it.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Which of several clients sends it: `A` or `B`.
    pub client: Option<&'static str>,
    /// The operation: `save`.
    pub operation: &'static str,
    /// The request, as a call.
    pub call: String,
}

impl Sent {
    /// A request of the one client that there is.
    pub fn new(operation: &'static str, call: String) -> Sent {
        Sent { client: None, operation, call }
    }

    /// Returns the event for it and its answer.
    pub fn answered(self, answer: AnswerEvent) -> Event {
        let Sent { client, operation, call } = self;
        let client = client.map(str::to_owned);
        Event::Operation(OperationEvent { client, operation: operation.to_owned(), call, answer })
    }

    /// Returns the client and the operation: `A save`.
    fn word(&self) -> String {
        self.client.map_or_else(
            || self.operation.to_owned(),
            |client| format!("{client} {}", self.operation),
        )
    }
}

fn answer_event<T>(reply: &Result<T, Failure>) -> AnswerEvent {
    match reply {
        Ok(_) => AnswerEvent::Ok,
        Err(failure) => AnswerEvent::Error {
            kind: failure.kind.to_string(),
            message: failure.message.chars().take(120).collect(),
        },
    }
}

/// Returns what stands in the place of an answer that did not come.
pub fn no_answer(seen: &Observation) -> AnswerEvent {
    AnswerEvent::None { failure: seen.word().to_owned(), seen: seen.clause().to_owned() }
}

/// Formats an id for a call; a long one by its ends and length.
pub(crate) fn quoted(id: &str) -> String {
    let count = id.chars().count();
    if count <= 48 {
        return format!("{id:?}");
    }
    let first: String = id.chars().take(16).collect();
    format!("{:?}… ({} bytes)", first, id.len())
}
