//! Ending all sessions ends each of them.

use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Actor, AppVerb, Case, CaseResult, Check, Jar, Lab, Need, Principal, Scenario, Sweep,
    Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "lifecycle::revoke_all",
    sentence: "After a user ended all sessions, the cookies of every browser are nobody's.",
    fix: "remove every session of the user, not only the one that asks",
    severity: Severity::Medium,
    cwe: &["CWE-613"],
    owasp: &["ASVS 5.0 7.4.2", "WSTG-SESS-06"],
    needs: &[Need::Application, Need::Request(AppVerb::RevokeAll)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut app = lab.app()?;
    app.control()?;
    app.log_in(Actor::Victim)?;
    let stolen = app.browser(Actor::Victim);
    app.give_browser(Actor::Victim, Jar::default());
    app.log_in(Actor::Victim)?;
    if !app.who_with(Actor::Attacker, &stolen)?.is(Actor::Victim) {
        let why = "a second login ended the first: there are no other sessions to end";
        return Err(Abort::Ineffective(why.into()));
    }
    app.send(Actor::Victim, AppVerb::RevokeAll)?;
    let after = app.who_with(Actor::Attacker, &stolen)?;
    if after.is(Actor::Victim) {
        let sentence =
            "the cookies of another browser are still logged in after the user ended all sessions";
        let fact =
            after.evidence(Actor::Victim, "after the victim ended all sessions in another browser");
        app.lab().report(Violation::new("alive-after-revocation", sentence).evidence(fact));
    } else if after.has(Actor::Victim) {
        let sentence = "the cookies of another browser still show what the user kept after they ended all sessions";
        let fact =
            after.evidence(Actor::Victim, "after the victim ended all sessions in another browser");
        let violation = Violation::new("data-after-revocation", sentence).severity(Severity::Low);
        app.lab().report(violation.evidence(fact));
    }
    Ok(())
}
