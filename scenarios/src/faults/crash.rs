//! Killed at any step, a store leaves the old session or the new one.

use std::collections::HashMap;
use std::rc::Rc;

use interloper_driver::Operation;
use interloper_engine::record::{Interruption, InterruptionKind, Severity};
use interloper_engine::strategy::{Every, Replay, Room, Sample, follow};
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Principal, Resume, Scenario, Snapshot, Step, StoryGuards,
    Sweep, turning_points, unit,
};

use super::outcome::{Baseline, Ended, Outcome};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "faults::crash",
    sentence: "Killed at any step of any operation, the store has the old session or the new one afterwards, its neighbours are intact, and it goes on.",
    fix: "write a temporary file, fsync it, rename it over the old one, and fsync the directory; take locks that end with the process",
    severity: Severity::Medium,
    cwe: &["CWE-459", "CWE-662", "CWE-755"],
    owasp: &[],
    needs: &[Need::Steps, Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Few,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// A moment between two steps.
struct Between {
    /// Kill at that moment.
    by: Interruption,
    there: Rc<Snapshot>,
    /// Digest of the tree.
    tree: [u8; 32],
    ended: Ended,
    /// The step that comes next; `None` after the last.
    next: Option<Step>,
}

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let empty = lab.snapshot()?;
    for workload in lab.workloads() {
        lab.restore(&empty)?;
        let Some(baseline) = Baseline::record(lab, workload, &case.session)? else { continue };
        let rehearsal = lab.rehearse(&baseline.request)?;
        let moments = moments(lab, &baseline, &mut rehearsal.names.reset())?;
        let mut outcomes: Vec<Outcome> = Vec::new();
        // The first moment of each tree.
        let mut first: HashMap<[u8; 32], usize> = HashMap::new();
        follow(Every::of(moments.len()), |n| {
            let moment = &moments[n];
            // Most steps change nothing: one recovery for each tree is enough.
            let alike = *first.entry(moment.tree).or_insert(n);
            if alike < n {
                outcomes.push(outcomes[alike]);
                return Ok(false);
            }
            lab.restore(&moment.there)?;
            let outcome = baseline.judge(lab, moment.ended, &moment.by)?;
            outcomes.push(outcome);
            baseline.look_for_residue(lab, &moment.by)?;
            Ok(outcome.is_bad())
        })?;
        let unsure = confirm(lab, &baseline, &moments, &outcomes)?;
        lab.count_steps(&rehearsal, rehearsal.steps.len().saturating_sub(unsure));
    }
    Ok(())
}

/// Goes through the operation once, and keeps the sandbox before each step and after the last.
fn moments(
    lab: &mut Lab<'_>,
    baseline: &Baseline,
    names: &mut interloper_engine::NameNormalizer,
) -> CaseResult<Vec<Between>> {
    lab.restore(&baseline.start)?;
    lab.aside(|lab| moments_from(lab, baseline, names))
}

fn moments_from(
    lab: &mut Lab<'_>,
    baseline: &Baseline,
    names: &mut interloper_engine::NameNormalizer,
) -> CaseResult<Vec<Between>> {
    let mut moments: Vec<Between> = Vec::new();
    let mut there = Rc::new(baseline.start.clone());
    let mut tree = there.digest();
    let mut changed = false;
    let ending = lab.through(&baseline.request, |lab, step| {
        if changed {
            there = Rc::new(lab.snapshot_after(&there)?);
            tree = there.digest();
        }
        changed = step.changes;
        moments.push(Between {
            by: killed(format!("killed before step {}, {}", step.number, names.call(step))),
            there: Rc::clone(&there),
            tree,
            ended: Ended::Otherwise,
            next: Some(step.clone()),
        });
        Ok(Resume::Continue)
    })?;
    ending.require_ok(baseline.request.word())?;
    let there = Rc::new(lab.snapshot_after(&there)?);
    moments.push(Between {
        by: killed("killed after it had answered ok"),
        tree: there.digest(),
        there,
        ended: Ended::Ok,
        next: None,
    });
    Ok(moments)
}

fn killed(clause: impl Into<String>) -> Interruption {
    Interruption::new(InterruptionKind::Kill, clause)
}

/// Number of moments of each operation that are tried with a real kill, beside those around the first write, rename and removal.
const KILLS: Room = Room { quick: 2, full: 8 };

/// Returns a few of the moments with a real kill, and the first of each kind that was found bad: what the snapshots say must be what a
/// killed process leaves. Gives how often it was not.
fn confirm(
    lab: &mut Lab<'_>,
    baseline: &Baseline,
    moments: &[Between],
    outcomes: &[Outcome],
) -> CaseResult<usize> {
    // At the last the process has answered, and is killed no more.
    let held = moments.len() - 1;
    let first_of_its_kind =
        |n: &usize| outcomes[*n].is_bad() && !outcomes[..*n].contains(&outcomes[*n]);
    let bad: Vec<usize> = (0..held).filter(first_of_its_kind).collect();
    let points = turning_points(moments.iter().filter_map(|moment| moment.next.as_ref()));
    let some = Sample::of(lab.plan(), held, KILLS, |n| points.contains(&n));
    let mut unsure = 0;
    let mut kill = |n: usize| {
        let same = is_the_same_killed(lab, baseline, n, &moments[n], outcomes[n])?;
        unsure += usize::from(!same);
        Ok(!same)
    };
    follow(some, &mut kill)?;
    follow(Replay::of(bad), &mut kill)?;
    Ok(unsure)
}

/// Returns whether a process that is killed at that moment leaves what the snapshot said.
fn is_the_same_killed(
    lab: &mut Lab<'_>,
    baseline: &Baseline,
    index: usize,
    moment: &Between,
    snapshot: Outcome,
) -> CaseResult<bool> {
    let mut reached = false;
    baseline.through(lab, |_, step| {
        reached |= step.number as usize == index + 1;
        Ok(if reached { Resume::Kill } else { Resume::Continue })
    })?;
    if !reached {
        lab.count_step("not reached");
        return Ok(false);
    }
    let outcome = baseline.judge(lab, moment.ended, &moment.by)?;
    if outcome != snapshot {
        lab.add_note(format!("{}: {outcome}, where a snapshot said {snapshot}", moment.by.clause));
    }
    Ok(outcome == snapshot)
}
