//! JSON: a document that is the file, or one inside it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::mutation::{Changes, DEEP, Kind, Mutations};
use super::tree::{self, Spelling, Tree};
use crate::corruption::document::{document_at, object};

/// A JSON value as it stands: its keys in their order, twice where they stand twice.
///
/// A signature over a part of the document holds only while that part is written as it was.
#[derive(Clone, Debug, PartialEq)]
enum Json {
    Leaf(Value),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// Returns the changes of the JSON document in a file: of the whole of it, or of the first that begins in it.
pub(super) fn json<'b>(whole: &'b [u8], other: Option<&'b [u8]>) -> Option<Changes<'b>> {
    let (before, document, after) = document(whole)?;
    let other = other.and_then(document_alone);
    Some(Changes::of(whole, move |out| {
        let print = |value: &Json| [before, value.print().as_bytes(), after].concat();
        outermost(&document, &|text| [before, text, after].concat(), out);
        let spelling = Spelling { print: &print, here: b"\"interloper-here\"", odd: &odd() };
        tree::change(&document, other.as_ref(), &spelling, out);
    }))
}

fn document(whole: &[u8]) -> Option<(&[u8], Json, &[u8])> {
    let begins = |byte: &u8| matches!(byte, b'{' | b'[');
    let first = whole.iter().position(|byte| !byte.is_ascii_whitespace())?;
    // A list is one only as the whole file: brackets stand in other formats, too.
    let found = document_at(whole, first).filter(|_| whole.get(first).is_some_and(begins));
    found.or_else(|| object(whole))
}

fn document_alone(whole: &[u8]) -> Option<Json> {
    document(whole).map(|(_, value, _)| value)
}

/// Adds the changes to the document as a whole.
fn outermost(document: &Json, put: &dyn Fn(&[u8]) -> Vec<u8>, out: &mut Mutations<'_>) {
    let text = || document.print();
    let deep =
        |open: &str, close: &str| put([open.repeat(DEEP), close.repeat(DEEP)].concat().as_bytes());
    out.must(Kind::Nested, || deep("[", "]"), "lists in lists, very deep");
    let what = "objects in objects, very deep, and no value";
    out.must(Kind::Nested, || deep("{\"a\":", "}"), what);
    out.must(Kind::Nested, || put("[".repeat(DEEP).as_bytes()), "lists that never end");
    let marked = || put(&[b"\xef\xbb\xbf", text().as_bytes()].concat());
    out.must(Kind::Spelt, marked, "a byte order mark before it");
    out.must(Kind::Doubled, || put(text().repeat(2).as_bytes()), "the document twice");
    let zeros = || put(text().replace(':', ":\0").as_bytes());
    out.must(Kind::Spelt, zeros, "NUL after every colon");
}

/// Returns texts that no serialiser prints.
fn odd() -> [(Vec<u8>, &'static str); 6] {
    [
        (b"\"\\ud800\"".to_vec(), "is half a surrogate pair"),
        ([b"1", &[b'0'; 4_000][..]].concat(), "is a number of 4001 digits"),
        (b"1e999999".to_vec(), "is larger than any number"),
        (b"NaN".to_vec(), "is NaN"),
        (b"\"\xff\"".to_vec(), "is not UTF-8"),
        (b"".to_vec(), "is nothing at all"),
    ]
}

impl Json {
    fn print(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        match self {
            Json::Leaf(value) => out.push_str(&value.to_string()),
            Json::List(items) => {
                out.push('[');
                for (n, item) in items.iter().enumerate() {
                    out.push_str(if n == 0 { "" } else { "," });
                    item.write(out);
                }
                out.push(']');
            }
            Json::Object(pairs) => {
                out.push('{');
                for (n, (key, value)) in pairs.iter().enumerate() {
                    out.push_str(if n == 0 { "" } else { "," });
                    out.push_str(&Value::from(key.as_str()).to_string());
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

impl Tree for Json {
    fn count(&self) -> usize {
        match self {
            Json::Leaf(_) => 0,
            Json::List(items) => items.len(),
            Json::Object(pairs) => pairs.len(),
        }
    }

    fn below(&self, n: usize) -> Option<&Json> {
        match self {
            Json::Leaf(_) => None,
            Json::List(items) => items.get(n),
            Json::Object(pairs) => pairs.get(n).map(|(_, value)| value),
        }
    }

    fn key(&self, n: usize) -> String {
        match self {
            Json::Object(pairs) => pairs.get(n).map(|(key, _)| key.clone()).unwrap_or_default(),
            Json::Leaf(_) | Json::List(_) => n.to_string(),
        }
    }

    fn at(&mut self, n: usize) -> Option<&mut Json> {
        match self {
            Json::Leaf(_) => None,
            Json::List(items) => items.get_mut(n),
            Json::Object(pairs) => pairs.get_mut(n).map(|(_, value)| value),
        }
    }

    fn take(&mut self, n: usize) {
        match self {
            Json::Leaf(_) => {}
            Json::List(items) => drop(items.remove(n)),
            Json::Object(pairs) => drop(pairs.remove(n)),
        }
    }

    fn double(&mut self, n: usize, value: Json) {
        match self {
            Json::Leaf(_) => {}
            Json::List(items) => items.insert(n + 1, value),
            Json::Object(pairs) => {
                let key = pairs[n].0.clone();
                pairs.insert(n + 1, (key, value));
            }
        }
    }

    fn graft(&mut self, other: &Json, n: usize) {
        match (self, other) {
            (Json::List(ours), Json::List(theirs)) => ours.extend(theirs.get(n).cloned()),
            (Json::Object(ours), Json::Object(theirs)) => ours.extend(theirs.get(n).cloned()),
            _ => {}
        }
    }

    fn text(text: &str) -> Json {
        Json::Leaf(text.into())
    }

    fn types() -> Vec<(Json, &'static str)> {
        vec![
            (Json::Leaf(Value::Null), "null"),
            (Json::Leaf(true.into()), "true"),
            (Json::Leaf(7.into()), "7"),
            (Json::text(""), "an empty string"),
            (Json::List(Vec::new()), "an empty list"),
            (Json::Object(Vec::new()), "an empty object"),
        ]
    }

    fn nested(self) -> [(Json, &'static str); 2] {
        let object = Json::Object(vec![("a".into(), self.clone())]);
        [(Json::List(vec![self]), "a list"), (object, "an object")]
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(AsItStands)
    }
}

struct AsItStands;

impl<'de> Visitor<'de> for AsItStands {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Leaf(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Leaf(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Leaf(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Leaf(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Leaf(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = access.next_entry()? {
            pairs.push(pair);
        }
        Ok(Json::Object(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_changed_and_every_key_dropped() {
        let out = json(br#"{"a":1,"b":[{"c":"d"}]}"#, None).unwrap();
        let all = out.all();
        let told = |what: &str| all.iter().filter(|one| one.what.contains(what)).count();
        assert_eq!((told("in a list"), told("without"), told("not UTF-8")), (4, 4, 4));
    }

    #[test]
    fn what_is_not_changed_stays_as_it_is() {
        let whole = br#"MAGIC{"z":{"b":1,"a":"x"},"a":2}\xff"#;
        let out = json(whole, Some(br#"{"z":{},"a":3}"#)).unwrap();
        let all = out.all();
        let has = |bytes: &[u8]| all.iter().any(|one| one.bytes == bytes);
        assert!(has(br#"MAGIC{"z":{"b":1,"a":"x"},"z":{},"a":2}\xff"#));
        assert!(has(br#"MAGIC{"z":{"b":1,"a":"x"},"a":3}\xff"#));
    }

    #[test]
    fn a_list_is_a_document_where_it_is_the_whole_file() {
        let (before, value, _) = document(b" [{\"a\":1}]\n").unwrap();
        assert_eq!((before, value.print()), (&b" "[..], "[{\"a\":1}]".to_owned()));
        assert_eq!(document(b"[section]\n{\"a\":1}").unwrap().1.print(), "{\"a\":1}");
    }
}
