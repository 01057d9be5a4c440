//! Events of a case: typed, so that nobody has to read a sentence to know.
//!
//! [`describe`](crate::describe) makes the sentences of reports from these.

use serde::{Deserialize, Serialize};

/// Something that happened in a case; a finding's story is a list of them, in the order in which they happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "event", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Event {
    /// A request to the store, and its answer.
    Operation(OperationEvent),
    /// A system call of the store that reached the sandbox's writable directories.
    Step(StepEvent),
    /// Steps in a row that changed nothing for anybody else.
    Skipped {
        /// The number of steps.
        steps: u64,
    },
    /// The access of each other principal to a file or a directory.
    Probe(ProbeEvent),
    /// An action of one of several clients at work, apart from its steps.
    Client {
        /// Which: `A` or `B`.
        client: String,
        /// The action.
        action: ClientAction,
        /// The call at which it did that, where one is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<String>,
    },
    /// An operation that was cut short: by a signal, an error, a full disk, or the loss of power.
    Interrupted {
        /// The operation: `save`.
        operation: String,
        /// The request, as a call: `save("alpha", {cookies: 1})`.
        call: String,
        /// The interruption.
        by: Interruption,
    },
    /// A change that the harness made to what the store had written.
    Damage {
        /// The change, in a clause: `~/alpha.json is cut to 12 bytes`.
        what: String,
    },
    /// A request to an application, and its answer.
    Http(HttpEvent),
    /// Something else that the harness did.
    Harness {
        /// The action, in a clause.
        did: String,
        /// The result, or the reason; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        outcome: String,
    },
}

/// A request to the store, and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OperationEvent {
    /// Which of several clients sent it: `A` or `B`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The operation: `save`.
    pub operation: String,
    /// The request, as a call: `save("alpha", {cookies: 1})`.
    pub call: String,
    /// The answer.
    pub answer: AnswerEvent,
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "status", rename_all = "kebab-case", deny_unknown_fields)]
pub enum AnswerEvent {
    /// It was done.
    Ok,
    /// It was done, and this is the session's id now.
    Id {
        /// The id, shortened if it is long.
        id: String,
    },
    /// A session.
    Session,
    /// There is no such session.
    Absent,
    /// An error.
    Error {
        /// Its kind, as the protocol names it: `denied`.
        kind: String,
        /// The store's message, shortened; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        message: String,
    },
    /// None: the driver died, hung, or broke the protocol.
    None {
        /// Which of these: `crash`, `hang`, `protocol`.
        failure: String,
        /// The observation, in a clause.
        seen: String,
    },
}

impl AnswerEvent {
    /// Returns the answer's kind, which is the same in every run of a case.
    pub fn word(&self) -> String {
        match self {
            AnswerEvent::Ok | AnswerEvent::Id { .. } => "ok".to_owned(),
            AnswerEvent::Session => "a session".to_owned(),
            AnswerEvent::Absent => "absent".to_owned(),
            AnswerEvent::Error { kind, .. } => format!("err {kind}"),
            AnswerEvent::None { failure, .. } => failure.clone(),
        }
    }
}

/// A request to an application by one of several people, and its answer.
///
/// Values of cookies are not in it: each has a number, so that the same value has the same number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HttpEvent {
    /// Who: `victim`, `attacker` or `bystander`.
    pub actor: String,
    /// The method and the target: `POST /login`.
    pub request: String,
    /// The cookies that were sent: `session=#1`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cookies: Vec<String>,
    /// The status of the answer; 0 if there was none.
    pub status: u16,
    /// What the answer set, each as it came but for its value: `session=#2; HttpOnly; Path=/`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set: Vec<String>,
    /// Whose name or value the answer shows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shows: Vec<Shown>,
}

/// Something of a person's that an answer shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// Whose: `victim`, `attacker` or `bystander`.
    pub of: String,
    /// What it is.
    pub what: ShownPart,
}

/// What an answer shows of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ShownPart {
    /// The name of the user.
    Name,
    /// The value that was kept.
    Value,
}

/// A system call of the store, and what others had after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StepEvent {
    /// Which of several clients made it: `A` or `B`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Its number within the operation, from 1.
    pub number: u32,
    /// The call: `openat("~/alpha.json", O_WRONLY|O_CREAT, 0666)`.
    pub call: String,
    /// The mode afterwards of what the call is about, as `ls -l` prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// The access of others to that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Access>,
    /// A window that the step opened or closed: steps between which somebody else had a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
}

/// A change of a window by a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Window {
    /// Nobody else had a secret before it; somebody has one after it.
    Opened,
    /// Somebody else had a secret before it; nobody has one after it.
    Closed,
}

/// The access of each other principal to a file or a directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProbeEvent {
    /// Its path; below the home directory as `~/…`.
    pub path: String,
    /// Its type and mode, as `ls -l` prints them.
    pub mode: String,
    /// The access of each.
    pub others: Vec<Access>,
}

/// The access of one principal to a file or a directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// Who.
    pub principal: String,
    /// The letters: `r` read, `w` write, `l` list, `c` create in it, `x` remove or replace; `-` nothing.
    pub access: String,
    /// Whether there was a secret in what it read.
    pub secret: bool,
}

/// An action of a client apart from its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ClientAction {
    /// It sleeps in a call that another client can end.
    Waits,
    /// It makes the same call again and again.
    Retries,
    /// The harness killed it.
    Killed,
}

/// The way in which an operation was cut short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Interruption {
    /// By what.
    pub how: InterruptionKind,
    /// The place and manner, in a clause: `killed before write(…)`.
    pub clause: String,
}

impl Interruption {
    /// Makes an interruption of a kind; the clause says where and how.
    pub fn new(how: InterruptionKind, clause: impl Into<String>) -> Interruption {
        Interruption { how, clause: clause.into() }
    }
}

/// The kinds of interruption.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum InterruptionKind {
    /// The process was killed.
    Kill,
    /// A system call was answered with an error.
    Error,
    /// A write wrote fewer bytes than it was given.
    ShortWrite,
    /// The disk, or the process's limit for files, had no room.
    NoSpace,
    /// A directory could not be written to.
    Unwritable,
    /// The power was cut: what was not synced may be lost.
    PowerCut,
}
