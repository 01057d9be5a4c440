//! The cookie that logs a browser in is out of reach of scripts.

use super::support;
use interloper_engine::record::{CookieFault, Evidence, Severity};
use interloper_engine::{
    Actor, Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "cookies::http_only",
    sentence: "A cookie that logs a browser in has HttpOnly: no script can read it.",
    fix: "set HttpOnly on the session cookie",
    severity: Severity::Medium,
    cwe: &["CWE-1004"],
    owasp: &["ASVS 5.0 3.3.4", "WSTG-SESS-02"],
    needs: &[Need::Application],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut app = lab.app()?;
    app.control()?;
    app.log_in(Actor::Victim)?;
    for cookie in support::authenticating(&mut app)? {
        if !cookie.http_only {
            let pair = app.pair(&cookie.name, &cookie.value);
            let fact = Evidence::Cookie { cookie: pair, fault: CookieFault::NotHttpOnly };
            let sentence = "a script in the page can read the cookie that logs the browser in";
            app.lab().report(Violation::new("readable-by-scripts", sentence).evidence(fact));
        }
    }
    Ok(())
}
