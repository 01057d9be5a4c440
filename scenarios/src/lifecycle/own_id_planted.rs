//! A login under an id that somebody else knows gives the browser another one.

use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Actor, App, Case, CaseResult, Check, Jar, Lab, Need, Principal, Scenario, Sweep,
    Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "lifecycle::own_id_planted",
    sentence: "Whoever planted their own session id in a browser before a login has nothing of that login.",
    fix: "give the browser a new id at each login, and end the session that it had",
    severity: Severity::High,
    cwe: &["CWE-384"],
    owasp: &["ASVS 5.0 7.2.4", "WSTG-SESS-03"],
    needs: &[Need::Application],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut app = lab.app()?;
    app.control()?;
    app.lab().expect_variations("ids of the attacker's own");
    app.visit(Actor::Attacker)?;
    let anonymous = app.browser(Actor::Attacker);
    if anonymous.cookies().is_empty() {
        app.lab().count_untried("the application sets no cookie before a login");
    } else {
        plant(&mut app, &anonymous, "from before a login")?;
    }
    app.give_browser(Actor::Attacker, Jar::default());
    app.log_in(Actor::Attacker)?;
    let own = app.browser(Actor::Attacker);
    plant(&mut app, &own, "of a login of their own")
}

/// Plants the attacker's cookies in the victim's browser, lets the victim log in there, and tries the cookies again.
fn plant(app: &mut App<'_, '_>, cookies: &Jar, which: &str) -> CaseResult<()> {
    let before = app.who_with(Actor::Attacker, cookies)?;
    if before.has(Actor::Victim) {
        let why = "the attacker is shown the victim before the victim logged in";
        return Err(Abort::Ineffective(why.into()));
    }
    app.lab().record(format!("plants the attacker's cookies {which} in the victim's browser"), "");
    app.give_browser(Actor::Victim, cookies.clone());
    app.log_in(Actor::Victim)?;
    app.lab().count_step(&format!("an id {which}"));
    let after = app.who_with(Actor::Attacker, cookies)?;
    if after.has(Actor::Victim) {
        let sentence =
            "an id that the attacker planted is logged in as the victim after the victim's login";
        let fact =
            after.evidence(Actor::Victim, "after the victim logged in with the attacker's cookies");
        app.lab().report(Violation::new("planted-id-kept", sentence).evidence(fact));
    }
    Ok(())
}
