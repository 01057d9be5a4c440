//! The cookie that logs a browser in is for one host.

use super::support;
use interloper_engine::record::{CookieFault, Evidence, Severity};
use interloper_engine::{
    Actor, Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "cookies::scope",
    sentence: "A cookie that logs a browser in has no Domain: other hosts below it do not get it.",
    fix: "leave Domain out, or name the cookie __Host-…",
    severity: Severity::Low,
    cwe: &["CWE-1275"],
    owasp: &["ASVS 5.0 3.3.3", "WSTG-SESS-02"],
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
        if !cookie.host_only {
            let pair = app.pair(&cookie.name, &cookie.value);
            let fault = CookieFault::OtherHosts { domain: cookie.domain.clone() };
            let fact = Evidence::Cookie { cookie: pair, fault };
            let sentence =
                "the cookie that logs the browser in is sent to other hosts below the domain";
            app.lab().report(Violation::new("other-hosts-get-it", sentence).evidence(fact));
        }
    }
    Ok(())
}
