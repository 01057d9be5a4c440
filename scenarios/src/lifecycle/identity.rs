//! A browser is shown the user who logged in there, and nobody else.

use interloper_engine::record::Severity;
use interloper_engine::{
    Actor, Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "lifecycle::identity",
    sentence: "Each browser is shown the user who logged in there, and one that nobody logged in is shown nobody.",
    fix: "keep who is logged in in the session that the request names, and in no variable that requests share",
    severity: Severity::High,
    cwe: &["CWE-488"],
    owasp: &["ASVS 5.0 8.2.2", "WSTG-SESS-01"],
    needs: &[Need::Application],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut app = lab.app()?;
    app.control()?;
    app.log_in(Actor::Victim)?;
    app.control()?;
    app.visit(Actor::Attacker)?;
    app.log_in(Actor::Bystander)?;
    for reader in [Actor::Victim, Actor::Bystander, Actor::Attacker] {
        let seen = app.who(reader)?;
        for other in Actor::ALL.into_iter().filter(|other| *other != reader) {
            if seen.has(other) {
                let sentence = "a browser is shown another user than the one who logged in there";
                let fact = seen.evidence(other, "after two users logged in");
                app.lab().report(Violation::new("another-user", sentence).evidence(fact));
            }
        }
    }
    Ok(())
}
