//! How a parser's reading of `Set-Cookie` differs from the reference's.

use std::collections::BTreeSet;

use interloper_engine::record::Difference;
use interloper_formats::cookie::{MAX_ATTRIBUTE, MAX_PAIR, SameSite, SetCookie, parse_set_cookie};

use super::change::Forms;
use super::compare::{self, Pair};
use super::plain::{has_controls, sets_plainly};

/// Returns the cookie and its attributes as the reference reads them, in the form of the protocol; `None` if the reference refuses the header.
pub(super) fn reference(header: &[u8]) -> Option<Vec<Pair>> {
    let cookie = parse_set_cookie(header).ok()?;
    let SetCookie {
        name, value, expires, max_age, domain, path, secure, http_only, same_site, ..
    } = cookie;
    let number = |number: Option<i64>| number.map(|number| number.to_string().into_bytes());
    let flag = |set: bool| set.then(Vec::new);
    let same_site = same_site.map(|word| match word {
        SameSite::Strict => b"strict".to_vec(),
        SameSite::Lax => b"lax".to_vec(),
        SameSite::None => b"none".to_vec(),
    });
    let attributes = [
        ("expires", number(expires)),
        ("max-age", number(max_age)),
        ("domain", domain),
        ("path", path),
        ("secure", flag(secure)),
        ("httponly", flag(http_only)),
        ("samesite", same_site),
    ];
    let attributes = attributes
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name.as_bytes().to_vec(), value)));
    Some(std::iter::once((name, value)).chain(attributes).collect())
}

/// Returns the ways in which a reading differs. `known` are the attributes that the parser reads at all.
pub(super) fn differences(
    header: &[u8],
    due: Option<&[Pair]>,
    read: &[Pair],
    known: &BTreeSet<Vec<u8>>,
) -> BTreeSet<Difference> {
    let Some((due_cookie, due_attributes)) = due.and_then(<[Pair]>::split_first) else {
        return refused(header, read);
    };
    let Some((cookie, attributes)) = read.split_first() else {
        // A user agent may leave out a cookie that is odd.
        let plain = sets_plainly(header).then_some(Difference::Lost);
        return BTreeSet::from([plain.unwrap_or(Difference::Ignored)]);
    };
    let piece = header.split(|byte| *byte == b';').next().unwrap_or_default();
    let mut found =
        compare::differences(piece, std::slice::from_ref(due_cookie), std::slice::from_ref(cookie));
    let names: BTreeSet<&Vec<u8>> =
        due_attributes.iter().chain(attributes).map(|pair| &pair.0).collect();
    for name in names.into_iter().filter(|name| known.contains(*name)) {
        let of =
            |pairs: &[Pair]| pairs.iter().find(|pair| pair.0 == *name).map(|pair| pair.1.clone());
        found.extend(attribute(name, of(due_attributes), of(attributes)));
    }
    found
}

/// Returns the ways in which a header was read that the reference refuses.
fn refused(header: &[u8], read: &[Pair]) -> BTreeSet<Difference> {
    let Some((name, _)) = read.first() else { return BTreeSet::new() };
    let nameless = name.is_empty() || !header.contains(&b'=');
    let piece = header.split(|byte| *byte == b';').next().unwrap_or_default();
    let sent = compare::reference(piece);
    // A limit of user agents, too.
    if piece.len() > MAX_PAIR {
        return BTreeSet::new();
    }
    BTreeSet::from([match () {
        () if has_controls(header) => Difference::Control,
        () if nameless => Difference::Nameless,
        // A name came out of the value of a cookie without one.
        () if sent.is_empty() && interloper_formats::cookie::Prefix::of(name).is_some() => {
            Difference::ForgedPrefix
        }
        () if sent.is_empty() => Difference::Nameless,
        () => Difference::Other,
    }])
}

/// Returns the difference of one attribute.
fn attribute(name: &[u8], due: Option<Vec<u8>>, read: Option<Vec<u8>>) -> Option<Difference> {
    if due == read {
        return None;
    }
    // A domain of dots alone is none, and one of several dots at the beginning is nobody's.
    let bare = |value: &Option<Vec<u8>>| -> Vec<u8> {
        value.iter().flatten().copied().skip_while(|byte| *byte == b'.').collect()
    };
    // A text is lower-cased in its own encoding.
    let same_domain = Forms::of_value(&bare(&due)).explain_without_case(&bare(&read));
    let (due, read) = (due.as_deref(), read.as_deref());
    Some(match name {
        b"secure" | b"httponly" if due.is_some() => Difference::Weakened,
        b"samesite" if strictness(read) < strictness(due) => Difference::Weakened,
        // A cookie without a domain is for its host alone.
        b"domain" if same_domain => return None,
        // Whether a longer one is looked at is a limit of user agents.
        b"domain" if read.is_some_and(|read| read.len() <= MAX_ATTRIBUTE) => Difference::Widened,
        _ => Difference::Attribute,
    })
}

/// Returns how much a value of SameSite keeps out; without one, a user agent's default is Lax.
fn strictness(value: Option<&[u8]>) -> u8 {
    match value {
        Some(b"strict") => 2,
        Some(b"none") => 0,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(header: &str, read: &[(&str, &str)]) -> Vec<&'static str> {
        let read: Vec<Pair> =
            read.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let known = ["secure", "httponly", "samesite", "domain", "path"];
        let known = known.iter().map(|name| name.as_bytes().to_vec()).collect();
        let due = reference(header.as_bytes());
        let found = differences(header.as_bytes(), due.as_deref(), &read, &known);
        found.into_iter().map(Difference::as_str).collect()
    }

    #[test]
    fn a_cookie_that_is_weaker_or_wider_is_told_from_one_that_differs() {
        assert_eq!(found("id=7; Secure=no", &[("id", "7")]), ["weakened"]);
        assert_eq!(found("id=7; SameSite=Strict", &[("id", "7")]), ["weakened"]);
        assert_eq!(found("id=7; SameSite=x", &[("id", "7"), ("samesite", "lax")]), ["attribute"]);
        assert_eq!(found("id=7", &[("id", "7"), ("domain", "b.org")]), ["widened"]);
        assert_eq!(found("id=7; Domain=b.org", &[("id", "7")]), ["attribute"]);
        // As Latin-1 and in lower case.
        assert_eq!(
            found("id=7; Domain=\u{c9}", &[("id", "7"), ("domain", "\u{e3}\u{89}")]),
            [""; 0]
        );
        assert_eq!(
            found("id=7; Path=/", &[("id", "7"), ("path", "/"), ("secure", "")]),
            ["attribute"]
        );
    }

    #[test]
    fn a_plain_header_is_read_and_an_odd_one_may_be_left_out() {
        for plain in
            ["id=7", "SID=31d4d9; Path=/; Secure; HttpOnly", "a=b; Max-Age=60;SameSite=LAX"]
        {
            assert_eq!(found(plain, &[]), ["lost"], "{plain}");
        }
        for odd in [
            "id=7; Secure=no",
            "id=7; Domain=b.org",
            "id=7; Max-Age=0",
            "id=7; Path=/; Path=/a",
            "id=7; Partitioned",
            "id=7;  Secure",
            "id=\"7\"",
            "path=7",
            "id=",
        ] {
            assert_eq!(found(odd, &[]), ["ignored"], "{odd}");
        }
        assert_eq!(found("SID=31d4; Path=/", &[("SID", "31"), ("path", "/")]), ["lost", "cut"]);
        assert_eq!(found("SID=31d4", &[("sid", "31d4")]), ["lost", "renamed"]);
    }

    #[test]
    fn a_nameless_cookie_is_no_cookie_with_a_prefix() {
        assert_eq!(found("=__Host-id=7", &[("__Host-id", "7")]), ["forged-prefix"]);
        assert_eq!(found("=x", &[("", "x")]), ["nameless"]);
        assert_eq!(found("=a=7", &[("a", "7")]), ["nameless"]);
        assert_eq!(found("=x", &[]), [""; 0]);
        assert_eq!(found("id=7\u{1}", &[("id", "7\u{1}")]), ["control"]);
    }
}
