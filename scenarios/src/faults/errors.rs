//! Every error that the kernel could give at a call, once and from then on.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Act, Case, Check, Fault, Flow, Lab, Need, Principal, Profile, Scenario, Stage, Step, Sweep,
    Violation, nothing,
};

use super::outcome::Known;

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
    property: &Check { extra: nothing, check },
};

/// How many faults of each operation are tried where not all are.
const QUICK: usize = 32;

/// How many steps an operation may make before it is taken not to end.
const PATIENCE: u32 = 10_000;

/// An error at a step.
#[derive(Clone, Copy)]
struct Injection<'s> {
    step: &'s Step,
    fault: Fault,
    /// At that call alone, or at every later call of that name, too.
    stays: bool,
}

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> Flow<()> {
    let empty = lab.snapshot()?;
    for stage in Stage::of(&lab.hello().clone()) {
        lab.restore(&empty)?;
        let Some(known) = Known::learn(lab, stage, &case.session)? else { continue };
        let rehearsal = lab.rehearse(&known.request)?;
        let injections = choose(lab, injections(&rehearsal.steps));
        let mut steps: Vec<u32> = injections.iter().map(|one| one.step.number).collect();
        steps.dedup();
        lab.count_steps(&rehearsal, steps.len());
        for injection in injections {
            inject(lab, &known, injection, &mut rehearsal.names.fresh())?;
        }
    }
    Ok(())
}

fn injections(steps: &[Step]) -> Vec<Injection<'_>> {
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

/// All of them, or as many as the profile has time for: those that stores forget most first, then some by seed.
fn choose<'s>(lab: &Lab<'_>, all: Vec<Injection<'s>>) -> Vec<Injection<'s>> {
    if lab.plan().profile != Profile::Quick || all.len() <= QUICK {
        return all;
    }
    let forgotten = |one: &Injection<'_>| {
        let what = one.step.writes().is_some() || one.step.syncs() || one.step.names();
        what && !one.stays && matches!(one.fault.name().as_str(), "ENOSPC" | "EIO" | "EDQUOT")
    };
    let (mut chosen, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(forgotten);
    let room = QUICK.saturating_sub(chosen.len());
    chosen.extend(lab.plan().some_of(rest, room));
    chosen.sort_by_key(|one| one.step.number);
    chosen
}

fn inject(
    lab: &mut Lab<'_>,
    known: &Known,
    injection: Injection<'_>,
    names: &mut interloper_engine::Names,
) -> Flow<()> {
    let Injection { step, fault, stays } = injection;
    let mut done = false;
    let mut count = 0;
    let ended = known.through(lab, |_, now| {
        count += 1;
        // Who tries again for ever is as stuck as who sleeps.
        if count > PATIENCE {
            return Ok(Act::Kill);
        }
        let here = now.number == step.number && now.name == step.name;
        let again = stays && done && now.name == step.name;
        done |= here;
        Ok(if here || again { Act::Fail(fault) } else { Act::Continue })
    })?;
    if !done {
        // Another run took another way: this fault was not tried.
        lab.count_step("not reached");
        return Ok(());
    }
    if count > PATIENCE {
        lab.violate(
            Violation::new(
                "endless",
                format!("{} tries for ever what fails for ever", known.request.word()),
            )
            .evidence(format!("{} at {}", fault.name(), names.call(step))),
        );
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
    known.judge(lab, ended, &when)?;
    Ok(())
}
