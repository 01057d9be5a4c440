//! What the harness and a supervisor say to each other: a JSON object a line, on the supervisor's standard input.

use std::io::{BufRead, Write};

use interloper_driver::{Hello, SetupName};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::breach::{Breach, Examination};
use crate::driver::StoreSpec;
use crate::error::{Context, Error, Result};
use crate::plan::Plan;
use crate::record::{Changes, ScenarioResult, Trace};
use crate::runner::{Replayed, SavedInput, SearchNews, SearchOrder};
use crate::sandbox::Boot;
use crate::trace::TraceOrder;

/// The first line: how to make the sandbox, and for which store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Start {
    pub(crate) boot: Boot,
    pub(crate) spec: StoreSpec,
}

/// Request to a supervisor.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum WorkerRequest {
    /// Start the driver and say what it is.
    Hello,
    /// Run a scenario.
    Run { scenario: String, setup: SetupName, plan: Plan, changes: Changes },
    /// Keep these inputs for the scenarios that replay inputs.
    Inputs(Vec<SavedInput>),
    /// Search for inputs of a scenario.
    Search { scenario: String, setup: SetupName, order: SearchOrder },
    /// Run one case again.
    Replay { token: String, changes: Changes },
    /// Try the driver itself.
    Protocol(Examination),
    /// Show an operation step by step.
    Trace(TraceOrder),
}

/// Response of a supervisor.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum WorkerResponse {
    /// The sandbox is up and its probers can be believed.
    Ready,
    /// Answer of the driver to `hello`.
    Hello(Box<Hello>),
    /// Progress of a scenario, in cases.
    Progress { done: u64, total: u64 },
    /// How far a search is, or something that it came upon.
    Searched(Box<SearchNews>),
    /// A scenario is done.
    Done(Box<ScenarioResult>),
    /// A case was run again.
    Replayed(Box<Replayed>),
    /// An operation was shown.
    Traced(Box<Trace>),
    /// The store or the host has nothing to show.
    Untraced(String),
    /// Breaches of the protocol by the driver.
    Breaches(Vec<Breach>),
    /// The host refuses what the tier needs.
    Refused(String),
    /// The driver cannot be started, or does not say what it is.
    Unusable(String),
    /// The harness broke.
    Failed(String),
}

impl WorkerResponse {
    /// Returns the response for a request that failed.
    pub(crate) fn failed(error: &Error) -> WorkerResponse {
        match error {
            Error::Driver(why) | Error::Untrustworthy(why) => WorkerResponse::Unusable(why.clone()),
            other => WorkerResponse::Failed(other.to_string()),
        }
    }
}

pub(crate) fn send(to: &mut impl Write, message: &impl Serialize) -> Result<()> {
    let mut line = serde_json::to_vec(message)
        .map_err(|error| Error::Supervisor(format!("cannot encode a message: {error}")))?;
    line.push(b'\n');
    to.write_all(&line).doing("send a message between the harness and the sandbox supervisor")
}

/// Receives the next message; `None` if the other side has gone.
pub(crate) fn receive<M: DeserializeOwned>(from: &mut impl BufRead) -> Result<Option<M>> {
    let mut line = String::new();
    let read = from
        .read_line(&mut line)
        .doing("receive a message between the harness and the sandbox supervisor")?;
    if read == 0 {
        return Ok(None);
    }
    serde_json::from_str(&line)
        .map(Some)
        .map_err(|error| Error::Supervisor(format!("cannot decode a message: {error}")))
}
