//! The three encodings of a session: `php`, `php_serialize` and `php_binary`.

use super::value::{self, Key, Slots, Value, parse_value, print_value};
use crate::error::{Error, Reason};
use crate::reader::Reader;

/// The variables of a session, in their order.
pub type Session = Vec<(Vec<u8>, Value)>;

/// The longest name in `php_binary`; the byte's top bit once marked names without a value.
const MAX_NAME: u8 = 127;

/// Reads the encoding `php`: `name|value` again and again.
///
/// # Errors
/// What is wrong with the input, and where.
pub fn parse_php(bytes: &[u8]) -> Result<Session, Error> {
    let mut reader = Reader::new(bytes)?;
    let (mut session, mut begins, mut slots) = (Vec::new(), Vec::new(), Slots::default());
    while !reader.is_empty() {
        begins.push(reader.at());
        let name = reader.until(b'|', "`|` after a name")?.to_vec();
        session.push((name, value::read(&mut reader, &mut slots, 1)?));
    }
    once(&session, &begins)?;
    Ok(session)
}

/// Prints the encoding `php`. A name with `|` in it does not read back; PHP refuses to write one.
pub fn print_php(session: &[(Vec<u8>, Value)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in session {
        out.extend(name);
        out.push(b'|');
        value::write(value, &mut out);
    }
    out
}

/// Reads the encoding `php_binary`: the name's length in a byte, the name, its value.
///
/// # Errors
/// What is wrong with the input, and where.
pub fn parse_binary(bytes: &[u8]) -> Result<Session, Error> {
    let mut reader = Reader::new(bytes)?;
    let (mut session, mut begins, mut slots) = (Vec::new(), Vec::new(), Slots::default());
    while !reader.is_empty() {
        let at = reader.at();
        begins.push(at);
        let length = reader.byte()?;
        if length > MAX_NAME {
            return Err(Error::new(at, Reason::Range("the length of a name")));
        }
        let name = reader.take(length.into())?.to_vec();
        session.push((name, value::read(&mut reader, &mut slots, 1)?));
    }
    once(&session, &begins)?;
    Ok(session)
}

/// Refuses a name that stands twice: PHP reads it, and the last one counts.
fn once(session: &[(Vec<u8>, Value)], begins: &[usize]) -> Result<(), Error> {
    value::once(session.iter().map(|(name, _)| name).zip(begins.iter().copied()), "a name")
}

/// Prints the encoding `php_binary`. Longer names than it can hold are left out, as PHP leaves them out.
pub fn print_binary(session: &[(Vec<u8>, Value)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in session {
        if let Some(length) = u8::try_from(name.len()).ok().filter(|&length| length <= MAX_NAME) {
            out.push(length);
            out.extend(name);
            value::write(value, &mut out);
        }
    }
    out
}

/// Reads the encoding `php_serialize`: one array. `None` is a file that is empty, as PHP creates it; an array without elements is another.
///
/// # Errors
/// What is wrong with the input, and where.
pub fn parse_serialize(bytes: &[u8]) -> Result<Option<Vec<(Key, Value)>>, Error> {
    if bytes.is_empty() {
        return Ok(None);
    }
    match parse_value(bytes)? {
        Value::Array(elements) => Ok(Some(elements)),
        _ => Err(Error::new(0, Reason::Expected("an array"))),
    }
}

/// Prints the encoding `php_serialize`; `None` is an empty file.
pub fn print_serialize(session: Option<&[(Key, Value)]>) -> Vec<u8> {
    session.map(|elements| print_value(&Value::Array(elements.to_owned()))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_at_the_bar() {
        let session = parse_php(b"a|i:1;b c|s:1:\"|\";").unwrap();
        assert_eq!(session[1], (b"b c".to_vec(), Value::String(b"|".to_vec())));
        assert_eq!(parse_php(b"a|i:1;b").unwrap_err().at, 7);
    }

    #[test]
    fn a_name_of_php_binary_has_at_most_127_bytes() {
        assert_eq!(parse_binary(b"\x01ai:1;").unwrap()[0].0, b"a");
        assert_eq!(parse_binary(b"\x80i:1;").unwrap_err().at, 0);
        assert!(print_binary(&[(vec![b'a'; 128], Value::Null)]).is_empty());
    }

    #[test]
    fn a_name_that_stands_twice_is_refused() {
        let twice = Err(Error::new(6, Reason::Twice("a name")));
        assert_eq!(parse_php(b"a|i:1;a|i:2;"), twice);
        assert_eq!(parse_binary(b"\x01ai:1;\x01ai:2;"), twice);
    }

    #[test]
    fn a_name_that_stands_twice_is_found_among_many() {
        let all: String = (0..100).map(|n| format!("n{n}|N;")).collect();
        assert!(parse_php(all.as_bytes()).is_ok());
        for twice in [0, 15, 16, 99] {
            let error = parse_php(format!("{all}n{twice}|N;").as_bytes()).unwrap_err();
            assert_eq!(error, Error::new(all.len(), Reason::Twice("a name")));
        }
    }

    #[test]
    fn a_reference_counts_the_values_of_all_variables() {
        assert!(parse_php(b"a|i:1;b|R:1;").is_ok());
        assert!(parse_php(b"a|i:1;b|R:2;").is_err());
    }

    #[test]
    fn php_serialize_is_an_array() {
        assert_eq!(parse_serialize(b"a:0:{}"), Ok(Some(Vec::new())));
        // PHP 8.2 creates the file empty, and session_decode("") is true with this handler.
        assert_eq!(parse_serialize(b""), Ok(None));
        assert!(parse_serialize(b"i:5;").is_err());
    }
}
