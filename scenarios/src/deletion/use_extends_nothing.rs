//! A session that is used ends when it was to end: idle time is another limit, and no way round this one.

use interloper_driver::{Enforces, Keeps, Operation};
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Clock, Lab, Loaded, Need, Principal, Scenario, Sweep,
    Violation, unit,
};

use crate::support::answer;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "deletion::use_extends_nothing",
    sentence: "Using a session does not put off its end: loaded, given another id or updated meanwhile, it is over when it was to be over, however short a time ago it was used.",
    fix: "keep the absolute end beside the time of last use, and compare both at every load",
    severity: Severity::High,
    cwe: &["CWE-613"],
    owasp: &["ASVS 5.0 7.3.2", "WSTG-SESS-07"],
    needs: &[Need::Keeps(Keeps::Expires), Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// A quarter of an hour, in seconds: four of them are the session's time.
const QUARTER: i64 = 900;

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    if !lab.hello().enforces.contains(&Enforces::Expiry) {
        return Err(Abort::Unsupported("needs enforces expiry".into()));
    }
    if let Clock::Wall(why) = lab.clock() {
        return Err(Abort::Ineffective(format!("nothing moves its clock: {why}")));
    }
    lab.save_for("alpha", 0, &case.session, 4 * QUARTER)?
        .map_err(|failure| Abort::Ineffective(format!("save was answered with {failure}")))?;
    // Two sessions with one end: one is only loaded, the other gets new ids on the way.
    let mut ids = vec!["alpha".to_owned()];
    if lab.hello().can_do(Operation::Rotate) && !lab.is_single() {
        lab.save_for("beta", 1, &case.session, 4 * QUARTER)?
            .map_err(|failure| Abort::Ineffective(format!("save was answered with {failure}")))?;
        ids.push("beta".to_owned());
    }
    let unused = !lab.is_single() && lab.save_for("gamma", 2, &case.session, 4 * QUARTER)?.is_ok();
    for _ in 0..3 {
        for id in &mut ids {
            if !matches!(lab.load(id)?, Loaded::Present(_)) {
                return Err(Abort::Ineffective("it does not load before its end".into()));
            }
            if id != "alpha"
                && let Ok(new) = lab.rotate(id)?
            {
                *id = new;
            }
        }
        pass(lab, QUARTER)?;
    }
    for id in &ids {
        lab.load(id)?;
    }
    pass(lab, QUARTER + 1)?;
    if unused && matches!(lab.load("gamma")?, Loaded::Present(_)) {
        let why =
            "needs a store that ends a session nobody uses (see deletion::expired_does_not_load)";
        return Err(Abort::Unsupported(why.into()));
    }
    for by in ["the process that used it", "another process"] {
        for (n, id) in ids.iter().enumerate() {
            let loaded = lab.load(id)?;
            if matches!(loaded, Loaded::Present(_)) {
                let use_of = ["loaded", "given another id"][n];
                let after = format!(
                    "an hour and a second after it was saved for an hour, {use_of} on the way, by {by}"
                );
                let sentence = "a session that is used lives on beyond its end";
                let fact = answer(after, if n == 0 { "alpha" } else { "its last id" }, &loaded);
                lab.report(Violation::new("put-off", sentence).evidence(fact));
            }
        }
        lab.restart()?;
    }
    Ok(())
}

fn pass(lab: &mut Lab<'_>, seconds: i64) -> CaseResult<()> {
    lab.advance_clock(seconds)?
        .map_err(|failure| Abort::Ineffective(format!("advance was answered with {failure}")))
}
