//! Showing one operation step by step, as every other principal sees it.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use interloper_driver::{Hello, Operation, Place};
use serde::{Deserialize, Serialize};

use crate::bench::Bench;
use crate::error::Error;
use crate::lab::{Flow, Lab, Names, Node, Request, Setting, Stop, View, Watched};
use crate::plan::{Plan, Profile};
use crate::principal::Principal;
use crate::record::{Holder, Trace, TraceOther, TraceStep};
use crate::sandbox::Tier;
use crate::shape::Shape;

/// The session's id.
const ID: &str = "alpha";
/// The slot of the session that is there before, where there is one.
const OLD: u16 = 0;
/// The slot of the session that is saved.
const NEW: u16 = 1;
/// Where the secrets come from: the same trace has the same ones, so that lengths compare.
const SEED: u64 = 1;
/// What stands for a secret.
const SECRET: &str = "<secret>";

/// An operation that can be shown step by step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Traceable {
    /// The first save of a session.
    Save,
    /// A save over a session that is there.
    Update,
    /// A load of a session that is there.
    Load,
    /// A delete of one.
    Delete,
}

impl Traceable {
    /// All of them, in the order of a session's life.
    pub const ALL: [Traceable; 4] =
        [Traceable::Save, Traceable::Update, Traceable::Load, Traceable::Delete];

    /// The word that stands for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Traceable::Save => "save",
            Traceable::Update => "update",
            Traceable::Load => "load",
            Traceable::Delete => "delete",
        }
    }

    /// Those that a store has.
    pub fn of(hello: &Hello) -> Vec<Traceable> {
        let has = |one: &Traceable| one.needs().iter().all(|op| hello.can_do(*op));
        Traceable::ALL.into_iter().filter(has).collect()
    }

    /// What a store must be able to do: all but the first begin with a session that was saved.
    fn needs(self) -> &'static [Operation] {
        match self {
            Traceable::Save | Traceable::Update => &[Operation::Save],
            Traceable::Load => &[Operation::Save, Operation::Load],
            Traceable::Delete => &[Operation::Save, Operation::Delete],
        }
    }
}

impl fmt::Display for Traceable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Traceable {
    type Err = String;
    fn from_str(word: &str) -> Result<Traceable, String> {
        Traceable::ALL
            .into_iter()
            .find(|one| one.as_str() == word)
            .ok_or_else(|| format!("{word:?} is not one of save, update, load, delete"))
    }
}

/// What is to be shown, and in what setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceOrder {
    /// Where the store is put.
    pub place: Place,
    /// Under which umask it runs.
    pub umask: u16,
    /// The mode of the owner's home.
    pub home: u16,
    /// The operation.
    pub operation: Traceable,
}

/// Goes through an operation, and records each step with what others could do after it.
pub(crate) fn trace(bench: &mut Bench, order: &TraceOrder) -> Flow<Trace> {
    let hello = bench.hello(Principal::Owner)?.clone();
    if !hello.places.contains(&order.place) {
        return Err(Stop::Unsupported(format!("the store has no place {}", order.place)));
    }
    if !Traceable::of(&hello).contains(&order.operation) {
        return Err(Stop::Unsupported(format!("the store cannot {}", order.operation)));
    }
    match bench.can_step(Principal::Owner) {
        Ok(()) => {}
        Err(error @ (Error::Refused { .. } | Error::Driver(_))) => {
            return Err(Stop::Skip(error.to_string()));
        }
        Err(error) => return Err(Stop::Broke(error)),
    }
    let (store, tier) = (bench.spec().name.clone(), bench.tier());
    let setting = Setting {
        umask: order.umask,
        home: order.home,
        place: order.place,
        run_as: Principal::Owner,
    };
    let plan = Plan { seed: SEED, profile: Profile::Quick, umasks: Vec::new(), cases: None };
    let mut lab = Lab::new(bench, setting, &plan, SEED)?;
    lab.hold_calls();
    let gone_through = go_through(&mut lab, order);
    lab.finish()?;
    let (request, watched, mut names, repeats) = gone_through?;
    let holds = |text: &str| !lab.slots_in(text).is_empty();
    let steps = watched.steps.iter().map(|(step, view)| TraceStep {
        number: step.number,
        name: step.name.clone(),
        call: without_secrets(&names.call(step), &holds),
        umask: step.umask.map(octal),
        thread: step.thread,
        mode: view.target.as_ref().map(Node::mode_string),
        others: others(view),
        windows: holders(view),
    });
    let steps = steps.collect();
    Ok(Trace {
        store,
        version: hello.version,
        place: order.place.to_string(),
        umask: octal(order.umask),
        home: octal(order.home),
        tier: tier.to_string(),
        predicted: tier == Tier::Predicted,
        operation: order.operation,
        answer: without_secrets(&answer(order.operation, &watched), &holds),
        call: request.call,
        exhaustive: repeats,
        principals: lab.others().iter().map(ToString::to_string).collect(),
        before: holders(&watched.before),
        steps,
        started: started(&watched, &names, &holds),
    })
}

/// Makes the state that the operation begins in, and goes through it: twice for its steps, and once with everybody watching.
fn go_through(lab: &mut Lab<'_>, order: &TraceOrder) -> Flow<(Request, Watched, Names, bool)> {
    let shape = Shape::least();
    let request = match order.operation {
        Traceable::Save | Traceable::Update => Request::save(lab, ID, NEW, &shape),
        Traceable::Load => Request::load(ID),
        Traceable::Delete => Request::delete(ID),
    };
    if order.operation != Traceable::Save {
        lab.must_save(ID, OLD, &shape)?;
    }
    // Each begins in a process of its own, as with tools that end after every operation.
    lab.restart()?;
    let rehearsal = lab.rehearse(&request)?;
    let watched = lab.watch(&request)?;
    let repeats = rehearsal.repeats && rehearsal.steps.len() == watched.steps.len();
    Ok((request, watched, rehearsal.names.fresh(), repeats))
}

fn answer(operation: Traceable, watched: &Watched) -> String {
    match &watched.answer {
        Ok(Ok(ok)) if operation == Traceable::Load => match ok.get("absent") {
            Some(absent) if absent.as_bool() == Some(true) => "absent".into(),
            _ => "a session".into(),
        },
        Ok(Ok(_)) => "ok".into(),
        Ok(Err(failure)) => format!("err {failure}"),
        Err(seen) => format!("{}: {}", seen.word(), seen.clause()),
    }
}

fn others(view: &View) -> Vec<TraceOther> {
    let other = |(who, access, secret): &(Principal, crate::prober::Access, bool)| TraceOther {
        principal: who.to_string(),
        access: access.letters(),
        secret: *secret,
    };
    view.by.iter().map(other).collect()
}

fn holders(view: &View) -> Vec<Holder> {
    let by_path = |who: &Principal| view.secrets.iter().any(|(other, _)| other == who);
    let holder = |who: Principal| Holder { principal: who.to_string(), kept: !by_path(&who) };
    view.who_has_secret().into_iter().map(holder).collect()
}

/// The programs that were started; looking for one along PATH is several calls and one program.
fn started(watched: &Watched, names: &Names, holds: &dyn Fn(&str) -> bool) -> Vec<Vec<String>> {
    let text = |argument: &Vec<u8>| {
        let text = String::from_utf8_lossy(argument);
        match holds(&text) {
            true => SECRET.to_owned(),
            false => names.path(Path::new(&*text)),
        }
    };
    let mut started: Vec<Vec<String>> =
        watched.started.iter().map(|argv| argv.iter().map(text).collect()).collect();
    started.dedup();
    started
}

/// The text with each word, name or argument that holds a secret replaced.
fn without_secrets(text: &str, holds: &dyn Fn(&str) -> bool) -> String {
    if !holds(text) {
        return text.to_owned();
    }
    let between = |c: char| matches!(c, '"' | '/' | ' ' | ',' | '(' | ')' | '=');
    let mut shown = String::new();
    for piece in text.split_inclusive(between) {
        let word = piece.trim_end_matches(between);
        match !word.is_empty() && holds(word) {
            true => shown += &format!("{SECRET}{}", &piece[word.len()..]),
            false => shown.push_str(piece),
        }
    }
    // What is only a secret as a whole is not printed at all.
    match holds(&shown) {
        true => format!("{}({SECRET})", text.split('(').next().unwrap_or_default()),
        false => shown,
    }
}

fn octal(bits: u16) -> String {
    format!("{bits:04o}")
}

#[cfg(test)]
mod tests {
    use super::{Traceable, without_secrets};

    #[test]
    fn what_holds_a_secret_is_not_printed() {
        let holds = |text: &str| text.contains("CANARY");
        let hide = |text: &str| without_secrets(text, &holds);
        assert_eq!(hide(r#"openat("~/alpha", O_RDONLY)"#), r#"openat("~/alpha", O_RDONLY)"#);
        assert_eq!(
            hide(r#"openat("~/x-CANARY.json/a", O_RDONLY)"#),
            r#"openat("~/<secret>/a", O_RDONLY)"#
        );
        assert_eq!(
            hide(r#"execve("/bin/sh", ["sh", "--token=CANARY"])"#),
            r#"execve("/bin/sh", ["sh", "--token=<secret>"])"#
        );
        // A search that reads through separators, as one for base64 does.
        let across = |text: &str| text.replace('/', "").contains("CANARY");
        assert_eq!(without_secrets(r#"mkdir("CAN/ARY")"#, &across), "mkdir(<secret>)");
    }

    #[test]
    fn operations_are_read_as_they_are_written() {
        for one in Traceable::ALL {
            assert_eq!(one.as_str().parse(), Ok(one));
        }
        let error = "sve".parse::<Traceable>().unwrap_err();
        assert!(error.contains("save, update, load, delete"), "{error}");
    }
}
