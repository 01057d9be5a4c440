//! Showing one operation step by step, as every other principal sees it.

use interloper_driver::{LoadAnswer, OkAnswer, SetupName, Umask};
use serde::{Deserialize, Serialize};

mod commit;

use crate::driver::Leave;
use crate::lab::{
    Abort, CaseResult, Completion, Lab, NameNormalizer, OperationTrace, Request, Setting, View,
    no_answer,
};
use crate::plan::{Plan, Profile};
use crate::principal::Principal;
use crate::record::Workload;
use crate::record::{Access, AnswerEvent, Commit, Holder, Trace, TraceStep};
use crate::sandbox::Tier;
use crate::shape::Shape;
use crate::tree::Node;
use crate::worker_state::WorkerState;
use crate::workload::workloads_of;

/// Seed of the secrets: the same trace has the same ones, so that lengths compare.
const SEED: u64 = 1;
/// Mark for a secret.
const SECRET: &str = "<secret>";

/// Operation that is to be traced, and its setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceOrder {
    /// Setup of the store, by its name.
    pub setup: SetupName,
    /// Under which umask it runs.
    pub umask: Umask,
    /// The mode of the owner's home.
    pub home: u16,
    /// The operation.
    pub operation: Workload,
}

/// Goes through an operation, and records each step with what others could do after it.
pub(crate) fn trace(worker: &mut WorkerState, order: &TraceOrder) -> CaseResult<Trace> {
    let hello = worker.hello(Principal::Owner)?.clone();
    let Some(setup) = hello.setup(&order.setup) else {
        return Err(Abort::Unsupported(format!("the store has no setup {}", order.setup)));
    };
    if !workloads_of(&hello).contains(&order.operation) {
        return Err(Abort::Unsupported(format!("the store cannot {}", order.operation)));
    }
    worker.can_step(Principal::Owner).map_err(Abort::cannot_step)?;
    let (store, tier) = (worker.spec().name.clone(), worker.tier());
    let setting = Setting {
        umask: order.umask,
        home: order.home,
        setup: setup.clone(),
        run_as: Principal::Owner,
    };
    let plan = Plan { seed: SEED, profile: Profile::Quick, umasks: Vec::new(), cases: None };
    let mut lab = Lab::new(worker, setting, &plan, SEED)?;
    lab.hold_calls();
    let gone_through = go_through(&mut lab, order);
    lab.finish(Leave::Close)?;
    let GoneThrough { request, watched, answer, mut names, repeats, unseen, commit } =
        gone_through?;
    let holds = |text: &str| !lab.slots_in(text).is_empty();
    let steps = watched.steps.iter().map(|(step, view)| TraceStep {
        number: step.number,
        name: step.name.clone(),
        call: without_secrets(&names.call(step), &holds),
        umask: step.umask.map(|umask| umask.to_string()),
        thread: step.thread,
        mode: view.target.as_ref().map(Node::mode_string),
        others: others(view),
        windows: holders(view),
    });
    let steps = steps.collect();
    Ok(Trace {
        store,
        version: hello.version,
        setup: order.setup.to_string(),
        umask: order.umask.to_string(),
        home: format!("{:04o}", order.home),
        tier: tier.to_string(),
        predicted: tier == Tier::Predicted,
        operation: order.operation,
        answer: answer_without_secrets(answer, &holds),
        call: request.call,
        exhaustive: repeats && unseen.is_none(),
        unseen,
        principals: lab.others().iter().map(ToString::to_string).collect(),
        before: holders(&watched.before),
        steps,
        commit,
        started: started(&watched, &names, &holds),
    })
}

/// An operation that was gone through.
struct GoneThrough {
    request: Request,
    watched: OperationTrace,
    answer: AnswerEvent,
    names: NameNormalizer,
    /// Whether two runs have the same steps.
    repeats: bool,
    /// Change that no step explains.
    unseen: Option<String>,
    commit: Option<Commit>,
}

/// Makes the state that the operation begins in, and goes through it: twice for its steps, once for what loads give between them where
/// they are the same each time, and once with everybody watching.
fn go_through(lab: &mut Lab<'_>, order: &TraceOrder) -> CaseResult<GoneThrough> {
    let shape = Shape::least();
    let request = lab.workload_request(order.operation, &shape);
    lab.prepare_workload(order.operation, &shape)?;
    let rehearsal = lab.rehearse(&request)?;
    let commit = match rehearsal.repeats {
        true => commit::commit(lab, order.operation, &request, &shape)?,
        false => None,
    };
    let (watched, ending) = lab.watch(&request)?;
    let repeats = rehearsal.repeats && rehearsal.steps.len() == watched.steps.len();
    let answer = answer(&ending);
    let unseen = rehearsal.unseen.or_else(|| watched.unseen.clone());
    Ok(GoneThrough { request, watched, answer, names: rehearsal.names, repeats, unseen, commit })
}

fn answer(ending: &Completion) -> AnswerEvent {
    match &ending.0 {
        Ok(Ok(OkAnswer::Load(LoadAnswer::Absent))) => AnswerEvent::Absent,
        Ok(Ok(OkAnswer::Load(LoadAnswer::Session(_)))) => AnswerEvent::Session,
        Ok(Ok(_)) => AnswerEvent::Ok,
        Ok(Err(failure)) => {
            AnswerEvent::Error { kind: failure.kind.to_string(), message: failure.message.clone() }
        }
        Err(seen) => no_answer(seen),
    }
}

fn answer_without_secrets(answer: AnswerEvent, holds: &dyn Fn(&str) -> bool) -> AnswerEvent {
    match answer {
        AnswerEvent::Error { kind, message } => {
            AnswerEvent::Error { kind, message: without_secrets(&message, holds) }
        }
        AnswerEvent::None { failure, seen } => {
            AnswerEvent::None { failure, seen: without_secrets(&seen, holds) }
        }
        other => other,
    }
}

fn others(view: &View) -> Vec<Access> {
    let other = |(who, access, secret): &(Principal, crate::access::Access, bool)| Access {
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

/// Returns the programs that were started; looking for one along PATH is several calls and one program.
fn started(
    watched: &OperationTrace,
    names: &NameNormalizer,
    holds: &dyn Fn(&str) -> bool,
) -> Vec<Vec<String>> {
    let text = |argument: &Vec<u8>| {
        let text = String::from_utf8_lossy(argument);
        match holds(&text) {
            true => SECRET.to_owned(),
            false => names.text(&text),
        }
    };
    let mut started: Vec<Vec<String>> =
        watched.started.iter().map(|argv| argv.iter().map(text).collect()).collect();
    started.dedup();
    started
}

/// Returns the text with each word, name or argument that holds a secret replaced.
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

#[cfg(test)]
mod tests {
    use super::without_secrets;

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
}
