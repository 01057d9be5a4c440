//! MessagePack, as tower-sessions and others keep records in it.

use interloper_formats::msgpack::{Value, parse, print};

use super::mutation::{Changes, DEEP, Kind};
use super::tree::{self, Spelling, Tree};

/// Returns the changes of a file that is one array or map.
pub(super) fn msgpack<'b>(whole: &'b [u8], other: Option<&'b [u8]>) -> Option<Changes<'b>> {
    // A single byte is a number to this format, and any text might be.
    let document = parse(whole).ok().filter(|value| value.count() > 0)?;
    let other = other.and_then(|other| parse(other).ok());
    Some(Changes::of(whole, move |out| {
        let deep = || [vec![0x91; DEEP], vec![0xc0]].concat();
        out.must(Kind::Nested, deep, "arrays in arrays, very deep");
        let maps = || b"\x81\xa1a".repeat(DEEP);
        out.must(Kind::Nested, maps, "maps in maps, very deep, and no value");
        out.must(Kind::Doubled, || whole.repeat(2), "the document twice");
        out.must(Kind::Spelt, || [whole, b"\xc1"].concat(), "the byte c1 after its end");
        let spelling = Spelling { print: &print, here: b"\xafinterloper-here", odd: &odd() };
        tree::change(&document, other.as_ref(), &spelling, out);
    }))
}

/// Returns bytes that no writer gives, or not for a session.
fn odd() -> [(Vec<u8>, &'static str); 14] {
    let odd: [(&[u8], &str); 14] = [
        (b"\xdb\xff\xff\xff\xffx", "is a string of 4 GiB"),
        (b"\xc6\xff\xff\xff\xffx", "is 4 GiB of bytes"),
        (b"\xc9\xff\xff\xff\xff\x05x", "is an extension of 4 GiB"),
        (b"\xdd\xff\xff\xff\xff", "is an array with fewer elements than it says"),
        (b"\xdf\xff\xff\xff\xff", "is a map with fewer keys than it says"),
        (b"\xd9\x01x", "is a string whose length is spelt longer than need be"),
        (b"\xa1\xff", "is not UTF-8"),
        (b"\xc1", "is the byte c1"),
        (b"\xcb\x7f\xf8\0\0\0\0\0\0", "is NaN"),
        (b"\xcb\x7f\xf0\0\0\0\0\0\0", "is larger than any number"),
        (b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "is 2^64 - 1"),
        (b"\xd6\xff\xff\xff\xff\xff", "is a time"),
        (b"\x81\x90\xc0", "is a map with a list for its key"),
        (b"\x82\xa1a\xc0\xa1a\xc0", "is a map with a key twice"),
    ];
    odd.map(|(bytes, what)| (bytes.to_vec(), what))
}

impl Tree for Value {
    fn count(&self) -> usize {
        match self {
            Value::Array(items) => items.len(),
            Value::Map(pairs) => pairs.len(),
            _ => 0,
        }
    }

    fn below(&self, n: usize) -> Option<&Value> {
        match self {
            Value::Array(items) => items.get(n),
            Value::Map(pairs) => pairs.get(n).map(|(_, value)| value),
            _ => None,
        }
    }

    fn key(&self, n: usize) -> String {
        match self {
            Value::Map(pairs) => match pairs.get(n) {
                Some((Value::Str(text), _)) => text.clone(),
                Some((other, _)) => format!("{other:?}"),
                None => String::new(),
            },
            _ => n.to_string(),
        }
    }

    fn at(&mut self, n: usize) -> Option<&mut Value> {
        match self {
            Value::Array(items) => items.get_mut(n),
            Value::Map(pairs) => pairs.get_mut(n).map(|(_, value)| value),
            _ => None,
        }
    }

    fn take(&mut self, n: usize) {
        match self {
            Value::Array(items) => drop(items.remove(n)),
            Value::Map(pairs) => drop(pairs.remove(n)),
            _ => {}
        }
    }

    fn double(&mut self, n: usize, value: Value) {
        match self {
            Value::Array(items) => items.insert(n + 1, value),
            Value::Map(pairs) => {
                let key = pairs[n].0.clone();
                pairs.insert(n + 1, (key, value));
            }
            _ => {}
        }
    }

    fn graft(&mut self, other: &Value, n: usize) {
        match (self, other) {
            (Value::Array(ours), Value::Array(theirs)) => ours.extend(theirs.get(n).cloned()),
            (Value::Map(ours), Value::Map(theirs)) => ours.extend(theirs.get(n).cloned()),
            _ => {}
        }
    }

    fn text(text: &str) -> Value {
        Value::Str(text.into())
    }

    fn types() -> Vec<(Value, &'static str)> {
        vec![
            (Value::Nil, "nil"),
            (Value::Bool(true), "true"),
            (Value::Int(7), "7"),
            (Value::text(""), "an empty string"),
            (Value::Bin(Vec::new()), "no bytes"),
            (Value::Array(Vec::new()), "an empty array"),
            (Value::Map(Vec::new()), "an empty map"),
        ]
    }

    fn nested(self) -> [(Value, &'static str); 2] {
        let map = Value::Map(vec![(Value::text("a"), self.clone())]);
        [(Value::Array(vec![self]), "an array"), (map, "a map")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_lie_and_keys_stand_twice() {
        let out = msgpack(b"\x81\xa1a\x01", Some(b"\x81\xa1a\x02")).unwrap();
        let all = out.all();
        let has = |bytes: &[u8]| all.iter().any(|one| one.bytes == bytes);
        assert!(has(b"\x81\xa1a\xdb\xff\xff\xff\xffx"));
        assert!(has(b"\x82\xa1a\x01\xa1a\x01"));
        assert!(has(b"\x82\xa1a\x01\xa1a\x02"));
        assert!(has(b"\x80"));
    }

    #[test]
    fn a_byte_is_no_session() {
        assert!(msgpack(b"\x07", None).is_none() && msgpack(b"\x90", None).is_none());
    }
}
