//! A made-up id becomes no session.

use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Actor, Case, CaseResult, Check, Jar, Lab, Need, Principal, Scenario, StoredCookie,
    Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "lifecycle::made_up_id",
    sentence: "An id that the application did not make is not that of a session after a login either.",
    fix: "take an id from a request only if a session has it, and make a new one at each login",
    severity: Severity::High,
    cwe: &["CWE-384"],
    owasp: &["ASVS 5.0 7.2.4", "WSTG-SESS-03"],
    needs: &[Need::Application],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// An id in the alphabet and of the length of most.
const MADE_UP: &[u8] = b"0123456789abcdef0123456789abcdef";

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut app = lab.app()?;
    app.control()?;
    // The names of the cookies that count, from a login that has nothing to do with the rest.
    app.log_in(Actor::Bystander)?;
    let names = app.authenticating(Actor::Bystander)?;
    let like = app.browser(Actor::Bystander);
    let mut planted = Jar::default();
    for cookie in like.cookies().iter().filter(|cookie| names.contains(&cookie.name)) {
        let value: Vec<u8> =
            MADE_UP.iter().copied().cycle().take(cookie.value.len().clamp(16, 64)).collect();
        planted.plant(StoredCookie { value, ..cookie.clone() });
    }
    if app.who_with(Actor::Attacker, &planted)?.has(Actor::Victim) {
        return Err(Abort::Ineffective("a made-up id is shown the victim before a login".into()));
    }
    app.lab().record("plants a made-up id in the victim's browser", "");
    app.give_browser(Actor::Victim, planted.clone());
    app.log_in(Actor::Victim)?;
    let after = app.who_with(Actor::Attacker, &planted)?;
    if after.has(Actor::Victim) {
        let sentence = "an id that was made up is logged in as the victim after the victim's login";
        let fact = after.evidence(Actor::Victim, "after the victim logged in with a made-up id");
        app.lab().report(Violation::new("made-up-id-adopted", sentence).evidence(fact));
    }
    Ok(())
}
