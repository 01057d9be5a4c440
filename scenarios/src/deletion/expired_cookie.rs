//! A cookie whose own time is over.

use interloper_driver::{Keeps, Operation, Session};
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Clock, Lab, Loaded, Need, Principal, Scenario, Shape, Sweep,
    Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "deletion::expired_cookie",
    sentence: "A cookie whose own time is over does not come back as one that lives: it is left out, or comes with the time at which it ended.",
    fix: "leave a cookie out once its time is past, and never write or read one without its time (RFC 6265, section 5.3)",
    severity: Severity::Medium,
    cwe: &["CWE-613", "CWE-672"],
    owasp: &["ASVS 5.0 7.3.2"],
    needs: &[Need::Keeps(Keeps::Cookies), Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// A moment that is past: 2001-09-09, in Unix seconds.
const PAST: i64 = 1_000_000_000;
/// An hour, in seconds.
const HOUR: i64 = 3600;
const DEAD: &str = "dead";

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let mut shown = false;
    let session = ending(lab, &case.session, 0, PAST);
    let call = "save(\"alpha\", a cookie that ended in 2001 and one that lives)";
    if lab.save_session("alpha", session, call.into())?.is_ok() {
        shown |= look(lab, PAST, "the cookie had ended before it was saved")?;
    }
    if matches!(lab.clock(), Clock::Driver | Clock::Faketime) {
        let end = lab.now().saturating_add(HOUR);
        let session = ending(lab, &case.session, 1, end);
        let call = "save(\"alpha\", a cookie that ends in an hour and one that lives)";
        if lab.save_session("alpha", session, call.into())?.is_ok() && is_loaded(lab)? {
            lab.advance_clock(HOUR + 1)?.map_err(|failure| {
                Abort::Ineffective(format!("advance was answered with {failure}"))
            })?;
            shown |= look(lab, end, "an hour and a second after it was saved for an hour")?;
        }
    }
    match shown {
        true => Ok(()),
        false => {
            Err(Abort::Ineffective("it loads no session that has a cookie with an end".into()))
        }
    }
}

/// Returns a session with a cookie that ends then, and another that does not.
fn ending(lab: &Lab<'_>, shape: &Shape, slot: u16, end: i64) -> Session {
    let cookie = Shape::plain().cookies[0];
    let mut session = lab.session(slot, &Shape { cookies: vec![cookie; 2], ..shape.clone() });
    for cookie in session.cookies.iter_mut().take(1) {
        (cookie.name, cookie.expires) = (DEAD.into(), Some(end));
    }
    session
}

fn is_loaded(lab: &mut Lab<'_>) -> CaseResult<bool> {
    let Loaded::Present(session) = lab.load("alpha")? else { return Ok(false) };
    Ok(session.cookies.iter().any(|cookie| cookie.name == DEAD))
}

/// Loads in the same process and in another; whether it loads at all.
fn look(lab: &mut Lab<'_>, end: i64, when: &str) -> CaseResult<bool> {
    let mut loads = false;
    for by in ["the same process", "another process"] {
        if let Loaded::Present(session) = lab.load("alpha")? {
            loads = true;
            let dead = session.cookies.iter().find(|cookie| cookie.name == DEAD);
            match dead.map(|cookie| cookie.expires) {
                None => lab.count_step("cookie left out"),
                // Whoever gets it sees that it has ended: some stores leave that to their callers.
                Some(Some(ended)) if ended <= end => lab.count_step("cookie with its end"),
                Some(other) => {
                    let now = other.map_or("never".into(), |end| end.to_string());
                    let fact =
                        format!("{when}; loaded by {by}, it ends: {now}; it was saved until {end}");
                    let sentence = "a cookie lives on although its time is over";
                    lab.report(Violation::new("outlives", sentence).evidence(fact));
                }
            }
        }
        lab.restart()?;
    }
    Ok(loads)
}
