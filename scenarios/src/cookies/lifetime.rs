//! The cookie that logs a browser in ends.

use super::support;
use interloper_engine::record::{CookieFault, Evidence, Severity};
use interloper_engine::{
    Actor, Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

/// The longest time without another login that NIST SP 800-63B allows at all, in seconds: 30 days.
const LONGEST: i64 = 30 * 24 * 3600;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "cookies::lifetime",
    sentence: "A cookie that logs a browser in ends with the browser, or within 30 days.",
    fix: "leave Expires and Max-Age out, or set a time that fits the application",
    severity: Severity::Low,
    cwe: &["CWE-613"],
    owasp: &["ASVS 5.0 7.3.2", "WSTG-SESS-07"],
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
        if app.lifetime(&cookie).is_some_and(|seconds| seconds > LONGEST) {
            let pair = app.pair(&cookie.name, &cookie.value);
            let days = app.lifetime(&cookie).unwrap_or_default() / 86400;
            let fact = Evidence::Cookie { cookie: pair, fault: CookieFault::LivesLong { days } };
            let sentence = "the cookie that logs the browser in lives for more than 30 days";
            app.lab().report(Violation::new("lives-long", sentence).evidence(fact));
        }
    }
    Ok(())
}
