//! Cookies of a login, made again from other random bytes.

use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Actor, Case, CaseResult, Check, Jar, Lab, Need, Principal, Profile, Scenario,
    StoryGuards, Sweep, Violation, unit,
};

use crate::identifiers::estimate::repeated;
use crate::identifiers::ingredients::{Examination, Id};
use crate::identifiers::many;
use crate::identifiers::statistics;

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
    if found.is_empty() {
        examination.end(lab)?;
        return judge_many(lab, &first.unwrap_or_default().needed);
    }
    examination.begin_as_usual(lab)?;
    let jar = first.unwrap_or_default().jar;
    if holds_the_login(lab, &jar)? {
        return Err(Abort::Unsupported(
            "its cookie has the login itself, and no id: it is worth what the key is worth that it is made with, if there is one".into(),
        ));
    }
    for violation in found {
        lab.report(violation);
    }
    lab.choose_nothing()
}

/// Judges the ids of many logins by themselves, in the profiles that have the time.
fn judge_many(lab: &mut Lab<'_>, needed: &[Vec<u8>]) -> CaseResult<()> {
    let many = match lab.plan().profile {
        Profile::Quick => return Ok(()),
        Profile::Full => 128,
        Profile::Nightly => 1_024,
    };
    let empty = lab.snapshot()?;
    let [one, other] = lab.aside(|lab| {
        let one = ids_of_logins(lab, needed, many)?;
        lab.finish_store()?;
        lab.restore(&empty)?;
        Ok([one, ids_of_logins(lab, needed, many)?])
    })?;
    // One for each user is the same each time, and judged no further.
    if one.iter().all(|id| *id == one[0]) {
        return Ok(());
    }
    if let Some(twice) = repeated(one.iter().chain(&other)) {
        let times = one.iter().chain(&other).filter(|id| *id == twice).count();
        let sentence = "two logins got the same id";
        let fact = format!(
            "of {} logins of one user, each in a browser of its own, {times} got the same id",
            2 * many
        );
        lab.report(Violation::new("repeated", sentence).evidence(fact));
        return Ok(());
    }
    let found = [many::order(&one, &other), many::room(&one, &other, false)];
    for violation in found.into_iter().flatten() {
        lab.report(violation);
    }
    let ids: Vec<String> = one.into_iter().chain(other).collect();
    if let Some(said) = statistics::of(&ids) {
        lab.add_note(said.note(ids.len()));
    }
    Ok(())
}

fn ids_of_logins(lab: &mut Lab<'_>, needed: &[Vec<u8>], many: usize) -> CaseResult<Vec<String>> {
    let mut app = lab.app()?;
    let mut ids = Vec::with_capacity(many);
    for _ in 0..many {
        app.give_browser(Actor::Attacker, Jar::default());
        app.log_in(Actor::Attacker)?;
        ids.push(id_of(&app.browser(Actor::Attacker), needed).text);
    }
    Ok(ids)
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
            if needed.is_empty() {
                return Err(Abort::Ineffective("a login sets no cookie".into()));
            }
            first.insert(First { jar: jar.clone(), needed })
        }
    };
    Ok(vec![id_of(&jar, &first.needed)])
}

/// Returns the cookies that a login needs as one id.
fn id_of(jar: &Jar, needed: &[Vec<u8>]) -> Id {
    let cookies = jar.cookies().iter().filter(|cookie| needed.contains(&cookie.name));
    let values = cookies.map(|cookie| cookie.value.escape_ascii().to_string());
    Id { by: "the login", text: values.collect::<Vec<_>>().join(" ") }
}

/// Returns whether cookies are logged in at an application that has the user, and had no login yet: then they refer to no session.
fn holds_the_login(lab: &mut Lab<'_>, jar: &Jar) -> CaseResult<bool> {
    let holds = lab.aside(|lab| {
        let mut app = lab.app()?;
        app.make_account(Actor::Victim)?;
        Ok(app.who_with(Actor::Attacker, jar)?.is(Actor::Victim))
    })?;
    let outcome = if holds { "it is logged in" } else { "nobody is logged in" };
    lab.record("sends the cookie to the application before any login", outcome);
    Ok(holds)
}
