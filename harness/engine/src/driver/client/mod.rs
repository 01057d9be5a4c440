//! Talking to a driver: one request at a time, each with a budget.
//!
//! A driver that dies, hangs or answers nonsense is an observation, never an error of the harness. What the harness needs of it for itself
//! (`hello`, `fork`, the news of a child's end) is no operation of the store's: where that fails, it is the driver's trouble, and no finding.

mod asking;
mod ending;
mod examine;
mod patience;
mod progress;
mod server;
mod serving;
mod starting;
mod waits;
mod wire;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::time::Duration;

use interloper_driver::op::{self, Reader};
use interloper_driver::{Answer, Can, Failure, Forked, Hello, Open, Opened, TypedOp};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde::{Deserialize, Serialize};

use super::hosting::StoreSpec;
use super::spawn::{Spawned, pidfd_open};
use super::status::status;
use crate::error::{Context, Error, Result};
use crate::http::Sites;
use crate::principal::{Ids, Principal};
use crate::record::Evidence;
use crate::sandbox::Tier;
use crate::scenario::About;
use crate::stepper::{Step, Stepper};
use asking::Pending;
use progress::Budget;
use waits::Released;

pub(crate) use asking::{Next, Stepping};
pub(crate) use ending::Leave;
pub(crate) use examine::WrongChildEvent;
pub(crate) use progress::processor_time;
pub(crate) use server::{Server, end_strays};
pub(crate) use serving::{Beside, Served};

/// Budgets of a driver before it is called slow. None of them passes faster on a busy machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Budget for `hello` and `fork`: the runtime starts and imports, and a process is copied.
    start: Budget,
    /// Budget for each operation, beyond ten times the processor time that its start took.
    operation: Budget,
    /// Budget for closing the store and exiting.
    close: Budget,
}

impl Default for Limits {
    fn default() -> Limits {
        let budget = |cpu, asleep| Budget {
            cpu: Duration::from_secs(cpu),
            asleep: Duration::from_secs(asleep),
        };
        Limits {
            start: budget(60, 15),
            operation: budget(3, 6),
            close: Budget { asleep: Duration::from_millis(200), ..budget(5, 0) },
        }
    }
}

/// Behaviour of a driver in place of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Observation {
    /// It died.
    Crash(String),
    /// It did not answer in time.
    Hang(String),
    /// It answered something that is not of the protocol.
    Protocol(String),
    /// The machine gave it no time, or it failed at what the harness needs for itself: no finding, and the case is run again.
    Trouble(String),
}

impl Observation {
    /// Returns the word that stands for it.
    pub fn word(&self) -> &'static str {
        match self {
            Observation::Crash(_) => "crash",
            Observation::Hang(_) => "hang",
            Observation::Protocol(_) => "protocol",
            Observation::Trouble(_) => "trouble",
        }
    }

    /// Returns what a report says of it about a store, in a sentence that can go on.
    pub fn sentence(&self) -> &'static str {
        self.sentence_about(About::Store)
    }

    /// Returns what a report says of it about a subject of a kind, in a sentence that can go on.
    pub fn sentence_about(&self, about: About) -> &'static str {
        match (self, about) {
            (Observation::Crash(_), About::Store) => "the store crashed",
            (Observation::Crash(_), About::Application) => "the application crashed",
            (Observation::Crash(_), About::Parser) => "the parser crashed",
            // A client is a command, which its driver starts and outlives.
            (Observation::Crash(_), About::Client) => {
                "the driver of the client died, or the client killed it"
            }
            (Observation::Hang(_), About::Store) => "the store did not answer in time",
            (Observation::Hang(_), About::Application) => "the application did not answer in time",
            (Observation::Hang(_), About::Parser) => "the parser did not answer in time",
            (Observation::Hang(_), About::Client) => "the client did not end in time",
            (Observation::Protocol(_) | Observation::Trouble(_), _) => {
                "the driver answered something that is not of the protocol"
            }
        }
    }

    /// Returns the fact that a request was not answered; an empty call is the one that the story ends with.
    pub fn evidence(&self, call: impl Into<String>) -> Evidence {
        let (failure, seen) = (self.word().to_owned(), self.clause().to_owned());
        Evidence::NoAnswer { after: String::new(), call: call.into(), failure, seen }
    }

    /// Returns the observation as a clause.
    pub fn clause(&self) -> &str {
        match self {
            Observation::Crash(what)
            | Observation::Hang(what)
            | Observation::Protocol(what)
            | Observation::Trouble(what) => what,
        }
    }
}

/// An answer whose `ok` nobody has looked at yet, or what the driver did instead.
pub(crate) type CallResult = std::result::Result<Answer, Observation>;
/// Answer of the store, or what the driver did instead.
pub(crate) type Answered<T> = std::result::Result<std::result::Result<T, Failure>, Observation>;

/// Reads what an operation was answered with.
pub(crate) fn read<T>(called: CallResult, word: &str, reader: Reader<T>) -> Answered<T> {
    let answer = called?;
    match (answer.ok, answer.err) {
        (Some(ok), _) => reader(ok).map(Ok).map_err(|mistyped| {
            Observation::Protocol(format!("{word} was answered with {mistyped}"))
        }),
        (None, failure) => Ok(Err(failure.unwrap_or_else(Failure::unsupported))),
    }
}

/// Upper limit of a driver's output that is kept for one case, in bytes; the rest is read and dropped.
const OUTPUT_LIMIT: usize = 64 << 10;

/// A driver's process, and the forked child that serves the current case where it can fork.
pub(crate) struct Driver {
    spec: StoreSpec,
    tier: Tier,
    ids: Ids,
    principal: Principal,
    limits: Limits,
    /// Flag that the harness answers what it asks the kernel for.
    answered: bool,
    spawned: Spawned,
    process: OwnedFd,
    /// Stepper that holds its calls.
    stepper: Option<Stepper>,
    /// Whether the request under way is stepped.
    stepping: bool,
    /// The step it is held at.
    held: Option<Step>,
    /// Call that it was released into.
    released: Released,
    /// The request under way.
    pending: Option<Pending>,
    case: Option<Case>,
    next: u64,
    /// Bytes of an answer that has not ended.
    partial: Vec<u8>,
    lines: VecDeque<Vec<u8>>,
    /// Answer to `hello`; `None` before it came.
    hello: Option<Hello>,
    /// Seconds by which its clock is ahead of the harness's, if it said what time it is.
    ahead: Option<i64>,
    /// Bytes that the driver wrote to its standard output and error during this case.
    pub(crate) output: Vec<u8>,
    /// Pipes that the driver has closed, of answers, stdout and stderr: a closed pipe is always "ready".
    closed: [bool; 3],
    dead: bool,
    /// The process that takes over when this one has ended, where it cannot fork: it starts while this one works.
    next_process: Option<Box<Driver>>,
    /// Processor time for an operation, if a caller has less patience than that.
    patience: Option<Duration>,
    /// Hashes of the places of the store's code that its answers named since they were last asked for.
    ran: Vec<u64>,
    /// Time that it slept on timers and ran in long requests, since it was last asked for.
    used: Duration,
    /// The sites that are served while its answer is waited for.
    sites: Option<Rc<RefCell<Sites>>>,
}

struct Case {
    pid: i32,
    process: OwnedFd,
}

impl Driver {
    /// Returns the driver's answer to `hello`.
    pub(crate) fn hello(&self) -> Option<&Hello> {
        self.hello.as_ref()
    }

    /// Returns whether its process serves one case and ends: it cannot fork, or is not asked to, because a child names itself by a number
    /// that it was given.
    pub(crate) fn serves_once(&self) -> bool {
        self.answered || !self.can(Can::Fork)
    }

    fn can(&self, can: Can) -> bool {
        self.hello.as_ref().is_some_and(|hello| hello.driver_can(can))
    }

    /// Returns the processor time and the time asleep of long requests since the last call.
    pub(crate) fn take_used(&mut self) -> Duration {
        std::mem::take(&mut self.used)
    }

    /// Returns the places of the store's code that its answers named since the last call.
    pub(crate) fn take_ran(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.ran)
    }

    /// Returns the seconds by which its clock is ahead of the harness's, if it said what time it is.
    pub(crate) fn ahead(&self) -> Option<i64> {
        self.ahead
    }

    /// Returns whether it has ended, or was ended, and must be started again.
    pub(crate) fn is_dead(&self) -> bool {
        // Another driver of the same principal may have been ended with everything that runs as it.
        let mut fds = [PollFd::new(self.process.as_fd(), PollFlags::POLLIN)];
        self.dead || poll(&mut fds, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
    }

    /// Returns the process that was started, which is a child of the supervisor.
    pub(crate) fn host_pid(&self) -> i32 {
        self.spawned.child.id() as i32
    }

    /// Returns the children of the supervisor that are this driver's: its process, and the one that takes over.
    pub(crate) fn host_pids(&self) -> Vec<i32> {
        let own = (!self.dead).then(|| self.host_pid());
        own.into_iter().chain(self.next_process.as_ref().map(|next| next.host_pid())).collect()
    }

    /// Returns the process that serves the current case.
    pub(crate) fn pid(&self) -> i32 {
        self.case.as_ref().map_or(self.spawned.child.id() as i32, |case| case.pid)
    }

    /// Begins a case: forks where the driver can.
    ///
    /// # Errors
    /// What went wrong: trouble of the driver's, since a fork is the harness's need and no operation of the store.
    pub(crate) fn begin(&mut self) -> std::result::Result<(), String> {
        self.output.clear();
        if let Some(stepper) = &mut self.stepper {
            stepper.begin_case();
        }
        if self.serves_once() {
            return Ok(());
        }
        let pid = match self.exchange(op::Fork {}, self.limits.start) {
            Ok(Ok(Forked { pid })) => pid,
            Ok(Err(failure)) => return Err(format!("fork was answered with {failure}")),
            Err(seen) => return Err(seen.clause().to_owned()),
        };
        // A pid is a claim: killing what a driver names would let it choose a victim.
        let claims = |pid| -> Result<(OwnedFd, bool)> {
            let process = pidfd_open(pid).doing("watch the driver's child")?;
            let status = status(pid)?;
            let is_child =
                status.parent == self.spawned.child.id() as i32 && status.uid == self.uid();
            Ok((process, is_child))
        };
        match claims(pid) {
            Ok((process, true)) => {
                self.case = Some(Case { pid, process });
                Ok(())
            }
            _ => Err(format!("fork was answered with {pid}, which is not its child")),
        }
    }

    fn uid(&self) -> u32 {
        self.ids.of(self.principal).uid
    }

    /// Opens the store, and checks that the umask is what was asked for.
    pub(crate) fn open(&mut self, open: Open) -> Result<Answered<Opened>> {
        let asked = open.umask;
        let called = self.call(open);
        if matches!(called, Ok(Ok(_))) && self.can(Can::Umask) {
            let umask = status(self.pid()).ok().and_then(|status| status.umask);
            if let Some(umask) = umask.filter(|umask| *umask != asked) {
                return Err(Error::Untrustworthy(format!(
                    "the driver of {} was asked for umask {asked} and has {umask}; set it before anything else in `open`",
                    self.spec.name
                )));
            }
        }
        Ok(called)
    }

    /// Asks for one operation.
    pub(crate) fn call<O: TypedOp>(&mut self, op: O) -> Answered<O::Answer> {
        let budget = self.limits.operation;
        let cpu = self.patience.map_or(budget.cpu, |patience| patience.min(budget.cpu));
        self.exchange(op, Budget { cpu, ..budget })
    }

    /// Sets the processor time that an operation may use; `None` for all that it has otherwise.
    pub(crate) fn set_patience(&mut self, patience: Option<Duration>) {
        self.patience = patience;
    }
}
