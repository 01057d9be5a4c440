//! A hardened HTTP client with a session in a file, and flaws as small local changes to it.
//!
//! | file | what |
//! |---|---|
//! | [`flaws`] | the flaws by name, and the scenarios that must notice each |
//! | [`jar`] | the session: its file, which cookies it takes, and where it sends them; each flaw is one condition there |
//! | [`exchange`] | one request and its answer |
//! | [`tls`] | the same over TLS, and the checks of certificates |
//!
//! The client does the following:
//!
//! - A cookie without a domain goes to its host alone, one with a domain to hosts below that, by whole labels (RFC 6265, section 5.1.3).
//! - It talks over TLS to nobody whose certificate is not right (RFC 9525), and leaves Secure cookies to https.
//! - It takes no cookie for a domain that the host is not in, nor for a public suffix, nor a Secure one over plain http (RFC 6265bis).
//! - What it sends is chosen anew for each request of a redirect, by its host and port (CWE-522).
//! - A password is kept with its host and port, and sent there alone.
//! - What has ended is neither sent nor kept in the file (CWE-613).
//! - The file is private, and replaced as a whole.

pub mod exchange;
mod flaws;
mod jar;
mod tls;

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use interloper_driver::op::Fetch;
use interloper_driver::{
    Failure, Hello, Keeps, Kind, Open, Operation, Session, SessionStore, Setup,
};

use exchange::{Answer, Url, exchange};
use flaws::Flaw;
pub use flaws::client_flaws;
use jar::Jar;
pub use tls::Trust;

/// The most redirects that are followed.
const REDIRECTS: usize = 10;

/// Ways in which a client may work, without being less careful.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Habit {
    /// It takes a cookie from each answer as it comes, follows redirects, and asks anybody.
    #[default]
    Usual,
    /// It takes the cookies of all answers when the last one is there.
    TakesAtEnd,
    /// It follows no redirect.
    Stays,
    /// It takes no cookie with a domain.
    TakesNoDomain,
    /// Its clock does not move with the one that its driver moves.
    HasOwnClock,
    /// It says something in clear to each server before it begins TLS, and asks nothing there.
    Knocks,
    /// It asks no host but a few that its user has listed.
    AsksListed,
}

/// The hosts that a client with a list asks.
const LISTED: [&str; 3] = ["app.test", "a.app.test", "evil.test"];

/// The client, hardened or with a flaw.
#[derive(Debug)]
pub struct HardenedClient {
    name: String,
    flaw: Option<Flaw>,
    habit: Habit,
    path: PathBuf,
    /// Seconds by which its clock was moved on.
    ahead: i64,
}

/// Returns the hardened client.
pub fn hardened_client() -> HardenedClient {
    HardenedClient::new("hardened-client", None)
}

/// Returns one as careful that takes the cookies of a chain of redirects when it has come to its end.
pub fn late_client() -> HardenedClient {
    HardenedClient { habit: Habit::TakesAtEnd, ..HardenedClient::new("late-client", None) }
}

/// Returns one as careful that follows no redirect.
pub fn staying_client() -> HardenedClient {
    HardenedClient { habit: Habit::Stays, ..HardenedClient::new("staying-client", None) }
}

/// Returns one as careful that takes no cookie with a domain.
pub fn strict_client() -> HardenedClient {
    HardenedClient { habit: Habit::TakesNoDomain, ..HardenedClient::new("strict-client", None) }
}

/// Returns one as careful that looks at another clock than the one that its driver moves.
pub fn clocked_client() -> HardenedClient {
    HardenedClient { habit: Habit::HasOwnClock, ..HardenedClient::new("clocked-client", None) }
}

/// Returns one as careful that says something in clear, with no secret in it, before it begins TLS.
pub fn knocking_client() -> HardenedClient {
    HardenedClient { habit: Habit::Knocks, ..HardenedClient::new("knocking-client", None) }
}

/// Returns one as careful that asks only hosts of a list.
pub fn listed_client() -> HardenedClient {
    HardenedClient { habit: Habit::AsksListed, ..HardenedClient::new("listed-client", None) }
}

/// Returns the client with the flaw of this name.
pub(crate) fn make(name: &str) -> Option<Box<dyn SessionStore>> {
    let flaw = flaws::named(name)?;
    Some(Box::new(HardenedClient::new(&format!("flawed-{name}"), Some(flaw))))
}

impl HardenedClient {
    fn new(name: &str, flaw: Option<Flaw>) -> HardenedClient {
        let habit = Habit::Usual;
        HardenedClient { name: name.into(), flaw, habit, path: PathBuf::new(), ahead: 0 }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// Returns the certificates that it takes.
    fn trust(&self) -> Trust {
        match self.flaw {
            Some(Flaw::TakesAnyCertificate) => Trust::Any,
            Some(Flaw::TakesAnyName) => Trust::AnyName,
            Some(Flaw::TakesEndedCertificate) => Trust::Ended,
            _ => Trust::Right,
        }
    }

    /// Returns the `Cookie` and `Authorization` fields of a request; `first` is the address that the user named.
    fn fields(&self, jar: &Jar, asked: &Fetch, first: &Url, url: &Url) -> Vec<String> {
        let source = if self.has(Flaw::CookiesFollowRedirect) { first } else { url };
        let mut pairs = jar.sent(source);
        let is_first = url.same_server(first);
        if let Some(given) = &asked.cookie
            && (url.host == first.host || self.has(Flaw::GivenCookieFollows))
        {
            pairs.push(given.clone());
        }
        let mut fields = Vec::new();
        if !pairs.is_empty() {
            fields.push(format!("Cookie: {}", pairs.join("; ")));
        }
        let follows = self.has(Flaw::PasswordFollowsRedirect)
            || (self.has(Flaw::PasswordFollowsToPort) && url.host == first.host)
            || (self.has(Flaw::PasswordFollowsDowngrade) && url.host == first.host && first.tls);
        let given = asked.auth.as_ref().filter(|_| is_first || follows);
        let given = given.map(|auth| (auth.user.clone(), auth.password.clone()));
        if let Some((user, password)) = given.or_else(|| jar.password(url)) {
            fields.push(exchange::authorization(&user, &password));
        }
        fields
    }
}

impl SessionStore for HardenedClient {
    fn hello(&self) -> Hello {
        Hello::new(&self.name, env!("CARGO_PKG_VERSION"))
            .kind(Kind::Client)
            .keeps([Keeps::Cookies, Keeps::Auth])
            .ops([Operation::Fetch, Operation::Advance])
            .setups([Setup::file().one_session()])
    }

    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        self.path = at.path()?.to_owned();
        Ok(())
    }

    fn fetch(&mut self, asked: &Fetch) -> Result<(), Failure> {
        let mut jar = Jar::load(&self.path, self.flaw, self.ahead)?;
        let first = Url::read(&asked.url)?;
        let mut url = first.clone();
        let mut late = Vec::new();
        for _ in 0..REDIRECTS {
            if self.habit == Habit::AsksListed && !LISTED.contains(&url.host.as_str()) {
                return Err(Failure::invalid("the host is not on the list"));
            }
            if self.habit == Habit::Knocks && url.tls {
                exchange::knock(&url)?;
            }
            let Answer { set, location } =
                exchange(&url, &self.fields(&jar, asked, &first, &url), self.trust())?;
            match self.habit {
                Habit::TakesNoDomain => {
                    let has_domain = |field: &Vec<u8>| {
                        field.to_ascii_lowercase().windows(7).any(|part| part == b"domain=")
                    };
                    let set = set.iter().filter(|field| !has_domain(field));
                    set.for_each(|field| jar.set(&url, field));
                }
                Habit::TakesAtEnd => late.extend(set.into_iter().map(|field| (url.clone(), field))),
                _ => set.iter().for_each(|field| jar.set(&url, field)),
            }
            match location.filter(|_| self.habit != Habit::Stays) {
                Some(location) => url = url.join(&location)?,
                None => break,
            }
        }
        late.iter().for_each(|(url, field)| jar.set(url, field));
        if let Some(auth) = &asked.auth {
            jar.keep_password(&first, &auth.user, &auth.password);
        }
        if self.has(Flaw::LogsWhenReadOnly) {
            let log = self.path.with_extension("log");
            let mut log = File::options().append(true).create(true).mode(0o600).open(log)?;
            writeln!(log, "asked {}", first.host)?;
        }
        match asked.read_only && !self.has(Flaw::WritesWhenReadOnly) {
            true => Ok(()),
            false => jar.save(&self.path),
        }
    }

    fn advance(&mut self, seconds: i64) -> Result<(), Failure> {
        if self.habit != Habit::HasOwnClock {
            self.ahead = self.ahead.saturating_add(seconds);
        }
        Ok(())
    }

    fn save(&mut self, _: &str, _: &Session) -> Result<(), Failure> {
        Err(Failure::unsupported())
    }

    fn load(&mut self, _: &str) -> Result<Option<Session>, Failure> {
        Err(Failure::unsupported())
    }
}
