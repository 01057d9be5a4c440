//! A logout takes the cookie away.

use super::support;
use interloper_engine::record::{CookieFault, Evidence, Severity};
use interloper_engine::{
    Actor, AppVerb, Case, CaseResult, Check, Lab, Need, Principal, Scenario, StoredCookie, Sweep,
    Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "cookies::deleted_at_logout",
    sentence: "After a logout, the browser has lost the cookie that logged it in, or has another value.",
    fix: "remove the cookie with the same name, path and domain under which it was set",
    severity: Severity::Low,
    cwe: &["CWE-613"],
    owasp: &["ASVS 5.0 14.3.1", "WSTG-SESS-06"],
    needs: &[Need::Application, Need::Request(AppVerb::Logout)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut app = lab.app()?;
    app.control()?;
    app.log_in(Actor::Victim)?;
    let before = support::authenticating(&mut app)?;
    let began = app.answers().len();
    app.send(Actor::Victim, AppVerb::Logout)?;
    let answers = app.answers().iter().skip(began);
    let fields = answers.flat_map(|answer| answer.response.header("set-cookie"));
    let fields: Vec<Vec<u8>> = fields.map(<[u8]>::to_vec).collect();
    let after = app.browser(Actor::Victim);
    for cookie in before {
        let same =
            |other: &StoredCookie| (&other.name, &other.value) == (&cookie.name, &cookie.value);
        if !after.cookies().iter().any(same) {
            continue;
        }
        let pair = app.pair(&cookie.name, &cookie.value);
        let tried = fields.iter().any(|field| field.starts_with(&cookie.name));
        let (cause, sentence) = match tried {
            true => (
                "removal-not-obeyed",
                "a logout removes a cookie in a way that browsers do not obey",
            ),
            false => ("left", "a logout leaves the cookie in the browser"),
        };
        let fact = Evidence::Cookie { cookie: pair, fault: CookieFault::Left };
        app.lab().report(Violation::new(cause, sentence).evidence(fact));
    }
    Ok(())
}
