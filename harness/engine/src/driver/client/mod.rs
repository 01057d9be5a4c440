//! Talking to a driver: one request at a time, each with a deadline.
//!
//! A driver that dies, hangs or answers nonsense is an observation, never an error of the harness.

mod waits;
mod wire;

use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use interloper_driver::{Answer, Can, ChildEvent, Hello, Op, Open, PROTOCOL, Request};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use super::hosting::StoreSpec;
use super::spawn::{Seat, Spawned, pidfd_open, pidfd_send_signal, spawn};
use super::status::{own_children, status};
use crate::error::{Context, Error, Result};
use crate::principal::{Ids, Principal};
use crate::prober::kill_all_of;
use crate::sandbox::{Layout, Tier};
use crate::stepper::{
    Backend, Hold, Listener, Reach, Release, Step, Stepper, Tracer, reap, reap_threads,
};
use waits::{LOOK, LetGo};

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

/// A request under way.
struct Pending {
    n: u64,
    word: &'static str,
    line: Vec<u8>,
    sent: usize,
}

/// Whether the calls of a request are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stepping {
    /// They pass.
    Off,
    /// They are, and the first is step 1.
    Anew,
    /// They are, and the first follows on the last of the request before.
    On,
}

/// What a driver comes to next.
#[derive(Debug)]
pub(crate) enum Next {
    /// It answered, or did something instead.
    Answered(Called),
    /// It is held at a step.
    Held(Box<Step>),
    /// It is neither: it sleeps in the call that it was let go into.
    Blocked,
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
        let asked = u32::from_str_radix(&open.umask, 8).unwrap_or_default();
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

    /// Waits for a driver that has ended by itself.
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

    fn exchange(&mut self, op: Op, patience: Duration) -> Called {
        self.send(op, Stepping::Off)?;
        match self.proceed(patience) {
            Next::Answered(called) => called,
            Next::Held(_) | Next::Blocked => {
                Err(Observation::Protocol("was held where nobody asked for it".into()))
            }
        }
    }

    /// Sends a request.
    pub(crate) fn send(
        &mut self,
        op: Op,
        stepping: Stepping,
    ) -> std::result::Result<(), Observation> {
        let word = op.word();
        let request = Request { n: self.next, op };
        self.next += 1;
        let mut line = serde_json::to_vec(&request)
            .map_err(|error| Observation::Protocol(format!("cannot be asked: {error}")))?;
        line.push(b'\n');
        self.pending = Some(Pending { n: request.n, word, line, sent: 0 });
        self.stepping = stepping != Stepping::Off;
        if let Some(stepper) = &mut self.stepper
            && stepping == Stepping::Anew
        {
            stepper.begin_operation();
        }
        Ok(())
    }

    /// Waits for the answer to what was sent, or for a step.
    pub(crate) fn proceed(&mut self, patience: Duration) -> Next {
        let deadline = Instant::now() + patience;
        let Some(mut pending) = self.pending.take() else {
            return Next::Answered(Err(Observation::Protocol("nothing was asked".into())));
        };
        let next = self.until_next(&mut pending, deadline, patience);
        match next {
            Next::Answered(_) => self.stepping = false,
            Next::Held(_) | Next::Blocked => self.pending = Some(pending),
        }
        self.let_go.asleep = 0;
        if !matches!(next, Next::Blocked) {
            self.let_go.call = None;
        }
        next
    }

    fn until_next(&mut self, pending: &mut Pending, deadline: Instant, patience: Duration) -> Next {
        loop {
            while let Some(line) = self.lines.pop_front() {
                if line.is_empty() {
                    continue;
                }
                if let Some(called) = self.read_line(&line, pending.n, pending.word) {
                    return Next::Answered(called);
                }
            }
            if let Some(step) = self.held.take() {
                return Next::Held(Box::new(step));
            }
            while pending.sent < pending.line.len() {
                match nix::unistd::write(&self.spawned.requests, &pending.line[pending.sent..]) {
                    Ok(sent) => pending.sent += sent,
                    Err(Errno::EAGAIN) => break,
                    Err(Errno::EINTR) => {}
                    Err(_) => return Next::Answered(Err(self.crashed(pending.word))),
                }
            }
            let watched = self.let_go.watched && self.let_go.call.is_some();
            let until = if watched { deadline.min(Instant::now() + LOOK) } else { deadline };
            match self.wait(until, pending.sent < pending.line.len()) {
                _ if self.is_blocked() => return Next::Blocked,
                Ok(happened) if happened || Instant::now() < deadline => {}
                Ok(_) => {
                    return Next::Answered(Err(Observation::Hang(format!(
                        "no answer to {} within {} s",
                        pending.word,
                        patience.as_secs()
                    ))));
                }
                Err(observation) => {
                    // What it said before it died still counts.
                    if self.lines.is_empty() {
                        return Next::Answered(Err(match observation {
                            Observation::Crash(_) => self.crashed(pending.word),
                            other => other,
                        }));
                    }
                }
            }
        }
    }

    /// Lets the driver go on from a step.
    pub(crate) fn release(&mut self, step: &Step, how: Release) -> Result<()> {
        self.let_go.call = step.inner.held.as_ref().map(|held| (held.thread, held.number));
        match &mut self.stepper {
            Some(stepper) => stepper.release(step, how),
            None => Ok(()),
        }
    }

    /// Whether a step comes a second time, at its end, with its result.
    pub(crate) fn sees_results(&self) -> bool {
        self.stepper.as_ref().is_some_and(Stepper::sees_results)
    }

    /// Lets the driver go on from a step that writes, of which only the first bytes are written.
    pub(crate) fn shorten(&mut self, step: &Step, count: u64) -> Result<()> {
        match &mut self.stepper {
            Some(stepper) => stepper.shorten(step, count),
            None => Ok(()),
        }
    }

    /// What holds the driver's calls.
    pub(crate) fn stepper(&self) -> Option<&Stepper> {
        self.stepper.as_ref()
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
