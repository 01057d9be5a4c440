//! Cookies of a login, made again from other random bytes.

use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Actor, Case, CaseResult, Check, Jar, Lab, Need, Principal, Scenario, Sweep, unit,
};

use crate::identifiers::ingredients::{Examination, Id};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "lifecycle::unpredictable_id",
    sentence: "The id of a login is another one if the kernel's random bytes are others, with the time and the process's number held; and no seven of these bytes are enough for it.",
    fix: "make ids of 16 bytes from the system's generator (getrandom(2)), not of the time, the process's number, a counter, or a generator that is seeded with them",
    severity: Severity::High,
    cwe: &["CWE-330", "CWE-331", "CWE-335", "CWE-340"],
    owasp: &["ASVS 5.0 7.2.3", "WSTG-SESS-01"],
    needs: &[Need::Application],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// The cookies of the first login.
#[derive(Default)]
struct First {
    jar: Jar,
    /// The names of those that it needs.
    needed: Vec<Vec<u8>>,
}

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut first: Option<First> = None;
    let mut make = |lab: &mut Lab<'_>, _: u16| log_in(lab, &mut first);
    let mut examination = Examination::new(lab, &mut make, false)?;
    let found = examination.run(lab)?;
    if !found.is_empty() {
        examination.begin_as_usual(lab)?;
    }
    let jar = first.unwrap_or_default().jar;
    if !found.is_empty() && holds_the_login(lab, &jar)? {
        lab.choose_nothing()?;
        return Err(Abort::Unsupported(
            "its cookie has the login itself, and no id: what it is worth is that of the key that it is signed with".into(),
        ));
    }
    for violation in found {
        lab.report(violation);
    }
    lab.choose_nothing()
}

/// Logs the victim in, and returns the cookies that this needs as one id.
fn log_in(lab: &mut Lab<'_>, first: &mut Option<First>) -> CaseResult<Vec<Id>> {
    let mut app = lab.app()?;
    app.log_in(Actor::Victim)?;
    let jar = app.browser(Actor::Victim);
    let first = match first {
        Some(first) => first,
        None => {
            let needed = app.authenticating(Actor::Victim)?;
            first.insert(First { jar: jar.clone(), needed })
        }
    };
    let cookies = jar.cookies().iter().filter(|cookie| first.needed.contains(&cookie.name));
    let values = cookies.map(|cookie| cookie.value.escape_ascii().to_string());
    Ok(vec![Id { by: "the login", text: values.collect::<Vec<_>>().join(" ") }])
}

/// Returns whether cookies are logged in at an application that has the user, and had no login yet: then they refer to no session.
fn holds_the_login(lab: &mut Lab<'_>, jar: &Jar) -> CaseResult<bool> {
    let mut app = lab.app()?;
    app.make_account(Actor::Victim)?;
    Ok(app.who_with(Actor::Attacker, jar)?.is(Actor::Victim))
}
