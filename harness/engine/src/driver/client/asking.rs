//! One request at a time: sending it, going from step to step where its calls are held, and its answer.

use interloper_driver::{MAX_LINE, Op, Request, TypedOp};
use nix::errno::Errno;

use super::progress::{Budget, Progress, Watch};
use super::waits::LOOK;
use super::{Answered, CallResult, Driver, Observation, read};
use crate::error::Result;
use crate::stepper::{Release, Step, Stepper};

/// A request under way.
pub(super) struct Pending {
    pub(super) n: u64,
    pub(super) word: &'static str,
    pub(super) line: Vec<u8>,
    pub(super) sent: usize,
    watch: Watch,
    /// Number of bytes received since that are no answer.
    ignored: usize,
    /// Number of steps that it was held at.
    steps: u32,
}

/// After how many steps of one request its budget is looked at, though it never made anybody wait.
const STEPS: u32 = 1024;

/// Mode in which the calls of a request are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stepping {
    /// They pass.
    Off,
    /// They are, and the first is step 1.
    Restart,
    /// They are, and the first follows on the last of the request before.
    Continue,
}

/// Next event of a driver that is at work.
#[derive(Debug)]
pub(crate) enum Next {
    /// It answered, or did something instead.
    Answered(CallResult),
    /// It is held at a step.
    Held(Box<Step>),
    /// It is neither: it sleeps in the call that it was let go into.
    Blocked,
}

impl Driver {
    /// Asks, and waits for the answer.
    pub(super) fn exchange<O: TypedOp>(&mut self, op: O, budget: Budget) -> Answered<O::Answer> {
        let (word, reader) = (op.word(), op.reader());
        self.send(op.into(), Stepping::Off, budget)?;
        match self.proceed() {
            Next::Answered(called) => {
                if let Ok(answer) = &called {
                    self.ran.extend(answer.ran.iter().map(|place| hash(place)));
                }
                read(called, word, reader)
            }
            Next::Held(_) | Next::Blocked => {
                Err(Observation::Protocol("was held where nobody asked for it".into()))
            }
        }
    }

    /// Asks for an operation whose calls may be held; [`Driver::proceed`] gives the answer.
    pub(crate) fn ask(
        &mut self,
        op: Op,
        stepping: Stepping,
    ) -> std::result::Result<(), Observation> {
        self.send(op, stepping, self.limits.operation)
    }

    pub(super) fn send(
        &mut self,
        op: Op,
        stepping: Stepping,
        budget: Budget,
    ) -> std::result::Result<(), Observation> {
        let word = op.word();
        let request = Request { n: self.next, op };
        self.next += 1;
        let mut line = serde_json::to_vec(&request)
            .map_err(|error| Observation::Protocol(format!("cannot be asked: {error}")))?;
        line.push(b'\n');
        let watch = Watch::new(budget);
        self.pending =
            Some(Pending { n: request.n, word, line, sent: 0, watch, ignored: 0, steps: 0 });
        self.stepping = stepping != Stepping::Off;
        let (serving, driver) = (self.pid(), self.host_pid());
        if let Some(stepper) = &mut self.stepper
            && stepping == Stepping::Restart
        {
            stepper.begin_operation(serving, driver);
        }
        Ok(())
    }

    /// Waits for the answer to what was sent, or for a step.
    pub(crate) fn proceed(&mut self) -> Next {
        let Some(mut pending) = self.pending.take() else {
            return Next::Answered(Err(Observation::Protocol("nothing was asked".into())));
        };
        let next = self.until_next(&mut pending);
        match next {
            Next::Answered(_) => {
                self.stepping = false;
                self.used += pending.watch.used();
            }
            Next::Held(_) | Next::Blocked => {
                pending.watch.pause();
                self.pending = Some(pending);
            }
        }
        self.released.asleep = 0;
        if !matches!(next, Next::Blocked) {
            self.released.call = None;
        }
        next
    }

    fn until_next(&mut self, pending: &mut Pending) -> Next {
        // Whether a look is due, and was put off to hear first what it says.
        let mut put_off = false;
        loop {
            while let Some(line) = self.lines.pop_front() {
                if !line.is_empty()
                    && let Some(called) = self.read_line(&line, pending.n, pending.word)
                {
                    return Next::Answered(called);
                }
                pending.ignored += line.len() + 1;
            }
            if pending.ignored > MAX_LINE {
                self.kill();
                return Next::Answered(Err(Observation::Protocol(format!(
                    "{} was answered with more than {} MiB of lines that are no answer to it",
                    pending.word,
                    MAX_LINE >> 20
                ))));
            }
            if let Some(step) = self.held.take() {
                pending.steps += 1;
                // Its process is held: only what it has used until now can be too much.
                if pending.steps.is_multiple_of(STEPS)
                    && let Progress::Slow(clause) = pending.watch.judge(self.pid())
                {
                    self.held = Some(step);
                    return Next::Answered(Err(did_not_answer(pending.word, &clause)));
                }
                return Next::Held(Box::new(step));
            }
            // It said something, and no answer: one that never falls silent is judged, too.
            if std::mem::take(&mut put_off)
                && let Some(seen) = self.judge(pending)
            {
                return Next::Answered(Err(seen));
            }
            while pending.sent < pending.line.len() {
                match nix::unistd::write(&self.spawned.requests, &pending.line[pending.sent..]) {
                    Ok(sent) => pending.sent += sent,
                    Err(Errno::EAGAIN) => break,
                    Err(Errno::EINTR) => {}
                    Err(_) => return Next::Answered(Err(self.crashed(pending.word))),
                }
            }
            let mut until = pending.watch.until_look();
            if self.released.watched && self.released.call.is_some() {
                until = until.min(LOOK);
            }
            match self.wait(until, pending.sent < pending.line.len()) {
                _ if self.is_blocked() => return Next::Blocked,
                Ok(()) if !pending.watch.is_due() => {}
                Ok(()) if self.has_something() => put_off = true,
                Ok(()) => {
                    if let Some(seen) = self.judge(pending) {
                        return Next::Answered(Err(seen));
                    }
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

    /// Judges a driver that has not answered yet; `None` if an answer can still come.
    fn judge(&self, pending: &mut Pending) -> Option<Observation> {
        match pending.watch.judge(self.pid()) {
            Progress::Possible => None,
            Progress::Stuck(clause) | Progress::Slow(clause) => {
                Some(did_not_answer(pending.word, &clause))
            }
            Progress::Starved => {
                let what = format!("the machine gave {} no time", pending.word);
                Some(Observation::Trouble(what))
            }
        }
    }

    /// Returns whether there is a line or a held call to look into first.
    fn has_something(&self) -> bool {
        !self.lines.is_empty() || self.held.is_some()
    }

    /// Lets the driver go on from a step.
    pub(crate) fn release(&mut self, step: &Step, how: Release) -> Result<()> {
        self.released.call = step.inner.held.as_ref().map(|held| (held.thread, held.number));
        match &mut self.stepper {
            Some(stepper) => stepper.release(step, how),
            None => Ok(()),
        }
    }

    /// Returns whether a step comes a second time, at its end, with its result.
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

    /// Returns the stepper that holds the driver's calls.
    pub(crate) fn stepper(&self) -> Option<&Stepper> {
        self.stepper.as_ref()
    }
}

/// Returns a hash that is the same on every machine: FNV-1a of 64 bits.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn did_not_answer(word: &str, clause: &str) -> Observation {
    Observation::Hang(format!("no answer to {word}: {clause}"))
}
