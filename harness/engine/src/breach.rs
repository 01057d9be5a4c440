//! Tries a driver itself: what it gets wrong of the protocol, a sentence each.
//!
//! Some of what is wrong makes every verdict on the store worthless ([`Breach::grave`]): an operation that the driver names and cannot do,
//! an answer of another type, a child whose end nobody tells. The rest may be the store's own behaviour, as a delete after which the
//! session loads still: the catalogue judges that, with evidence.

mod exercise;
mod parser;

use interloper_driver::{Hello, Kind, Operation, Setup, SetupName, Umask};
use serde::{Deserialize, Serialize};

use crate::driver::{Leave, Observation};
use crate::error::{Error, Result};
use crate::http::{Page, Received, SITE_PORT};
use crate::lab::{Abort, Actor, CaseResult, Lab, Setting};
use crate::plan::{Plan, Profile};
use crate::principal::Principal;
use crate::scenario::About;
use crate::worker_state::WorkerState;

/// One trial of a driver and its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    /// Description of the trial.
    pub tried: String,
    /// Difference between the answer and what the protocol asks for; `None` if the answer was right.
    pub wrong: Option<String>,
    /// Whether it makes verdicts on the store worthless.
    pub grave: bool,
    /// Progress of an application, if it is one that cannot be tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<AppBreach>,
}

/// An application that cannot be tested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppBreach {
    /// The setup.
    pub setup: SetupName,
    /// The stage at which it failed.
    pub stage: AppStage,
    /// The last lines that it printed.
    pub printed: Vec<String>,
}

/// The requests of a client before a scenario can be run on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClientStage {
    /// The first arrives.
    Asks,
    /// The second has the cookie of the first.
    Returns,
}

/// The stages before a scenario can be run on an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AppStage {
    /// It listens where it was told to.
    Start,
    /// Somebody logs in and is shown their name; nobody else is.
    Login,
}

/// Extent of a driver's examination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examination {
    /// The setups; empty for all that the driver names.
    pub setups: Vec<SetupName>,
    /// Whether operations that no scenario needs are tried too, such as ones that the driver does not name.
    pub whole: bool,
}

/// Tries everything a driver says it can, in each setup.
pub(crate) fn examine(worker: &mut WorkerState, asked: &Examination) -> Result<Vec<Breach>> {
    let hello = worker.hello(Principal::Owner)?.clone();
    let mut examiner = Examiner { breaches: Vec::new(), whole: asked.whole };
    examiner.hello(&hello);
    let names = match asked.setups.is_empty() {
        true => hello.setups.iter().map(|setup| setup.name.clone()).collect(),
        false => asked.setups.clone(),
    };
    for name in names {
        let what = format!("setup {name}");
        let Some(setup) = hello.setup(&name) else {
            examiner.doubt(&what, "hello does not name it");
            continue;
        };
        let before = examiner.breaches.len();
        let mut tried = examiner.at(worker, setup);
        // What may have been the machine's doing counts if it happens a second time.
        if matches!(tried, Err(Abort::Trouble(_))) {
            examiner.breaches.truncate(before);
            worker.renew()?;
            tried = examiner.at(worker, setup);
        }
        match tried {
            Ok(()) => {}
            Err(Abort::Harness(error @ Error::Untrustworthy(_))) => {
                examiner.breach(&what, &error.to_string());
            }
            Err(Abort::Harness(error)) => return Err(error),
            Err(Abort::Trouble(why) | Abort::Driver(Observation::Protocol(why))) => {
                examiner.breach(&what, &why);
            }
            // A store that crashes or hangs is for the catalogue to judge.
            Err(Abort::Driver(seen)) => examiner.doubt(&what, seen.clause()),
            Err(
                Abort::Ineffective(why)
                | Abort::Unsupported(why)
                | Abort::Skip(why)
                | Abort::OutOfBudget(why),
            ) => examiner.doubt(&what, &why),
        }
    }
    Ok(examiner.breaches)
}

/// Trials made so far.
struct Examiner {
    breaches: Vec<Breach>,
    whole: bool,
}

impl Examiner {
    fn push(&mut self, tried: &str, wrong: Option<&str>, grave: bool) {
        let wrong = wrong.map(ToOwned::to_owned);
        let grave = grave && wrong.is_some();
        self.breaches.push(Breach { tried: tried.into(), wrong, grave, app: None });
    }

    fn right(&mut self, tried: &str) {
        self.push(tried, None, false);
    }

    /// Records a fault of the driver.
    fn breach(&mut self, tried: &str, wrong: &str) {
        self.push(tried, Some(wrong), true);
    }

    /// Records something wrong that leaves the verdicts on the store true.
    fn doubt(&mut self, tried: &str, wrong: &str) {
        self.push(tried, Some(wrong), false);
    }

    fn holds(&mut self, tried: &str, right: bool, wrong: &str) {
        self.push(tried, (!right).then_some(wrong), false);
    }

    fn hello(&mut self, hello: &Hello) {
        if hello.kind == Kind::Application {
            let has = hello.application.is_some();
            if !has {
                self.breach(
                    "hello names the requests",
                    "hello.application is missing: it says how people log in",
                );
            }
            return;
        }
        if About::of(hello) == About::Client {
            return;
        }
        self.holds("hello names the store", !hello.name.is_empty(), "name is empty");
        self.holds("hello names a version", !hello.version.is_empty(), "version is empty");
        self.holds(
            "hello names the runtime",
            !hello.runtime.is_empty(),
            "runtime is empty; say the language, its version and the interpreter's path",
        );
        if hello.kind == Kind::Parser {
            return self.hello_of_parser(hello);
        }
        self.holds(
            "hello names what is kept",
            !hello.keeps.is_empty(),
            "keeps is empty: no scenario could tell a secret from none",
        );
        match hello.setups.is_empty() {
            true => self.breach("hello names a setup", "setups is empty: nothing can be opened"),
            false => self.right("hello names a setup"),
        }
        for op in [Operation::Save, Operation::Load] {
            self.holds(
                &format!("hello names {op}"),
                hello.can_do(op),
                &format!("{op} is not in ops; almost every scenario needs it"),
            );
        }
    }

    /// Starts an application, logs somebody in, and sees that nobody else is: without that, no scenario shows anything.
    fn log_in(&mut self, lab: &mut Lab<'_>, setup: &SetupName) -> CaseResult<()> {
        let mut stage = AppStage::Start;
        let tried = lab.app().and_then(|mut app| {
            stage = AppStage::Login;
            app.control()?;
            app.log_in(Actor::Victim)
        });
        let what = match stage {
            AppStage::Start => format!("setup {setup}: start"),
            AppStage::Login => format!("setup {setup}: login and whoami"),
        };
        match tried {
            Ok(()) => self.right(&what),
            Err(Abort::Ineffective(why)) => self.breach(&what, &why),
            Err(Abort::Driver(seen)) => self.breach(&what, seen.clause()),
            Err(other) => return Err(other),
        }
        let printed = lab.output().map(|output| last_lines(&output)).unwrap_or_default();
        if let Some(last) = self.breaches.last_mut().filter(|breach| breach.grave) {
            last.app = Some(AppBreach { setup: setup.clone(), stage, printed });
        }
        Ok(())
    }

    /// Has a client ask for a page twice: the request arrives, and the second has the cookie that the first was answered with.
    fn fetch(&mut self, lab: &mut Lab<'_>, setup: &SetupName) -> CaseResult<()> {
        let what = format!("setup {setup}: fetch");
        let mut client = lab.client()?;
        let field = format!("control={}; Path=/; Max-Age=86400", client.secret(0));
        client.publish(vec![Page::new("app.test", "/").set(field)]);
        let url = format!("http://app.test:{SITE_PORT}/");
        for wanted in [ClientStage::Asks, ClientStage::Returns] {
            let fetched = match client.get(&url) {
                Ok(fetched) => fetched,
                Err(Abort::Driver(seen)) => {
                    let sentence = seen.sentence_about(About::Client);
                    self.breach(&what, &format!("{sentence}: {}", seen.clause()));
                    return Ok(());
                }
                Err(Abort::Ineffective(why)) => {
                    self.breach(&what, &why);
                    return Ok(());
                }
                Err(other) => return Err(other),
            };
            let why =
                fetched.failure.as_ref().map_or(String::new(), |failure| format!(": {failure}"));
            // What is no whole request asks for nothing.
            let whole = |request: &&Received| !request.method.is_empty();
            let mut asked = fetched.at("app.test").filter(whole);
            match wanted {
                ClientStage::Asks if asked.next().is_none() => {
                    self.breach(&what, &format!("no request for {url} arrived{why}"));
                    return Ok(());
                }
                ClientStage::Returns if !asked.any(|request| client.has(request, 0)) => {
                    let wrong = format!(
                        "the second request for {url} has not the cookie that the first was answered with, so that it keeps no session{why}"
                    );
                    self.breach(&what, &wrong);
                    return Ok(());
                }
                _ => {}
            }
        }
        self.right(&what);
        Ok(())
    }

    /// Tries everything in one setup, in cases of its own.
    fn at(&mut self, worker: &mut WorkerState, setup: &Setup) -> CaseResult<()> {
        let plan = Plan { seed: 0, profile: Profile::Quick, umasks: Vec::new(), cases: None };
        let run_as = Principal::Owner;
        let setting =
            Setting { umask: Umask::of(0o027), home: 0o755, setup: setup.clone(), run_as };
        let mut lab = Lab::new(worker, setting, &plan, 1)?;
        let before = self.breaches.len();
        let ran = match About::of(lab.hello()) {
            About::Application => self.log_in(&mut lab, &setup.name),
            About::Client => self.fetch(&mut lab, &setup.name),
            About::Parser => self.parses(&mut lab, &setup.name),
            About::Store => self.exercise(&mut lab, &setup.name),
        };
        let words = match self.breaches[before..].iter().any(|breach| breach.grave) {
            true => lab.output().ok().and_then(|output| last_words(&output)),
            false => None,
        };
        lab.finish(Leave::Close)?;
        if let Some(words) = words
            && let Some(last) =
                self.breaches.iter_mut().rfind(|breach| breach.grave && breach.app.is_none())
            && let Some(wrong) = &mut last.wrong
            && !wrong.contains(&words)
        {
            wrong.push_str(&format!("; last words: {words}"));
        }
        ran
    }
}

/// Returns the last line that a driver wrote, at most 160 characters of it.
fn last_words(output: &[u8]) -> Option<String> {
    last_lines(output).pop()
}

/// Returns the last eight lines that a driver wrote, at most 160 characters of each.
fn last_lines(output: &[u8]) -> Vec<String> {
    let said = String::from_utf8_lossy(output);
    let lines = said.lines().map(str::trim_end).filter(|line| !line.trim().is_empty());
    let mut last: Vec<String> =
        lines.rev().take(8).map(|line| line.chars().take(160).collect()).collect();
    last.reverse();
    last
}
