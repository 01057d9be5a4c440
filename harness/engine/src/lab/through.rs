//! Going through an operation from its first step to its end.

use std::rc::Rc;

use interloper_driver::{Failure, OkAnswer};

use super::{Act, Flow, Lab, Moment, Request, Snapshot, Stop};
use crate::driver::Observation;
use crate::stepper::Step;

/// How an operation ended: its answer, or what the driver did instead of answering.
#[derive(Debug)]
#[must_use = "an operation that failed has shown nothing"]
pub struct Ending(pub Result<Result<OkAnswer, Failure>, Observation>);

impl Ending {
    /// Whether it was answered ok.
    pub fn is_ok(&self) -> bool {
        matches!(self.0, Ok(Ok(_)))
    }

    /// The answer of an operation that must be answered ok for anything to be learnt from it; `what` is its name.
    ///
    /// # Errors
    /// [`Stop::Refused`] where the store answered with an error, [`Stop::Driver`] where it did not answer.
    pub fn must_be_ok(self, what: &str) -> Flow<OkAnswer> {
        self.0
            .map_err(Stop::Driver)?
            .map_err(|failure| Stop::Refused(format!("{what} was answered with {failure}")))
    }
}

/// An operation gone through undisturbed.
#[derive(Debug)]
pub struct Course {
    /// The sandbox before it.
    pub start: Snapshot,
    /// Each step, and the sandbox after it: one snapshot for several where nothing changed.
    pub steps: Vec<(Step, Rc<Snapshot>)>,
    /// How it ended.
    pub ending: Ending,
}

impl Lab<'_> {
    /// Asks for an operation, whose steps nobody holds.
    ///
    /// # Errors
    /// When the harness broke.
    pub fn ask_for(&mut self, request: &Request) -> Flow<Ending> {
        match self.ask(&request.id, request.op.clone(), request.call.clone()) {
            Ok(answer) => Ok(Ending(Ok(answer))),
            Err(Stop::Driver(observation)) => Ok(Ending(Err(observation))),
            Err(stop) => Err(stop),
        }
    }

    /// Goes through an operation; `act` says before each step how it goes on.
    ///
    /// # Errors
    /// [`Stop::Driver`] where it waits for somebody else, since nobody else is there; what `act` says; when the harness broke.
    pub fn through(
        &mut self,
        request: &Request,
        mut act: impl FnMut(&mut Self, &Step) -> Flow<Act>,
    ) -> Flow<Ending> {
        self.begin(request)?;
        let mut next = Act::Continue;
        loop {
            match self.advance(next)? {
                Moment::Held(step) => next = act(self, &step)?,
                Moment::Answered(answer) => return Ok(Ending(Ok(answer))),
                Moment::Ended(observation) => return Ok(Ending(Err(observation))),
                Moment::Blocked => {
                    let waits = format!("{} waits for somebody else", request.word());
                    return Err(Stop::Driver(Observation::Hang(waits)));
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
        mut look: impl FnMut(&mut Self, &Step) -> Flow<()>,
    ) -> Flow<Ending> {
        let mut going: Option<Step> = None;
        // That there is a next moment says that the step before has happened.
        let ending = self.through(request, |lab, step| {
            if let Some(step) = going.replace(step.clone()) {
                look(lab, &step)?;
            }
            Ok(Act::Continue)
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
    pub fn course(&mut self, request: &Request) -> Flow<Course> {
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
        Ok(Course { start, steps, ending: ending? })
    }
}
