//! The sentences that reports make of events and evidence. Nothing reads them back.

mod evidence;

use crate::event::{
    Access, AnswerEvent, ClientAction, Event, HttpEvent, OperationEvent, ProbeEvent, ShownPart,
    StepEvent, Window,
};
use crate::{Attempt, AttemptKind, Coverage, Secret, Tried};

pub use evidence::evidence;

/// An event as a report prints it: one line, in columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The action: `save("alpha")`, or what the harness did.
    pub did: String,
    /// The result: `ok`, `err denied`, `-rw-r--r--`.
    pub result: String,
    /// Access of others after it, each with the principal's name: `stranger`, `r`.
    pub others: Vec<(String, String)>,
    /// The mark at the end: `secret readable`.
    pub mark: Option<String>,
    /// Whether it is a system call within an operation, whose line may be long.
    pub is_step: bool,
}

/// Returns the line that stands for an event.
pub fn line(event: &Event) -> Line {
    match event {
        Event::Operation(OperationEvent { client, call, answer, .. }) => Line {
            did: of_client(client.as_deref(), call),
            result: self::answer(answer),
            ..Line::default()
        },
        Event::Step(step) => step_line(step),
        Event::Skipped { steps } => Line {
            did: format!("  … {steps} {}", if *steps == 1 { "step" } else { "steps" }),
            ..Line::default()
        },
        Event::Probe(ProbeEvent { path, mode, others }) => Line {
            did: format!("  {path}"),
            result: mode.clone(),
            others: columns(others),
            mark: others.iter().any(|one| one.secret).then(|| "secret readable".to_owned()),
            is_step: false,
        },
        Event::Client { client, action, at } => {
            let what = match action {
                ClientAction::Waits => "waits",
                ClientAction::Retries => "tries again and again",
                ClientAction::Killed => "is killed",
            };
            let at = at.as_ref().map_or_else(String::new, |at| format!(" {at}"));
            Line { did: format!("{client} {what}{at}"), ..Line::default() }
        }
        Event::Interrupted { call, by, .. } => {
            Line { did: call.clone(), result: by.clause.clone(), ..Line::default() }
        }
        Event::Damage { what } => Line { did: what.clone(), ..Line::default() },
        Event::Http(http) => Line {
            did: format!("{} {}", http.actor, sent(http)),
            result: answered(http),
            ..Line::default()
        },
        Event::Harness { did, outcome } => {
            Line { did: did.clone(), result: outcome.clone(), ..Line::default() }
        }
    }
}

fn of_client(client: Option<&str>, call: &str) -> String {
    client.map_or_else(|| call.to_owned(), |client| format!("{client} {call}"))
}

fn step_line(step: &StepEvent) -> Line {
    let StepEvent { client, number, call, mode, others, window } = step;
    let did = match client {
        Some(client) => format!("{client} step {number} {call}"),
        None => format!("  step {number}  {call}"),
    };
    Line {
        did,
        result: mode.clone().unwrap_or_default(),
        others: columns(others),
        mark: window.map(|window| {
            match window {
                Window::Opened => "secret readable",
                Window::Closed => "closed",
            }
            .to_owned()
        }),
        is_step: client.is_none(),
    }
}

fn columns(others: &[Access]) -> Vec<(String, String)> {
    others.iter().map(|one| (one.principal.clone(), one.access.clone())).collect()
}

/// Returns an answer in words: `ok`, `err denied: the message`.
pub fn answer(answer: &AnswerEvent) -> String {
    match answer {
        AnswerEvent::Id { id } => format!("ok: {id}"),
        AnswerEvent::Error { message, .. } if !message.is_empty() => {
            format!("{}: {message}", answer.word())
        }
        AnswerEvent::None { seen, .. } => format!("{}: {seen}", answer.word()),
        _ => answer.word(),
    }
}

/// Returns a request in words: `GET /whoami with session=#1`.
fn sent(http: &HttpEvent) -> String {
    match &http.cookies[..] {
        [] => http.request.clone(),
        cookies => format!("{} with {}", http.request, cookies.join("; ")),
    }
}

/// Returns an answer in words: `200, shows the name of victim`.
fn answered(http: &HttpEvent) -> String {
    let mut words = vec![match http.status {
        0 => "no answer".to_owned(),
        status => status.to_string(),
    }];
    words.extend(http.set.iter().map(|set| format!("sets {set}")));
    words.extend(http.shows.iter().map(|shown| {
        let what = match shown.what {
            ShownPart::Name => "name",
            ShownPart::Value => "value",
        };
        format!("shows the {what} of {}", shown.of)
    }));
    words.join(", ")
}

/// Returns a sentence for each kind of thing that was tried in part or in full.
pub fn coverage(coverage: &Coverage) -> Vec<String> {
    let steps = coverage.steps.map(|Tried { tried, known, exhaustive }| match exhaustive {
        true => format!("every step: {tried} (exhaustive)"),
        false => format!("steps: sampled {tried}/{known}"),
    });
    let schedules = coverage.schedules.map(|Tried { tried, known, exhaustive }| match exhaustive {
        true => format!("every schedule with at most two preemptions: {tried} (exhaustive)"),
        false => format!("schedules: {tried} of the {known} with at most two preemptions"),
    });
    let payloads = counted("payloads", coverage.of(AttemptKind::Payload));
    let refused = counted("refused cases", coverage.of(AttemptKind::Refused));
    payloads.into_iter().chain(refused).chain(steps).chain(schedules).collect()
}

/// Returns what was tried of a kind, the most frequent first: `payloads: a pickle 8, jsonpickle 4`.
fn counted<'c>(kind: &str, attempts: impl Iterator<Item = &'c Attempt>) -> Option<String> {
    let mut attempts: Vec<&Attempt> = attempts.collect();
    attempts.sort_by_key(|attempt| std::cmp::Reverse(attempt.count));
    let words: Vec<String> =
        attempts.iter().map(|attempt| format!("{} {}", attempt.what, attempt.count)).collect();
    (!words.is_empty()).then(|| format!("{kind}: {}", words.join(", ")))
}

/// Returns where a secret is, in a clause: `secret 3 at byte 233, base64 in zlib`.
pub fn secret(secret: &Secret) -> String {
    let Secret { number, offset, encoding } = secret;
    let encoding = if encoding.is_empty() { String::new() } else { format!(", {encoding}") };
    format!("secret {number} at byte {offset}{encoding}")
}
