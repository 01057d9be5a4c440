//! A web application while it runs, and the people who use it.
//!
//! | file | what |
//! |---|---|
//! | [`people`] | who uses it: names, passwords and values that are canaries |
//! | [`verbs`] | what an application can be asked for |
//! | [`send`] | one request: its fields, its cookies, its token, its answer |
//! | [`login`] | logging in, and who is logged in |
//! | [`underway`] | requests that go on at the same time |
//! | [`tell`] | what a story has of a request: never the value of a cookie |
//!
//! The application is a process of the owner's that the driver starts with `open`. The requests are the supervisor's own, since it lives in
//! the sandbox's network namespace.
//!
//! **Who is logged in is what `whoami` shows**: the name of a user, which is a canary unless the application has users of its own. No status
//! and no word counts. A browser with no cookie is asked first; if that is shown a name, the case says nothing.

mod login;
mod people;
mod send;
mod tell;
mod underway;
mod verbs;

use std::collections::{BTreeMap, BTreeSet};

use interloper_driver::{Application, LISTEN};
use serde_json::{Map, Value};

use super::{Abort, CaseResult, Lab};
use crate::driver::Observation;
use crate::http::{Address, HttpError, HttpResponse, Jar, Origin, connect};
use crate::principal::Principal;
use crate::sandbox::Tier;

pub use login::Seen;
pub use people::Actor;
pub use underway::{Besides, Landed, Prepared, Reached, Underway};
pub use verbs::AppVerb;

/// The port of every application that needs one. The sandbox's loopback is its own.
const PORT: u16 = 8642;

/// An application that runs, and the browsers of those who use it.
pub struct App<'l, 'w> {
    lab: &'l mut Lab<'w>,
    description: Application,
    origin: Origin,
    browsers: BTreeMap<Actor, Jar>,
    /// Passwords that are not the first any more.
    passwords: BTreeMap<Actor, String>,
    registered: BTreeSet<Actor>,
    /// The values of cookies, in the order in which they were seen: a story has their numbers.
    values: Vec<Vec<u8>>,
    answers: Vec<Answered>,
}

/// An answer, and who got it.
#[derive(Clone, Debug)]
pub struct Answered {
    /// Who.
    pub actor: Actor,
    /// The request, as a story has it: `POST /login`.
    pub request: String,
    /// The answer.
    pub response: HttpResponse,
}

impl<'w> Lab<'w> {
    /// Starts the application, unless it runs.
    ///
    /// # Errors
    /// [`Abort::Ineffective`] where the driver cannot start it, [`Abort::Driver`] where it does not listen.
    pub fn app(&mut self) -> CaseResult<App<'_, 'w>> {
        let Some(description) = self.hello.application.as_deref().cloned() else {
            return Err(Abort::Unsupported("it is no application".into()));
        };
        if description.port && self.worker.tier() != Tier::Namespaces {
            let why = "it listens on a port, which only tier namespaces keeps to itself; use {socket} in place of {port}";
            return Err(Abort::Skip(why.into()));
        }
        self.start_app()?;
        let secure = description.https.contains(&self.setting.setup.name);
        let origin = Origin { host: description.host.clone(), secure };
        Ok(App {
            lab: self,
            description,
            origin,
            browsers: BTreeMap::new(),
            passwords: BTreeMap::new(),
            registered: BTreeSet::new(),
            values: Vec::new(),
            answers: Vec::new(),
        })
    }

    /// Has the driver start the application, unless it runs, and waits until it accepts connections.
    fn start_app(&mut self) -> CaseResult<()> {
        self.open("app")?.map_err(|failure| {
            let why = format!("the application was not started: {failure}");
            Abort::Driver(Observation::Crash(why))
        })?;
        self.wait_for_app()
    }

    /// Returns the parameters of `open`: those of the setup, and where an application listens.
    pub(super) fn params(&self) -> Map<String, Value> {
        let mut params = self.setting.setup.params.clone();
        if self.hello.application.is_some() {
            params.insert(LISTEN.into(), self.address().to_string().into());
        }
        params
    }

    /// Returns where the process of the application listens that answers at present.
    fn address(&self) -> Address {
        if self.hello.application.as_ref().is_some_and(|application| application.port) {
            return Address::Port(PORT + u16::from(self.client));
        }
        let name = match (self.client, self.starts) {
            (0, 0) => "owner/app.sock".to_owned(),
            (client, starts) => format!("owner/app-{client}-{starts}.sock"),
        };
        Address::Unix {
            path: self.worker.layout().runtime_dir().join(name),
            uid: self.worker.ids().of(Principal::Owner).uid,
        }
    }

    /// Waits until the application accepts connections.
    fn wait_for_app(&mut self) -> CaseResult<()> {
        let (at, key) = (self.address(), self.key());
        let driver = self.worker.driver_at_work(key)?;
        let mut patience = driver.patience_to_start();
        let failed = loop {
            match connect(&at) {
                Ok(_) => return Ok(()),
                Err(refused @ HttpError::Refused { .. }) => match patience.pause() {
                    Ok(()) => {}
                    Err(HttpError::Starved) => break HttpError::Starved,
                    Err(_) => break refused,
                },
                Err(error) => break error,
            }
        };
        let words = self.worker.driver_at_work(key)?.words();
        Err(seen(&failed, "", words).into())
    }
}

impl<'w> App<'_, 'w> {
    /// Returns the laboratory.
    pub fn lab(&mut self) -> &mut Lab<'w> {
        self.lab
    }

    /// Returns what the application printed before its last answer.
    ///
    /// # Errors
    /// When its driver is gone.
    pub fn printed(&mut self) -> CaseResult<Vec<u8>> {
        let key = self.lab.key();
        Ok(self.lab.worker.driver_at_work(key)?.printed())
    }

    /// Returns whether it is reached over https.
    pub fn is_https(&self) -> bool {
        self.origin.secure
    }

    /// Returns where it is asked.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Returns the answers so far, in order.
    pub fn answers(&self) -> &[Answered] {
        &self.answers
    }

    /// Returns somebody's browser: its cookies.
    pub fn browser(&self, actor: Actor) -> Jar {
        self.browsers.get(&actor).cloned().unwrap_or_default()
    }

    /// Gives somebody another browser: an empty one, or one with other cookies.
    pub fn give_browser(&mut self, actor: Actor, jar: Jar) {
        self.browsers.insert(actor, jar);
    }
}

/// Returns what an exchange that failed is: the application crashed, hung, or broke the protocol.
fn seen(error: &HttpError, asked: &str, words: String) -> Observation {
    let clause = format!("{asked}{error}{words}");
    match error {
        HttpError::Late(_) => Observation::Hang(clause),
        HttpError::Starved => Observation::Trouble(clause),
        HttpError::Refused { .. } => Observation::Crash(clause),
        _ => Observation::Protocol(clause),
    }
}
