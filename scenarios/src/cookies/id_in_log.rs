//! The id is in no log.

use super::support;
use interloper_engine::record::{Evidence, Severity};
use interloper_engine::{
    Actor, Case, CaseResult, Check, Jar, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "cookies::id_in_log",
    sentence: "The value of the cookie that logs a browser in is in nothing that the application prints.",
    fix: "log the hash of an id, or none of it: whoever reads the log has the session",
    severity: Severity::Medium,
    cwe: &["CWE-532"],
    owasp: &["ASVS 5.0 16.2.5", "WSTG-SESS-04"],
    needs: &[Need::Application],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut app = lab.app()?;
    app.control()?;
    app.log_in(Actor::Victim)?;
    let cookies = support::authenticating(&mut app)?;
    app.who(Actor::Victim)?;
    // What was printed for an answer is there when the next one comes.
    app.who_with(Actor::Bystander, &Jar::default())?;
    let output = app.printed()?;
    for cookie in cookies.iter().filter(|cookie| cookie.value.len() >= support::SHORTEST) {
        let within = output.windows(cookie.value.len()).any(|window| window == cookie.value);
        if within {
            let pair = app.pair(&cookie.name, &cookie.value);
            let has = format!("the value of {pair}");
            let bytes = output.len() as u64;
            let fact = Evidence::Output { bytes, when: String::new(), has };
            let sentence = "the application prints the session id";
            app.lab().report(Violation::new("id-printed", sentence).evidence(fact));
        }
    }
    Ok(())
}
