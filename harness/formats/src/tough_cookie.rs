//! The JSON of [tough-cookie](https://github.com/salesforce/tough-cookie), as `CookieJar.serialize` writes it for `JSON.stringify`.
//!
//! A cookie's keys stand in the order of `Cookie.serializableProperties`; what a cookie does not say is absent, and tough-cookie 5.1 keeps a
//! `null` as one. Attributes that it does not know are texts under `extensions`.

use crate::error::Error;
use crate::json::{self, Field, Form, Json, Key, Object, Text, kinds};

/// A jar, with its keys in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jar(pub Object);

/// A cookie of a jar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cookie<'a>(pub &'a Object);

impl Jar {
    /// Returns its cookies in their order.
    pub fn cookies(&self) -> impl Iterator<Item = Cookie<'_>> {
        let items = match self.0.get("cookies") {
            Field::Is(Json::Array(items)) => items.as_slice(),
            _ => &[],
        };
        items.iter().filter_map(|item| match item {
            Json::Object(object) => Some(Cookie(object)),
            _ => None,
        })
    }
}

impl<'a> Cookie<'a> {
    /// Returns its name. A cookie without one has no key.
    pub fn name(&self) -> Field<&'a Text> {
        self.0.text("key")
    }

    /// Returns its value. An empty one has no key.
    pub fn value(&self) -> Field<&'a Text> {
        self.0.text("value")
    }

    /// Returns its domain.
    pub fn domain(&self) -> Field<&'a Text> {
        self.0.text("domain")
    }

    /// Returns its path.
    pub fn path(&self) -> Field<&'a Text> {
        self.0.text("path")
    }

    /// Returns when it expires, in ISO 8601. Absent is never.
    pub fn expires(&self) -> Field<&'a Text> {
        self.0.text("expires")
    }

    /// Returns whether it is sent to its host alone.
    pub fn host_only(&self) -> Field<bool> {
        self.0.flag("hostOnly")
    }
}

const TEXT: u8 = kinds::STRING | kinds::NULL;
const FLAG: u8 = kinds::BOOL | kinds::NULL;

static EXTENSION: Form = Form::scalar(kinds::STRING, "an attribute");
static COOKIE: Form = Form::object(
    "a cookie",
    &[
        Key::optional("key", kinds::STRING, "a name"),
        Key::optional("value", kinds::STRING, "a value"),
        Key::optional("expires", TEXT, "a date or null"),
        Key::optional(
            "maxAge",
            kinds::NUMBER | TEXT,
            "seconds, \"Infinity\", \"-Infinity\" or null",
        ),
        Key::optional("domain", TEXT, "a domain or null"),
        Key::optional("path", TEXT, "a path or null"),
        Key::optional("secure", FLAG, "true, false or null"),
        Key::optional("httpOnly", FLAG, "true, false or null"),
        Key::of(
            "extensions",
            Form {
                kinds: kinds::ARRAY | kinds::NULL,
                ..Form::list("a list of attributes or null", &EXTENSION)
            },
        ),
        Key::optional("hostOnly", FLAG, "true, false or null"),
        Key::optional("pathIsDefault", FLAG, "true, false or null"),
        Key::optional("creation", TEXT, "a date or null"),
        Key::optional("lastAccessed", TEXT, "a date or null"),
        Key::optional("sameSite", TEXT, "a word or null"),
    ],
);
static JAR: Form = Form::object(
    "a jar",
    &[
        Key::optional("version", kinds::STRING, "a version"),
        Key::optional("storeType", TEXT, "a word or null"),
        Key::of("cookies", Form::list("a list of cookies", &COOKIE)).required(),
    ],
);

/// Reads a jar.
///
/// # Errors
/// What is wrong with the input, and where.
pub fn parse(bytes: &[u8]) -> Result<Jar, Error> {
    json::read_object(bytes, &JAR).map(Jar)
}

/// Prints a jar in the layout of `JSON.stringify`.
pub fn print(jar: &Jar) -> Vec<u8> {
    json::print_compact(&jar.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_and_null_are_kept() {
        let text = r#"{"version":"tough-cookie@5.1.2","cookies":[{"value":"1","expires":null,"path":"/"},{}]}"#;
        let jar = parse(text.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(print(&jar)).unwrap(), text);
        let cookie = jar.cookies().next().unwrap();
        assert_eq!((cookie.name(), cookie.expires()), (Field::Absent, Field::Null));
    }

    /// tough-cookie 5.1.2: "serialized jar has no cookies array".
    #[test]
    fn a_jar_without_a_list_of_cookies_is_none() {
        for text in ["{}", r#"{"cookies":{}}"#, r#"{"cookies":null}"#, "[]"] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
