//! Talking to a driver: one request at a time, each with a deadline.
//!
//! A driver that dies, hangs or answers nonsense is an observation, never an error of the harness.

mod asking;
mod waits;
mod wire;

use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use interloper_driver::{Answer, Can, ChildEvent, Hello, Op, Open, PROTOCOL};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use super::clock::unix_seconds;
use super::hosting::StoreSpec;
use super::spawn::{Seat, Spawned, pidfd_open, pidfd_send_signal, spawn};
use super::status::{own_children, status};
use crate::error::{Context, Error, Result};
use crate::principal::{Ids, Principal};
use crate::prober::kill_all_of;
use crate::sandbox::{Layout, Tier};
use crate::stepper::{Backend, Hold, Listener, Reach, Step, Stepper, Tracer, reap, reap_threads};
use asking::Pending;
use waits::LetGo;

pub(crate) use asking::{Next, Stepping};

/// How long a driver may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Limits {
    /// For `hello`: the runtime starts and imports.
    pub(crate) start: Duration,
    /// For each operation.
    pub(crate) operation: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { start: Duration::from_secs(30), operation: Duration::from_secs(5) }
    }
}

/// What a driver did instead of answering.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Observation {
    /// It died.
    Crash(String),
    /// It did not answer in time.
    Hang(String),
    /// It answered something that is not of the protocol.
    Protocol(String),
}

impl Observation {
    /// The word that stands for it.
    pub fn word(&self) -> &'static str {
        match self {
            Observation::Crash(_) => "crash",
            Observation::Hang(_) => "hang",
            Observation::Protocol(_) => "protocol",
        }
    }

    /// What was seen, in a clause.
    pub fn clause(&self) -> &str {
        match self {
            Observation::Crash(what) | Observation::Hang(what) | Observation::Protocol(what) => {
                what
            }
        }
    }
}

/// An answer, or what the driver did instead.
pub(crate) type Called = std::result::Result<Answer, Observation>;

/// How much of a driver's output is kept for one case, in bytes; the rest is read and dropped.
const OUTPUT_LIMIT: usize = 64 << 10;

/// A driver's process, and the forked child that serves the current case where it can fork.
pub(crate) struct Driver {
    spec: StoreSpec,
    tier: Tier,
    ids: Ids,
    principal: Principal,
    limits: Limits,
    spawned: Spawned,
    process: OwnedFd,
    /// Where its calls are held.
    stepper: Option<Stepper>,
    /// Whether the request under way is stepped.
    stepping: bool,
    /// The step it is held at.
    held: Option<Step>,
    /// What it was let go into.
    let_go: LetGo,
    /// The request under way.
    pending: Option<Pending>,
    case: Option<Case>,
    next: u64,
    /// Bytes of an answer that has not ended.
    partial: Vec<u8>,
    lines: VecDeque<Vec<u8>>,
    hello: Hello,
    /// How far its clock is ahead of the harness's, in seconds, where it said what time it is.
    ahead: Option<i64>,
    /// What the driver wrote to its standard output and error during this case.
    pub(crate) output: Vec<u8>,
    /// Which of answers, stdout and stderr the driver has closed: a closed pipe is always "ready".
    closed: [bool; 3],
    dead: bool,
}

struct Case {
    pid: i32,
    process: OwnedFd,
}

impl Driver {
    /// Starts a driver and asks what it is.
    pub(crate) fn start(
        spec: &StoreSpec,
        tier: Tier,
        layout: &Layout,
        ids: &Ids,
        seat: Seat,
        limits: Limits,
    ) -> Result<Driver> {
        let mut spawned = spawn(spec, tier, layout, ids, seat)?;
        let stepper = match spawned.entrance.take() {
            Some(socket) => match step(&socket, spawned.child.id() as i32, layout, seat) {
                Ok(stepper) => Some(stepper),
                Err(error) => {
                    let _ = spawned.child.kill().and_then(|()| spawned.child.wait());
                    return Err(error);
                }
            },
            None => None,
        };
        for fd in [&spawned.requests, &spawned.answers, &spawned.stdout, &spawned.stderr] {
            fcntl(fd, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).doing("set a pipe up")?;
        }
        let process = pidfd_open(spawned.child.id() as i32).doing("watch the driver")?;
        let mut driver = Driver {
            spec: spec.clone(),
            tier,
            ids: ids.clone(),
            principal: seat.principal,
            limits,
            spawned,
            process,
            stepper,
            stepping: false,
            held: None,
            let_go: LetGo::default(),
            pending: None,
            case: None,
            next: 0,
            partial: Vec::new(),
            lines: VecDeque::new(),
            hello: Hello::new("", ""),
            ahead: None,
            output: Vec::new(),
            closed: [false; 3],
            dead: false,
        };
        let answer = driver.exchange(Op::Hello { protocol: PROTOCOL }, limits.start);
        driver.hello = match answer {
            Ok(Answer { ok: Some(ok), .. }) => serde_json::from_value(ok)
                .map_err(|error| driver.useless(&format!("its hello lacks something: {error}")))?,
            Ok(Answer { err: Some(failure), .. }) => {
                return Err(driver.useless(&format!("it answered hello with {failure}")));
            }
            Ok(_) => return Err(driver.useless("its hello has neither ok nor err")),
            Err(seen) => return Err(driver.useless(seen.clause())),
        };
        // Taken out, since a hello is the same every time.
        driver.ahead = driver.hello.now.take().map(|now| now.saturating_sub(unix_seconds()));
        Ok(driver)
    }

    fn useless(&self, why: &str) -> Error {
        let words = self.last_words();
        // A crash has them in its own clause.
        let words = if why.ends_with(&words) { String::new() } else { words };
        Error::Driver(format!("{} could not be used: {why}{words}", self.spec.name))
    }

    /// What the driver said it is.
    pub(crate) fn hello(&self) -> &Hello {
        &self.hello
    }

    /// How far its clock is ahead of the harness's, in seconds, where it said what time it is.
    pub(crate) fn ahead(&self) -> Option<i64> {
        self.ahead
    }

    /// Whether it has ended, or was ended, and must be started again.
    pub(crate) fn is_dead(&self) -> bool {
        // Another driver of the same principal may have been ended with everything that runs as it.
        let mut fds = [PollFd::new(self.process.as_fd(), PollFlags::POLLIN)];
        self.dead || poll(&mut fds, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
    }

    /// The process that was started, which is a child of the supervisor.
    pub(crate) fn host_pid(&self) -> i32 {
        self.spawned.child.id() as i32
    }

    /// The process that serves the current case.
    pub(crate) fn pid(&self) -> i32 {
        self.case.as_ref().map_or(self.spawned.child.id() as i32, |case| case.pid)
    }

    /// Begins a case: forks where the driver can.
    pub(crate) fn begin(&mut self) -> std::result::Result<(), Observation> {
        self.output.clear();
        if let Some(stepper) = &mut self.stepper {
            stepper.begin_case();
        }
        if !self.hello.driver_can(Can::Fork) {
            return Ok(());
        }
        let answer = self.exchange(Op::Fork, self.limits.operation)?;
        let pid = answer
            .ok
            .as_ref()
            .and_then(|ok| ok.get("pid")?.as_i64())
            .and_then(|pid| i32::try_from(pid).ok())
            .ok_or_else(|| Observation::Protocol("fork was answered without a pid".into()))?;
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
            _ => Err(Observation::Protocol(format!(
                "fork was answered with {pid}, which is not its child"
            ))),
        }
    }

    fn uid(&self) -> u32 {
        self.ids.of(self.principal).uid
    }

    /// Opens the store, and checks that the umask is what was asked for.
    pub(crate) fn open(&mut self, open: Open) -> Result<Called> {
        let asked = u16::from_str_radix(&open.umask, 8).unwrap_or_default();
        let called = self.call(Op::Open(open));
        if called.is_ok() && self.hello.driver_can(Can::Umask) {
            let umask = status(self.pid()).ok().and_then(|status| status.umask);
            if let Some(umask) = umask.filter(|umask| *umask != asked) {
                return Err(Error::Untrustworthy(format!(
                    "the driver of {} was asked for umask {asked:04o} and has {umask:04o}; set it before anything else in `open`",
                    self.spec.name
                )));
            }
        }
        Ok(called)
    }

    /// Asks for one operation.
    pub(crate) fn call(&mut self, op: Op) -> Called {
        self.exchange(op, self.limits.operation)
    }

    /// Ends the case: whatever served it, and whatever that started, is gone afterwards.
    ///
    /// `alone` says that no other driver of its principal lives: then whatever runs as that principal may be killed.
    pub(crate) fn end(&mut self, keep: &[i32], alone: bool) -> Result<()> {
        // From here on its calls pass, so that it can say how the child ended.
        self.stepping = false;
        self.held = None;
        if let Some(case) = self.case.take() {
            pidfd_send_signal(case.process.as_fd(), Signal::SIGKILL);
            if self.sees_results() {
                reap_threads(case.pid);
            }
            if !self.wait_for_child_event() {
                self.kill(alone);
            }
        } else if !self.hello.driver_can(Can::Fork) || self.dead {
            self.kill(alone);
        }
        self.lines.clear();
        self.pending = None;
        let own = self.spawned.child.id() as i32;
        let mut rounds = 0;
        loop {
            let strays: Vec<i32> = own_children()
                .into_iter()
                .filter(|pid| (*pid != own || self.dead) && !keep.contains(pid))
                .collect();
            if strays.is_empty() {
                return Ok(());
            }
            for pid in strays {
                let _ = nix::sys::signal::kill(Pid::from_raw(pid), Signal::SIGKILL);
                reap(pid);
            }
            rounds += 1;
            if rounds > 3 {
                // Something forks faster than it is found: everything of this principal's goes at once.
                self.kill(true);
            }
        }
    }

    /// Ends the driver, where it has not ended by itself, and nothing else that runs as its principal.
    pub(crate) fn bury(mut self) {
        self.kill(false);
    }

    /// Kills the driver, and everything else that runs as its principal where it is alone.
    fn kill(&mut self, alone: bool) {
        pidfd_send_signal(self.process.as_fd(), Signal::SIGKILL);
        if alone && self.tier != Tier::Predicted && self.principal == Principal::Owner {
            let _ = kill_all_of(self.ids.of(self.principal));
        }
        if self.sees_results() {
            reap_threads(self.host_pid());
        }
        let _ = self.spawned.child.wait();
        self.dead = true;
        self.case = None;
    }

    fn wait_for_child_event(&mut self) -> bool {
        let deadline = Instant::now() + self.limits.operation;
        loop {
            while let Some(line) = self.lines.pop_front() {
                if serde_json::from_slice::<ChildEvent>(&line).is_ok_and(|e| e.event == "child") {
                    return true;
                }
            }
            if !matches!(self.wait(deadline, false), Ok(true)) {
                return false;
            }
        }
    }
}

/// Takes over what the driver's process holds its calls with.
fn step(socket: &OwnedFd, process: i32, layout: &Layout, seat: Seat) -> Result<Stepper> {
    let roots = layout.roots().into_iter().map(|root| root.path).collect();
    let reach = Reach::new(roots, layout.shown());
    let backend: Box<dyn Backend> = match seat.hold {
        Some(Hold::Trace) => Box::new(Tracer::attach(process, socket)?),
        _ => Box::new(Listener::take_over(socket)?),
    };
    Ok(Stepper::new(backend, reach, layout.home(seat.principal)))
}

impl Drop for Driver {
    fn drop(&mut self) {
        // One that is dead was waited for; others of its principal may live.
        if !self.dead {
            self.kill(true);
        }
    }
}
