//! What the disk may hold after a loss of power is the old session or the new one.

use interloper_driver::{Operation, Promise};
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, Check, Course, Flow, Lab, Need, Principal, Profile, Scenario, Snapshot, Stage, Sweep,
    nothing,
};

use super::outcome::{Ended, Known};

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
    property: &Check { extra: nothing, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> Flow<()> {
    let limit = match lab.plan().profile {
        Profile::Quick => 24,
        Profile::Full => 200,
        Profile::Nightly => 4_000,
    };
    let empty = lab.snapshot()?;
    for stage in Stage::of(&lab.hello().clone()) {
        lab.restore(&empty)?;
        let Some(known) = Known::learn(lab, stage, &case.session)? else { continue };
        let rehearsal = lab.rehearse(&known.request)?;
        lab.restore(&known.start)?;
        let told = lab.story_len();
        let Course { start, steps, ending } = lab.course(&known.request)?;
        ending.must_be_ok(known.request.word())?;
        lab.forget_since(told);
        let mut names = rehearsal.names.fresh();
        let calls: Vec<String> = steps.iter().map(|(step, _)| names.call(step)).collect();
        let mut tried: Vec<Snapshot> = Vec::new();
        let mut sampled = 0;
        for end in 1..=steps.len() {
            // What syncs adds no state; only after what changes there is something new to lose.
            let (step, _) = &steps[end - 1];
            let last = end == steps.len();
            if !step.changes && !last {
                continue;
            }
            let loss = lab.power_loss(&start, &steps[..end], limit);
            sampled += usize::from(loss.sampled);
            for (state, missing) in loss.states {
                // Where everything persisted, a loss of power is a crash, which has its own scenario.
                let news = !missing.is_empty() && !tried.iter().any(|other| other.same_as(&state));
                if !last && !news {
                    continue;
                }
                lab.restore(&state)?;
                // Where nothing was promised to be durable, an answer is no promise either.
                let durable = last && lab.hello().promises.contains(&Promise::Durable);
                let ended = if durable { Ended::Ok } else { Ended::Otherwise };
                let missing = match &missing[..] {
                    [] => "everything persisted".to_owned(),
                    some => format!("not persisted: {}", names.text(&some.join(", "))),
                };
                let at = if last { "after the answer" } else { &calls[end - 1] };
                let when = format!(
                    "power lost after step {}, {at}; {missing} ({}, {} states)",
                    step.number, loss.model, loss.total
                );
                known.judge(lab, ended, &when)?;
                tried.push(state);
            }
        }
        lab.count_steps(&rehearsal, rehearsal.steps.len().saturating_sub(sampled));
        if sampled > 0 {
            lab.remark(format!("{stage}: after {sampled} steps, {limit} of the legal states each"));
        }
    }
    Ok(())
}
