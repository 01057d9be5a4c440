//! A cookie that was cut short is nobody's.

use interloper_engine::record::Severity;
use interloper_engine::{
    Actor, Case, CaseResult, Check, Lab, Need, Principal, Scenario, StoredCookie, StoryGuards,
    Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "lifecycle::truncated",
    sentence: "A part of a cookie's value is not logged in: neither its beginning nor its end.",
    fix: "compare the whole id, and refuse an id of another length",
    severity: Severity::High,
    cwe: &["CWE-187"],
    owasp: &["ASVS 5.0 7.2.3", "WSTG-SESS-01"],
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
    let whole = app.browser(Actor::Victim);
    app.lab().expect_variations("cookies to cut");
    for cookie in whole.cookies().iter().filter(|cookie| names.contains(&cookie.name)) {
        let (value, length) = (&cookie.value, cookie.value.len());
        let cuts = [
            ("the first half", &value[..length / 2]),
            ("the first three quarters", &value[..length * 3 / 4]),
            ("the second half", &value[length / 2..]),
            ("nothing", &value[..0]),
        ];
        for (left, part) in cuts {
            let mut jar = whole.clone();
            jar.plant(StoredCookie { value: part.to_vec(), ..cookie.clone() });
            let seen = app.keep_if(
                |app| app.who_with(Actor::Attacker, &jar),
                |seen| seen.has(Actor::Victim),
            )?;
            app.lab().count_step(left);
            if !seen.has(Actor::Victim) {
                continue;
            }
            let sentence = "a part of a session id is logged in";
            let fact = seen.evidence(Actor::Victim, &format!("with {left} of the value"));
            app.lab().report(Violation::new("part-is-enough", sentence).evidence(fact));
        }
    }
    Ok(())
}
