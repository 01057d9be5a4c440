//! Asking each store what it is, and its driver whether it keeps the protocol, before anything of it is tested.

use std::sync::Mutex;

use interloper_driver::{Hello, Kind, SetupName};
use interloper_engine::{
    About, AppBreach, AppStage, Breach, Error, Examination, StoreSpec, Tier, Worker,
};
use interloper_record::{Trouble, TroubleKind, Verdict};

use super::pool::{GRACE, Orders, lock};
use super::{Stop, Subject};
use crate::subjects::{needs_own_loopback, serve_command, unreachable};

/// A store that was asked what it is.
pub(crate) struct GreetedStore {
    /// What it is called in every report.
    pub(crate) name: String,
    /// The setups that are asked for; empty for all it has.
    pub(crate) setups: Vec<SetupName>,
    /// What its driver said.
    pub(crate) hello: Option<Hello>,
    /// Why it cannot be tested; if there is neither that nor a hello, the run was ended.
    pub(crate) trouble: Option<Trouble>,
    /// What it takes to start its driver.
    pub(crate) spec: Option<StoreSpec>,
    /// The worker that asked, for whoever comes first.
    pub(crate) idle: Mutex<Option<Worker>>,
}

impl GreetedStore {
    /// A store that nobody asked yet.
    fn unasked(orders: &Orders<'_>, subject: &Subject) -> GreetedStore {
        GreetedStore {
            name: subject.name().to_owned(),
            setups: subject.asked(orders.setups).to_vec(),
            hello: None,
            trouble: None,
            spec: None,
            idle: Mutex::new(None),
        }
    }
}

/// Asks every store what it is, several at once: runtimes take their time to start.
pub(crate) fn greet(orders: &Orders<'_>, subjects: &[Subject], stop: &Stop) -> Vec<GreetedStore> {
    let next = Mutex::new(0);
    let greeted: Vec<Mutex<Option<GreetedStore>>> =
        subjects.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..orders.jobs.clamp(1, subjects.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let n = {
                        let mut next = lock(&next);
                        *next += 1;
                        *next - 1
                    };
                    let Some(subject) = subjects.get(n).filter(|_| !stop.is_set()) else { break };
                    // The first are begun with; a sandbox for each of many stores would be more than a host has.
                    let keep = n < orders.jobs.max(1);
                    *lock(&greeted[n]) = Some(greet_one(orders, subject, stop, keep));
                }
            });
        }
    });
    let unasked = |subject| GreetedStore::unasked(orders, subject);
    let cells = greeted.into_iter().zip(subjects);
    cells.map(|(cell, subject)| lock(&cell).take().unwrap_or_else(|| unasked(subject))).collect()
}

fn greet_one(orders: &Orders<'_>, subject: &Subject, stop: &Stop, keep: bool) -> GreetedStore {
    let mut greeted = GreetedStore::unasked(orders, subject);
    let (spec, named) = match subject {
        Subject::Ready { spec, named, .. } => (spec, *named),
        Subject::Absent { name, verdict, reason } => {
            let kind = match verdict {
                Verdict::Skip => TroubleKind::Host,
                _ => TroubleKind::Install,
            };
            greeted.trouble = Some(trouble(kind, name, reason.clone()));
            return greeted;
        }
    };
    if orders.tier != Tier::Namespaces && needs_own_loopback(spec) {
        let why = "it runs a server on the loopback interface, which is the host's own except in tier namespaces; `interloper doctor` says how to get that";
        greeted.trouble = Some(trouble(TroubleKind::Host, &spec.name, why.into()));
        return greeted;
    }
    let mut worker = match Worker::start_in(spec, orders.tier) {
        Ok(worker) => worker,
        Err(error) => {
            greeted.trouble = Some(broken(&error, spec, orders.tier));
            return greeted;
        }
    };
    match ask(&mut worker, &greeted.setups, stop) {
        Ok((hello, breaches)) => {
            if let Some(name) = own_name(&hello).filter(|_| !named) {
                greeted.name = name;
            }
            // An application keeps no protocol: what is wrong is how it starts, or what its manifest says.
            let command = || serve_command(spec).unwrap_or_default();
            greeted.trouble = match About::of(&hello) {
                _ if hello.kind == Kind::Application => {
                    unusable(&greeted.name, &command(), &breaches)
                }
                About::Client => no_client(&greeted.name, &command(), &breaches),
                _ => breach(&greeted.name, &breaches),
            };
            // A worker puts the name it was started with into every token.
            if keep && greeted.trouble.is_none() && greeted.name == spec.name {
                greeted.idle = Mutex::new(Some(worker));
            }
            greeted.spec = Some(StoreSpec { name: greeted.name.clone(), ..spec.clone() });
            greeted.hello = Some(hello);
        }
        Err(_) if stop.is_set_within(GRACE) => {}
        Err(error) => greeted.trouble = Some(broken(&error, spec, orders.tier)),
    }
    greeted
}

fn ask(
    worker: &mut Worker,
    setups: &[SetupName],
    stop: &Stop,
) -> interloper_engine::Result<(Hello, Vec<Breach>)> {
    let _guard = stop.watch(worker)?;
    let hello = worker.hello()?;
    let asked = Examination { setups: setups.to_vec(), whole: false };
    let breaches = worker.protocol(&asked)?;
    Ok((hello, breaches))
}

/// The name that a driver gives its store, as far as it can be part of a replay token and of a line; `None` if nothing is left.
pub(crate) fn own_name(hello: &Hello) -> Option<String> {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._+:-".contains(c) { c } else { '_' };
    let name: String = hello.name.trim().chars().take(64).map(plain).collect();
    name.chars().any(|c| c.is_ascii_alphanumeric()).then_some(name)
}

fn trouble(kind: TroubleKind, store: &str, what: String) -> Trouble {
    Trouble { kind, store: Some(store.to_owned()), what, details: Vec::new() }
}

/// Why there is nothing to test, or where the harness broke.
fn broken(error: &Error, spec: &StoreSpec, tier: Tier) -> Trouble {
    let kind = match error {
        Error::Driver(_) => TroubleKind::Start,
        _ => TroubleKind::Harness,
    };
    trouble(kind, &spec.name, explain(error, spec, tier))
}

/// What makes every verdict on a store worthless, as one trouble; `None` if the driver keeps the protocol.
fn breach(store: &str, breaches: &[Breach]) -> Option<Trouble> {
    let grave = breaches.iter().filter(|breach| breach.grave);
    let mut wrong =
        grave.filter_map(|breach| Some(format!("{}: {}", breach.tried, breach.wrong.as_ref()?)));
    let first = trouble(TroubleKind::Protocol, store, wrong.next()?);
    Some(Trouble { details: wrong.collect(), ..first })
}

/// Why an application cannot be tested, with its command, what it printed, and what to do; `None` if it can.
fn unusable(store: &str, command: &str, breaches: &[Breach]) -> Option<Trouble> {
    let grave = breaches.iter().filter(|breach| breach.grave);
    let mut grave = grave.filter_map(|breach| Some((breach, breach.wrong.as_deref()?)));
    let (first, why) = grave.next()?;
    let mut details = Vec::new();
    if let Some(AppBreach { stage, printed, .. }) = &first.app {
        if !command.is_empty() {
            details.push(format!("its command: {command}"));
        }
        details.extend(printed.iter().map(|line| format!("it printed: {line}")));
        details.push(advice(*stage).to_owned());
    }
    details.extend(grave.map(|(breach, why)| app_clause(breach, why)));
    let first = trouble(TroubleKind::Application, store, app_clause(first, why));
    Some(Trouble { details, ..first })
}

/// Returns why a client cannot be tested, with its command and what to do; `None` if it can.
fn no_client(store: &str, command: &str, breaches: &[Breach]) -> Option<Trouble> {
    let trouble = breach(store, breaches)?;
    let mut details = trouble.details;
    if !command.is_empty() {
        details.push(format!("its command: {command}"));
    }
    details.push(
        "the command has to send a GET request to {url}, follow redirects, send the cookies that it has kept, and keep those that an answer sets, and must not end the process that starts it; docs/src/check-a-client.md has the usual reasons".into(),
    );
    Some(Trouble { kind: TroubleKind::Client, details, ..trouble })
}

/// Returns a clause about an application that cannot be tested.
fn app_clause(breach: &Breach, why: &str) -> String {
    match &breach.app {
        Some(AppBreach { setup, stage: AppStage::Start, .. }) => {
            format!("it does not start in setup {setup}: {why}")
        }
        Some(AppBreach { setup, stage: AppStage::Login, .. }) => {
            format!("nobody can log in to it in setup {setup}: {why}")
        }
        None => format!("{}: {why}", breach.tried),
    }
}

fn advice(stage: AppStage) -> &'static str {
    match stage {
        AppStage::Start => {
            "run the command by hand as another user, in an empty directory: it has to stay in the foreground, to listen at {socket} or {port}, and to write below its home alone; --bind shows it other files of the host"
        }
        AppStage::Login => {
            "compare [login] and [whoami] with what a browser sends and is shown; docs/src/check-an-application.md has the usual reasons"
        }
    }
}

/// Why a driver does not start, with the usual cause where it is one of the usual ones.
pub(crate) fn explain(error: &Error, spec: &StoreSpec, tier: Tier) -> String {
    let why = match error {
        Error::Driver(why) => why.clone(),
        other => other.to_string(),
    };
    match unreachable(spec, tier) {
        Some(hint) => format!("{why}; {hint}"),
        None => why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_part_of_a_token_and_of_a_line() {
        let name = |name: &str| own_name(&Hello::new(name, "1"));
        assert_eq!(name("express-session").as_deref(), Some("express-session"));
        assert_eq!(name("a/b@c\n\u{1b}[31m").as_deref(), Some("a_b_c___31m"));
        assert_eq!(name(&"x".repeat(1000)).map(|name| name.len()), Some(64));
        assert_eq!(name(" "), None);
        assert_eq!(name("../.."), None);
    }

    #[test]
    fn breaches_are_one_trouble() {
        let one = |tried: &str, grave| Breach {
            tried: tried.into(),
            wrong: Some("it answered other".into()),
            grave,
            app: None,
        };
        assert_eq!(breach("x", &[one("dir: delete", false)]), None);
        let all = [one("dir: create", true), one("dir: list", true), one("dir: delete", false)];
        let trouble = breach("x", &all).unwrap();
        assert_eq!(trouble.what, "dir: create: it answered other");
        assert_eq!(trouble.details, ["dir: list: it answered other"]);
    }

    #[test]
    fn an_application_that_does_not_start_is_told_with_its_command_and_its_output() {
        let one = |setup: &str, stage| Breach {
            tried: "setup".into(),
            wrong: Some("why".into()),
            grave: true,
            app: Some(AppBreach {
                setup: setup.parse().unwrap(),
                stage,
                printed: vec!["first line".into(), "last line".into()],
            }),
        };
        let both = [one("defaults", AppStage::Start), one("hardened", AppStage::Login)];
        let trouble = unusable("x", "python3 app.py {socket}", &both).unwrap();
        assert_eq!(trouble.kind, TroubleKind::Application);
        assert_eq!(trouble.what, "it does not start in setup defaults: why");
        assert_eq!(
            trouble.details[..3],
            [
                "its command: python3 app.py {socket}",
                "it printed: first line",
                "it printed: last line"
            ]
        );
        assert!(trouble.details[3].contains("by hand"), "{trouble:?}");
        assert_eq!(trouble.details[4], "nobody can log in to it in setup hardened: why");
    }
}
