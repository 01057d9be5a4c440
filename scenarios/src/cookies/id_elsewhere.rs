//! The id is in no page and no address.

use super::support;
use interloper_engine::record::{CookieFault, Evidence, Severity};
use interloper_engine::{
    Actor, Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "cookies::id_elsewhere",
    sentence: "The value of the cookie that logs a browser in is in no page, no redirect and no other header field.",
    fix: "keep the id in the cookie alone; a page is cached, printed and saved, and an address is logged",
    severity: Severity::Medium,
    cwe: &["CWE-598", "CWE-200"],
    owasp: &["ASVS 5.0 14.2.1", "WSTG-SESS-04"],
    needs: &[Need::Application],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut app = lab.app()?;
    app.control()?;
    app.log_in(Actor::Victim)?;
    app.who(Actor::Victim)?;
    let cookies = support::authenticating(&mut app)?;
    let answers = app.answers().to_vec();
    for cookie in cookies.iter().filter(|cookie| cookie.value.len() >= support::SHORTEST) {
        for answer in answers.iter().filter(|answer| answer.actor == Actor::Victim) {
            let Some(place) = support::place_of(&answer.response, &cookie.value) else { continue };
            let pair = app.pair(&cookie.name, &cookie.value);
            let (request, part) = (answer.request.clone(), place.to_string());
            let fault = CookieFault::InAnswer { request, part };
            let fact = Evidence::Cookie { cookie: pair, fault };
            let sentence = "the session id is in an answer beside the cookie";
            let cause = if place == "body" { "id-in-page" } else { "id-in-header" };
            app.lab().report(Violation::new(cause, sentence).evidence(fact));
        }
    }
    Ok(())
}
