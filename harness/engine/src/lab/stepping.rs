//! Going through an operation step by step.

use std::time::Duration;

use interloper_driver::{Failure, OkAnswer, Op, TypedOp};

use super::{Flow, Lab, Request, Stop};
use crate::driver::{Leave, Next, Observation, Stepping, read};
use crate::error::Error;
use crate::stepper::{Fault, Release, Step};

/// How a step goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The call is made.
    Continue,
    /// The call is not made, and fails.
    Fail(Fault),
    /// Only so many bytes of what the call writes are written.
    Shorten(u64),
    /// The store is killed before the call is made.
    Kill,
}

/// What an operation comes to next.
#[derive(Debug)]
pub enum Moment {
    /// A step: the call is held, and nothing of it has happened.
    Held(Step),
    /// The end: the answer.
    Answered(Result<OkAnswer, Failure>),
    /// The call that was let go into waits for something that only another can do.
    Blocked,
    /// The end: the driver died, hung or answered nonsense.
    Ended(Observation),
}

/// What an operation comes to next, the ends of its steps among it.
#[derive(Debug)]
pub(super) enum Turn {
    /// A step has happened: its call is held at its end. Only where the stepper sees results.
    Returned(Step),
    /// Anything else.
    Moment(Moment),
}

impl Stop {
    /// Why a scenario that steps cannot be tried on this host or with this store.
    pub(crate) fn cannot_step(error: Error) -> Stop {
        match error {
            Error::Refused { .. } => Stop::Skip(error.to_string()),
            other => other.into(),
        }
    }
}

impl Lab<'_> {
    /// Drivers whose calls are held serve the case.
    pub(crate) fn hold_calls(&mut self) {
        self.hold = Some(self.bench.hold());
    }

    /// From the next operation on, a driver of this number serves; each is a process of its own.
    pub fn use_driver(&mut self, lane: u8) {
        self.lane = lane;
    }

    /// From the next operation on, a call that waits for what only another driver can do is told as [`Moment::Blocked`].
    pub fn take_turns(&mut self) {
        self.turns = true;
    }

    /// Lets a driver that has answered do for a while what it does afterwards; nothing where none serves.
    ///
    /// # Errors
    /// When the harness broke.
    pub fn attend(&mut self, time: Duration) -> Flow<()> {
        let seat = self.seat();
        if self.sittings.contains_key(&seat) {
            self.bench.driver(seat)?.attend(time);
        }
        Ok(())
    }

    /// Asks for an operation, and lets a driver whose calls pass begin with it; [`Lab::advance`] gives the answer.
    ///
    /// # Errors
    /// When the driver does not answer, or the harness broke.
    pub fn post(&mut self, request: &Request) -> Flow<()> {
        self.begin(request)?;
        let seat = self.seat();
        self.bench.driver(seat)?.push();
        Ok(())
    }

    /// Asks for an operation that is to be stepped. Where the store is not open yet, opening it is stepped with it.
    ///
    /// # Errors
    /// When the driver does not answer, or the harness broke.
    pub fn begin(&mut self, request: &Request) -> Flow<()> {
        let open = self.opening(&request.id)?;
        let seat = self.seat();
        let opening = open.clone();
        let first = open.map_or_else(|| request.op.clone(), Op::Open);
        let driver = self.bench.driver_at_work(seat)?;
        driver.watch_calls(self.turns);
        driver.read_flags(self.reads_flags);
        driver.ask(first, Stepping::Anew)?;
        let sitting = self.sittings.entry(seat).or_default();
        sitting.asked = Some(request.clone());
        sitting.opening = opening;
        sitting.held = None;
        Ok(())
    }

    /// Lets the operation go on to its next step, or to its end.
    ///
    /// # Errors
    /// When the harness broke.
    pub fn advance(&mut self, act: Act) -> Flow<Moment> {
        let mut turn = self.turn(act)?;
        loop {
            match turn {
                Turn::Moment(moment) => return Ok(moment),
                Turn::Returned(_) => turn = self.turn(Act::Continue)?,
            }
        }
    }

    /// Whether the end of a step is seen, and what it gave; otherwise a step has happened when the next one of its thread begins.
    pub fn sees_results(&mut self) -> Flow<bool> {
        let seat = self.seat();
        Ok(self.bench.driver(seat)?.sees_results())
    }

    /// Lets the operation go on to the end of a step, to its next step, or to its end.
    pub(super) fn turn(&mut self, act: Act) -> Flow<Turn> {
        let seat = self.seat();
        let nothing =
            || Stop::Broke(Error::Untrustworthy("stepped where nothing was asked".into()));
        let sitting = self.sittings.get_mut(&seat).ok_or_else(nothing)?;
        if sitting.asked.is_none() {
            return Err(nothing());
        }
        let held = sitting.held.take();
        if act == Act::Kill {
            self.sittings.remove(&seat);
            self.bench.end(seat, Leave::Kill)?;
            let killed = Observation::Crash("it was killed".into());
            return Ok(Turn::Moment(Moment::Ended(killed)));
        }
        let driver = self.bench.driver_at_work(seat)?;
        if let Some(step) = held {
            match act {
                Act::Shorten(count) => driver.shorten(&step, count)?,
                Act::Fail(fault) => driver.release(&step, Release::Fail(fault.errno))?,
                Act::Continue | Act::Kill => driver.release(&step, Release::Continue)?,
            }
        }
        loop {
            let called = match self.bench.driver_at_work(seat)?.proceed() {
                Next::Held(step) => {
                    let sitting = self.sittings.entry(seat).or_default();
                    sitting.held = Some((*step).clone());
                    if step.result.is_some() {
                        return Ok(Turn::Returned(*step));
                    }
                    return Ok(Turn::Moment(Moment::Held(*step)));
                }
                Next::Blocked => return Ok(Turn::Moment(Moment::Blocked)),
                Next::Answered(answer) => answer,
            };
            self.count_used()?;
            let sitting = self.sittings.entry(seat).or_default();
            // A session is in it: it is taken only where it is needed, and not at each step.
            let request = sitting.asked.clone().ok_or_else(nothing)?;
            let opening = sitting.opening.take();
            let asked = opening.clone().map_or_else(|| request.op.clone(), Op::Open);
            let answer = match read(called, asked.word(), asked.reader()) {
                Ok(answer) => answer,
                Err(Observation::Trouble(what)) => return Err(Stop::Trouble(what)),
                Err(observation) => {
                    self.outcome(&request.call, observation.word());
                    return Ok(Turn::Moment(Moment::Ended(observation)));
                }
            };
            let Some(open) = opening else {
                self.sittings.entry(seat).or_default().asked = None;
                let answer = self.answered(Ok(answer), request.call)?;
                self.saved |= answer.is_ok() && matches!(request.op, Op::Save(_));
                return Ok(Turn::Moment(Moment::Answered(answer)));
            };
            if let Err(failure) = self.opened(open.at, answer.map(drop)) {
                return Ok(Turn::Moment(Moment::Answered(Err(failure))));
            }
            let driver = self.bench.driver_at_work(seat)?;
            driver.ask(request.op.clone(), Stepping::On)?;
        }
    }
}
