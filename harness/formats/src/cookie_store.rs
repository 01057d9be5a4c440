//! The JSON of the crate [`cookie_store`](https://docs.rs/cookie_store/0.22.1/cookie_store/serde/json/index.html), as
//! `serde::json::save` writes it: a list of cookies.
//!
//! A cookie has the text of its `Set-Cookie` header, and beside it the path, the domain and the end that were made of it. Nothing keeps the
//! two from saying different things; [`Cookie::header`] returns the text, and [`crate::cookie::parse_set_cookie`] reads it.

use crate::error::{Error, Reason};
use crate::json::{self, Field, Form, Json, Key, Object, Text, kinds};

/// A jar: a list of objects, each of them a cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jar(pub Vec<Object>);

/// A cookie of a jar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cookie<'a>(pub &'a Object);

/// To which hosts a cookie is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain<'a> {
    /// To this one.
    HostOnly(&'a Text),
    /// To this one and those below it.
    Suffix(&'a Text),
    /// The header had no `Domain`.
    NotPresent,
    /// The header had an empty `Domain`.
    Empty,
}

impl Jar {
    /// Returns its cookies in their order.
    pub fn cookies(&self) -> impl Iterator<Item = Cookie<'_>> {
        self.0.iter().map(Cookie)
    }
}

impl<'a> Cookie<'a> {
    /// Returns the `Set-Cookie` header that it was made of.
    pub fn header(&self) -> Option<&'a Text> {
        self.0.text("raw_cookie").value()
    }

    /// Returns its path, and whether the header had it.
    pub fn path(&self) -> Option<(&'a Text, bool)> {
        match self.0.get("path").value()? {
            Json::Array(pair) => match pair.as_slice() {
                [Json::String(path), Json::Bool(given)] => Some((path, *given)),
                _ => None,
            },
            _ => None,
        }
    }

    /// Returns its domain.
    pub fn domain(&self) -> Option<Domain<'a>> {
        match self.0.get("domain").value()? {
            Json::String(word) if *word == *"Empty" => Some(Domain::Empty),
            Json::String(_) => Some(Domain::NotPresent),
            Json::Object(variant) => match variant.text("HostOnly") {
                Field::Is(host) => Some(Domain::HostOnly(host)),
                _ => variant.text("Suffix").value().map(Domain::Suffix),
            },
            _ => None,
        }
    }

    /// Returns when it expires, as RFC 3339; absent if it does with the session.
    pub fn expires(&self) -> Field<&'a Text> {
        match self.0.get("expires") {
            Field::Is(Json::Object(variant)) => variant.text("AtUtc"),
            _ => Field::Absent,
        }
    }
}

static PART: Form = Form::scalar(kinds::STRING | kinds::BOOL, "a path, or whether it was given");
static COOKIE: Form = Form::object(
    "a cookie",
    &[
        Key::optional("raw_cookie", kinds::STRING, "a header").required(),
        Key::of("path", Form::list("a path and whether it was given", &PART)).required(),
        Key::of(
            "domain",
            Form::variant(
                "a domain",
                &["NotPresent", "Empty"],
                &[
                    Key::optional("HostOnly", kinds::STRING, "a host"),
                    Key::optional("Suffix", kinds::STRING, "a host"),
                ],
            ),
        )
        .required(),
        Key::of(
            "expires",
            Form::variant(
                "an end",
                &["SessionEnd"],
                &[Key::optional("AtUtc", kinds::STRING, "a time")],
            ),
        )
        .required(),
    ],
);
static JAR: Form = Form::list("a list of cookies", &COOKIE);

/// Reads a jar.
///
/// # Errors
/// What is wrong with the input, and where.
pub fn parse(bytes: &[u8]) -> Result<Jar, Error> {
    let expected = |what| Error::new(0, Reason::Expected(what));
    let Json::Array(items) = json::read(bytes, &JAR)? else { return Err(expected(JAR.what)) };
    let objects = items.into_iter().map(|item| match item {
        Json::Object(object) if Cookie(&object).path().is_some() => Ok(object),
        _ => Err(expected("a path and whether it was given")),
    });
    objects.collect::<Result<_, _>>().map(Jar)
}

/// Prints a jar as `serde::json::save` does.
pub fn print(jar: &Jar) -> Vec<u8> {
    let mut out =
        json::print_pretty(&Json::Array(jar.0.iter().cloned().map(Json::Object).collect()));
    out.push(b'\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = r#"[
  {
    "raw_cookie": "a=1; Path=/x",
    "path": [
      "/x",
      true
    ],
    "domain": {
      "HostOnly": "example.org"
    },
    "expires": "SessionEnd"
  }
]
"#;

    #[test]
    fn a_jar_is_printed_to_the_byte() {
        let jar = parse(ONE.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(print(&jar)).unwrap(), ONE);
        let cookie = jar.cookies().next().unwrap();
        assert_eq!(cookie.domain(), Some(Domain::HostOnly(&"example.org".into())));
        assert_eq!(cookie.path(), Some((&"/x".into(), true)));
        assert_eq!(cookie.expires(), Field::Absent);
    }

    #[test]
    fn what_is_refused() {
        for (from, to) in [
            ("\"SessionEnd\"", "\"Never\""),
            ("\"SessionEnd\"", "null"),
            ("\"SessionEnd\"", "{}"),
            ("\"HostOnly\": \"example.org\"", "\"HostOnly\": \"a\", \"Suffix\": \"b\""),
            ("\"HostOnly\"", "\"Host\""),
            ("true", "true, true"),
            ("raw_cookie", "cookie"),
        ] {
            assert!(parse(ONE.replace(from, to).as_bytes()).is_err(), "{to}");
        }
    }
}
