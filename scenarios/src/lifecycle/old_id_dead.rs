//! A login ends the session that the browser had.

use interloper_engine::record::Severity;
use interloper_engine::{
    Actor, Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "lifecycle::old_id_dead",
    sentence: "After another login in the same browser, the id that it had before is nobody's.",
    fix: "end the session that the browser had when it logs in",
    severity: Severity::Medium,
    cwe: &["CWE-613", "CWE-384"],
    owasp: &["ASVS 5.0 7.2.4"],
    needs: &[Need::Application],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut app = lab.app()?;
    app.control()?;
    app.log_in(Actor::Victim)?;
    let old = app.browser(Actor::Victim);
    app.log_in(Actor::Victim)?;
    let after = app.who_with(Actor::Attacker, &old)?;
    if after.is(Actor::Victim) {
        let sentence =
            "the cookies from before a second login in the same browser are still logged in";
        let fact =
            after.evidence(Actor::Victim, "after the victim logged in again in the same browser");
        app.lab().report(Violation::new("old-id-alive", sentence).evidence(fact));
    }
    Ok(())
}
