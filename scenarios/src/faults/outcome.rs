//! What became of a session: `old new lost torn lied stuck residue`.

use std::fmt;

use interloper_driver::{Operation, Promise, Session};
use interloper_engine::record::{AnswerEvent, Event, Evidence, Interruption, Severity};
use interloper_engine::{
    Abort, CaseResult, Completion, Lab, Loaded, Mark, Observation, Request, Residue, Resume, Sent,
    Shape, Snapshot, Step, StoryGuards, Violation, Workload,
};

use crate::support::{same, try_load};

/// The id of a session that nothing is done to.
const NEIGHBOUR: &str = "beta";
/// Its slot.
const NEIGHBOUR_SLOT: u16 = 2;
/// The slot of the session that is saved when all is over.
const LATER: u16 = 3;

/// Outcome for a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is as it was before.
    Old,
    /// It is as it was to be.
    New,
    /// There is none, where there was one or was to be one.
    Lost,
    /// It is neither, or cannot be read.
    Torn,
    /// The store answered ok, and it is not as it was to be.
    Lied,
    /// The store does not get over it: it hangs, or no session can be saved any more.
    Stuck,
    /// Secrets stay where no delete takes them from.
    Residue,
}

impl Outcome {
    /// Returns whether it must not be.
    pub(crate) fn is_bad(self) -> bool {
        !matches!(self, Outcome::Old | Outcome::New)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outcome::Old => "old",
            Outcome::New => "new",
            Outcome::Lost => "lost",
            Outcome::Torn => "torn",
            Outcome::Lied => "lied",
            Outcome::Stuck => "stuck",
            Outcome::Residue => "residue",
        })
    }
}

/// End of the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It answered ok.
    Ok,
    /// It answered with an error, or never answered.
    Otherwise,
}

impl Ended {
    pub(super) fn of(ending: &Completion) -> Ended {
        if ending.is_ok() { Ended::Ok } else { Ended::Otherwise }
    }
}

/// Baseline of an operation that is not disturbed: its loads before and after, and the state that it begins in.
pub(crate) struct Baseline {
    workload: Workload,
    shape: Shape,
    before: Option<Session>,
    after: Option<Session>,
    neighbour: Session,
    /// Whether secrets stay behind also in an undisturbed run: `deletion::residue` reports that.
    leaves: bool,
    /// The state in which the operation begins.
    pub(crate) start: Snapshot,
    /// Request of the operation.
    pub(crate) request: Request,
}

impl Baseline {
    /// Goes through an operation undisturbed; `None` if it does not do even then what it is to do.
    pub(crate) fn record(
        lab: &mut Lab<'_>,
        workload: Workload,
        shape: &Shape,
    ) -> CaseResult<Option<Baseline>> {
        lab.expect_variations("faults in an operation that is done without them");
        lab.aside(|lab| Baseline::go_through(lab, workload, shape))
    }

    fn go_through(
        lab: &mut Lab<'_>,
        workload: Workload,
        shape: &Shape,
    ) -> CaseResult<Option<Baseline>> {
        lab.must_save(NEIGHBOUR, NEIGHBOUR_SLOT, shape)?;
        let neighbour = must_load(lab, NEIGHBOUR)?;
        lab.prepare_workload(workload, shape)?;
        let start = lab.snapshot()?;
        let before = match workload.before() {
            Some(_) => Some(must_load(lab, Workload::ID)?),
            None => None,
        };
        lab.restore(&start)?;
        let request = lab.workload_request(workload, shape);
        lab.ask_for(&request)?.require_ok(workload.as_str())?;
        lab.restart()?;
        let after = match (workload.after(), lab.load(Workload::ID)?) {
            (Some(_), Loaded::Present(session)) => Some(*session),
            (None, Loaded::Absent) => None,
            // `deletion::absent_after_delete`, `deletion::purge` and `honesty::saved_loads` tell of that.
            _ => {
                lab.count_untried(&format!("{} does not do it undisturbed", workload.as_str()));
                return Ok(None);
            }
        };
        let leaves = lab.hello().can_do(Operation::Delete) && {
            let _ = lab.delete(Workload::ID)?;
            lab.finish_store()?;
            left(lab)?.is_some()
        };
        lab.restore(&start)?;
        let shape = shape.clone();
        Ok(Some(Baseline { workload, shape, before, after, neighbour, leaves, start, request }))
    }

    /// Goes through the operation from its start; `act` says at each step how it goes on.
    pub(crate) fn through(
        &self,
        lab: &mut Lab<'_>,
        act: impl FnMut(&mut Lab<'_>, &Step) -> CaseResult<Resume>,
    ) -> CaseResult<Ended> {
        lab.restore(&self.start)?;
        let ending = lab.aside(|lab| lab.through(&self.request, act))?;
        Ok(Ended::of(&ending))
    }

    /// Judges what became of the session, of its neighbour and of the store, and reports violations.
    ///
    /// `by` says how the operation was cut short.
    pub(crate) fn judge(
        &self,
        lab: &mut Lab<'_>,
        ended: Ended,
        by: &Interruption,
    ) -> CaseResult<Outcome> {
        lab.aside(|lab| {
            let mark = lab.mark();
            lab.restart()?;
            let (outcome, what) = self.outcome(lab, ended)?;
            lab.count_step(&format!("{} {outcome}", self.workload.as_str()));
            if outcome.is_bad() {
                self.report_outcome(lab, outcome, by, &what, mark);
            } else if !self.neighbour_is_well(lab, by, mark)? || !self.goes_on(lab, by, mark)? {
                return Ok(Outcome::Stuck);
            }
            Ok(outcome)
        })
    }

    fn outcome(&self, lab: &mut Lab<'_>, ended: Ended) -> CaseResult<(Outcome, String)> {
        let loaded = match try_load(lab, Workload::ID)? {
            Ok(loaded) => loaded,
            Err(seen) => {
                let outcome = match seen {
                    Observation::Hang(_) => Outcome::Stuck,
                    _ => Outcome::Torn,
                };
                return Ok((outcome, format!("load: {}", seen.clause())));
            }
        };
        let is = |baseline: &Option<Session>| match (baseline, &loaded) {
            (Some(baseline), Loaded::Present(session)) => same(baseline, session),
            (None, Loaded::Absent) => true,
            _ => false,
        };
        let word = format!("load is answered with {}", loaded.word());
        // An operation that changes nothing leaves what is both old and new.
        Ok(if is(&self.after) {
            (Outcome::New, word)
        } else if is(&self.before) {
            match ended {
                Ended::Ok => (Outcome::Lied, format!("answered ok, and {word} as before")),
                Ended::Otherwise => (Outcome::Old, word),
            }
        } else if matches!(loaded, Loaded::Absent) {
            (Outcome::Lost, word)
        } else if ended == Ended::Ok {
            (Outcome::Lied, format!("answered ok, and {word}"))
        } else {
            (Outcome::Torn, word)
        })
    }

    fn report_outcome(
        &self,
        lab: &mut Lab<'_>,
        outcome: Outcome,
        by: &Interruption,
        what: &str,
        mark: Mark,
    ) {
        let workload = self.workload.as_str();
        let sentence = match outcome {
            Outcome::Lost => format!("a session is gone that was there, {}", self.cut()),
            Outcome::Torn => format!(
                "a session cannot be read, or is neither the old nor the new, {}",
                self.cut()
            ),
            Outcome::Lied => format!("{workload} answered ok although it had not been done"),
            Outcome::Stuck => format!("the store did not get over it, {}", self.cut()),
            Outcome::Residue => {
                format!("secrets stayed behind that no delete takes away, {}", self.cut())
            }
            Outcome::Old | Outcome::New => return,
        };
        let severity = match outcome {
            Outcome::Residue => Severity::Low,
            // Whole or not at all is what an atomic save is.
            Outcome::Torn => lab.where_promised(Promise::Atomic, Severity::Medium),
            // What was acknowledged is gone.
            _ => Severity::Medium,
        };
        // One cause, whichever operation shows it: what mends one mends the others.
        let violation = Violation::new(outcome.to_string(), sentence)
            .severity(severity)
            .evidence(self.evidence(by, what))
            .story(self.story(by, lab.story_since(mark)));
        lab.report(violation);
    }

    /// Returns the case in a few events: what was there, how the operation was cut short, and what was done after it.
    pub(super) fn story(&self, by: &Interruption, after: Vec<Event>) -> Vec<Event> {
        let mut story = Vec::new();
        if self.workload.before().is_some() {
            let call = format!("save({:?})", Workload::ID);
            story.push(Sent::new("save", call).answered(AnswerEvent::Ok));
        }
        story.push(Event::Interrupted {
            operation: self.workload.as_str().to_owned(),
            call: self.request.call.clone(),
            by: by.clone(),
        });
        story.extend(after);
        story
    }

    pub(super) fn evidence(&self, by: &Interruption, outcome: &str) -> Evidence {
        Evidence::Interrupted {
            operation: self.workload.as_str().to_owned(),
            by: by.clone(),
            outcome: outcome.to_owned(),
        }
    }

    fn cut(&self) -> String {
        format!("after {} was cut short", self.workload.as_str())
    }

    fn neighbour_is_well(
        &self,
        lab: &mut Lab<'_>,
        by: &Interruption,
        mark: Mark,
    ) -> CaseResult<bool> {
        let what = match try_load(lab, NEIGHBOUR)? {
            Ok(Loaded::Present(session)) if same(&self.neighbour, &session) => return Ok(true),
            Ok(loaded) => format!("load({NEIGHBOUR:?}) is answered with {}", loaded.word()),
            Err(seen) => format!("load({NEIGHBOUR:?}): {}", seen.clause()),
        };
        let story = self.story(by, lab.story_since(mark));
        lab.report(
            Violation::new("neighbour", format!("another session was damaged, {}", self.cut()))
                .evidence(self.evidence(by, &what))
                .story(story),
        );
        Ok(false)
    }

    /// Returns whether a later save is done and loads.
    fn goes_on(&self, lab: &mut Lab<'_>, by: &Interruption, mark: Mark) -> CaseResult<bool> {
        let what = match lab.save(Workload::ID, LATER, &self.shape) {
            Ok(Ok(())) => match try_load(lab, Workload::ID)? {
                Ok(Loaded::Present(session))
                    if lab.slots_of(&session) == lab.slots_of(&lab.session(LATER, &self.shape)) =>
                {
                    return Ok(true);
                }
                Ok(loaded) => format!("what is saved later loads as {}", loaded.word()),
                Err(seen) => format!("load: {}", seen.clause()),
            },
            Ok(Err(failure)) => format!("a later save is answered with {failure}"),
            Err(Abort::Driver(seen)) => format!("a later save: {}", seen.clause()),
            Err(stop) => return Err(stop),
        };
        self.report_outcome(lab, Outcome::Stuck, by, &what, mark);
        Ok(false)
    }

    /// Whether a delete takes away what an operation that was cut short left.
    pub(crate) fn look_for_residue(&self, lab: &mut Lab<'_>, by: &Interruption) -> CaseResult<()> {
        if self.leaves || !lab.hello().can_do(Operation::Delete) {
            return Ok(());
        }
        lab.keep_if(
            |lab| {
                let mark = lab.mark();
                match lab.delete(Workload::ID) {
                    Ok(Ok(())) => {}
                    // A delete that fails says so: nothing was promised.
                    Ok(Err(_)) | Err(Abort::Driver(_)) => return Ok(false),
                    Err(stop) => return Err(stop),
                }
                lab.finish_store()?;
                if let Some(left) = left(lab)? {
                    let what = format!("{} in {}", left.sighting.clause(), left.part);
                    self.report_outcome(lab, Outcome::Residue, by, &what, mark);
                }
                Ok(true)
            },
            |deleted| !*deleted,
        )?;
        Ok(())
    }
}

/// Returns a secret of the session that is still somewhere.
fn left(lab: &Lab<'_>) -> CaseResult<Option<Residue>> {
    Ok(lab
        .residue()?
        .into_iter()
        .find(|left| left.slot() == Workload::OLD || left.slot() == Workload::NEW))
}

fn must_load(lab: &mut Lab<'_>, id: &str) -> CaseResult<Session> {
    match lab.load(id)? {
        Loaded::Present(session) => Ok(*session),
        other => Err(Abort::Ineffective(format!("what was saved loads as {}", other.word()))),
    }
}
