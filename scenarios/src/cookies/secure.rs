//! The cookie that logs a browser in goes over https alone.

use super::support;
use interloper_engine::record::{CookieFault, Evidence, Severity};
use interloper_engine::{
    Abort, Actor, Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "cookies::secure",
    sentence: "A cookie that logs a browser in over https has Secure: it never goes over plain http.",
    fix: "set Secure on the session cookie wherever the application is reached over https",
    severity: Severity::Medium,
    cwe: &["CWE-614"],
    owasp: &["ASVS 5.0 3.3.1", "WSTG-SESS-02"],
    needs: &[Need::Application],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut app = lab.app()?;
    if !app.is_https() {
        return Err(Abort::Unsupported("needs a setup that is reached over https".into()));
    }
    app.control()?;
    app.log_in(Actor::Victim)?;
    for cookie in support::authenticating(&mut app)? {
        if !cookie.secure {
            let pair = app.pair(&cookie.name, &cookie.value);
            let fact = Evidence::Cookie { cookie: pair, fault: CookieFault::NotSecure };
            let sentence = "the cookie that logs the browser in is sent over plain http too";
            app.lab().report(Violation::new("sent-over-http", sentence).evidence(fact));
        }
    }
    Ok(())
}
