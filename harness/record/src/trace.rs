//! The record of a trace: every step of one operation, and who had what after it.

use serde::{Deserialize, Serialize};

use crate::{Access, AnswerEvent, Workload};

/// The version of the layout of [`Traces`]; a reader refuses a later one.
pub const TRACE_FORMAT: u32 = 2;

/// What `interloper trace` shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Traces {
    /// [`TRACE_FORMAT`].
    pub format: u32,
    /// The version of Interloper.
    pub interloper: String,
    /// The operations, in the order in which they were asked for.
    pub traces: Vec<Trace>,
}

/// One operation, step by step.
///
/// Secrets are not in it: what holds one is written `<secret>`. Names that are made up anew each time are written `<new#1>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Trace {
    /// The name the store was asked for by.
    pub store: String,
    /// The version its driver answered.
    pub version: String,
    /// The setup: `default`, `file` or `dir`.
    pub setup: String,
    /// The umask the store was given, in octal: `0022`.
    pub umask: String,
    /// The mode of the home directory, in octal.
    pub home: String,
    /// How other users were played: `namespaces`, `uids` or `predicted`.
    pub tier: String,
    /// Whether what others could do was computed from modes instead of tried.
    pub predicted: bool,
    /// The operation.
    pub operation: Workload,
    /// What was asked, as a call: `save("alpha", {one secret})`.
    pub call: String,
    /// The answer.
    pub answer: AnswerEvent,
    /// Whether every run of the operation has these steps, as far as two runs can tell, and these alone change what is in the sandbox.
    pub exhaustive: bool,
    /// What changed without a step, where something did: another process than the one that serves works for the store.
    #[serde(default)]
    pub unseen: Option<String>,
    /// The other principals, in the order of the columns.
    pub principals: Vec<String>,
    /// Who had a secret before the first step.
    pub before: Vec<Holder>,
    /// The steps.
    pub steps: Vec<TraceStep>,
    /// The step that makes the difference to a load; nothing where there is none.
    #[serde(default)]
    pub commit: Option<Commit>,
    /// The programs that were started, each with its arguments.
    pub started: Vec<Vec<String>>,
}

/// The step after which a load by a new process gives what it gives when all is over, and before which it does not.
///
/// Where that comes and goes there are several such steps, and this is one of them: what a load gives was tried on both its sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Commit {
    /// Its number.
    pub step: u32,
    /// What a load gives before it: `the old session`, `absent`, `err corrupt`.
    pub before: String,
    /// What a load gives after it, and when all is over.
    pub after: String,
    /// In how many loads it was found.
    pub loads: usize,
}

/// A step, and what others could do after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TraceStep {
    /// Its number, from 1.
    pub number: u32,
    /// The call's name: `openat`.
    pub name: String,
    /// The call: `openat("~/alpha.json", O_WRONLY|O_CREAT, 0666)`.
    pub call: String,
    /// The umask in force, in octal, where the call makes something.
    pub umask: Option<String>,
    /// The process that made it, by the order in which they came: 1 is the first.
    pub thread: u32,
    /// The mode afterwards of what the call is about, as `ls -l` prints it; nothing where that is not there.
    pub mode: Option<String>,
    /// What others could do with that; nobody where it was not tried: it is gone, or was there before the store was.
    pub others: Vec<Access>,
    /// Who has a secret after the step, whatever the call is about: the windows that are open.
    pub windows: Vec<Holder>,
}

/// Somebody who has a secret that is not theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Holder {
    /// Who.
    pub principal: String,
    /// Whether only through a descriptor that was opened at an earlier moment: no path leads them to it any more.
    pub kept: bool,
}
