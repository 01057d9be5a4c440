//! Four drivers at once, as fast as they go.

use interloper_driver::Operation;
use interloper_engine::record::{Event, Evidence, Severity};
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Need, Principal, Profile, Request, Resume, Scenario,
    StopEvent, StoryGuards, Sweep, Violation, unit,
};

use super::anomaly::{Anomaly, KnownSessions, ObservedHistory, PairOp};
use super::history::{Slots, State};
use super::turns::Answer;
use crate::support::{LoadOutcome, try_load};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "concurrency::stress",
    sentence: "Four processes that save and load at the same time, unscheduled, are answered as if one had come after the other.",
    fix: "see concurrency::save_save and concurrency::read_write, which show the steps",
    severity: Severity::Info,
    cwe: &["CWE-362", "CWE-366"],
    owasp: &[],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Few,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Time in which all of them overlap.
const TOGETHER: (u32, u32) = (0, 1);

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let other = if lab.is_single() { "alpha" } else { "beta" };
    let operations = [
        PairOp::Save("alpha", 1),
        PairOp::Load("alpha"),
        PairOp::Save("alpha", 2),
        PairOp::Save(other, 3),
    ];
    let mut known = KnownSessions::default();
    lab.aside(|lab| {
        for operation in operations {
            let PairOp::Save(id, slot) = operation else { continue };
            lab.must_save(id, slot, &case.session)?;
            lab.restart()?;
            let loaded = lab.load(id)?;
            if !known.add(lab, id, Slots::of(slot), &loaded) {
                let why = format!("what was saved loads as {}", loaded.word());
                return Err(Abort::Ineffective(why));
            }
        }
        Ok(())
    })?;
    let mut state: State =
        [("alpha", 2), (other, 3)].into_iter().map(|(id, slot)| (id, Slots::of(slot))).collect();
    let rounds = match lab.plan().profile {
        Profile::Quick => 8,
        Profile::Full => 64,
        Profile::Nightly => 512,
    };
    for round in 1..=rounds {
        let play = |lab: &mut Lab<'_>| {
            let mark = lab.mark();
            let requests = operations.map(|operation| operation.request(lab, &case.session));
            let requests = requests.into_iter().collect::<CaseResult<Vec<_>>>()?;
            let answers = together(lab, &requests)?;
            let history = ObservedHistory {
                start: state.clone(),
                done: operations.into_iter().zip(&answers).map(|(d, a)| (d, TOGETHER, a)).collect(),
                left: left(lab, other)?,
            };
            lab.count_step("round");
            if let Some((anomaly, fact)) = history.judge(&known) {
                let story = lab.story_since(mark);
                report(lab, anomaly, fact.after(format!("in round {round}")), story);
                return Ok(None);
            }
            Ok(history.end(&known))
        };
        let Some(next) = lab.keep_if(play, Option::is_none)? else { return Ok(()) };
        state = next;
    }
    Ok(())
}

fn report(lab: &mut Lab<'_>, anomaly: Anomaly, fact: Evidence, story: Vec<Event>) {
    let sentence = format!("{}, when four are at work", anomaly.clause());
    // It may not show the next time, and so it fails no run: the scenarios that step show it every time.
    let violation = Violation::new(anomaly.word(), sentence).severity(Severity::Info);
    lab.report(violation.evidence(fact).story(story));
}

/// Asks all of them, and only then waits for the answers.
fn together(lab: &mut Lab<'_>, requests: &[Request]) -> CaseResult<Vec<Answer>> {
    lab.restart()?;
    for (client, request) in (0..).zip(requests) {
        lab.use_driver(client);
        // A store that cannot be opened now says so when it is asked.
        let _ = lab.open(&request.id)?;
    }
    for (client, request) in (0..).zip(requests) {
        lab.use_driver(client);
        lab.send(request)?;
    }
    let mut answers = Vec::new();
    for (client, request) in (0..).zip(requests) {
        lab.use_driver(client);
        answers.push(match lab.advance(Resume::Continue)? {
            StopEvent::Answered(answer) => Answer::read(lab, request, answer),
            StopEvent::Ended(seen) => Answer::Died(seen),
            StopEvent::Held(_) | StopEvent::Blocked => {
                return Err(Abort::Ineffective("it was held where nobody asked for it".into()));
            }
        });
    }
    Ok(answers)
}

fn left(lab: &mut Lab<'_>, other: &'static str) -> CaseResult<Vec<(&'static str, LoadOutcome)>> {
    lab.restart()?;
    lab.use_driver(0);
    let mut ids = vec!["alpha", other];
    ids.dedup();
    ids.into_iter().map(|id| Ok((id, try_load(lab, id)?))).collect()
}
