//! Comparing a parser with the reference.

use std::fmt::Debug;

use interloper_formats::cookie::{SameSite, SetCookie, parse_cookie, parse_set_cookie};

use super::{Attributes, CookieParser, Part};
use crate::Violation;
use crate::cost::measured;

/// Checks that a parser reads a `Cookie` header as the reference does, or differs in a known way.
///
/// # Errors
/// Where it differs and nobody knew, and where it allocates more than linearly.
pub fn agree_on_cookie(parser: &dyn CookieParser, header: &str) -> Result<(), Violation> {
    let read = |bytes: &[u8]| str::from_utf8(bytes).ok().and_then(|header| parser.cookie(header));
    let Some(theirs) = measured(parser.name(), header.as_bytes(), read)? else { return Ok(()) };
    let ours = parse_cookie(header.as_bytes()).map(|pairs| {
        let pairs = pairs.into_iter();
        pairs.map(|pair| (text(&pair.name), text(&pair.value))).collect::<Vec<_>>()
    });
    let sorted = |mut pairs: Vec<(String, String)>| {
        pairs.sort();
        pairs
    };
    // Some keep pairs by name, so the order is not compared.
    let (ours, theirs) = (ours.map(sorted), theirs.map(sorted));
    let part = match (&ours, &theirs) {
        (Ok(ours), Ok(theirs)) if ours == theirs => None,
        (Ok(_), Ok(_)) => Some(Part::Pairs),
        // A header without a pair is one without cookies, said in two ways.
        (Err(_), Ok(pairs)) => (!pairs.is_empty()).then_some(Part::Accepts),
        (Ok(_), Err(_)) => Some(Part::Refuses),
        (Err(_), Err(_)) => None,
    };
    excused(parser, header, part, &(ours, theirs))
}

/// Checks that a parser reads a `Set-Cookie` header as the reference does, or differs in a known way.
///
/// # Errors
/// Where it differs and nobody knew, and where it allocates more than linearly.
pub fn agree_on_set_cookie(parser: &dyn CookieParser, header: &str) -> Result<(), Violation> {
    let read =
        |bytes: &[u8]| str::from_utf8(bytes).ok().and_then(|header| parser.set_cookie(header));
    let Some(theirs) = measured(parser.name(), header.as_bytes(), read)? else { return Ok(()) };
    let ours = parse_set_cookie(header.as_bytes()).map(|cookie| attributes(&cookie));
    let parts = match (&ours, &theirs) {
        (Ok(ours), Ok(theirs)) => differences(ours, theirs),
        (Err(_), Ok(_)) => vec![Part::Accepts],
        (Ok(_), Err(_)) => vec![Part::Refuses],
        (Err(_), Err(_)) => Vec::new(),
    };
    for part in parts {
        excused(parser, header, Some(part), &(&ours, &theirs))?;
    }
    Ok(())
}

fn excused(
    parser: &dyn CookieParser,
    header: &str,
    part: Option<Part>,
    readings: &impl Debug,
) -> Result<(), Violation> {
    let Some(part) = part else { return Ok(()) };
    let known = parser.known().iter().any(|known| known.part == part && (known.applies)(header));
    Violation::unless(known, "two parsers agree", || {
        format!("{} on {part:?} of {header:?}: {readings:?}", parser.name())
    })
}

fn differences(ours: &Attributes, theirs: &Attributes) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut compare = |part, same: bool| {
        if !same {
            parts.push(part);
        }
    };
    compare(Part::Pairs, (&ours.name, &ours.value) == (&theirs.name, &theirs.value));
    compare(Part::MaxAge, said(&ours.max_age, &theirs.max_age));
    compare(Part::Domain, said(&ours.domain, &theirs.domain));
    compare(Part::Path, said(&ours.path, &theirs.path));
    compare(Part::Flags, said(&ours.secure, &theirs.secure));
    compare(Part::Flags, said(&ours.http_only, &theirs.http_only));
    compare(Part::SameSite, said(&ours.same_site, &theirs.same_site));
    parts
}

fn said<T: PartialEq>(ours: &Option<T>, theirs: &Option<T>) -> bool {
    theirs.is_none() || ours == theirs
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn attributes(cookie: &SetCookie) -> Attributes {
    let same_site = cookie.same_site.map(|same_site| match same_site {
        SameSite::Strict => "strict".to_owned(),
        SameSite::Lax => "lax".to_owned(),
        SameSite::None => "none".to_owned(),
    });
    Attributes {
        name: text(&cookie.name),
        value: text(&cookie.value),
        max_age: Some(cookie.max_age.map(|age| age.max(0))),
        domain: Some(cookie.domain.as_deref().map(text)),
        path: Some(cookie.path.as_deref().map(text)),
        secure: Some(cookie.secure),
        http_only: Some(cookie.http_only),
        same_site: Some(same_site),
    }
}
