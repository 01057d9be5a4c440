//! A session that is saved again is the new one alone, be it shorter or longer.

use interloper_driver::{Operation, Session};
use interloper_engine::record::{Evidence, Severity};
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Loaded, Need, Principal, Scenario, Shape, StoryGuards,
    Sweep, Violation, unit,
};

use crate::support::{LoadOutcome, answer_by, has_others, missing, try_load};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "honesty::replaced",
    sentence: "A session that is saved again, shorter or longer than before, loads as the new one alone: no entry of the one before comes back, and none of the new one is cut off.",
    fix: "write the whole session anew and rename it over the old one, or truncate the file before writing to it (O_TRUNC, ftruncate(2))",
    severity: Severity::Medium,
    cwe: &["CWE-459", "CWE-212", "CWE-130"],
    owasp: &["ASVS 5.0 7.4.1"],
    needs: &[Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Slot of the first save under the id; each later save has the next.
const FIRST: u16 = 4;

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let sizes = [
        ("large", Shape::large()),
        ("small", Shape::least()),
        ("large again", Shape::large()),
        ("the case's", case.session.clone()),
        ("small again", Shape::least()),
    ];
    // As each loads where nothing was before: what the store loses by itself is another scenario's subject.
    let empty = lab.snapshot()?;
    let mut fresh = Vec::new();
    for ((_, shape), slot) in sizes.iter().zip(FIRST..) {
        lab.restore(&empty)?;
        let loaded = lab.aside(|lab| {
            lab.must_save("alpha", slot, shape)?;
            match lab.load("alpha")? {
                Loaded::Present(session) => Ok(*session),
                _ => Err(Abort::Ineffective("what was saved did not load".into())),
            }
        })?;
        fresh.push(loaded);
    }
    // One process for all of it, another for each save, and two that take turns.
    for processes in ["the same process", "a new process", "another process"] {
        lab.restore(&empty)?;
        lab.if_reported(|lab| {
            let mark = lab.mark();
            for ((size, shape), (slot, fresh)) in sizes.iter().zip((FIRST..).zip(&fresh)) {
                lab.must_save("alpha", slot, shape)?;
                match processes {
                    "a new process" => lab.restart()?,
                    "another process" => lab.use_driver((slot % 2) as u8),
                    _ => {}
                }
                let loaded = try_load(lab, "alpha")?;
                if let Some(violation) = judge(lab, fresh, slot, loaded, (size, processes)) {
                    let story = lab.story_since(mark);
                    lab.report(violation.story(story));
                }
                lab.count_step("save looked at");
            }
            Ok(())
        })?;
        lab.use_driver(0);
    }
    Ok(())
}

fn judge(
    lab: &Lab<'_>,
    fresh: &Session,
    slot: u16,
    loaded: LoadOutcome,
    (size, by): (&str, &str),
) -> Option<Violation> {
    let after = || format!("after {size} was saved with ok");
    let altered = |what: String| Evidence::Altered { after: after(), by: Some(by.into()), what };
    let session = match loaded {
        Ok(Loaded::Present(session)) => session,
        Ok(other) => {
            let sentence = "a session does not load after it was saved with another size";
            let fact = answer_by(after(), "alpha", by, &other);
            return Some(Violation::new("unloadable", sentence).evidence(fact));
        }
        Err(seen) => {
            let sentence = "a session does not load after it was saved with another size";
            let fact = seen.evidence(format!("load by {by}")).after(after());
            return Some(Violation::new("unloadable", sentence).evidence(fact));
        }
    };
    if has_others(lab, &session, &[slot]) {
        let slots = lab.slots_of(&session);
        let of = slots.iter().filter(|other| **other != slot).map(|other| other - FIRST + 1);
        let of: Vec<String> = of.map(|n| n.to_string()).collect();
        let sentence = "entries of a session come back after it was saved without them";
        let fact = altered(format!("it has secrets of save {} as well", of.join(" and ")));
        return Some(Violation::new("remains", sentence).evidence(fact));
    }
    let lost = missing(fresh, &session).into_iter().next()?;
    let sentence = "a part of a session is lost because the one before had another size";
    Some(Violation::new("cut-off", sentence).evidence(altered(lost.what)))
}
