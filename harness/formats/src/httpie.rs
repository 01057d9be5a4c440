//! HTTPie's session files, before and since version 3.1.
//!
//! The source is HTTPie's documentation, [Sessions](https://httpie.io/docs/cli/sessions), and what 3.0.2 and 3.2.4 write.
//! The old layout has objects under `cookies` and `headers`, and so no domains: CVE-2022-24737. The new one has lists.
//! What this reader does not know is kept and printed after what it knows.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Number, Value};

use crate::error::Error;
use crate::json;

/// A session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Which HTTPie wrote it.
    #[serde(rename = "__meta__", default)]
    pub meta: Map<String, Value>,
    /// `type` with `raw_auth`, or with `username` and `password`.
    #[serde(default)]
    pub auth: Map<String, Value>,
    /// The cookies.
    pub cookies: Layout<Cookie>,
    /// The headers.
    pub headers: Layout<Value>,
    /// Whatever else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A cookie. In the old layout its name stands before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cookie {
    /// Its domain, where the layout has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// When it ends, in Unix seconds.
    #[serde(default)]
    pub expires: Option<Number>,
    /// Its name, where the layout has it here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its path.
    #[serde(default)]
    pub path: Option<String>,
    /// Sent over secure channels only.
    #[serde(default)]
    pub secure: bool,
    /// Its value.
    #[serde(default)]
    pub value: Option<String>,
    /// Whatever else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The two layouts.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Layout<T> {
    /// By name; no name twice.
    Old(BTreeMap<String, T>),
    /// One after the other.
    New(Vec<T>),
}

/// Reads a session.
///
/// # Errors
/// What is wrong with the input, and where.
pub fn parse(bytes: &[u8]) -> Result<Session, Error> {
    json::read(bytes)
}

/// Prints a session as HTTPie does.
pub fn print(session: &Session) -> Vec<u8> {
    let mut out = json::print_python(session);
    out.push(b'\n');
    out
}

// Derived, it would lose where an error is.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Layout<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Layout<T>, D::Error> {
        deserializer.deserialize_any(Either(std::marker::PhantomData))
    }
}

struct Either<T>(std::marker::PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
    type Value = Layout<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object (the old layout) or a list (the new one)")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Layout<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Layout::New(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Layout<T>, A::Error> {
        let mut items = BTreeMap::new();
        while let Some((name, item)) = access.next_entry::<String, T>()? {
            if items.insert(name, item).is_some() {
                return Err(A::Error::custom("a name stands twice"));
            }
        }
        Ok(Layout::Old(items))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_layouts() {
        let old = parse(br#"{"cookies":{"a":{"value":"1"}},"headers":{"X":"y"}}"#).unwrap();
        assert!(
            matches!(&old.cookies, Layout::Old(cookies) if cookies["a"].value.as_deref() == Some("1"))
        );
        let new = parse(br#"{"cookies":[{"name":"a","value":"1"}],"headers":[]}"#).unwrap();
        assert!(
            matches!(&new.cookies, Layout::New(cookies) if cookies[0].name.as_deref() == Some("a"))
        );
    }

    #[test]
    fn an_error_says_where() {
        let error = parse(b"{\"cookies\":{},\n\"headers\":5}").unwrap_err();
        assert_eq!(error.at, 25);
        assert!(parse(br#"{"cookies":{"a":{},"a":{}},"headers":{}}"#).is_err());
        assert!(parse(b"{}").is_err());
    }
}
