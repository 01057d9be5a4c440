//! The cookies of people who are logged in, in odd spellings: who is logged in with them.

use std::collections::BTreeSet;

use interloper_engine::record::{ReadAs, Reading, Severity};
use interloper_engine::{
    Abort, Actor, App, Case, CaseResult, Check, Lab, Need, Observation, Principal, Scenario,
    StoryGuards, Sweep, Violation, unit,
};
use interloper_formats::cookie::Prefix;

use super::spelling::{SPELLINGS, Spelling};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "parsers::logins",
    sentence: "Whoever sends their session cookie is logged in as themselves, whatever other cookies are beside it: one whose name is only similar, or that is in the value of another, counts for nothing.",
    fix: "look the session cookie up by its name as it was sent, without decoding, trimming or splitting it further, and give it the prefix `__Host-`",
    severity: Severity::Medium,
    cwe: &["CWE-20", "CWE-565", "CWE-384"],
    owasp: &["ASVS 5.0 3.3.3", "WSTG-SESS-02", "WSTG-SESS-03"],
    needs: &[Need::Application],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut app = lab.app()?;
    app.control()?;
    app.log_in(Actor::Victim)?;
    app.log_in(Actor::Attacker)?;
    let (victim, attacker) = (app.cookies_sent(Actor::Victim), app.cookies_sent(Actor::Attacker));
    let own = field(&victim, &SPELLINGS[0]).unwrap_or_default();
    if who(&mut app, &own)? != Some(Actor::Victim) {
        return Err(Abort::Ineffective("the victim's cookies, as they are, log nobody in".into()));
    }
    for spelling in SPELLINGS {
        alone(&mut app, &victim, spelling)?;
    }
    let mut told = BTreeSet::new();
    for spelling in SPELLINGS {
        for first in [true, false] {
            let violation = beside(&mut app, &own, &attacker, spelling, first)?;
            if let Some(violation) = violation
                && told.insert(violation.cause.clone())
            {
                app.lab().report(violation);
            }
        }
    }
    Ok(())
}

/// Returns cookies in a spelling; `None` if none of them has it.
fn field(cookies: &[(Vec<u8>, Vec<u8>)], spelling: &Spelling) -> Option<Vec<u8>> {
    let pieces: Option<Vec<Vec<u8>>> =
        cookies.iter().map(|(name, value)| (spelling.spell)(name, value)).collect();
    pieces.filter(|pieces| !pieces.is_empty()).map(|pieces| pieces.join(&b"; "[..]))
}

/// Returns who is logged in with a field.
fn who(app: &mut App<'_, '_>, field: &[u8]) -> CaseResult<Option<Actor>> {
    let seen = match app.who_raw(Actor::Victim, field) {
        Ok(seen) => seen,
        // Nobody is, where an odd cookie is answered with the end of the connection alone.
        Err(Abort::Driver(Observation::Protocol(_))) => {
            app.lab().count_step("closed without an answer");
            return Ok(None);
        }
        Err(other) => return Err(other),
    };
    Ok([Actor::Victim, Actor::Attacker].into_iter().find(|actor| seen.is(*actor)))
}

/// Sends the victim's cookies in a spelling: whether that logs them in is information.
fn alone(
    app: &mut App<'_, '_>,
    victim: &[(Vec<u8>, Vec<u8>)],
    spelling: &Spelling,
) -> CaseResult<()> {
    let Some(field) = field(victim, spelling) else { return Ok(()) };
    let seen = app.aside(|app| who(app, &field))?;
    keep(app, spelling.id.to_owned(), spelling.shown.to_owned(), seen);
    Ok(())
}

/// Sends the victim's cookies as they are, and the attacker's in a spelling before or behind them.
fn beside(
    app: &mut App<'_, '_>,
    own: &[u8],
    attacker: &[(Vec<u8>, Vec<u8>)],
    spelling: &Spelling,
    first: bool,
) -> CaseResult<Option<Violation>> {
    let Some(theirs) = field(attacker, spelling) else { return Ok(None) };
    let theirs_shown = spelling.shown.replace("{v", "{a");
    let (whole, id, shown) = match first {
        true => (
            [&theirs, &b"; "[..], own].concat(),
            format!("{}-first", spelling.id),
            format!("{theirs_shown}; {{n}}={{v}}"),
        ),
        false => (
            [own, b"; ", &theirs].concat(),
            format!("{}-behind", spelling.id),
            format!("{{n}}={{v}}; {theirs_shown}"),
        ),
    };
    let (seen, story) = app.excerpt(|app| who(app, &whole))?;
    keep(app, id, shown.clone(), seen);
    if seen != Some(Actor::Attacker) || is_information(&theirs, attacker) {
        return Ok(None);
    }
    let sentence = "a cookie of another name is taken for the session's, and beats the one that the browser has: its user is logged in as the attacker";
    let fact = format!(
        "Cookie: {shown} is the attacker, {{v}} being the victim's session and {{a}} the attacker's"
    );
    let violation = Violation::new(format!("beaten-by-{}", spelling.kind), sentence);
    Ok(Some(violation.evidence(fact).story(story)))
}

/// Returns whether it is information who is logged in with a field of the attacker's beside the victim's own.
///
/// - RFC 6265 reads the attacker's cookie under the session's own name: no RFC says which of two counts.
/// - It reads a name with a prefix: no browser takes such a cookie from a sibling domain, or over plain http (RFC 6265bis section 4.1.3).
fn is_information(field: &[u8], cookies: &[(Vec<u8>, Vec<u8>)]) -> bool {
    super::compare::reference(field)
        .iter()
        .any(|(read, _)| Prefix::of(read).is_some() || cookies.iter().any(|(name, _)| name == read))
}

fn keep(app: &mut App<'_, '_>, vector: String, input: String, seen: Option<Actor>) {
    let who = seen.map(|actor| actor.to_string());
    app.lab().count_step(if who.is_some() { "somebody logged in" } else { "nobody logged in" });
    app.lab().keep_reading(Reading { vector, input, read: ReadAs::Person { who } });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spelling_that_no_attacker_can_have_in_a_browser_is_information() {
        let theirs = [(b"sid".to_vec(), b"7".to_vec())];
        let told: Vec<&str> = SPELLINGS
            .iter()
            .filter(|spelling| {
                is_information(&field(&theirs, spelling).unwrap_or_default(), &theirs)
            })
            .map(|spelling| spelling.id)
            .collect();
        assert!(told.contains(&"prefixed") && told.contains(&"plain"), "{told:?}");
        for other in ["no-break-space", "after-comma", "other-case", "encoded-name", "nameless"] {
            assert!(!told.contains(&other), "{other}");
        }
        // A session's own prefix is no reason to be silent about a name that lost it.
        let theirs = [(b"__Host-sid".to_vec(), b"7".to_vec())];
        assert!(!is_information(b"\xc2\xa0__Host-sid=7", &theirs));
    }
}
