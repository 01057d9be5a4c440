//! One user's sessions do not push another's out.

use std::time::Duration;

use interloper_driver::Operation;
use interloper_engine::record::{AnswerEvent, Severity};
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Loaded, Need, Principal, Profile, Scenario, Sent, Shape,
    StoryGuards, Sweep, Violation, unit,
};

use crate::support::answer;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "honesty::capacity",
    sentence: "Many sessions, saved one after another, push none out that was saved before: where there is no room, the new one is refused.",
    fix: "answer an error when the store is full; do not drop sessions that are neither deleted nor over",
    severity: Severity::Medium,
    cwe: &["CWE-770", "CWE-410"],
    owasp: &[],
    needs: &[Need::ManyIds, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Number of sessions that profile quick tries whatever a save costs, and the processor time after which it tries no more.
const LEAST: usize = 300;
const ENOUGH: Duration = Duration::from_secs(3);

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let many = match lab.plan().profile {
        Profile::Quick => 1_100,
        Profile::Full => 3_000,
        Profile::Nightly => 30_000,
    };
    lab.must_save("alpha", 0, &case.session)?;
    let saved = lab.aside(|lab| save_others(lab, many, &case.session))?;
    let call = format!("save({:?}, …), {saved} sessions", "other-…");
    lab.push(Sent::new("save", call).answered(AnswerEvent::Ok));
    lab.restart()?;
    // All of them: which one a store drops is its own affair.
    let ids = std::iter::once("alpha".to_owned()).chain((0..saved).map(|n| format!("other-{n}")));
    let (mut gone, mut first) = (0, None);
    for id in ids {
        let is_first_gone =
            |loaded: &Loaded| first.is_none() && !matches!(loaded, Loaded::Present(_));
        let loaded = lab.keep_if(|lab| lab.load(&id), is_first_gone)?;
        if matches!(loaded, Loaded::Present(_)) {
            continue;
        }
        gone += 1;
        first.get_or_insert((id, loaded));
    }
    if let Some((id, loaded)) = first {
        let which = if id == "alpha" { "the first" } else { "one" };
        let after = format!("after {saved} others, {gone} of all do not load");
        let sentence = format!("{which} of many sessions was pushed out by later ones");
        lab.report(Violation::new("evicted", sentence).evidence(answer(after, &id, &loaded)));
    }
    lab.add_note(format!("{saved} sessions beside it"));
    Ok(())
}

/// Saves as many other sessions as the store takes, and there is time for; gives how many.
fn save_others(lab: &mut Lab<'_>, many: usize, shape: &Shape) -> CaseResult<usize> {
    if !matches!(lab.load("alpha")?, Loaded::Present(_)) {
        return Err(Abort::Ineffective("what was saved did not load".into()));
    }
    let mut saved = 0;
    let mut used = None;
    for n in 0..many {
        // A save that costs much has its share of the time that there is: not from the first on, which may start something.
        let now = lab.processor_time()?;
        let used = now.saturating_sub(*used.get_or_insert(now));
        if n >= LEAST && used > ENOUGH && lab.plan().profile == Profile::Quick {
            break;
        }
        match lab.save(&format!("other-{n}"), 1, shape)? {
            Ok(()) => saved += 1,
            // It says that it is full: that is right.
            Err(_) => break,
        }
    }
    match saved {
        0 => Err(Abort::Ineffective("it keeps no second session".into())),
        _ => Ok(saved),
    }
}
