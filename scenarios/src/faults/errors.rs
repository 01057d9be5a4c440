//! Every error that the kernel could give at a call, once and from then on.

use interloper_driver::Operation;
use interloper_engine::record::{Interruption, InterruptionKind, Severity};
use interloper_engine::strategy::{Room, Sample, follow};
use interloper_engine::{
    Case, CaseResult, Check, Fault, Lab, Need, Principal, Resume, Scenario, Step, Sweep, Violation,
    unit,
};

use super::outcome::{Baseline, Ended};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "faults::errors",
    sentence: "Whatever error the kernel gives at whatever call, the store says that it failed or has done it; it has the old session or the new one, and goes on.",
    fix: "look at what every call gives back, close included; tell the caller, and remove what was half done",
    severity: Severity::Medium,
    cwe: &["CWE-252", "CWE-391", "CWE-755"],
    owasp: &[],
    needs: &[Need::Steps, Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Few,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Number of faults of each operation that are tried.
const ROOM: Room = Room { quick: 32, full: usize::MAX };

/// Upper limit of an operation's steps before it is taken not to end.
const PATIENCE: u32 = 10_000;

/// An error at a step.
#[derive(Clone, Copy)]
pub(super) struct Injection<'s> {
    pub(super) step: &'s Step,
    fault: Fault,
    /// Whether the fault stays: at every later call of that name, too.
    pub(super) stays: bool,
}

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let empty = lab.snapshot()?;
    for workload in lab.workloads() {
        lab.restore(&empty)?;
        let Some(baseline) = Baseline::record(lab, workload, &case.session)? else { continue };
        let rehearsal = lab.rehearse(&baseline.request)?;
        let all = injections(&rehearsal.steps);
        // Those that stores forget most, and of the others what there is time for.
        let sample = Sample::of(lab.plan(), all.len(), ROOM, |n| all[n].is_forgotten());
        let mut steps: Vec<u32> = sample.chosen().iter().map(|n| all[*n].step.number).collect();
        steps.dedup();
        lab.count_steps(&rehearsal, steps.len());
        follow(sample, |n| inject(lab, &baseline, all[n], &mut rehearsal.names.reset()))?;
    }
    Ok(())
}

/// Returns every error at every step, once and from then on.
pub(super) fn injections(steps: &[Step]) -> Vec<Injection<'_>> {
    let mut all = Vec::new();
    for step in steps {
        for fault in step.faults() {
            all.push(Injection { step, fault: *fault, stays: false });
            // Signals do not come for ever, and who tries again after one is right.
            if !matches!(fault.name().as_str(), "EINTR" | "EAGAIN") {
                all.push(Injection { step, fault: *fault, stays: true });
            }
        }
    }
    all
}

impl Injection<'_> {
    /// Goes through the operation with the fault; how that ended, and what happened. `None` if the step was not reached.
    pub(super) fn run(
        self,
        lab: &mut Lab<'_>,
        baseline: &Baseline,
        names: &mut interloper_engine::NameNormalizer,
    ) -> CaseResult<Option<(Ran, Interruption)>> {
        let Injection { step, fault, stays } = self;
        let (mut done, mut count) = (false, 0);
        let ended = baseline.through(lab, |_, now| {
            count += 1;
            // Who tries again for ever is as stuck as who sleeps.
            if count > PATIENCE {
                return Ok(Resume::Kill);
            }
            let here = now.number == step.number && now.name == step.name;
            let again = stays && done && now.name == step.name;
            done |= here;
            Ok(if here || again { Resume::Fail(fault) } else { Resume::Continue })
        })?;
        if !done {
            return Ok(None);
        }
        let often = if stays { " from then on" } else { "" };
        let when = format!(
            "{} at step {}, {}{often} ({}, {})",
            fault.name(),
            step.number,
            names.call(step),
            fault.what,
            fault.source
        );
        let by = Interruption::new(InterruptionKind::Error, when);
        Ok(Some((Ran { ended, endless: count > PATIENCE }, by)))
    }

    /// Returns whether it is one of those that stores forget most.
    fn is_forgotten(&self) -> bool {
        let Injection { step, fault, stays } = self;
        let what = step.writes().is_some() || step.syncs() || step.names();
        what && !stays && matches!(fault.name().as_str(), "ENOSPC" | "EIO" | "EDQUOT")
    }
}

/// Goes through the operation with the fault; whether that left what it must not.
fn inject(
    lab: &mut Lab<'_>,
    baseline: &Baseline,
    injection: Injection<'_>,
    names: &mut interloper_engine::NameNormalizer,
) -> CaseResult<bool> {
    let Some((Ran { ended, endless }, by)) = injection.run(lab, baseline, names)? else {
        // Another run took another way: this fault was not tried.
        lab.count_step("not reached");
        return Ok(false);
    };
    if endless {
        let Injection { step, fault, .. } = injection;
        lab.report(
            Violation::new(
                "endless",
                format!("{} tries for ever what fails for ever", baseline.request.word()),
            )
            .evidence(format!("{} at {}", fault.name(), names.call(step))),
        );
    }
    Ok(baseline.judge(lab, ended, &by)?.is_bad())
}

/// End of an operation with a fault.
pub(super) struct Ran {
    ended: Ended,
    /// Whether it went on for ever, and was killed.
    endless: bool,
}
