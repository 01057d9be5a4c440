//! Going through an operation from its first step to its end.

use std::rc::Rc;

use interloper_driver::{Failure, OkAnswer};

use super::{Abort, CaseResult, Lab, Request, Resume, StopEvent};
use crate::driver::Observation;
use crate::stepper::Step;
use crate::tree::Snapshot;

/// Outcome of an operation: its answer, or what the driver did instead.
#[derive(Debug)]
#[must_use = "an operation that failed has shown nothing"]
pub struct Completion(pub Result<Result<OkAnswer, Failure>, Observation>);

impl Completion {
    /// Returns whether it was answered ok.
    pub fn is_ok(&self) -> bool {
        matches!(self.0, Ok(Ok(_)))
    }

    /// Returns the answer of an operation whose success the case needs; `what` is the operation's name.
    ///
    /// # Errors
    /// [`Abort::Ineffective`] where the store answered with an error, [`Abort::Driver`] where it did not answer.
    pub fn require_ok(self, what: &str) -> CaseResult<OkAnswer> {
        self.0
            .map_err(Abort::Driver)?
            .map_err(|failure| Abort::Ineffective(format!("{what} was answered with {failure}")))
    }
}

/// An operation gone through undisturbed.
#[derive(Debug)]
pub struct SteppedRun {
    /// The sandbox before it.
    pub start: Snapshot,
    /// Each step, and the sandbox after it: one snapshot for several where nothing changed.
    pub steps: Vec<(Step, Rc<Snapshot>)>,
    /// Outcome of the operation.
    pub ending: Completion,
}

impl Lab<'_> {
    /// Asks for an operation, whose steps nobody holds.
    ///
    /// # Errors
    /// When the harness broke.
    pub fn ask_for(&mut self, request: &Request) -> CaseResult<Completion> {
        match self.ask(&request.id, request.op.clone(), request.call.clone()) {
            Ok(answer) => Ok(Completion(Ok(answer))),
            Err(Abort::Driver(observation)) => Ok(Completion(Err(observation))),
            Err(stop) => Err(stop),
        }
    }

    /// Goes through an operation; `act` says before each step how it goes on.
    ///
    /// # Errors
    /// [`Abort::Driver`] where it waits for somebody else, since nobody else is there; what `act` says; when the harness broke.
    pub fn through(
        &mut self,
        request: &Request,
        mut act: impl FnMut(&mut Self, &Step) -> CaseResult<Resume>,
    ) -> CaseResult<Completion> {
        self.begin(request)?;
        let mut next = Resume::Continue;
        loop {
            match self.advance(next)? {
                StopEvent::Held(step) => next = act(self, &step)?,
                StopEvent::Answered(answer) => return Ok(Completion(Ok(answer))),
                StopEvent::Ended(observation) => return Ok(Completion(Err(observation))),
                StopEvent::Blocked => {
                    let waits = format!("{} waits for somebody else", request.word());
                    return Err(Abort::Driver(Observation::Hang(waits)));
                }
            }
        }
    }

    /// Goes through an operation undisturbed; `look` is called after each step, and leaves everything as it is.
    ///
    /// # Errors
    /// As [`Lab::through`], and what `look` says.
    pub fn after_each_step(
        &mut self,
        request: &Request,
        mut look: impl FnMut(&mut Self, &Step) -> CaseResult<()>,
    ) -> CaseResult<Completion> {
        let mut going: Option<Step> = None;
        // That there is a next moment says that the step before has happened.
        let ending = self.through(request, |lab, step| {
            if let Some(step) = going.replace(step.clone()) {
                look(lab, &step)?;
            }
            Ok(Resume::Continue)
        })?;
        if let Some(step) = going {
            look(self, &step)?;
        }
        Ok(ending)
    }

    /// Goes through an operation undisturbed, and keeps what is there after each step. The steps say what they make durable.
    ///
    /// # Errors
    /// As [`Lab::through`].
    pub fn stepped_run(&mut self, request: &Request) -> CaseResult<SteppedRun> {
        // Taken here: what was put back has other inodes than what it was taken from, and by those the effects of a step are found.
        let start = self.snapshot()?;
        let mut steps = Vec::new();
        let mut there = Rc::new(start.clone());
        self.reads_flags = true;
        let ending = self.after_each_step(request, |lab, step| {
            if step.changes {
                there = Rc::new(lab.snapshot_after(&there)?);
            }
            steps.push((step.clone(), Rc::clone(&there)));
            Ok(())
        });
        self.reads_flags = false;
        Ok(SteppedRun { start, steps, ending: ending? })
    }
}
