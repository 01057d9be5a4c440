//! HTTPie's session files, before and since version 3.1.
//!
//! The source is HTTPie's documentation, [Sessions](https://httpie.io/docs/cli/sessions), and what 3.0.2 and 3.2.4 write and read.
//! The old layout has objects under `cookies` and `headers`, and so no domains: CVE-2022-24737. The new one has lists.
//! A cookie whose `domain` is null is sent to every host on purpose, as `httpie cli sessions upgrade` writes it. One without the key is
//! bound to the first host that is asked. So absent, null and empty stay apart.

use crate::error::Error;
use crate::json::{self, Field, Form, Json, Key, Number, Object, Text, kinds};

/// A session, with its keys in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session(pub Object);

/// A cookie. In the old layout its name stands before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cookie<'a> {
    /// Its name.
    pub name: Field<&'a Text>,
    /// Its keys in their order.
    pub fields: &'a Object,
}

/// The two layouts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Objects, by name.
    Old,
    /// Lists, one element after the other.
    New,
}

impl Session {
    /// Returns the layout of its cookies; a session without cookies is in the new one, as HTTPie makes it.
    pub fn layout(&self) -> Layout {
        match self.0.get("cookies") {
            Field::Is(Json::Object(_)) => Layout::Old,
            _ => Layout::New,
        }
    }

    /// Returns its cookies in their order.
    pub fn cookies(&self) -> Vec<Cookie<'_>> {
        match self.0.get("cookies") {
            Field::Is(Json::Array(cookies)) => {
                let fields = cookies.iter().filter_map(object);
                fields.map(|fields| Cookie { name: fields.text("name"), fields }).collect()
            }
            Field::Is(Json::Object(cookies)) => {
                let named =
                    cookies.0.iter().filter_map(|(name, value)| Some((name, object(value)?)));
                named.map(|(name, fields)| Cookie { name: Field::Is(name), fields }).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn object(value: &Json) -> Option<&Object> {
    match value {
        Json::Object(fields) => Some(fields),
        _ => None,
    }
}

impl<'a> Cookie<'a> {
    /// Returns its domain: absent before it was bound, null if it is sent to every host, empty if the server named none.
    pub fn domain(&self) -> Field<&'a Text> {
        self.fields.text("domain")
    }

    /// Returns its path, which is `/` if it is absent.
    pub fn path(&self) -> Field<&'a Text> {
        self.fields.text("path")
    }

    /// Returns its value.
    pub fn value(&self) -> Field<&'a Text> {
        self.fields.text("value")
    }

    /// Returns when it expires, in Unix seconds.
    pub fn expires(&self) -> Field<&'a Number> {
        self.fields.number("expires")
    }

    /// Returns whether it is sent over secure channels only.
    pub fn secure(&self) -> Field<bool> {
        self.fields.flag("secure")
    }
}

const TEXT: u8 = kinds::STRING | kinds::NULL;

/// The arguments of `requests.cookies.create_cookie`, which refuses all others. The last one is the name: of a list's elements it is required.
const fn cookie(name: Key) -> [Key; 13] {
    [
        Key::optional("domain", TEXT, "a domain or null"),
        Key::optional("expires", kinds::NUMBER | kinds::NULL, "a time or null"),
        Key::optional("path", TEXT, "a path or null"),
        Key::optional("secure", kinds::BOOL | kinds::NULL, "true, false or null"),
        Key::optional("value", TEXT, "a value or null").required(),
        Key::optional("version", kinds::NUMBER | kinds::NULL, "a version"),
        Key::optional("port", TEXT, "a port"),
        Key::optional("discard", kinds::BOOL | kinds::NULL, "true, false or null"),
        Key::optional("comment", TEXT, "a comment"),
        Key::optional("comment_url", TEXT, "an address"),
        Key::optional("rest", kinds::OBJECT, "an object"),
        Key::optional("rfc2109", kinds::BOOL, "true or false"),
        name,
    ]
}

const NAME: Key = Key::optional("name", kinds::STRING, "a name");
static NAMED_BEFORE: Form = Form::closed("a cookie", &const { cookie(NAME) });
static NAMED_INSIDE: Form = Form::closed("a cookie", &const { cookie(NAME.required()) });
static HEADER: Form = Form::object(
    "a header",
    &[
        Key::optional("name", kinds::STRING, "a name").required(),
        Key::optional("value", TEXT, "a value or null").required(),
    ],
);
static HEADER_VALUE: Form = Form::scalar(TEXT, "a value or null");

static SESSION: Form = Form::object(
    "a session",
    &[
        Key::optional("__meta__", kinds::OBJECT, "an object"),
        Key::optional("auth", kinds::OBJECT | kinds::NULL, "an object or null"),
        Key::of("cookies", either(&NAMED_INSIDE, &NAMED_BEFORE)),
        Key::of("headers", either(&HEADER, &HEADER_VALUE)),
    ],
);

const fn either(elements: &'static Form, others: &'static Form) -> Form {
    let what = "an object (the old layout) or a list (the new one)";
    Form { elements, others, ..Form::scalar(kinds::OBJECT | kinds::ARRAY, what) }
}

/// Reads a session.
///
/// # Errors
/// What is wrong with the input, and where.
pub fn parse(bytes: &[u8]) -> Result<Session, Error> {
    json::read_object(bytes, &SESSION).map(Session)
}

/// Prints a session in HTTPie's layout.
pub fn print(session: &Session) -> Vec<u8> {
    let mut out = json::print_python(&session.0);
    out.push(b'\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print_of(text: &str) -> String {
        let printed = String::from_utf8(print(&parse(text.as_bytes()).unwrap())).unwrap();
        printed.split_whitespace().collect()
    }

    #[test]
    fn both_layouts() {
        let old = parse(br#"{"cookies":{"a":{"value":"1"}},"headers":{"X":"y"}}"#).unwrap();
        let new = parse(br#"{"cookies":[{"name":"a","value":"1"}],"headers":[]}"#).unwrap();
        assert_eq!((old.layout(), new.layout()), (Layout::Old, Layout::New));
        for session in [&old, &new] {
            assert_eq!(session.cookies()[0].name, Field::Is(&"a".into()));
            assert_eq!(session.cookies()[0].value(), Field::Is(&"1".into()));
        }
    }

    #[test]
    fn absent_null_and_empty_are_three_things() {
        let session = |domain: &str| {
            format!(r#"{{"cookies":[{{"name":"a","value":"1"{domain}}}],"headers":[]}}"#)
        };
        let all = ["", r#","domain":null"#, r#","domain":"""#, r#","path":null"#, r#","path":"""#];
        for one in all {
            assert_eq!(print_of(&session(one)), session(one));
            let equal =
                |other: &&str| parse(session(other).as_bytes()) == parse(session(one).as_bytes());
            assert_eq!(all.iter().filter(|other| equal(other)).count(), 1);
        }
        let read = |text: &str| parse(session(text).as_bytes()).unwrap();
        assert_eq!(read("").cookies()[0].domain(), Field::Absent);
        assert_eq!(read(r#","domain":null"#).cookies()[0].domain(), Field::Null);
        assert_eq!(read(r#","domain":"""#).cookies()[0].domain(), Field::Is(&"".into()));
    }

    /// HTTPie 3.2.4 reads each of these, and writes what is missing.
    #[test]
    fn a_session_without_cookies_or_headers_is_one() {
        for text in ["{}", r#"{"cookies":[]}"#, r#"{"headers":[]}"#, r#"{"auth":null}"#] {
            assert_eq!(print_of(text), text);
        }
    }

    #[test]
    fn an_error_says_where() {
        let error = parse(b"{\"cookies\":{},\n\"headers\":5}").unwrap_err();
        assert_eq!(error.at, 25);
        for (text, at) in [
            (r#"{"cookies":{"a":{"value":"1"},"a":{"value":"1"}},"headers":{}}"#, 30),
            (r#"{"auth":{"type":"basic","type":"bearer"}}"#, 24),
            (r#"{"cookies":[{"name":"a"}]}"#, 12),
            (r#"{"cookies":[{"name":"a","value":"1","more":5}]}"#, 43),
            (r#"{"cookies":null}"#, 11),
            (r#"[]"#, 0),
        ] {
            assert_eq!(parse(text.as_bytes()).map_err(|error| error.at), Err(at), "{text}");
        }
    }
}
