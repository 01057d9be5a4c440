//! The cookie that logs a browser in says where it goes along.

use super::support;
use interloper_engine::record::{CookieFault, Evidence, Severity};
use interloper_engine::{
    Actor, Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};
use interloper_formats::cookie::SameSite;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "cookies::same_site",
    sentence: "A cookie that logs a browser in has SameSite, and not None: it does not go along with every request of another site.",
    fix: "set SameSite=Lax, or Strict; without it, browsers send a fresh cookie along with forms of other sites for two minutes",
    severity: Severity::Low,
    cwe: &["CWE-1275", "CWE-352"],
    owasp: &["ASVS 5.0 3.3.2", "WSTG-SESS-02"],
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
        if matches!(cookie.same_site, None | Some(SameSite::None)) {
            let pair = app.pair(&cookie.name, &cookie.value);
            let value = if cookie.same_site.is_none() { "not set" } else { "None" };
            let fault = CookieFault::SameSite { value: value.into() };
            let fact = Evidence::Cookie { cookie: pair, fault };
            let sentence =
                "the cookie that logs the browser in does not say that it stays within the site";
            app.lab().report(Violation::new("no-same-site", sentence).evidence(fact));
        }
    }
    Ok(())
}
