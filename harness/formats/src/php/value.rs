//! The values of `serialize()`.

use std::collections::HashSet;

use super::float::Float;
use crate::error::{Error, Reason};
use crate::limits::MAX_DEPTH;
use crate::planted;
use crate::reader::Reader;

/// A serialised value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `N;`
    Null,
    /// `b:1;`
    Bool(bool),
    /// `i:5;`
    Int(i64),
    /// `d:0.1;`
    Float(Float),
    /// `s:3:"abc";`
    String(Vec<u8>),
    /// `a:1:{i:0;N;}`
    Array(Vec<(Key, Value)>),
    /// `O:4:"User":1:{s:4:"name";N;}`; the names of protected and private properties have NULs in them.
    Object(Vec<u8>, Vec<(Key, Value)>),
    /// `C:4:"User":3:{abc}`: bytes that the class itself wrote.
    Custom(Vec<u8>, Vec<u8>),
    /// `E:10:"Role:Admin";`: a class and a case of it.
    Enum(Vec<u8>),
    /// `r:2;`: the same object again.
    SameObject(i64),
    /// `R:2;`: the same variable again.
    Reference(i64),
}

/// The key of an element.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// `i:5;`
    Int(i64),
    /// `s:3:"abc";`
    String(Vec<u8>),
}

impl Value {
    /// How deep it is nested: 1 for a value that holds no other.
    pub fn depth(&self) -> usize {
        match self {
            Value::Array(elements) | Value::Object(_, elements) => {
                1 + elements.iter().map(|(_, value)| value.depth()).max().unwrap_or(0)
            }
            _ => 1,
        }
    }
}

/// Reads one value, and nothing after it.
///
/// # Errors
/// What is wrong with the input, and where.
pub fn parse_value(bytes: &[u8]) -> Result<Value, Error> {
    let mut reader = Reader::new(bytes)?;
    let value = read(&mut reader, &mut Slots::default(), 1)?;
    reader.end()?;
    Ok(value)
}

/// Fewer names than this are compared with each other.
const FEW: usize = 16;

/// Counts the values that a reference can name: `serialize()` numbers them from 1. The number is an upper limit, since some have none.
#[derive(Default)]
pub(super) struct Slots(usize);

/// Prints a value as `serialize()` does.
pub fn print_value(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write(value, &mut out);
    out
}

/// Reads the value under the cursor.
pub(super) fn read(
    reader: &mut Reader<'_>,
    slots: &mut Slots,
    depth: usize,
) -> Result<Value, Error> {
    let before = slots.0;
    slots.0 += 1;
    if depth > MAX_DEPTH && !planted::DEEP {
        return Err(reader.error(Reason::TooDeep));
    }
    let at = reader.at();
    let kind = reader.byte()?;
    if !b"NbidsaOCErR".contains(&kind) {
        return Err(Error::new(at, Reason::Expected("a type: one of N b i d s a O C E r R")));
    }
    if kind == b'N' {
        reader.expect(b";", "`;`")?;
        return Ok(Value::Null);
    }
    reader.expect(b":", "`:`")?;
    let value = match kind {
        b'b' => match reader.byte()? {
            b'0' => Value::Bool(false),
            b'1' => Value::Bool(true),
            _ => return Err(Error::new(at + 2, Reason::Expected("0 or 1"))),
        },
        b'i' => Value::Int(reader.integer()?),
        b'd' => {
            let text = reader.take_while(|byte| byte != b';');
            let float = std::str::from_utf8(text).ok().and_then(Float::new);
            Value::Float(float.ok_or(Error::new(at + 2, Reason::Expected("a float")))?)
        }
        b's' => Value::String(string(reader)?),
        b'E' => Value::Enum(case(reader)?),
        b'r' => Value::SameObject(slot(reader, before)?),
        b'R' => Value::Reference(slot(reader, before)?),
        b'a' => return Ok(Value::Array(elements(reader, slots, depth, array_key)?)),
        b'O' => {
            let class = class(reader)?;
            return Ok(Value::Object(class, elements(reader, slots, depth, key)?));
        }
        _ => {
            let class = class(reader)?;
            let bytes = counted(reader, b":{", b"}")?;
            // Values that the class serialised itself have slots, too.
            slots.0 += bytes.len();
            return Ok(Value::Custom(class, bytes));
        }
    };
    reader.expect(b";", "`;`")?;
    Ok(value)
}

/// `3:"abc"`.
fn string(reader: &mut Reader<'_>) -> Result<Vec<u8>, Error> {
    counted(reader, b":\"", b"\"")
}

/// A length, an opening, so many bytes, a closing.
fn counted(reader: &mut Reader<'_>, open: &[u8], close: &[u8]) -> Result<Vec<u8>, Error> {
    let mut length = reader.length()?;
    reader.expect(open, "the opening of a string")?;
    if planted::CHARACTERS {
        let text = String::from_utf8_lossy(reader.rest().get(..length).unwrap_or_default());
        length = text.chars().map(char::len_utf8).sum::<usize>().min(reader.rest().len());
    }
    let bytes = reader.take(length)?.to_vec();
    reader.expect(close, "the end of a string")?;
    Ok(bytes)
}

/// The name of a class, and the colon after it.
fn class(reader: &mut Reader<'_>) -> Result<Vec<u8>, Error> {
    let at = reader.at();
    let class = string(reader)?;
    reader.expect(b":", "`:`")?;
    match is_class(&class) {
        true => Ok(class),
        false => Err(Error::new(at, Reason::Expected("the name of a class"))),
    }
}

/// `10:"Role:Admin"`.
fn case(reader: &mut Reader<'_>) -> Result<Vec<u8>, Error> {
    let at = reader.at();
    let name = string(reader)?;
    let colon = name.iter().position(|&byte| byte == b':');
    match colon.map(|colon| (&name[..colon], &name[colon + 1..])) {
        Some((class, case)) if is_class(class) && is_class(case) && !case.contains(&b'\\') => {
            Ok(name)
        }
        _ => Err(Error::new(at, Reason::Expected("a class, `:` and a case"))),
    }
}

/// The characters of `object ":" uiv ":" ["]` in `var_unserializer.re`.
fn is_class(name: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'\\' | 0x7f..);
    !name.is_empty() && name.iter().all(fits)
}

/// The number of a value that was there before.
fn slot(reader: &mut Reader<'_>, before: usize) -> Result<i64, Error> {
    let at = reader.at();
    let slot = reader.integer()?;
    match usize::try_from(slot) {
        Ok(number) if (1..=before).contains(&number) => Ok(slot),
        _ => Err(Error::new(at, Reason::Range("the number of a value"))),
    }
}

/// `1:{i:0;N;}`. The count is believed only as far as there are elements.
fn elements(
    reader: &mut Reader<'_>,
    slots: &mut Slots,
    depth: usize,
    key: fn(&mut Reader<'_>) -> Result<Key, Error>,
) -> Result<Vec<(Key, Value)>, Error> {
    let count = reader.length()?;
    reader.expect(b":{", "`:{`")?;
    let (mut elements, mut begins) = (Vec::new(), Vec::new());
    for _ in 0..count {
        begins.push(reader.at());
        elements.push((key(reader)?, read(reader, slots, depth + 1)?));
    }
    reader.expect(b"}", "`}`")?;
    once(elements.iter().map(|(key, _)| key).zip(begins.iter().copied()), "a key")?;
    Ok(elements)
}

/// Refuses the first name that stands twice; each comes with its offset. A few are compared with each other, and many by a set.
pub(super) fn once<N: Eq + std::hash::Hash + Copy>(
    names: impl ExactSizeIterator<Item = (N, usize)> + Clone,
    what: &'static str,
) -> Result<(), Error> {
    let twice = match names.len() {
        ..FEW => names
            .clone()
            .enumerate()
            .find(|(nth, (name, _))| names.clone().take(*nth).any(|(before, _)| before == *name)),
        _ => {
            let mut seen = HashSet::new();
            names.enumerate().find(|(_, (name, _))| !seen.insert(*name))
        }
    };
    twice.map_or(Ok(()), |(_, (_, at))| Err(Error::new(at, Reason::Twice(what))))
}

/// A key of an array, where PHP makes an integer of a decimal string.
fn array_key(reader: &mut Reader<'_>) -> Result<Key, Error> {
    let at = reader.at();
    let key = key(reader)?;
    match &key {
        Key::String(name) if is_integer(name) => {
            Err(Error::new(at, Reason::Expected("an integer as the key")))
        }
        _ => Ok(key),
    }
}

fn is_integer(name: &[u8]) -> bool {
    let number = || {
        let mut reader = Reader::new(name)?;
        reader.integer()?;
        reader.end()
    };
    number().is_ok()
}

/// `i:5;` or `s:3:"abc";`. An array here is refused before it is read, so that keys nest nothing.
fn key(reader: &mut Reader<'_>) -> Result<Key, Error> {
    let at = reader.at();
    let key = match reader.take(2)? {
        b"i:" => Key::Int(reader.integer()?),
        b"s:" => Key::String(string(reader)?),
        _ => return Err(Error::new(at, Reason::Expected("an integer or a string as the key"))),
    };
    reader.expect(b";", "`;`")?;
    Ok(key)
}

pub(super) fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend(b"N;"),
        Value::Bool(set) => out.extend(format!("b:{};", u8::from(*set)).bytes()),
        Value::Int(number) => out.extend(format!("i:{number};").bytes()),
        Value::Float(float) => out.extend(format!("d:{};", float.as_str()).bytes()),
        Value::String(bytes) => write_string(b's', bytes, b";", out),
        Value::Enum(name) => write_string(b'E', name, b";", out),
        Value::SameObject(slot) => out.extend(format!("r:{slot};").bytes()),
        Value::Reference(slot) => out.extend(format!("R:{slot};").bytes()),
        Value::Array(elements) => {
            out.extend(b"a:");
            write_elements(elements, out);
        }
        Value::Object(class, elements) => {
            write_string(b'O', class, b":", out);
            write_elements(elements, out);
        }
        Value::Custom(class, bytes) => {
            write_string(b'C', class, b":", out);
            out.extend(format!("{}:{{", bytes.len()).bytes());
            out.extend(bytes);
            out.push(b'}');
        }
    }
}

fn write_string(kind: u8, bytes: &[u8], end: &[u8], out: &mut Vec<u8>) {
    out.push(kind);
    out.extend(format!(":{}:\"", bytes.len()).bytes());
    out.extend(bytes);
    out.push(b'"');
    out.extend(end);
}

fn write_elements(elements: &[(Key, Value)], out: &mut Vec<u8>) {
    out.extend(format!("{}:{{", elements.len()).bytes());
    for (key, value) in elements {
        match key {
            Key::Int(number) => out.extend(format!("i:{number};").bytes()),
            Key::String(bytes) => write_string(b's', bytes, b";", out),
        }
        write(value, out);
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_in_bytes() {
        assert_eq!(parse_value("s:5:\"Käse\";".as_bytes()), Ok(Value::String("Käse".into())));
        assert!(parse_value("s:4:\"Käse\";".as_bytes()).is_err());
        assert_eq!(parse_value(b"s:3:\"\";x\";"), Ok(Value::String(b"\";x".to_vec())));
    }

    #[test]
    fn an_error_says_where() {
        for (text, at) in [
            ("i:01;", 2),
            ("i:-0;", 2),
            ("i:9223372036854775808;", 2),
            ("b:2;", 2),
            ("d:1e5;", 2),
            ("d:007.5;", 2),
            ("E:4:\"Suit\";", 2),
            ("E:6:\"A:\\B:C\";", 2),
            ("O:0:\"\":0:{}", 2),
            ("C:1:\"-\":0:{}", 2),
            ("r:0;", 2),
            ("R:1;", 2),
            ("a:1:{i:0;R:2;}", 11),
            ("a:2:{i:0;N;i:0;N;}", 11),
            ("a:1:{s:1:\"5\";N;}", 5),
            ("s:9999999999:\"", 14),
            ("a:1:{N;N;}", 5),
            ("a:2:{i:0;N;}", 11),
            ("N;N;", 2),
            ("x", 0),
        ] {
            assert_eq!(parse_value(text.as_bytes()).map_err(|error| error.at), Err(at), "{text}");
        }
    }

    #[test]
    fn what_php_writes_of_objects_is_read() {
        for text in [
            "a:2:{i:0;O:8:\"stdClass\":1:{s:1:\"5\";i:1;}i:1;r:2;}",
            "a:2:{i:0;i:1;i:1;R:2;}",
            "O:11:\"ArrayObject\":4:{i:0;i:0;i:1;a:0:{}i:2;a:0:{}i:3;N;}",
            "E:10:\"Role:Admin\";",
            "a:2:{i:0;C:4:\"User\":2:{N;}i:1;r:3;}",
        ] {
            match parse_value(text.as_bytes()) {
                Ok(value) => assert_eq!(print_value(&value), text.as_bytes()),
                Err(error) => panic!("{text}: {error}"),
            }
        }
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |depth: usize| {
            ["a:1:{i:0;".repeat(depth - 1), "N;".into(), "}".repeat(depth - 1)].concat()
        };
        assert_eq!(parse_value(nested(MAX_DEPTH).as_bytes()).map(|v| v.depth()), Ok(MAX_DEPTH));
        let error = parse_value(nested(MAX_DEPTH + 1).as_bytes()).unwrap_err();
        assert_eq!(error.reason, Reason::TooDeep);
    }
}
