//! The values of `serialize()`.

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
    /// `E:10:"Role:Admin";`
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

/// A float in PHP's spelling, which depends on `serialize_precision` and is kept for that reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Float(String);

impl Float {
    /// A float of that spelling: `0.1`, `-1.0E+25`, `INF`, `-INF` or `NAN`.
    pub fn new(text: &str) -> Option<Float> {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once("E") {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (unsigned, None),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        let exponent = exponent
            .is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or_default()));
        let number = digits(whole) && digits(fraction) && exponent;
        (number || matches!(text, "INF" | "-INF" | "NAN")).then(|| Float(text.to_owned()))
    }

    /// Its value.
    pub fn value(&self) -> f64 {
        self.0.to_ascii_lowercase().parse().unwrap_or(f64::NAN)
    }
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
    let value = read(&mut reader, 1)?;
    reader.end()?;
    Ok(value)
}

/// Prints a value as `serialize()` does.
pub fn print_value(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write(value, &mut out);
    out
}

/// Reads the value under the cursor.
pub(super) fn read(reader: &mut Reader<'_>, depth: usize) -> Result<Value, Error> {
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
        b'E' => Value::Enum(string(reader)?),
        b'r' => Value::SameObject(reader.integer()?),
        b'R' => Value::Reference(reader.integer()?),
        b'a' => return Ok(Value::Array(elements(reader, depth)?)),
        b'O' => {
            let class = string(reader)?;
            reader.expect(b":", "`:`")?;
            return Ok(Value::Object(class, elements(reader, depth)?));
        }
        _ => {
            let class = string(reader)?;
            reader.expect(b":", "`:`")?;
            return Ok(Value::Custom(class, counted(reader, b":{", b"}")?));
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

/// `1:{i:0;N;}`. The count is believed only as far as there are elements.
fn elements(reader: &mut Reader<'_>, depth: usize) -> Result<Vec<(Key, Value)>, Error> {
    let count = reader.length()?;
    reader.expect(b":{", "`:{`")?;
    let mut elements = Vec::new();
    for _ in 0..count {
        elements.push((key(reader)?, read(reader, depth + 1)?));
    }
    reader.expect(b"}", "`}`")?;
    Ok(elements)
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
        Value::Float(Float(text)) => out.extend(format!("d:{text};").bytes()),
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
    fn nesting_has_a_limit() {
        let nested = |depth: usize| {
            ["a:1:{i:0;".repeat(depth - 1), "N;".into(), "}".repeat(depth - 1)].concat()
        };
        assert_eq!(parse_value(nested(MAX_DEPTH).as_bytes()).map(|v| v.depth()), Ok(MAX_DEPTH));
        let error = parse_value(nested(MAX_DEPTH + 1).as_bytes()).unwrap_err();
        assert_eq!(error.reason, Reason::TooDeep);
    }

    #[test]
    fn floats() {
        for (text, value) in [("0.1", 0.1), ("-1.0E+25", -1e25), ("3", 3.0), ("INF", f64::INFINITY)]
        {
            assert_eq!(Float::new(text).unwrap().value(), value);
        }
        for text in ["", "-", ".5", "1.", "1E5", "1.0E+", "inf", "0x1", "--1"] {
            assert_eq!(Float::new(text), None, "{text}");
        }
    }
}
