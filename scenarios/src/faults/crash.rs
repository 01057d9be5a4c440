//! Killed at any step, a store leaves the old session or the new one.

use std::rc::Rc;

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Act, Case, Check, Flow, Lab, Need, Principal, Profile, Scenario, Snapshot, Stage, Sweep,
    nothing,
};

use super::outcome::{Ended, Known, Outcome};

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
    property: &Check { extra: nothing, check },
};

/// A moment between two steps.
struct Between {
    /// What it is before, in a clause.
    when: String,
    there: Rc<Snapshot>,
    ended: Ended,
}

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> Flow<()> {
    let empty = lab.snapshot()?;
    for stage in Stage::of(&lab.hello().clone()) {
        lab.restore(&empty)?;
        let Some(known) = Known::learn(lab, stage, &case.session)? else { continue };
        let rehearsal = lab.rehearse(&known.request)?;
        let moments = moments(lab, &known, &mut rehearsal.names.fresh())?;
        let mut outcomes: Vec<Outcome> = Vec::new();
        for (n, moment) in moments.iter().enumerate() {
            // Most steps change nothing: one recovery for each tree is enough.
            let alike = moments[..n].iter().position(|other| other.there.same_as(&moment.there));
            if let Some(other) = alike {
                outcomes.push(outcomes[other]);
                continue;
            }
            lab.restore(&moment.there)?;
            outcomes.push(known.judge(lab, moment.ended, &moment.when)?);
            known.look_for_residue(lab, &moment.when)?;
        }
        let unsure = confirm(lab, &known, &moments, &outcomes)?;
        lab.count_steps(&rehearsal, rehearsal.steps.len().saturating_sub(unsure));
    }
    Ok(())
}

/// One pass: the sandbox before each step, and after the last.
fn moments(
    lab: &mut Lab<'_>,
    known: &Known,
    names: &mut interloper_engine::Names,
) -> Flow<Vec<Between>> {
    lab.restore(&known.start)?;
    let told = lab.story_len();
    let mut moments: Vec<Between> = Vec::new();
    let mut there = Rc::new(known.start.clone());
    let mut changed = false;
    let ending = lab.through(&known.request, |lab, step| {
        if changed {
            there = Rc::new(lab.snapshot()?);
        }
        changed = step.changes;
        moments.push(Between {
            when: format!("killed before step {}, {}", step.number, names.call(step)),
            there: Rc::clone(&there),
            ended: Ended::Otherwise,
        });
        Ok(Act::Continue)
    })?;
    ending.must_be_ok(known.request.word())?;
    moments.push(Between {
        when: "killed after it had answered ok".into(),
        there: Rc::new(lab.snapshot()?),
        ended: Ended::Ok,
    });
    lab.forget_since(told);
    Ok(moments)
}

/// A few of the moments with a real kill: what the snapshots say must be what a killed process leaves. Gives how often it was not.
fn confirm(
    lab: &mut Lab<'_>,
    known: &Known,
    moments: &[Between],
    outcomes: &[Outcome],
) -> Flow<usize> {
    let count = match lab.plan().profile {
        Profile::Quick => 2,
        Profile::Full => 8,
        Profile::Nightly => moments.len(),
    };
    let held = moments.len() - 1;
    let seed = lab.plan().seed as usize;
    let mut unsure = 0;
    for n in 0..count.min(held) {
        let index = (seed + n * held / count) % held;
        let moment = &moments[index];
        let mut reached = false;
        known.through(lab, |_, step| {
            reached |= step.number as usize == index + 1;
            Ok(if reached { Act::Kill } else { Act::Continue })
        })?;
        if !reached {
            lab.count_step("not reached");
            unsure += 1;
            continue;
        }
        let outcome = known.judge(lab, moment.ended, &moment.when)?;
        if outcome != outcomes[index] {
            let snapshot = outcomes[index];
            lab.remark(format!("{}: {outcome}, where a snapshot said {snapshot}", moment.when));
            unsure += 1;
        }
    }
    Ok(unsure)
}
