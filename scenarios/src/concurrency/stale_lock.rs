//! What a killed process held, nobody waits for.

use std::time::Duration;

use interloper_driver::{ErrorKind, Operation};
use interloper_engine::record::Severity;
use interloper_engine::strategy::{First, Room, Sample, follow};
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Need, Principal, Scenario, Step, StoryGuards, Sweep,
    turning_points, unit,
};

use super::pair::{About, Baseline, Pair, PairOp};
use super::schedule::Schedule;
use super::turns::{Answer, Halt, Turns};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "concurrency::stale_lock",
    sentence: "Killed at any step of a save, a process leaves nothing behind that another one's save waits for or is refused for.",
    fix: "take locks that end with the process, flock(2) or fcntl(2), on a file that stays; a lock that is a file must say whose it is, and be taken over from the dead",
    severity: Severity::Medium,
    cwe: &["CWE-667", "CWE-412", "CWE-833"],
    owasp: &[],
    needs: &[Need::Steps, Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Few,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Number of steps at which one is killed.
const ROOM: Room = Room { quick: 12, full: usize::MAX };
/// A lock that is taken over when nobody has touched it for a time is taken over after this.
const LONG: Duration = Duration::from_secs(24 * 60 * 60);

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let other = if lab.is_single() { "alpha" } else { "beta" };
    let pair = Pair {
        word: "save",
        before: vec![("alpha", 0)],
        over: None,
        operations: [PairOp::Save("alpha", 1), PairOp::Save(other, 2)],
    };
    let Some(baseline) = pair.record_baseline(lab, &case.session, About::Answers)? else {
        return Err(Abort::Ineffective("one after the other, they do not what they should".into()));
    };
    let steps: Vec<&Step> = baseline.steps[0].iter().filter(|step| step.matters()).collect();
    // Before its first step that matters it holds nothing.
    let all: Vec<u32> = (2..=steps.len() as u32).collect();
    let points = turning_points(steps.iter().copied());
    let sample = Sample::of(lab.plan(), all.len(), ROOM, |n| points.contains(&(n + 1)));
    let (chosen, count) = (sample.chosen().len(), all.len());
    if chosen < count {
        lab.add_note(format!("killed at {chosen} of the {count} steps that matter"));
    }
    follow(First::of(sample), |n| {
        let (fact, ran) = lab.excerpt(|lab| kill_at(lab, &baseline, all[n]))?;
        let keeps = fact.is_some();
        fact.into_iter().for_each(|fact| pair.report_kill(lab, fact, ran.clone()));
        Ok(keeps)
    })?;
    lab.use_driver(0);
    lab.restart()
}

/// Kills the first save before a step; what keeps the second from being done then.
fn kill_at(lab: &mut Lab<'_>, baseline: &Baseline, until: u32) -> CaseResult<Option<String>> {
    lab.restore(&baseline.start)?;
    lab.take_turns();
    let mut turns = turns(baseline);
    if turns.advance(lab, 0, until)? != Halt::Reached {
        lab.count_step("not reached");
        return Ok(None);
    }
    turns.kill(lab, 0)?;
    if second(lab, &mut turns)?.is_none() {
        lab.count_step("the other goes on");
        return Ok(None);
    }
    // Who waits for a lock's age, or gives up and says so, is asked again when a day has passed.
    lab.use_driver(1);
    lab.restart()?;
    lab.age(LONG)?;
    lab.record("a day passes", "");
    let mut again = self::turns(baseline);
    let fact = second(lab, &mut again)?;
    lab.count_step(match fact {
        None => "the other goes on later",
        Some(_) => "the other does not go on",
    });
    Ok(fact)
}

fn turns(baseline: &Baseline) -> Turns {
    let usual = [&baseline.steps[0][..], &baseline.steps[1][..]];
    Turns::new([&baseline.requests[0], &baseline.requests[1]], usual, Some(&baseline.names))
}

/// Lets the second save go to its end; what keeps it from that.
fn second(lab: &mut Lab<'_>, turns: &mut Turns) -> CaseResult<Option<String>> {
    turns.actors[0].answer = Some(Answer::Done);
    turns.run(lab, &Schedule::whole(1))?;
    let word = |what: &str| Some(format!("the other's save {what}"));
    Ok(match &turns.actors[1].answer {
        None => word("waits for what the killed process held, and nobody gives it back"),
        // What was half written when it was killed is told by `faults::crash`.
        Some(Answer::Failed(failure)) if failure.kind == ErrorKind::Corrupt => None,
        Some(Answer::Failed(failure)) => word(&format!("is answered with {failure}")),
        Some(Answer::Died(seen)) => word(&format!("is not answered: {}", seen.clause())),
        Some(Answer::Done | Answer::Loaded(_)) => None,
    })
}
