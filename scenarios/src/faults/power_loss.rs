//! What the disk may hold after a loss of power is the old session or the new one.

use std::collections::HashSet;
use std::rc::Rc;

use interloper_driver::{Can, Operation, Promise};
use interloper_engine::record::{Interruption, InterruptionKind, Severity};
use interloper_engine::strategy::{Room, Sample};
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Need, Plan, Principal, Profile, Scenario, Snapshot, Step,
    SteppedRun, StoryGuards, Sweep, unit,
};

use super::outcome::{Baseline, Ended};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "faults::power_loss",
    sentence: "After a loss of power at any step the store has the old session or the new one, and the new one once it has answered ok.",
    fix: "fsync the temporary file before it is renamed, and the directory afterwards",
    severity: Severity::Medium,
    cwe: &["CWE-662", "CWE-755"],
    owasp: &[],
    needs: &[Need::Steps, Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Few,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Upper limit of legal states after one step.
const EACH: Room = Room { quick: 24, full: 200 };
const EACH_NIGHTLY: usize = 4_000;
/// Upper limit of states of one operation that are tried, after all of its steps.
const ROOM: Room = Room { quick: 480, full: 8_000 };
/// Lower limit of states after one step that are tried: without room for them, the step is left out.
const LEAST: usize = 4;

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    // A server is under no filter: neither what it writes nor what it syncs is a step, and a state made of the others is none that a disk had.
    if lab.hello().driver_can(Can::Server) {
        return Err(Abort::Unsupported(
            "its server does the writing, and what that made durable is not seen".into(),
        ));
    }
    let empty = lab.snapshot()?;
    for workload in lab.workloads() {
        lab.restore(&empty)?;
        let Some(baseline) = Baseline::record(lab, workload, &case.session)? else { continue };
        let rehearsal = lab.rehearse(&baseline.request)?;
        lab.restore(&baseline.start)?;
        let (start, steps) = lab.aside(|lab| {
            let SteppedRun { start, steps, ending } = lab.stepped_run(&baseline.request)?;
            ending.require_ok(baseline.request.word())?;
            Ok((start, steps))
        })?;
        let losses = lab.power_losses(&start, &steps);
        let mut tried = LossCoverage::new(lab.plan(), &steps);
        let mut names = rehearsal.names.reset();
        let calls: Vec<String> = steps.iter().map(|(step, _)| names.call(step)).collect();
        for end in tried.ends.clone() {
            let last = end == steps.len();
            let loss = losses.after(end, tried.limit(last));
            tried.sampled += usize::from(loss.sampled);
            for state in &loss.states {
                if tried.marks.contains(&state.mark()) && !last {
                    continue;
                }
                let (missing, disk) = losses.show(state);
                // Where everything persisted, a loss of power is a crash, which has its own scenario.
                if missing.is_empty() && !last {
                    continue;
                }
                lab.restore(&disk)?;
                // Where nothing was promised to be durable, an answer is no promise either.
                let durable = last && lab.hello().promises.contains(&Promise::Durable);
                let ended = if durable { Ended::Ok } else { Ended::Otherwise };
                let missing = match &missing[..] {
                    [] => "everything persisted".to_owned(),
                    some => format!("not persisted: {}", names.text(&some.join(", "))),
                };
                let at = if last { "after the answer" } else { &calls[end - 1] };
                let when = format!(
                    "power lost after step {end}, {at}; {missing} ({}, {} states)",
                    loss.model, loss.total
                );
                let by = Interruption::new(InterruptionKind::PowerCut, when);
                baseline.judge(lab, ended, &by)?;
                tried.marks.insert(state.mark());
                tried.states += 1;
            }
        }
        let unsure = tried.sampled + tried.left_out;
        lab.count_steps(&rehearsal, rehearsal.steps.len().saturating_sub(unsure));
        if let Some(remark) = tried.remark() {
            lab.add_note(format!("{workload}: {remark}"));
        }
    }
    Ok(())
}

/// Coverage of an operation: planned and done.
struct LossCoverage {
    /// After how many steps power is lost: after those that change something, and after the last.
    ends: Vec<usize>,
    /// Number of such moments that are left out.
    left_out: usize,
    /// How many states after one step are told at most.
    each: usize,
    /// Number of states of the operation that may still be tried.
    room: usize,
    /// Number of moments to come.
    to_come: usize,
    /// Digests of the states that were tried: the same state may be left after several steps.
    marks: HashSet<[u64; 4]>,
    /// Number of trials.
    states: usize,
    /// After how many steps there were more states than were told.
    sampled: usize,
}

impl LossCoverage {
    fn new(plan: &Plan, steps: &[(Step, Rc<Snapshot>)]) -> LossCoverage {
        let (each, room) = match plan.profile {
            Profile::Quick => (EACH.quick, ROOM.quick),
            Profile::Full => (EACH.full, ROOM.full),
            Profile::Nightly => (EACH_NIGHTLY, usize::MAX),
        };
        // What syncs adds no state; only after what changes there is something new to lose.
        let changes = |end: &usize| *end == steps.len() || steps[end - 1].0.changes;
        let all: Vec<usize> = (1..=steps.len()).filter(changes).collect();
        let moments = Room { quick: ROOM.quick / LEAST, full: ROOM.full / LEAST };
        let sample = Sample::of(plan, all.len(), moments, |n| n + 1 == all.len());
        let ends: Vec<usize> = sample.chosen().iter().map(|n| all[*n]).collect();
        let (left_out, to_come, marks) = (all.len() - ends.len(), ends.len(), HashSet::new());
        LossCoverage { ends, left_out, each, room, to_come, marks, states: 0, sampled: 0 }
    }

    /// Returns the number of states to try after the next step: an even share of the room, and all of it after the last.
    fn limit(&mut self, last: bool) -> usize {
        let share = self.room / self.to_come.max(1);
        let limit = if last { self.each } else { self.each.min(share).max(LEAST) };
        self.room = self.room.saturating_sub(limit);
        self.to_come = self.to_come.saturating_sub(1);
        limit
    }

    /// Returns a note of what was not tried; `None` if everything was.
    fn remark(&self) -> Option<String> {
        let moments = self.ends.len() + self.left_out;
        let LossCoverage { states, sampled, left_out, .. } = self;
        let of = format!("{states} states tried of those after {moments} steps");
        match (*sampled, *left_out) {
            (0, 0) => None,
            (sampled, 0) => Some(format!("{of}, not all of them after {sampled}")),
            (sampled, left_out) => {
                Some(format!("{of}, not all of them after {sampled}, none after {left_out}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(profile: Profile, count: usize) -> (LossCoverage, Vec<usize>) {
        let mut step = Step::default();
        step.changes = true;
        let snapshot = Rc::new(Snapshot::default());
        let steps = vec![(step, snapshot); count];
        let plan = Plan { seed: 1, profile, umasks: Vec::new(), cases: None };
        let mut tried = LossCoverage::new(&plan, &steps);
        let limits = (1..=tried.ends.len()).map(|n| tried.limit(n == tried.ends.len()));
        let limits = limits.collect::<Vec<_>>();
        (tried, limits)
    }

    #[test]
    fn after_few_steps_there_is_room_for_as_many_states_as_after_each() {
        let (tried, limits) = tried(Profile::Quick, 12);
        assert_eq!((tried.left_out, limits), (0, vec![EACH.quick; 12]));
    }

    #[test]
    fn what_is_tried_of_an_operation_does_not_grow_with_its_steps() {
        for count in [100, 1_000, 10_000] {
            let (tried, limits) = tried(Profile::Quick, count);
            let told: usize = limits.iter().sum();
            assert!(told <= ROOM.quick + EACH.quick, "{told} states after {count} steps");
            assert_eq!(tried.ends.last(), Some(&count));
            assert_eq!(tried.left_out, count - tried.ends.len());
            assert_eq!(tried.remark().is_some(), tried.left_out > 0);
        }
    }
}
