//! Differences that are known, each with its reason.

/// Part of a reading in which two parsers can differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The reference refuses, the parser does not.
    Accepts,
    /// The parser refuses, the reference does not.
    Refuses,
    /// The name, the value, or the pairs.
    Pairs,
    /// `Max-Age`
    MaxAge,
    /// `Domain`
    Domain,
    /// `Path`
    Path,
    /// `Secure` or `HttpOnly`
    Flags,
    /// `SameSite`
    SameSite,
}

/// A known difference.
#[derive(Clone, Copy, Debug)]
pub struct KnownDifference {
    /// On what.
    pub part: Part,
    /// Why.
    pub reason: &'static str,
    /// Tells whether the difference applies to a header.
    pub applies: fn(&str) -> bool,
}

impl KnownDifference {
    pub(super) const fn new(
        part: Part,
        reason: &'static str,
        applies: fn(&str) -> bool,
    ) -> KnownDifference {
        KnownDifference { part, reason, applies }
    }
}

/// The differences of the crate `cookie`.
pub(super) static COOKIE: &[KnownDifference] = &[
    KnownDifference::new(
        Part::Accepts,
        "6265bis refuses control characters, RFC 6265 does not",
        controls,
    ),
    KnownDifference::new(Part::Accepts, "6265bis limits name and value to 4096 bytes", |text| {
        text.len() > 4096
    }),
    KnownDifference::new(
        Part::Accepts,
        "str::trim takes off white space that is not RFC 6265's",
        unicode_space,
    ),
    KnownDifference::new(
        Part::Refuses,
        "str::trim takes off white space that is not RFC 6265's",
        unicode_space,
    ),
    KnownDifference::new(
        Part::Pairs,
        "str::trim takes off white space that is not RFC 6265's",
        unicode_space,
    ),
    KnownDifference::new(
        Part::MaxAge,
        "str::trim takes off white space that is not RFC 6265's",
        unicode_space,
    ),
    KnownDifference::new(
        Part::Domain,
        "str::trim takes off white space that is not RFC 6265's",
        unicode_space,
    ),
    KnownDifference::new(
        Part::Path,
        "str::trim takes off white space that is not RFC 6265's",
        unicode_space,
    ),
    KnownDifference::new(
        Part::Flags,
        "str::trim takes off white space that is not RFC 6265's",
        unicode_space,
    ),
    KnownDifference::new(
        Part::SameSite,
        "str::trim takes off white space that is not RFC 6265's",
        unicode_space,
    ),
    KnownDifference::new(Part::MaxAge, "an empty Max-Age is taken for the longest", |text| {
        attributes(text).any(|(name, value)| name == "max-age" && matches!(value, Some("" | "-")))
    }),
    KnownDifference::new(Part::Domain, "a domain that is only a dot is kept empty", |text| {
        attributes(text).any(|(name, value)| name == "domain" && value == Some("."))
    }),
    KnownDifference::new(Part::Path, "a Path without `=` is not the last one", |text| {
        attributes(text).any(|(name, value)| name == "path" && value.is_none())
    }),
    KnownDifference::new(Part::SameSite, "an unknown SameSite is not the last one", |text| {
        attributes(text).filter(|(name, _)| name == "samesite").count() > 1
    }),
    KnownDifference::new(Part::MaxAge, "6265bis ignores values of more than 1024 bytes", long),
    KnownDifference::new(Part::Domain, "6265bis ignores values of more than 1024 bytes", long),
    KnownDifference::new(Part::Path, "6265bis ignores values of more than 1024 bytes", long),
    KnownDifference::new(Part::Flags, "6265bis ignores values of more than 1024 bytes", long),
    KnownDifference::new(Part::SameSite, "6265bis ignores values of more than 1024 bytes", long),
];

/// The differences of the crate `cookie_store`, which reads with `cookie` and then asks more.
pub(super) static COOKIE_STORE: &[KnownDifference] = &[
    KnownDifference::new(Part::Refuses, "the domain is not that of the request", |text| {
        attributes(text).any(|(name, _)| name == "domain")
    }),
    KnownDifference::new(Part::Refuses, "a name and value of which nothing is left", unicode_space),
];

pub(super) fn controls(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t')
}

pub(super) fn unicode_space(text: &str) -> bool {
    text.chars().any(|c| c.is_whitespace() && !matches!(c, ' ' | '\t'))
}

fn long(text: &str) -> bool {
    attributes(text).any(|(_, value)| value.is_some_and(|value| value.len() > 1024))
}

fn attributes(text: &str) -> impl Iterator<Item = (String, Option<&str>)> {
    text.split(';').skip(1).map(|attribute| {
        let (name, value) = match attribute.split_once('=') {
            Some((name, value)) => (name, Some(value.trim())),
            None => (attribute, None),
        };
        (name.trim().to_ascii_lowercase(), value)
    })
}
