//! Starting a driver, and one that takes over from it later.
//!
//! A process that cannot fork serves one case and ends. So that nobody waits for a runtime to start, the next one is started while a case
//! runs, and says hello in the meantime: whoever waits for the one lets the other go on.

use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;

use interloper_driver::{ErrorKind, Hello, PROTOCOL, TypedOp, op};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::super::clock::unix_seconds;
use super::super::hosting::StoreSpec;
use super::super::spawn::{DriverKey, pidfd_open, spawn};
use super::{Driver, Limits, Next, Observation, Released, Stepping, read};
use crate::error::{Context, Error, Result};
use crate::principal::Ids;
use crate::sandbox::{Layout, Tier};
use crate::stepper::{
    Answerer, Answers, Backend, Hold, Listener, Mender, Mending, Scope, Stepper, Tracer,
};

/// Way out for a driver of another version.
const UPDATE: &str = "and this program speaks protocol 2: update the kit beside the driver, and write `setups` in place of `places` and `single`";

/// First request to every driver.
const HELLO: op::Hello = op::Hello { protocol: PROTOCOL };

impl Driver {
    /// Starts a driver and asks what it is; [`Driver::arrive`] waits for the answer.
    pub(crate) fn launch(
        spec: &StoreSpec,
        tier: Tier,
        layout: &Layout,
        ids: &Ids,
        key: DriverKey,
        limits: Limits,
        (mending, answers): (&Mending, &Answers),
    ) -> Result<Driver> {
        // Calls are changed where they are held, and by ptrace alone; those that are answered are others.
        let changes = !mending.rules.is_empty() && key.hold != Some(Hold::Answer);
        let hold = if changes { Some(Hold::Trace) } else { key.hold };
        let key = DriverKey { hold, ..key };
        let mut spawned = spawn(spec, tier, layout, ids, key)?;
        let stepper = match spawned.entrance.take() {
            Some(socket) => {
                let process = spawned.child.id() as i32;
                match step(&socket, process, layout, key, (mending, answers)) {
                    Ok(stepper) => Some(stepper),
                    Err(error) => {
                        let _ = spawned.child.kill().and_then(|()| spawned.child.wait());
                        return Err(error);
                    }
                }
            }
            None => None,
        };
        for fd in [&spawned.requests, &spawned.answers, &spawned.stdout, &spawned.stderr] {
            fcntl(fd, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).doing("set a pipe up")?;
        }
        let process = pidfd_open(spawned.child.id() as i32).doing("watch the driver")?;
        let mut driver = Driver {
            spec: spec.clone(),
            answered: key.hold == Some(Hold::Answer),
            tier,
            ids: ids.clone(),
            principal: key.principal,
            limits,
            spawned,
            process,
            stepper,
            stepping: false,
            held: None,
            released: Released::default(),
            pending: None,
            case: None,
            next: 0,
            partial: Vec::new(),
            lines: Default::default(),
            hello: None,
            ahead: None,
            output: Vec::new(),
            closed: [false; 3],
            dead: false,
            next_process: None,
            patience: None,
            ran: Vec::new(),
            used: Default::default(),
            sites: None,
        };
        let asked = driver.send(HELLO.into(), Stepping::Off, limits.start);
        asked.map_err(|seen| driver.useless(seen.clause()))?;
        driver.flush();
        Ok(driver)
    }

    /// Waits until it has said what it is.
    ///
    /// # Errors
    /// The error, and whether it is worth another try: it died, or the machine gave it no time.
    pub(crate) fn arrive(&mut self) -> std::result::Result<&Hello, (Error, bool)> {
        if self.hello.is_none() {
            let hello = self.first_answer()?;
            self.ahead = hello.now.map(|now| now.saturating_sub(unix_seconds()));
            // Taken out, since a hello is the same every time.
            self.hello = Some(Hello { now: None, ..hello });
            let began = self.processor_time();
            self.limits.operation.cpu += began.saturating_mul(10);
        }
        let missing = || (Error::Driver("did not answer hello".into()), false);
        self.hello.as_ref().ok_or_else(missing)
    }

    fn first_answer(&mut self) -> std::result::Result<Hello, (Error, bool)> {
        let called = match self.proceed() {
            Next::Answered(called) => called,
            Next::Held(_) | Next::Blocked => return Err((self.useless("it was held"), false)),
        };
        let other =
            called.as_ref().ok().and_then(|answer| Hello::other_version(answer.ok.as_ref()?));
        if let Some(other) = other {
            return Err((
                self.useless(&format!("its hello is of protocol {other}, {UPDATE}")),
                false,
            ));
        }
        match read(called, HELLO.word(), HELLO.reader()) {
            Ok(Ok(hello)) => Ok(hello),
            Ok(Err(failure)) if failure.kind == ErrorKind::Unsupported => {
                let why = format!("it does not speak this protocol ({failure}), {UPDATE}");
                Err((self.useless(&why), false))
            }
            Ok(Err(failure)) => {
                Err((self.useless(&format!("it answered hello with {failure}")), false))
            }
            Err(seen) => {
                let again = matches!(seen, Observation::Crash(_) | Observation::Trouble(_));
                Err((self.useless(seen.clause()), again))
            }
        }
    }

    fn useless(&self, why: &str) -> Error {
        let words = self.last_words();
        // Observations of a process that ended have them already. Nothing but the repetition is decided here.
        let words = if why.ends_with(&words) { String::new() } else { words };
        Error::Driver(format!("{why}{words}"))
    }

    /// Has another process ready for when this one has ended.
    pub(crate) fn succeeded_by(&mut self, next: Driver) {
        self.next_process = Some(Box::new(next));
    }

    /// Returns whether there is such a process.
    pub(crate) fn has_successor(&self) -> bool {
        self.next_process.is_some()
    }

    /// Does what a process that starts needs of the harness: lets its calls pass, and takes what it says.
    ///
    /// Whether it is there and well shows when it is wanted.
    pub(super) fn tend(&mut self) {
        if let Some(stepper) = &mut self.stepper {
            let mut fds = [PollFd::new(stepper.descriptor(), PollFlags::POLLIN)];
            let asked = poll(&mut fds, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
                && fds[0].revents().is_some_and(|events| events.contains(PollFlags::POLLIN));
            if asked {
                let _ = stepper.pass();
            }
        }
        self.flush();
        self.drain();
        // Its hello is one line; one that never falls silent waits for its turn.
        if self.lines.is_empty() {
            let _ = self.receive();
        }
    }

    /// Returns the descriptors to wait for on behalf of a process that starts.
    pub(super) fn needs(&self) -> Vec<PollFd<'_>> {
        let mut process = [PollFd::new(self.process.as_fd(), PollFlags::POLLIN)];
        // One that has ended would be ready for ever.
        if poll(&mut process, PollTimeout::ZERO).is_ok_and(|ready| ready > 0) {
            return Vec::new();
        }
        let pipes = [&self.spawned.answers, &self.spawned.stdout, &self.spawned.stderr];
        let heard = [!self.lines.is_empty(), false, false];
        let open = pipes.into_iter().zip(self.closed).zip(heard);
        let open = open.filter(|((_, closed), heard)| !closed && !heard);
        let mut needs: Vec<_> =
            open.map(|((fd, _), _)| PollFd::new(fd.as_fd(), PollFlags::POLLIN)).collect();
        if let Some(stepper) = &self.stepper {
            needs.push(PollFd::new(stepper.descriptor(), PollFlags::POLLIN));
        }
        needs
    }
}

/// Takes over what the driver's process holds its calls with.
fn step(
    socket: &OwnedFd,
    process: i32,
    layout: &Layout,
    key: DriverKey,
    (mending, answers): (&Mending, &Answers),
) -> Result<Stepper> {
    let roots = layout.roots().into_iter().map(|root| root.path).collect();
    let scope = Scope::new(roots, layout.unwritable());
    let home = layout.home(key.principal);
    let backend: Box<dyn Backend> = match key.hold {
        Some(Hold::Answer) => {
            let tracer = Tracer::attach(process, socket)?;
            Box::new(Answerer::new(tracer, process, Rc::clone(answers)))
        }
        Some(Hold::Trace) if mending.rules.is_empty() => Box::new(Tracer::attach(process, socket)?),
        Some(Hold::Trace) => {
            let tracer = Tracer::attach(process, socket)?;
            Box::new(Mender::new(tracer, mending.clone(), scope.clone(), home.clone()))
        }
        _ => Box::new(Listener::take_over(socket)?),
    };
    Ok(Stepper::new(backend, scope, home))
}
