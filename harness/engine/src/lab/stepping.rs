//! Going through an operation step by step.

use std::time::Duration;

use interloper_driver::{Failure, Medium, OkAnswer, Op, TypedOp};

use super::operate::no_answer;
use super::{Abort, CaseResult, Lab, Request};
use crate::driver::{Leave, Next, Observation, Stepping, read};
use crate::error::Error;
use crate::stepper::{Fault, Release, Step};

/// Way in which a held step goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resume {
    /// The call is made.
    Continue,
    /// The call is not made, and fails.
    Fail(Fault),
    /// Only so many bytes of what the call writes are written.
    Shorten(u64),
    /// The store is killed before the call is made.
    Kill,
}

/// Next event of an operation that is stepped.
#[derive(Debug)]
pub enum StopEvent {
    /// A step: the call is held, and nothing of it has happened.
    Held(Step),
    /// The end: the answer.
    Answered(Result<OkAnswer, Failure>),
    /// The call that was let go into waits for something that only another can do.
    Blocked,
    /// The end: the driver died, hung or answered nonsense.
    Ended(Observation),
}

/// Next event of an operation that is stepped, including the ends of its steps.
#[derive(Debug)]
pub(super) enum RawStop {
    /// A step has happened: its call is held at its end. Only where the stepper sees results.
    Returned(Step),
    /// Anything else.
    Event(StopEvent),
}

impl Abort {
    /// Returns the reason why a scenario that steps cannot be tried on this host or with this store.
    pub(crate) fn cannot_step(error: Error) -> Abort {
        match error {
            Error::Refused { .. } => Abort::Skip(error.to_string()),
            other => other.into(),
        }
    }
}

impl Lab<'_> {
    /// Drivers whose calls are held serve the case.
    pub(crate) fn hold_calls(&mut self) {
        self.hold = Some(self.worker.hold());
    }

    /// Has the driver with this client id serve from the next operation on; each is a process of its own.
    pub fn use_driver(&mut self, client: u8) {
        // No other process has the sessions of a store in memory.
        if self.hello.medium != Medium::Memory {
            self.client = client;
        }
    }

    /// Has calls that wait for another driver reported as [`StopEvent::Blocked`], from the next operation on.
    pub fn take_turns(&mut self) {
        self.turns = true;
    }

    /// Lets a driver that has answered do for a while what it does afterwards; nothing where none serves.
    ///
    /// # Errors
    /// When the harness broke.
    pub fn run_unheld(&mut self, time: Duration) -> CaseResult<()> {
        let key = self.key();
        if self.open_stores.contains_key(&key) {
            self.worker.driver(key)?.run_unheld(time);
        }
        Ok(())
    }

    /// Asks for an operation, and lets a driver whose calls pass begin with it; [`Lab::advance`] gives the answer.
    ///
    /// # Errors
    /// When the driver does not answer, or the harness broke.
    pub fn send(&mut self, request: &Request) -> CaseResult<()> {
        self.begin(request)?;
        let key = self.key();
        self.worker.driver(key)?.flush();
        Ok(())
    }

    /// Asks for an operation that is to be stepped. Where the store is not open yet, opening it is stepped with it.
    ///
    /// # Errors
    /// When the driver does not answer, or the harness broke.
    pub fn begin(&mut self, request: &Request) -> CaseResult<()> {
        let open = self.opening(&request.id)?;
        let key = self.key();
        let opening = open.clone();
        let first = match open {
            Some(open) => Op::Open(open),
            None => self.formed_op(request.op.clone()),
        };
        let driver = self.worker.driver_at_work(key)?;
        driver.watch_calls(self.turns);
        driver.read_flags(self.reads_flags);
        driver.ask(first, Stepping::Restart)?;
        let open_store = self.open_stores.entry(key).or_default();
        open_store.asked = Some(request.clone());
        open_store.opening = opening;
        open_store.held = None;
        Ok(())
    }

    /// Lets the operation go on to its next step, or to its end.
    ///
    /// # Errors
    /// When the harness broke.
    pub fn advance(&mut self, act: Resume) -> CaseResult<StopEvent> {
        let mut turn = self.turn(act)?;
        loop {
            match turn {
                RawStop::Event(moment) => return Ok(moment),
                RawStop::Returned(_) => turn = self.turn(Resume::Continue)?,
            }
        }
    }

    /// Returns whether the end of a step is seen, and what it gave; otherwise a step has happened when the next one of its thread begins.
    pub fn sees_results(&mut self) -> CaseResult<bool> {
        let key = self.key();
        Ok(self.worker.driver(key)?.sees_results())
    }

    /// Lets the operation go on to the end of a step, to its next step, or to its end.
    pub(super) fn turn(&mut self, act: Resume) -> CaseResult<RawStop> {
        let key = self.key();
        let nothing = || {
            Abort::Harness(Error::Untrustworthy("a step was requested without an operation".into()))
        };
        let open_store = self.open_stores.get_mut(&key).ok_or_else(nothing)?;
        if open_store.asked.is_none() {
            return Err(nothing());
        }
        let held = open_store.held.take();
        if act == Resume::Kill {
            self.open_stores.remove(&key);
            self.worker.end(key, Leave::Kill)?;
            let killed = Observation::Crash("it was killed".into());
            return Ok(RawStop::Event(StopEvent::Ended(killed)));
        }
        let driver = self.worker.driver_at_work(key)?;
        if let Some(step) = held {
            match act {
                Resume::Shorten(count) => driver.shorten(&step, count)?,
                Resume::Fail(fault) => driver.release(&step, Release::Fail(fault.errno))?,
                Resume::Continue | Resume::Kill => driver.release(&step, Release::Continue)?,
            }
        }
        loop {
            let called = match self.worker.driver_at_work(key)?.proceed() {
                Next::Held(step) => {
                    let open_store = self.open_stores.entry(key).or_default();
                    open_store.held = Some((*step).clone());
                    if step.result.is_some() {
                        return Ok(RawStop::Returned(*step));
                    }
                    return Ok(RawStop::Event(StopEvent::Held(*step)));
                }
                Next::Blocked => return Ok(RawStop::Event(StopEvent::Blocked)),
                Next::Answered(answer) => answer,
            };
            self.count_used()?;
            let open_store = self.open_stores.entry(key).or_default();
            // A session is in it: it is taken only where it is needed, and not at each step.
            let request = open_store.asked.clone().ok_or_else(nothing)?;
            let opening = open_store.opening.take();
            let asked = opening.clone().map_or_else(|| request.op.clone(), Op::Open);
            let answer = match read(called, asked.word(), asked.reader()) {
                Ok(answer) => answer,
                Err(Observation::Trouble(what)) => return Err(Abort::Trouble(what)),
                Err(observation) => {
                    self.count_answer(&request.sent(), &no_answer(&observation));
                    return Ok(RawStop::Event(StopEvent::Ended(observation)));
                }
            };
            let Some(open) = opening else {
                self.open_stores.entry(key).or_default().asked = None;
                let answer = self.answered(Ok(answer), request.sent())?;
                self.saved |= answer.is_ok() && matches!(request.op, Op::Save(_));
                return Ok(RawStop::Event(StopEvent::Answered(answer)));
            };
            if let Ok(OkAnswer::Opened(opened)) = &answer {
                self.take_server(key, *opened)?;
            }
            if let Err(failure) = self.opened(open.at, answer.map(drop)) {
                return Ok(RawStop::Event(StopEvent::Answered(Err(failure))));
            }
            let op = self.formed_op(request.op.clone());
            let driver = self.worker.driver_at_work(key)?;
            driver.ask(op, Stepping::Continue)?;
        }
    }
}
