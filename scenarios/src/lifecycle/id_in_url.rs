//! An id in a URL is no login.

use interloper_engine::record::Severity;
use interloper_engine::{
    Actor, AppVerb, Case, CaseResult, Check, Jar, Lab, Need, Principal, Scenario, StoryGuards,
    Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "lifecycle::id_in_url",
    sentence: "A session id that comes in a URL and not in a cookie is nobody's.",
    fix: "read the id from the cookie alone: URLs are logged, shared, and sent along as Referer",
    severity: Severity::Medium,
    cwe: &["CWE-384", "CWE-598"],
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
    let names = app.authenticating(Actor::Victim)?;
    let Some(target) = app.target(AppVerb::Whoami) else { return Ok(()) };
    for cookie in app.browser(Actor::Victim).cookies().iter().filter(|c| names.contains(&c.name)) {
        let pair = format!(
            "{}={}",
            String::from_utf8_lossy(&cookie.name),
            String::from_utf8_lossy(&cookie.value)
        );
        if !pair.bytes().all(|byte| byte.is_ascii_graphic()) {
            continue;
        }
        let query = if target.contains('?') { "&" } else { "?" };
        for (where_, with) in [
            ("in the query", format!("{target}{query}{pair}")),
            ("as a path parameter", format!("{target};{pair}")),
        ] {
            let none = Jar::default();
            // The id is a credential, which no story has.
            let (event, _) =
                app.aside(|app| app.replay(Actor::Attacker, AppVerb::Whoami, &none, Some(&with)))?;
            let shown = event.shows.iter().any(|one| one.of == Actor::Victim.as_str());
            app.lab().count_step(where_);
            if shown {
                let sentence = "a session id in a URL logs a browser in that has no cookie";
                let fact =
                    format!("{target} with the id {where_} and no cookie shows the victim's name");
                app.lab().report(Violation::new("id-from-url", sentence).evidence(fact));
            }
        }
    }
    Ok(())
}
