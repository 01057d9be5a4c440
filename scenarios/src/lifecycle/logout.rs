//! A logout ends the session on the server.

use interloper_engine::record::Severity;
use interloper_engine::{
    Actor, AppVerb, Case, CaseResult, Check, Jar, Lab, Need, Principal, Scenario, Sweep, Violation,
    unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "lifecycle::logout",
    sentence: "After a logout, the cookies from before it are nobody's.",
    fix: "remove the session on the server at a logout, or keep a list of tokens that are no longer good",
    severity: Severity::Medium,
    cwe: &["CWE-613"],
    owasp: &["ASVS 5.0 7.4.1", "WSTG-SESS-06"],
    needs: &[Need::Application, Need::Request(AppVerb::Logout)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut app = lab.app()?;
    app.control()?;
    app.log_in(Actor::Victim)?;
    let first = app.browser(Actor::Victim);
    app.give_browser(Actor::Victim, Jar::default());
    app.log_in(Actor::Victim)?;
    if app.who_with(Actor::Victim, &first)?.is(Actor::Victim) {
        app.lab().add_note("a user may be logged in in several browsers at once");
    }
    let stolen = app.browser(Actor::Victim);
    app.send(Actor::Victim, AppVerb::Logout)?;
    let own = app.who(Actor::Victim)?;
    if own.is(Actor::Victim) {
        let sentence = "the browser is still logged in after a logout";
        let fact = own.evidence(Actor::Victim, "after the logout");
        app.lab().report(Violation::new("still-logged-in", sentence).evidence(fact));
        return Ok(());
    }
    let after = app.who_with(Actor::Attacker, &stolen)?;
    if after.is(Actor::Victim) {
        let sentence = "cookies that were copied before a logout are still logged in after it";
        let fact = after.evidence(Actor::Victim, "after the victim logged out");
        app.lab().report(Violation::new("alive-after-logout", sentence).evidence(fact));
    } else if after.has(Actor::Victim) {
        let sentence = "cookies that were copied before a logout still show what the user kept";
        let fact = after.evidence(Actor::Victim, "after the victim logged out");
        let violation = Violation::new("data-after-logout", sentence).severity(Severity::Low);
        app.lab().report(violation.evidence(fact));
    }
    Ok(())
}
