//! PHP's three encodings of a session.

use interloper_formats::php::{
    Key, Value, parse_binary, parse_php, parse_serialize, print_binary, print_php, print_serialize,
};

use super::mutation::{Changes, DEEP, Kind};
use super::tree::{self, Spelling, Tree};

/// The variables of a session, by whichever encoding.
type Variables = Vec<(Key, Value)>;

/// Reads `php_serialize`: one array.
pub(super) fn serialize<'b>(whole: &'b [u8], other: Option<&'b [u8]>) -> Option<Changes<'b>> {
    let read = |bytes: &[u8]| parse_serialize(bytes).ok().flatten();
    let deep = || ["a:1:{i:0;".repeat(DEEP), "}".repeat(DEEP)].concat().into_bytes();
    changes(whole, other, &read, |elements| print_serialize(Some(elements)), deep)
}

/// Reads `php`: names, bars and values.
pub(super) fn php<'b>(whole: &'b [u8], other: Option<&'b [u8]>) -> Option<Changes<'b>> {
    let read = |bytes: &[u8]| parse_php(bytes).ok().map(keyed);
    let deep = || ["a|", &"a:1:{i:0;".repeat(DEEP)].concat().into_bytes();
    changes(whole, other, &read, |variables| print_php(&named(variables)), deep)
}

/// Reads `php_binary`: the length of each name before it.
pub(super) fn binary<'b>(whole: &'b [u8], other: Option<&'b [u8]>) -> Option<Changes<'b>> {
    let read = |bytes: &[u8]| parse_binary(bytes).ok().map(keyed);
    let deep = || ["\x01a", &"a:1:{i:0;".repeat(DEEP)].concat().into_bytes();
    changes(whole, other, &read, |variables| print_binary(&named(variables)), deep)
}

fn keyed(variables: Vec<(Vec<u8>, Value)>) -> Variables {
    variables.into_iter().map(|(name, value)| (Key::String(name), value)).collect()
}

fn named(variables: &[(Key, Value)]) -> Vec<(Vec<u8>, Value)> {
    let name = |key: &Key| match key {
        Key::String(name) => name.clone(),
        Key::Int(number) => number.to_string().into_bytes(),
    };
    variables.iter().map(|(key, value)| (name(key), value.clone())).collect()
}

fn changes<'b>(
    whole: &'b [u8],
    other: Option<&'b [u8]>,
    read: &dyn Fn(&[u8]) -> Option<Variables>,
    print: fn(&[(Key, Value)]) -> Vec<u8>,
    deep: fn() -> Vec<u8>,
) -> Option<Changes<'b>> {
    // Nothing at all is a session without variables in each encoding, and says of none that it is this one.
    let variables = read(whole).filter(|variables| !variables.is_empty())?;
    let (session, other) = (Value::Array(variables), other.and_then(read).map(Value::Array));
    Some(Changes::of(whole, move |out| {
        out.must(Kind::Nested, deep, "arrays in arrays, very deep");
        out.must(Kind::Doubled, || whole.repeat(2), "the session twice");
        out.must(Kind::Spelt, || [whole, b"}"].concat(), "a bracket after its end");
        let print = |tree: &Value| match tree {
            Value::Array(variables) => print(variables),
            _ => Vec::new(),
        };
        let here = b"s:15:\"interloper-here\";";
        let spelling = Spelling { print: &print, here, odd: &odd() };
        tree::change(&session, other.as_ref(), &spelling, out);
    }))
}

/// Returns texts that `serialize()` never writes, or writes only for values that it alone may make.
fn odd() -> Vec<(Vec<u8>, &'static str)> {
    let texts: [(&str, &str); 16] = [
        ("s:99999999:\"x\";", "is a string that is longer than the file"),
        ("s:1:\"xx\";", "is a string that is longer than its length"),
        ("s:-1:\"\";", "is a string of a negative length"),
        ("s:4294967297:\"x\";", "is a string of 2^32 + 1 bytes"),
        ("s:18446744073709551615:\"x\";", "is a string of 2^64 - 1 bytes"),
        ("S:1:\"\\78\";", "is a string with escapes"),
        ("a:1000000000:{}", "is an array with fewer elements than it says"),
        ("a:-1:{}", "is an array of -1 elements"),
        ("a:2:{i:0;N;i:0;N;}", "is an array with a key twice"),
        ("a:1:{a:0:{}N;}", "is an array with an array as the key"),
        ("i:99999999999999999999999;", "is an integer that no type holds"),
        ("d:1.0E+999999;", "is larger than any number"),
        ("R:1;", "is a reference to what it is in"),
        ("r:9999;", "is an object that is not there"),
        ("O:8:\"stdClass\":0:{}", "is an object"),
        ("O:8:\"stdClass\":-1:{}", "is an object of -1 properties"),
    ];
    let mut odd: Vec<_> =
        texts.into_iter().map(|(text, what)| (text.as_bytes().to_vec(), what)).collect();
    odd.push((b"s:1:\"\xff\";".to_vec(), "is not UTF-8"));
    odd.push(([b"i:1", &[b'0'; 4_000][..], b";"].concat(), "is an integer of 4001 digits"));
    odd
}

impl Tree for Value {
    fn count(&self) -> usize {
        shown(self).len()
    }

    fn below(&self, n: usize) -> Option<&Value> {
        shown(self).get(n).map(|(_, value)| value)
    }

    fn key(&self, n: usize) -> String {
        match shown(self).get(n) {
            Some((Key::Int(number), _)) => number.to_string(),
            Some((Key::String(bytes), _)) => bytes.escape_ascii().to_string(),
            None => String::new(),
        }
    }

    fn at(&mut self, n: usize) -> Option<&mut Value> {
        elements(self)?.get_mut(n).map(|(_, value)| value)
    }

    fn take(&mut self, n: usize) {
        if let Some(elements) = elements(self) {
            elements.remove(n);
        }
    }

    fn double(&mut self, n: usize, value: Value) {
        if let Some(elements) = elements(self) {
            let key = elements[n].0.clone();
            elements.insert(n + 1, (key, value));
        }
    }

    fn graft(&mut self, other: &Value, n: usize) {
        if let (Some(ours), Value::Array(theirs) | Value::Object(_, theirs)) =
            (elements(self), other)
        {
            ours.extend(theirs.get(n).cloned());
        }
    }

    fn text(text: &str) -> Value {
        Value::String(text.into())
    }

    fn types() -> Vec<(Value, &'static str)> {
        vec![
            (Value::Null, "null"),
            (Value::Bool(true), "true"),
            (Value::Int(7), "7"),
            (Value::text(""), "an empty string"),
            (Value::Array(Vec::new()), "an empty array"),
            (Value::Enum(b"Role:Admin".to_vec()), "a case of an enumeration"),
            (Value::Custom(b"ArrayObject".to_vec(), b"x".to_vec()), "an object of its own making"),
        ]
    }

    fn nested(self) -> [(Value, &'static str); 2] {
        let object =
            Value::Object(b"stdClass".to_vec(), vec![(Key::String(b"a".to_vec()), self.clone())]);
        [(Value::Array(vec![(Key::Int(0), self)]), "an array"), (object, "an object")]
    }
}

fn shown(value: &Value) -> &[(Key, Value)] {
    match value {
        Value::Array(elements) | Value::Object(_, elements) => elements,
        _ => &[],
    }
}

fn elements(value: &mut Value) -> Option<&mut Variables> {
    match value {
        Value::Array(elements) | Value::Object(_, elements) => Some(elements),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_lie() {
        let out = php(b"a|s:1:\"x\";b|i:2;", None).unwrap();
        let all = out.all();
        let has = |bytes: &[u8]| all.iter().any(|one| one.bytes == bytes);
        assert!(has(b"a|s:99999999:\"x\";b|i:2;"));
        assert!(has(b"a|i:2;b|s:1:\"x\";"));
        assert!(has(b"a|s:1:\"x\";a|s:1:\"x\";b|i:2;"));
        assert!(has(b"a|R:1;b|i:2;"));
    }

    #[test]
    fn a_part_of_another_session() {
        let out = serialize(b"a:1:{s:1:\"a\";i:1;}", Some(b"a:1:{s:1:\"a\";i:2;}")).unwrap();
        let all = out.all();
        let spliced = all.iter().filter(|one| one.kind == Kind::Spliced);
        let spliced: Vec<&[u8]> = spliced.map(|one| &*one.bytes).collect();
        assert_eq!(
            spliced,
            [
                &b"a:1:{s:1:\"a\";i:2;}"[..],
                b"a:2:{s:1:\"a\";i:1;s:1:\"a\";i:2;}",
                b"a:2:{s:1:\"a\";i:2;s:1:\"a\";i:1;}",
            ]
        );
    }
}
