//! A change of the password ends the other sessions.

use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Actor, AppVerb, Case, CaseResult, Check, Jar, Lab, Need, Principal, Scenario, Sweep,
    Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "lifecycle::change_password",
    sentence: "After a change of the password, the cookies of the user's other browsers are nobody's.",
    fix: "end all other sessions of a user when the password changes, as whoever stole one must lose it then",
    severity: Severity::Medium,
    cwe: &["CWE-613"],
    owasp: &["ASVS 5.0 7.4.3", "WSTG-SESS-06"],
    needs: &[Need::Application, Need::Request(AppVerb::ChangePassword)],
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
    app.change_password(Actor::Victim)?;
    let after = app.who_with(Actor::Attacker, &stolen)?;
    if after.is(Actor::Victim) {
        let sentence = "the cookies of another browser are still logged in after the user changed the password";
        let fact = after
            .evidence(Actor::Victim, "after the victim changed the password in another browser");
        app.lab().report(Violation::new("alive-after-change", sentence).evidence(fact));
    } else if after.has(Actor::Victim) {
        let sentence = "the cookies of another browser still show what the user kept after they changed the password";
        let fact = after
            .evidence(Actor::Victim, "after the victim changed the password in another browser");
        let violation = Violation::new("data-after-change", sentence).severity(Severity::Low);
        app.lab().report(violation.evidence(fact));
    }
    Ok(())
}
