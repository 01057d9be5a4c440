//! Recognises a session file or cookie jar by its bytes, and counts what in it is live. No value leaves this module.

use crate::format::{Format, format};
use crate::json::{Field, Json, Object};
use crate::{express, httpie, lwp, netscape};

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Detected {
    /// Name of the format, as in [`crate::FORMATS`].
    pub format: &'static str,
    /// Number of credentials that have a value and have not expired.
    pub live: usize,
}

/// Recognises bytes at a time in Unix seconds; `None` for what is of no format.
///
/// Without a hint, only formats that say what they are count: a jar's line or heading, HTTPie's and Express's own keys. Many a file is valid
/// MessagePack, or a serialized PHP value, and no session: such a format is recognised only if `hint` names it.
pub fn detect(bytes: &[u8], hint: Option<&str>, now: i64) -> Option<Detected> {
    type Counter = fn(&[u8], i64) -> Option<usize>;
    let own: [(&'static str, Counter); 4] = [
        ("netscape", netscape_live),
        ("lwp", lwp_live),
        ("httpie", httpie_live),
        ("express", express_live),
    ];
    let counted = own
        .into_iter()
        .find_map(|(name, count)| count(bytes, now).map(|live| Detected { format: name, live }));
    let own = own.map(|(name, _)| name);
    counted.or_else(|| hinted(bytes, format(hint.filter(|name| !own.contains(name))?)?))
}

/// A format whose values are an application's own: one that is not empty is taken for a login.
fn hinted(bytes: &[u8], format: &dyn Format) -> Option<Detected> {
    let read = !bytes.is_empty() && format.read(bytes).is_ok();
    read.then(|| Detected { format: format.name(), live: 1 })
}

fn netscape_live(bytes: &[u8], now: i64) -> Option<usize> {
    let jar = netscape::parse(whole_lines(bytes)).ok()?;
    let known = jar.lines.iter().any(|line| match &line.entry {
        netscape::Entry::Comment(text) => text.ends_with(b"HTTP Cookie File"),
        netscape::Entry::Cookie(_) => true,
    });
    let is_live = |cookie: &&netscape::Cookie| {
        let ends = cookie.expires.as_ref().map_or(0, |expires| expires.seconds);
        let has_value = cookie.value.as_ref().is_some_and(|value| !value.is_empty());
        has_value && (ends == 0 || ends > now)
    };
    known.then(|| jar.cookies().filter(is_live).count())
}

/// Returns the lines that are whole: a long jar is read in part.
fn whole_lines(bytes: &[u8]) -> &[u8] {
    match bytes.iter().rposition(|&byte| byte == b'\n') {
        Some(end) => &bytes[..=end],
        None => bytes,
    }
}

fn lwp_live(bytes: &[u8], now: i64) -> Option<usize> {
    let jar = lwp::parse(whole_lines(bytes)).ok()?;
    let is_live = |cookie: &&lwp::Cookie| {
        let expires = cookie.attribute_value("expires");
        expires.and_then(iso_seconds).is_none_or(|at| at > now)
    };
    Some(jar.cookies.iter().filter(is_live).count())
}

impl lwp::Cookie {
    fn attribute_value(&self, name: &str) -> Option<&[u8]> {
        self.attribute(name)?.value.as_deref()
    }
}

fn httpie_live(bytes: &[u8], now: i64) -> Option<usize> {
    let session = httpie::parse(bytes).ok()?;
    // Other programs' JSON has cookies and headers too (HAR files among them), and no such key.
    object(&session.0, "__meta__")?.text("httpie").value()?;
    let is_live = |cookie: &&httpie::Cookie<'_>| {
        let ended = cookie.expires().value().is_some_and(|at| at.as_f64() <= now as f64);
        !ended && cookie.value().value().is_some_and(|value| value.as_str() != Some(""))
    };
    let cookies = session.cookies().iter().filter(is_live).count();
    let auth = object(&session.0, "auth").is_some_and(|auth| {
        let given = |name| auth.text(name).value().is_some_and(|text| text.as_str() != Some(""));
        ["raw_auth", "username", "password"].into_iter().any(given)
    });
    let is_authorization =
        |name: Option<&str>| name.is_some_and(|name| name.eq_ignore_ascii_case("authorization"));
    let headers = match session.0.get("headers") {
        Field::Is(Json::Object(headers)) => {
            headers.0.iter().filter(|(name, _)| is_authorization(name.as_str())).count()
        }
        Field::Is(Json::Array(headers)) => {
            let named = headers.iter().filter(|header| match header {
                Json::Object(header) => {
                    is_authorization(header.text("name").value().and_then(|name| name.as_str()))
                }
                _ => false,
            });
            named.count()
        }
        _ => 0,
    };
    Some(cookies + usize::from(auth) + headers)
}

fn object<'a>(object: &'a Object, key: &str) -> Option<&'a Object> {
    match object.get(key) {
        Field::Is(Json::Object(value)) => Some(value),
        _ => None,
    }
}

fn express_live(bytes: &[u8], now: i64) -> Option<usize> {
    let record = express::parse(bytes).ok()?;
    let cookie = record.cookie()?;
    // Every field but this one is optional, and many an object has a member `cookie`.
    if cookie.0.get("originalMaxAge") == Field::Absent {
        return None;
    }
    let ended = match cookie.expires() {
        Field::Is(express::Expires::At(text)) => {
            text.as_str().and_then(|text| iso_seconds(text.as_bytes()))
        }
        _ => None,
    };
    Some(usize::from(ended.is_none_or(|at| at > now)))
}

/// Reads `2026-11-30 09:00:00Z` or `2026-11-30T09:00:00.000Z` as Unix seconds.
fn iso_seconds(text: &[u8]) -> Option<i64> {
    let number = |from: usize, to: usize| -> Option<i64> {
        std::str::from_utf8(text.get(from..to)?).ok()?.parse().ok()
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days since the epoch of the proleptic Gregorian calendar, with years that begin in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let days =
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 + day
            - 1
            - 719_468;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    #[track_caller]
    fn is(text: &str, expected: Option<(&'static str, usize)>) {
        let expected = expected.map(|(format, live)| Detected { format, live });
        assert_eq!(detect(text.as_bytes(), None, NOW), expected, "{text:?}");
    }

    #[test]
    fn a_jar_is_told_by_its_lines_and_an_expired_cookie_is_not_live() {
        is(
            "a.org\tFALSE\t/\tTRUE\t0\tid\tv\na.org\tFALSE\t/\tTRUE\t1700000000\told\tv\n",
            Some(("netscape", 1)),
        );
        is("# Netscape HTTP Cookie File\n\n", Some(("netscape", 0)));
        is("# a comment\n", None);
        is(
            "#LWP-Cookies-2.0\nSet-Cookie3: a=b; path=\"/\"; domain=x; expires=\"2026-01-01 00:00:00Z\"; version=0\nSet-Cookie3: c=d; path=\"/\"; domain=x; discard; version=0\n",
            Some(("lwp", 1)),
        );
    }

    #[test]
    fn a_jar_that_is_cut_in_a_line_is_still_one() {
        is("a.org\tFALSE\t/\tTRUE\t0\tid\tv\na.org\tFALSE\t/", Some(("netscape", 1)));
    }

    #[test]
    fn json_is_a_session_only_with_the_keys_of_one() {
        is(
            r#"{"__meta__":{"httpie":"3.2.4"},"auth":{"raw_auth":"u:p","type":"basic"},"cookies":[{"name":"a","value":"b","expires":1}],"headers":[]}"#,
            Some(("httpie", 1)),
        );
        is(r#"{"cookies":[],"headers":[]}"#, None);
        is(r#"{"cookie":{"originalMaxAge":null,"expires":null},"user":1}"#, Some(("express", 1)));
        is(
            r#"{"cookie":{"originalMaxAge":9,"expires":"2020-01-01T00:00:00.000Z"}}"#,
            Some(("express", 0)),
        );
        is(r#"{"cookie":{}}"#, None);
    }

    #[test]
    fn what_many_files_are_needs_a_hint() {
        is("a|i:1;", None);
        assert_eq!(detect(b"a|i:1;", Some("php"), NOW).map(|one| one.format), Some("php"));
        assert_eq!(detect(b"", Some("php"), NOW), None);
        assert_eq!(detect(b"# no jar\n", Some("netscape"), NOW), None);
        assert_eq!(detect(&[0; 65536], Some("netscape"), NOW), None);
    }
}
