//! What scenarios of several areas share.

use interloper_driver::{Kind, Session};
use interloper_engine::record::Evidence;
use interloper_engine::{Abort, CaseResult, Lab, Loaded, Observation, Reply};

/// A part of a session that was saved and is not, or not the same, in what was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Missing {
    /// Name of the part: `data`, `cookie-path`…
    pub(crate) part: String,
    /// Whether it is a cookie's attribute, and not a credential itself.
    pub(crate) is_attribute: bool,
    /// Difference between what was saved and what came back, without the secret itself.
    pub(crate) what: String,
}

/// Parts that are a cookie's attributes.
const ATTRIBUTES: [&str; 5] =
    ["cookie-path", "cookie-expires", "cookie-secure", "cookie-domain", "cookie-host-only"];

/// Returns the parts of a saved session that a loaded one lacks. More than was saved is no loss: clients merge.
pub(crate) fn missing(saved: &Session, loaded: &Session) -> Vec<Missing> {
    let mut missing = Vec::new();
    let mut lost = |part: &str, what: String| {
        let is_attribute = ATTRIBUTES.contains(&part);
        missing.push(Missing { part: part.into(), is_attribute, what });
    };
    for (key, value) in &saved.data {
        match loaded.data.get(key) {
            None => lost("data", format!("data.{key} is gone")),
            Some(other) if other != value => lost("data", format!("data.{key} is another")),
            Some(_) => {}
        }
    }
    for cookie in &saved.cookies {
        let same = |other: &&interloper_driver::Cookie| {
            other.name == cookie.name && other.value == cookie.value
        };
        let Some(other) = loaded.cookies.iter().find(same) else {
            lost("cookies", format!("cookie {} is gone or has another value", cookie.name));
            continue;
        };
        // HttpOnly and SameSite say what a browser's scripts may do; a command-line client has none.
        let attributes = [
            ("cookie-path", format!("{:?}", cookie.path), format!("{:?}", other.path)),
            ("cookie-expires", format!("{:?}", cookie.expires), format!("{:?}", other.expires)),
            ("cookie-secure", cookie.secure.to_string(), other.secure.to_string()),
            ("cookie-domain", cookie.domain.clone(), other.domain.clone()),
        ];
        for (part, was, is) in attributes {
            if was != is {
                let name = &cookie.name;
                lost(part, format!("cookie {name}: {} was {was} and is {is}", &part[7..]));
            }
        }
        if cookie.host_only && !other.host_only {
            let name = &cookie.name;
            lost(
                "cookie-host-only",
                format!("cookie {name} was for one host and is for its subdomains too"),
            );
        }
    }
    for (name, value) in &saved.headers {
        let same =
            |(other, text): &(String, String)| other.eq_ignore_ascii_case(name) && text == value;
        if !loaded.headers.iter().any(same) {
            lost("headers", format!("header {name} is gone or has another value"));
        }
    }
    if saved.auth.is_some() && saved.auth != loaded.auth {
        lost("auth", "the credentials are gone or others".into());
    }
    if saved.expires_at.is_some() && saved.expires_at != loaded.expires_at {
        lost("expires", "the session's expiry is gone or another".into());
    }
    missing
}

/// Returns whether two sessions are the same, but for what a store adds.
pub(crate) fn same(known: &Session, loaded: &Session) -> bool {
    known == loaded || (missing(known, loaded).is_empty() && missing(loaded, known).is_empty())
}

/// Returns whether a loaded session has secrets of other saves than those of these slots.
///
/// A client's request that does not name a header leaves the session's as it is, and so with credentials: of a client only the cookies are
/// looked at, which its server's answer replaces.
pub(crate) fn has_others(lab: &Lab<'_>, loaded: &Session, own: &[u16]) -> bool {
    let cookies = || Session { cookies: loaded.cookies.clone(), ..Session::default() };
    let slots = match lab.hello().kind {
        Kind::Client => lab.slots_of(&cookies()),
        _ => lab.slots_of(loaded),
    };
    slots.iter().any(|other| !own.contains(other))
}

/// Returns bytes in hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Outcome of a load: the answer, or what the driver did instead.
pub(crate) type LoadOutcome = Result<Loaded, Observation>;

/// Loads; what the driver did instead of answering is no reason to end the case.
pub(crate) fn try_load(lab: &mut Lab<'_>, id: &str) -> CaseResult<LoadOutcome> {
    match lab.load(id) {
        Ok(loaded) => Ok(Ok(loaded)),
        Err(Abort::Driver(seen)) => {
            lab.restart()?;
            Ok(Err(seen))
        }
        Err(stop) => Err(stop),
    }
}

/// Asks; in words, what came instead of ok. What the driver did instead of answering is no reason to end the case.
pub(crate) fn answered(
    lab: &mut Lab<'_>,
    ask: impl FnOnce(&mut Lab<'_>) -> CaseResult<Reply>,
) -> CaseResult<Option<String>> {
    match ask(lab) {
        Ok(reply) => Ok(reply.err().map(|failure| failure.to_string())),
        Err(Abort::Driver(seen)) => {
            lab.restart()?;
            Ok(Some(seen.clause().to_owned()))
        }
        Err(stop) => Err(stop),
    }
}

/// Returns the evidence that a load was answered as it should not have been; `after` says what had happened before.
pub(crate) fn answer(after: impl Into<String>, id: &str, loaded: &Loaded) -> Evidence {
    let call = format!("load({id:?})");
    Evidence::Answer { after: after.into(), call, by: None, answer: loaded.word() }
}

/// Returns the same for a load by a certain process.
pub(crate) fn answer_by(after: impl Into<String>, id: &str, by: &str, loaded: &Loaded) -> Evidence {
    let (call, by) = (format!("load({id:?})"), Some(by.to_owned()));
    Evidence::Answer { after: after.into(), call, by, answer: loaded.word() }
}
