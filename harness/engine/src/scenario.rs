//! Scenarios: a property each, declared as data and one function.

use interloper_driver::{
    Application, Can, Enforces, Header, Hello, Keeps, Kind, Medium, Operation, Promise, Setup,
    Umask,
};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

use crate::lab::{Abort, AppVerb, CaseResult, Lab};
use crate::plan::{Plan, Sweep};
use crate::principal::Principal;
use crate::record::{ScenarioInfo, Severity};
use crate::shape::Shape;

/// A property of the catalogue.
pub struct Scenario {
    /// `area::subject`; it never changes.
    pub id: &'static str,
    /// Sentence that holds if the scenario passes.
    pub sentence: &'static str,
    /// Fix for a finding, in a sentence.
    pub fix: &'static str,
    /// The severity of a finding that says nothing else.
    pub severity: Severity,
    /// Weaknesses, as `CWE-276`.
    pub cwe: &'static [&'static str],
    /// OWASP ASVS 5 requirements and WSTG tests.
    pub owasp: &'static [&'static str],
    /// Needs of the scenario.
    pub needs: &'static [Need],
    /// Umasks that it runs under.
    pub sweep: Sweep,
    /// Principal that runs the store.
    pub run_as: Principal,
    /// The cases and the check.
    pub property: &'static dyn Property,
}

/// Kind of subject that a scenario is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// A store of sessions.
    Store,
    /// An HTTP client, which sends requests with them.
    Client,
    /// A web application, which takes such requests.
    Application,
    /// A parser, which reads their cookies.
    Parser,
}

impl About {
    /// Returns the kind of a subject; a client that keeps sessions at a store's request, too, counts as a store.
    pub fn of(hello: &Hello) -> About {
        let can = |op| hello.can_do(op);
        match is_application(hello) {
            true => About::Application,
            false if hello.kind == Kind::Parser => About::Parser,
            false if can(Operation::Fetch) && !can(Operation::Save) => About::Client,
            false => About::Store,
        }
    }
}

/// Need of a scenario, of the store or of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The store has the operation.
    Op(Operation),
    /// The store keeps at least one secret part, or this very one.
    Keeps(Keeps),
    /// The store sees to it itself.
    Enforces(Enforces),
    /// The driver can do it.
    Can(Can),
    /// The store promises it.
    Promises(Promise),
    /// The store keeps its bytes in files.
    Files,
    /// The store itself tells ids apart in this setup: not where the caller names a file for each.
    ManyIds,
    /// Other users are real processes: tier `uids` or better.
    Processes,
    /// A sandbox in which the store may be root: tier `namespaces`.
    Namespaces,
    /// The driver can be held at each of its system calls.
    Steps,
    /// Whoever knows an id has its session.
    IdIsCredential,
    /// It is a web application.
    Application,
    /// It is a parser that reads this header.
    Parses(Header),
    /// The application has this request.
    Request(AppVerb),
}

impl Need {
    /// Returns the form that the catalogue prints.
    pub fn words(self) -> String {
        match self {
            Need::Op(op) => format!("operation {op}"),
            Need::Keeps(part) => format!("keeps {part}"),
            Need::Enforces(what) => format!("enforces {what}"),
            Need::Can(Can::ReadOnly) => "a driver that can open read-only".into(),
            Need::Can(Can::Server) => "a server that lives on between processes".into(),
            Need::Can(can) => format!("a driver that can {can}"),
            Need::Promises(promise) => format!("promises {promise}"),
            Need::Files => "a store that keeps files".into(),
            Need::ManyIds => "a setup that holds several sessions".into(),
            Need::Processes => "tier uids or namespaces".into(),
            Need::Namespaces => "tier namespaces".into(),
            Need::IdIsCredential => "a store whose ids are credentials (id_is_credential)".into(),
            Need::Application => "a web application".into(),
            Need::Parses(Header::Cookie) => "a parser of Cookie".into(),
            Need::Parses(Header::SetCookie) => "a parser of Set-Cookie".into(),
            Need::Request(verb) => format!("an application with a request {verb}"),
            Need::Steps => "a host that lets a program be held at its system calls".into(),
        }
    }
}

/// Case of a scenario: the common part and the scenario's own input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case<X> {
    /// The umask of whoever runs the store.
    pub umask: Umask,
    /// The mode of its home directory.
    pub home: u16,
    /// The session it keeps.
    pub session: Shape,
    /// Input of this scenario.
    pub input: X,
}

/// Type of input that a scenario may vary: anything that can be printed, kept in a replay token and shrunk.
pub trait Input: Clone + Debug + Serialize + DeserializeOwned + 'static {}
impl<T: Clone + Debug + Serialize + DeserializeOwned + 'static> Input for T {}

/// The cases of a scenario and the check of one.
pub struct Check<X: Input> {
    /// Strategy for what it varies besides umask and session.
    pub input: fn(&Plan) -> BoxedStrategy<X>,
    /// One case: it sets up, does, looks, and reports what it found to the lab.
    pub check: fn(&mut Lab<'_>, &Case<X>) -> CaseResult<()>,
}

/// Returns the strategy of scenarios that have no input of their own.
pub fn unit(_: &Plan) -> BoxedStrategy<()> {
    Just(()).boxed()
}

/// A [`Check`] whose type of case does not show.
pub trait Property: Sync {
    /// Runs it.
    fn run(&self, runner: &mut crate::runner::Runner<'_>) -> CaseResult<()>;
    /// Runs one case again, from its bytes in a replay token.
    fn replay(&self, runner: &mut crate::runner::Runner<'_>, bytes: &[u8]) -> CaseResult<()>;
    /// Searches for cases that break it.
    ///
    /// # Errors
    /// [`Abort::Unsupported`] if its cases are not searched for.
    fn search(
        &self,
        _runner: &mut crate::runner::Runner<'_>,
        _order: &crate::runner::SearchOrder,
        _news: &mut dyn FnMut(crate::runner::SearchNews) -> crate::error::Result<()>,
    ) -> CaseResult<()> {
        Err(Abort::Unsupported("its cases are not searched for".into()))
    }
}

impl Scenario {
    /// Returns the area: the part before `::`.
    pub fn area(&self) -> &'static str {
        self.id.split_once("::").map_or(self.id, |(area, _)| area)
    }

    /// Returns the subject: the part after `::`.
    pub fn subject(&self) -> &'static str {
        self.id.split_once("::").map_or(self.id, |(_, subject)| subject)
    }

    /// Returns the scenario's entry for the record.
    pub fn info(&self) -> ScenarioInfo {
        let owned = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        ScenarioInfo {
            id: self.id.into(),
            sentence: self.sentence.into(),
            fix: self.fix.into(),
            severity: self.severity,
            cwe: owned(self.cwe),
            owasp: owned(self.owasp),
            needs: self.needs.iter().map(|need| need.words()).collect(),
        }
    }

    /// Returns whether it is about things of this kind: an application is tested by the scenarios about applications alone, and nothing else by
    /// them. A client that keeps a session at a store's request, too, is both.
    pub fn is_about(&self, hello: &Hello) -> bool {
        match self.about() {
            About::Client => hello.can_do(Operation::Fetch),
            about => About::of(hello) == about,
        }
    }

    /// Returns the kind of subject that it is about.
    pub fn about(&self) -> About {
        let kind = |need: &Need| match need {
            Need::Application => Some(About::Application),
            Need::Op(Operation::Fetch) => Some(About::Client),
            Need::Op(Operation::Parse) | Need::Parses(_) => Some(About::Parser),
            _ => None,
        };
        self.needs.iter().find_map(kind).unwrap_or(About::Store)
    }

    /// Returns the reason why the store cannot be asked this in this setup; `None` if it can.
    pub fn unsupported_by(&self, hello: &Hello, setup: &Setup) -> Option<String> {
        self.needs.iter().find_map(|need| {
            let has = match need {
                Need::Op(op) => hello.can_do(*op),
                Need::Keeps(part) => hello.keeps.contains(part),
                Need::Enforces(what) => hello.enforces.contains(what),
                Need::Can(can) => hello.driver_can(*can),
                Need::Promises(promise) => hello.promises.contains(promise),
                // Whether a server has files, and a store that names neither, shows when it saves.
                Need::Files => !matches!(hello.medium, Medium::Memory | Medium::Cookie),
                Need::IdIsCredential => hello.id_is_credential == Some(true),
                Need::ManyIds => !setup.one_session,
                Need::Application => is_application(hello),
                Need::Parses(header) => hello.parses.contains(header),
                Need::Request(verb) => {
                    let has = |app: &Application| verb.of(app).is_some();
                    hello.application.as_deref().is_some_and(has)
                }
                Need::Processes | Need::Namespaces | Need::Steps => true,
            };
            (!has).then(|| format!("needs {}", need.words()))
        })
    }
}

fn is_application(hello: &Hello) -> bool {
    hello.kind == Kind::Application && hello.application.is_some()
}
