//! Values with characters that formats give a meaning.

use interloper_driver::{Auth, Operation, Session};
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Loaded, Need, Principal, Scenario, Shape, Sweep,
    Violation, unit,
};

use crate::support::{LoadOutcome, missing, try_load};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "honesty::values",
    sentence: "A value with line breaks, tabs, quotes, NUL, separators or non-ASCII characters loads as it was saved, or its save is refused; it never becomes two entries.",
    fix: "escape what the format gives a meaning, or answer invalid to what it cannot hold",
    severity: Severity::Medium,
    cwe: &["CWE-93", "CWE-116", "CWE-140"],
    owasp: &["ASVS 5.0 1.2.1"],
    needs: &[Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Texts that are put into the middle of a value, with their descriptions. No colon: no user-id has one (RFC 7617, section 2).
const PIECES: [(&str, &str); 17] = [
    ("a line feed", "\n"),
    ("a line with an entry", "\nevil.example\tTRUE\t/\tFALSE\t0\tsmuggled\tvalue\n"),
    ("a carriage return", "\r"),
    ("CR LF", "\r\nsmuggled=value\r\n\r\n"),
    ("a tab", "\t"),
    ("a quote", "\""),
    ("an apostrophe", "'"),
    ("a backslash", "\\"),
    ("NUL", "\0"),
    ("a number sign", "#"),
    ("a semicolon", "; smuggled=value"),
    ("a comma", ","),
    ("an equals sign", "="),
    ("a space", " "),
    ("an escape", "%0A"),
    ("non-ASCII letters", "\u{e9}\u{2603}\u{1f36a}"),
    ("a control character", "\u{1b}[31m"),
];

/// Function that puts a text into a session.
type Put = fn(&mut Session, &str) -> bool;
/// The fields, each with how bad it is to lose one. No server can set a cookie with such a character, and no client can send it: RFC 6265,
/// section 4.1.1.
const FIELDS: [(&str, Severity, Put); 8] = [
    ("data", Severity::Medium, |session, piece| match session.data.values_mut().next() {
        Some(serde_json::Value::String(value)) => insert(value, piece),
        _ => false,
    }),
    ("data-key", Severity::Medium, |session, piece| {
        let Some(mut key) = session.data.keys().next().cloned() else { return false };
        let value = session.data.remove(&key).unwrap_or_default();
        insert(&mut key, piece);
        session.data.insert(key, value);
        true
    }),
    ("cookie-value", Severity::Low, |session, piece| {
        session.cookies.first_mut().is_some_and(|cookie| insert(&mut cookie.value, piece))
    }),
    ("cookie-name", Severity::Low, |session, piece| {
        session.cookies.first_mut().is_some_and(|cookie| insert(&mut cookie.name, piece))
    }),
    ("cookie-path", Severity::Low, |session, piece| {
        session.cookies.first_mut().is_some_and(|cookie| {
            cookie.path = "/below".into();
            insert(&mut cookie.path, piece)
        })
    }),
    ("header", Severity::Medium, |session, piece| {
        session.headers.first_mut().is_some_and(|(_, value)| insert(value, piece))
    }),
    ("password", Severity::Medium, |session, piece| match &mut session.auth {
        Some(Auth::Basic { password, .. }) => insert(password, piece),
        _ => false,
    }),
    ("username", Severity::Medium, |session, piece| match &mut session.auth {
        Some(Auth::Basic { username, .. }) => insert(username, piece),
        _ => false,
    }),
];

fn insert(text: &mut String, piece: &str) -> bool {
    // Canaries are ASCII.
    text.insert_str(text.len() / 2, piece);
    true
}

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let plain = two_cookies(lab, &case.session);
    let start = lab.snapshot()?;
    let story = lab.checkpoint();
    lab.save_session("alpha", plain.clone(), "save(\"alpha\", …)".into())?
        .map_err(|failure| Abort::Ineffective(format!("save was answered with {failure}")))?;
    lab.restart()?;
    // As it loads when nothing is unusual: what the store loses by itself is another scenario's subject.
    let Loaded::Present(whole) = lab.load("alpha")? else {
        return Err(Abort::Ineffective("what was saved did not load".into()));
    };
    lab.rollback(story);
    let mut kept = 0;
    for (field, severity, put) in FIELDS {
        for (name, piece) in PIECES {
            let mut session = plain.clone();
            let mut whole = (*whole).clone();
            if !put(&mut session, piece) || !put(&mut whole, piece) {
                continue;
            }
            lab.restore(&start)?;
            let checkpoint = lab.checkpoint();
            let call = format!("save(\"alpha\", {{{field} with {name}}})");
            let saved = match lab.save_session("alpha", session.clone(), call) {
                Ok(saved) => saved.is_ok(),
                // It did not say that it was done.
                Err(Abort::Driver(_)) => false,
                Err(stop) => return Err(stop),
            };
            lab.restart()?;
            if saved {
                kept += 1;
                let loaded = try_load(lab, "alpha")?;
                if let Some(violation) = judge(&whole, (field, severity), name, loaded) {
                    let story = lab.story_since(checkpoint);
                    lab.report(violation.story(story));
                }
            }
            lab.count_step(if saved { "value kept" } else { "value refused" });
            lab.rollback(checkpoint);
        }
    }
    if kept == 0 {
        return Err(Abort::Ineffective("every value was refused".into()));
    }
    Ok(())
}

/// Returns a session with two cookies, where the store keeps cookies: what breaks one may break the next.
fn two_cookies(lab: &Lab<'_>, shape: &Shape) -> Session {
    let mut shape = shape.clone();
    shape.cookies.extend(shape.cookies.first().copied());
    lab.session(0, &shape)
}

/// Returns a violation if the loaded session differs.
fn judge(
    whole: &Session,
    (field, severity): (&str, Severity),
    name: &str,
    loaded: LoadOutcome,
) -> Option<Violation> {
    let told = |cause: &str, sentence: &str, what: &str| {
        Violation::new(format!("{cause}-{field}"), format!("{sentence} {field}"))
            .severity(severity)
            .evidence(format!("{field} with {name}: saved with ok, {what}"))
    };
    let unloadable = "what was saved does not load, because of an unusual";
    let session = match loaded {
        Ok(Loaded::Present(session)) => session,
        Ok(other) => {
            let what = format!("and load is answered with {}", other.word());
            return Some(told("unloadable", unloadable, &what));
        }
        Err(seen) => {
            let what = format!("and load: {}", seen.clause());
            return Some(told("unloadable", unloadable, &what));
        }
    };
    let count =
        |session: &Session| [session.data.len(), session.cookies.len(), session.headers.len()];
    if count(whole).iter().zip(count(&session)).any(|(was, is)| is > *was) {
        let what = "and loads with an entry that nobody saved";
        let split = told("split", "two entries were made of one unusual", what);
        return Some(split.severity(Severity::High));
    }
    let lost = missing(whole, &session).into_iter().next()?;
    Some(told(
        "altered",
        "a part was changed without a word: an unusual",
        &lost.what.escape_debug().to_string(),
    ))
}
