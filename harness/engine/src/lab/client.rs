//! An HTTP client and the sites that it asks: each request is a run of its own, and what arrived is the evidence.
//!
//! The client is a process of the owner's, started by the driver, or the driver itself. The sites are the supervisor's own, since it lives in
//! the sandbox's network namespace. Whatever a client says of its cookies does not count.

use std::cell::RefCell;
use std::rc::Rc;

use interloper_driver::{ErrorKind, Failure, Operation, op};

use super::{Abort, CaseResult, Lab, Mark, StoryGuards, Violation};
use crate::http::{Certificate, Page, Received, SITE_PORT, Sites};
use crate::record::{Event, Evidence, HttpEvent};
use crate::sandbox::Tier;
use crate::shape::CANARIES_EACH;

/// The id under which a client keeps its session.
const SESSION: &str = "session";

/// A request of a client: the address, and what its user gives for it.
pub type Fetch = op::Fetch;

/// A client, and the sites that it asks.
pub struct Client<'l, 'w> {
    lab: &'l mut Lab<'w>,
    sites: Rc<RefCell<Sites>>,
    /// Length of the story at which what a violation is about began.
    began: Mark,
}

/// Outcome of one run of a client.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The requests that arrived at the sites, in order.
    pub received: Vec<Received>,
    /// Failure, if the client says that it failed.
    pub failure: Option<Failure>,
}

impl Fetched {
    /// Returns the requests that arrived at a site, at either port.
    pub fn at<'a>(&'a self, host: &'a str) -> impl Iterator<Item = &'a Received> {
        self.received.iter().filter(move |request| request.host == host)
    }
}

impl<'w> Lab<'w> {
    /// Has the sites listen that the client asks.
    ///
    /// # Errors
    /// [`Abort::Unsupported`] if it is no client, [`Abort::Skip`] if the loopback interface is not the sandbox's own.
    pub fn client(&mut self) -> CaseResult<Client<'_, 'w>> {
        if !self.hello.can_do(Operation::Fetch) {
            return Err(Abort::Unsupported("it is no client that can be asked to fetch".into()));
        }
        if self.worker.tier() != Tier::Namespaces {
            let why = "the sites listen on the loopback interface, which only tier namespaces keeps to itself";
            return Err(Abort::Skip(why.into()));
        }
        let sites = Sites::listen().map_err(|error| {
            let why = format!("the sites cannot listen at port {SITE_PORT}: {error}");
            Abort::Trouble(why)
        })?;
        let began = self.mark();
        Ok(Client { lab: self, sites: Rc::new(RefCell::new(sites)), began })
    }
}

impl<'w> Client<'_, 'w> {
    /// Returns the laboratory.
    pub fn lab(&mut self) -> &mut Lab<'w> {
        self.lab
    }

    /// Begins a part of the case that needs nothing of what was done before: violations in it are told without that.
    pub fn begin_part(&mut self) {
        self.began = self.lab.mark();
    }

    /// Reports a violation that a request proves, with what was done before, and the part of the case that led to it.
    pub fn report(&mut self, request: &Received, violation: Violation, after: &str) {
        let fact = self.evidence(request, after);
        let story = self.lab.story_since(self.began);
        self.lab.report(violation.evidence(fact).story(story));
    }

    /// Returns a secret of the case, for the value of a cookie or a password.
    pub fn secret(&self, slot: u16) -> String {
        self.lab.mint.canary(slot * CANARIES_EACH).text().to_owned()
    }

    /// Puts these pages onto the sites, in place of all others. Any other path has an empty page.
    pub fn publish(&mut self, pages: Vec<Page>) {
        self.sites.borrow_mut().publish(pages);
    }

    /// Has the sites over TLS present this certificate from here on.
    pub fn present(&mut self, certificate: Certificate) {
        self.sites.borrow_mut().present(certificate);
    }

    /// Has the client ask for an address, in a process that has loaded what the last one saved.
    ///
    /// # Errors
    /// [`Abort::Unsupported`] if the client cannot be asked so; when its driver does not answer.
    pub fn get(&mut self, url: &str) -> CaseResult<Fetched> {
        self.fetch(Fetch { url: url.to_owned(), ..Fetch::default() })
    }

    /// Has the client send a request, in a process that has loaded what the last one saved.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn fetch(&mut self, fetch: Fetch) -> CaseResult<Fetched> {
        self.lab.restart()?;
        if let Err(failure) = self.lab.open(SESSION)? {
            return Err(Abort::Ineffective(format!("open was answered with {failure}")));
        }
        let (call, given) = (self.call(&fetch), given(&fetch));
        let is_unsupported = |failure: &Failure| failure.kind == ErrorKind::Unsupported;
        let answer = self.lab.keep_if(
            |lab| lab.ask_beside(&self.sites, SESSION, fetch, call),
            |answer| !answer.as_ref().is_err_and(is_unsupported),
        )?;
        let mut sites = self.sites.borrow_mut();
        sites.finish();
        let received = sites.take().ok_or_else(|| {
            Abort::Ineffective(
                "it sent more requests than the sites keep, so not all were looked at".into(),
            )
        })?;
        drop(sites);
        let failure = match answer {
            Ok(_) => None,
            Err(failure) if is_unsupported(&failure) => {
                return Err(Abort::Unsupported(match failure.message.is_empty() {
                    true => format!("it cannot be given {given}"),
                    false => failure.message,
                }));
            }
            Err(failure) => Some(failure),
        };
        for request in &received {
            let event = self.event(request);
            self.lab.push(Event::Http(event));
        }
        Ok(Fetched { received, failure })
    }

    fn call(&self, fetch: &Fetch) -> String {
        let mut call = format!("fetch({:?}", fetch.url);
        if let Some(auth) = &fetch.auth {
            call += &format!(", with the password of {}", auth.user);
        }
        if fetch.cookie.is_some() {
            call += ", with a cookie given for it";
        }
        if fetch.read_only {
            call += ", read-only";
        }
        call + ")"
    }

    /// Returns whether a request has a secret anywhere, in any encoding.
    pub fn has(&self, request: &Received, slot: u16) -> bool {
        self.lab.slots_in_bytes(&request.raw).contains(&slot)
    }

    /// Returns a request that arrived as evidence, with what was done before.
    pub fn evidence(&self, request: &Received, after: &str) -> Evidence {
        Evidence::Exchange { exchange: self.event(request), after: after.to_owned() }
    }

    /// Returns the event of a request and its answer: the values that are secrets by their number.
    fn event(&self, request: &Received) -> HttpEvent {
        let page = self.sites.borrow().page(request);
        let fields = |name: &'static str| {
            let values = request.header(name).map(|value| self.shown(value));
            values.collect::<Vec<String>>()
        };
        let mut line = request.line();
        for value in fields("authorization") {
            let scheme = value.split(' ').next().unwrap_or_default();
            let whose = request.header("authorization").find_map(|value| {
                self.lab.slots_in_bytes(value).first().map(|slot| format!(" of secret {slot}"))
            });
            line += &format!(" (Authorization: {scheme}{})", whose.unwrap_or_default());
        }
        HttpEvent {
            actor: "client".into(),
            request: line.escape_debug().to_string(),
            cookies: fields("cookie"),
            status: if request.method.is_empty() { 0 } else { page.status() },
            set: page.set.iter().map(|field| self.shown(field.as_bytes())).collect(),
            shows: Vec::new(),
        }
    }

    /// Returns bytes as text of one line, the case's secrets in them by number.
    fn shown(&self, bytes: &[u8]) -> String {
        let mut text = String::from_utf8_lossy(bytes).escape_debug().to_string();
        for slot in 0..SLOTS {
            text = text.replace(&self.secret(slot), &format!("#{slot}"));
        }
        text
    }
}

/// Returns what a client is given with a request, in words.
fn given(fetch: &Fetch) -> &'static str {
    match (&fetch.auth, &fetch.cookie, fetch.read_only) {
        (Some(_), ..) => "a password",
        (None, Some(_), _) => "a cookie",
        (None, None, true) => "a session that it must not change",
        (None, None, false) => "an address",
    }
}

/// Number of secrets that a case may have.
const SLOTS: u16 = 16;
