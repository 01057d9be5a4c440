//! The JSON record of [express-session](https://github.com/expressjs/session), as its `MemoryStore`, `session-file-store` and others keep it.
//!
//! The cookie's own settings stand under `cookie`; everything else is the application's. A setting that is null is another one than a
//! setting that is not there: for `path: null` express-session 1.18 sets no `Path`, and `Path=/` if the key is absent.

use crate::error::Error;
use crate::json::{self, Field, Form, Json, Key, Object, Text, kinds};

/// A record, with its keys in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record(pub Object);

/// The settings of the session's cookie. What is `undefined` in JavaScript is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cookie<'a>(pub &'a Object);

/// When a cookie expires, as its application said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expires<'a> {
    /// A date in ISO 8601.
    At(&'a Text),
    /// With the browser: `false`, which the README once offered for it.
    False,
}

impl Record {
    /// Returns how the cookie with the session's id is set; `None` in a record that was not read.
    pub fn cookie(&self) -> Option<Cookie<'_>> {
        match self.0.get("cookie") {
            Field::Is(Json::Object(cookie)) => Some(Cookie(cookie)),
            _ => None,
        }
    }

    /// Returns the session's data: all other keys.
    pub fn data(&self) -> impl Iterator<Item = &(Text, Json)> {
        self.0.0.iter().filter(|(name, _)| *name != *"cookie")
    }
}

impl<'a> Cookie<'a> {
    /// Returns when it expires. Null is never.
    pub fn expires(&self) -> Field<Expires<'a>> {
        match self.0.get("expires") {
            Field::Is(Json::String(date)) => Field::Is(Expires::At(date)),
            Field::Is(Json::Bool(false)) => Field::Is(Expires::False),
            Field::Null => Field::Null,
            _ => Field::Absent,
        }
    }

    /// Returns its `Path`. Null and the empty text set none; absent, it is `/`.
    pub fn path(&self) -> Field<&'a Text> {
        self.0.text("path")
    }

    /// Returns its `Domain`.
    pub fn domain(&self) -> Field<&'a Text> {
        self.0.text("domain")
    }

    /// Returns its `SameSite`: a word, true or false.
    pub fn same_site(&self) -> Field<&'a Json> {
        self.0.get("sameSite")
    }

    /// Returns whether scripts cannot read it.
    pub fn http_only(&self) -> Field<bool> {
        self.0.flag("httpOnly")
    }
}

const WORD: u8 = kinds::STRING | kinds::NULL;
const FLAG: u8 = kinds::BOOL | kinds::NULL;

/// The settings of `Cookie.prototype.data`, in its order, with the kinds that `cookie.serialize` takes.
const COOKIE: Form = Form::object(
    "the cookie's settings",
    &[
        Key::optional(
            "originalMaxAge",
            kinds::NUMBER | kinds::FALSE | kinds::NULL,
            "milliseconds, false or null",
        ),
        Key::optional("partitioned", FLAG, "true, false or null"),
        Key::optional("priority", WORD, "a word or null"),
        Key::optional("expires", WORD | kinds::FALSE, "a date, false or null"),
        Key::optional("secure", FLAG | kinds::STRING, "true, false, \"auto\" or null"),
        Key::optional("httpOnly", FLAG, "true, false or null"),
        Key::optional("domain", WORD, "a domain or null"),
        Key::optional("path", WORD, "a path or null"),
        Key::optional("sameSite", FLAG | kinds::STRING, "a word, true, false or null"),
    ],
);

static RECORD: Form =
    Form::object("a record", &[Key { name: "cookie", form: COOKIE, required: true }]);

/// Reads a record.
///
/// # Errors
/// What is wrong with the input, and where.
pub fn parse(bytes: &[u8]) -> Result<Record, Error> {
    json::read_object(bytes, &RECORD).map(Record)
}

/// Prints a record in the layout of `JSON.stringify`.
pub fn print(record: &Record) -> Vec<u8> {
    json::print_compact(&record.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_without_a_cookie_is_none() {
        for text in [r#"{"user":"anna"}"#, r#"{"cookie":null}"#, r#"{"cookie":{"httpOnly":1}}"#] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    /// express-session 1.18.1 writes each of these, and makes another `Set-Cookie` of each.
    #[test]
    fn absent_null_false_and_empty_are_kept() {
        for text in [
            r#"{"cookie":{},"n":1e2,"cookies":[]}"#,
            r#"{"cookie":{"path":null,"expires":null}}"#,
            r#"{"z":1,"cookie":{"path":"","expires":false,"originalMaxAge":false},"a":"\ud800"}"#,
        ] {
            let record = parse(text.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(print(&record)).unwrap(), text);
        }
        let read = |text: &str| parse(text.as_bytes()).unwrap();
        assert_eq!(read(r#"{"cookie":{}}"#).cookie().unwrap().path(), Field::Absent);
        assert_eq!(read(r#"{"cookie":{"path":null}}"#).cookie().unwrap().path(), Field::Null);
        let expires = read(r#"{"cookie":{"expires":false}}"#);
        assert_eq!(expires.cookie().unwrap().expires(), Field::Is(Expires::False));
    }
}
