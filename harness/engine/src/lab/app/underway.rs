//! Requests that go on at the same time: one is held at a step, and another is answered beside it, or waits for it.
//!
//! What a browser needs before it can send a request, such as the token of a form, is fetched first. So a request that is
//! [prepared](App::prepare) is one exchange over one connection.

use super::send::Pair;
use super::{Actor, App, AppVerb, CaseResult, HttpResponse, Jar, seen};
use crate::driver::{Beside, Leave, Served};
use crate::http::{Exchange, HttpError, HttpRequest, connect};
use crate::record::{Event, HttpEvent};
use crate::stepper::Step;

/// A request that can be sent as it is.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub(super) actor: Actor,
    verb: AppVerb,
    pub(super) request: HttpRequest,
    jar: Jar,
}

/// A request that was sent and is not answered yet.
#[derive(Debug)]
pub struct Underway {
    prepared: Prepared,
    exchange: Exchange,
    /// The process that was asked.
    process: u8,
    /// The step that it is held at.
    held: Option<Step>,
}

/// An answer, and the browser that has it.
#[derive(Clone, Debug)]
pub struct Landed {
    /// The request and its answer.
    pub event: HttpEvent,
    /// The cookies of the browser afterwards.
    pub jar: Jar,
}

/// Next event of a request that is held at its steps.
#[derive(Debug)]
pub enum Reached {
    /// It is held at a step, and nothing of that has happened.
    Step(Box<Step>),
    /// It was answered.
    Answer(Landed),
}

/// Outcome of a request beside one that is held.
#[derive(Debug)]
pub enum Besides {
    /// It was answered.
    Answer(Landed),
    /// It waits for the one that is held.
    Waits(Box<Underway>),
}

impl Prepared {
    /// Returns the method and the target: `POST /set`.
    pub fn line(&self) -> String {
        format!("{} {}", self.request.method, self.request.target)
    }
}

impl App<'_, '_> {
    /// Prepares one of the application's requests, to be sent from somebody's browser with the cookies that it has then.
    ///
    /// Keeps another value than a login's: many frameworks write no session that is as it was.
    ///
    /// # Errors
    /// As [`App::send`].
    pub fn prepare(&mut self, actor: Actor, verb: AppVerb) -> CaseResult<Prepared> {
        let request = self.request(verb)?;
        let token = self.token(actor, &request)?;
        let another = format!("{}-anew", self.value(actor));
        let request = self.build_with(actor, &request, token.as_deref(), &another)?;
        Ok(Prepared { actor, verb, request, jar: self.browser(actor) })
    }

    /// Has another process of the application answer from here on, which is started if it does not run. Both have the same files.
    ///
    /// # Errors
    /// When it does not start.
    pub fn use_process(&mut self, process: u8) -> CaseResult<()> {
        self.lab.client = process;
        self.lab.start_app()
    }

    /// Ends the application and starts it anew, on the files that it left. Its users are registered again at their next login.
    ///
    /// # Errors
    /// When it does not start.
    pub fn restart(&mut self) -> CaseResult<()> {
        self.lab.finish(Leave::Close)?;
        // A path that a server has left behind is in the way of the next one.
        self.lab.starts = self.lab.starts.wrapping_add(1);
        self.registered.clear();
        self.lab.start_app()
    }

    /// Has the steps of the next request counted from 1.
    fn begin_request(&mut self) -> CaseResult<()> {
        let key = self.lab.key();
        self.lab.worker.driver_at_work(key)?.begin_request();
        Ok(())
    }

    /// Lets the application do what it does after its answers.
    ///
    /// # Errors
    /// When the machine gives it no time.
    pub fn settle(&mut self) -> CaseResult<()> {
        let key = self.lab.key();
        let settled = self.lab.worker.driver_at_work(key)?.settle();
        settled.map_err(|error| self.failed("", &error))
    }

    /// Sends a request whose steps are held: [`App::to_step`] goes on with it.
    ///
    /// # Errors
    /// When nobody accepts a connection.
    pub fn begin(&mut self, prepared: &Prepared) -> CaseResult<Underway> {
        self.begin_request()?;
        self.start(prepared)
    }

    fn start(&mut self, prepared: &Prepared) -> CaseResult<Underway> {
        let (dressed, _) = self.cookies_and_dress(prepared);
        let socket = connect(&self.lab.address());
        let socket = socket.map_err(|error| self.failed(&prepared.line(), &error))?;
        let exchange = Exchange::new(socket, &dressed.method, dressed.bytes());
        let process = self.lab.client;
        Ok(Underway { prepared: prepared.clone(), exchange, process, held: None })
    }

    /// Goes on with a request to its next step, or to its answer.
    ///
    /// # Errors
    /// When the application does not answer.
    pub fn to_step(&mut self, underway: &mut Underway) -> CaseResult<Reached> {
        self.lab.client = underway.process;
        let key = self.lab.key();
        let driver = self.lab.worker.driver_at_work(key)?;
        let let_go = underway.held.take().map_or(Ok(()), |step| driver.let_go(&step));
        match let_go.and_then(|()| driver.serve_to_step(&mut underway.exchange)) {
            Ok(Served::Held(step)) => {
                underway.held = Some((*step).clone());
                Ok(Reached::Step(step))
            }
            Ok(Served::Answered(response)) => {
                Ok(Reached::Answer(self.land(&underway.prepared, &response)))
            }
            Err(error) => Err(self.failed(&underway.prepared.line(), &error)),
        }
    }

    /// Sends a request beside one that is held, to the process that answers at present.
    ///
    /// # Errors
    /// When the application does not answer, and neither waits.
    pub fn beside(&mut self, prepared: &Prepared, held: &Underway) -> CaseResult<Besides> {
        let mut underway = self.start(prepared)?;
        let thread = held.held.as_ref().and_then(Step::held_thread);
        let thread = thread.filter(|_| held.process == underway.process);
        let key = self.lab.key();
        let driver = self.lab.worker.driver_at_work(key)?;
        match driver.serve_beside(&mut underway.exchange, thread) {
            Ok(Beside::Answered(response)) => Ok(Besides::Answer(self.land(prepared, &response))),
            Ok(Beside::Waits) => Ok(Besides::Waits(Box::new(underway))),
            Err(error) => Err(self.failed(&prepared.line(), &error)),
        }
    }

    /// Lets a request go on to its answer.
    ///
    /// # Errors
    /// When the application does not answer.
    pub fn finish(&mut self, mut underway: Underway) -> CaseResult<Landed> {
        self.lab.client = underway.process;
        let key = self.lab.key();
        let driver = self.lab.worker.driver_at_work(key)?;
        let let_go = underway.held.take().map_or(Ok(()), |step| driver.let_go(&step));
        let answered = let_go.and_then(|()| {
            let mut patience = driver.patience();
            underway.exchange.finish(&mut patience)
        });
        match answered {
            Ok(response) => Ok(self.land(&underway.prepared, &response)),
            Err(error) => Err(self.failed(&underway.prepared.line(), &error)),
        }
    }

    /// Takes an answer into the story, and its cookies into a copy of the browser that asked.
    fn land(&mut self, prepared: &Prepared, response: &HttpResponse) -> Landed {
        let (_, sent) = self.cookies_and_dress(prepared);
        if prepared.verb == AppVerb::ChangePassword {
            let new = self.new_password(prepared.actor);
            self.passwords.insert(prepared.actor, new);
        }
        let mut jar = prepared.jar.clone();
        let target = prepared.request.target.clone();
        let event =
            self.received(prepared.actor, &prepared.line(), &target, &sent, response, &mut jar);
        self.lab.push(Event::Http(event.clone()));
        Landed { event, jar }
    }

    /// Returns the whole request, and the cookies in it.
    fn cookies_and_dress(&self, prepared: &Prepared) -> (HttpRequest, Vec<Pair>) {
        let (sent, field) = self.sent(&prepared.jar, &prepared.request.target);
        (self.dress(prepared.request.clone(), field), sent)
    }

    /// Returns what an exchange that failed is.
    pub(super) fn failed(&mut self, asked: &str, error: &HttpError) -> super::Abort {
        let key = self.lab.key();
        let words = match self.lab.worker.driver_at_work(key) {
            Ok(driver) => driver.words(),
            Err(error) => return error.into(),
        };
        let asked = if asked.is_empty() { String::new() } else { format!("{asked}: ") };
        seen(error, &asked, words).into()
    }
}
