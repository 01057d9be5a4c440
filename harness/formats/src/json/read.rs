//! The reader of JSON.

use std::collections::HashSet;

use super::form::{ANY, Form};
use super::value::{Json, Number, Object, Text};
use crate::error::{Error, Reason};
use crate::limits::MAX_DEPTH;
use crate::reader::Reader;

/// Objects of so many keys are searched for one that stands twice by a set, and smaller ones key by key.
const FEW: usize = 16;

/// Reads a document of any form.
///
/// # Errors
/// What is wrong with the input, and where.
pub fn parse(bytes: &[u8]) -> Result<Json, Error> {
    read(bytes, &ANY)
}

/// Reads a document that is an object of that form.
pub(crate) fn read_object(bytes: &[u8], form: &Form) -> Result<Object, Error> {
    match read(bytes, form)? {
        Json::Object(object) => Ok(object),
        _ => Err(Error::new(0, Reason::Expected(form.what))),
    }
}

/// Reads a document of that form.
pub(crate) fn read(bytes: &[u8], form: &Form) -> Result<Json, Error> {
    let mut reader = Reader::new(bytes)?;
    if let Err(error) = str::from_utf8(bytes) {
        return Err(Error::new(error.valid_up_to(), Reason::Forbidden("what is not UTF-8")));
    }
    let value = value(&mut reader, form, 1)?;
    blank(&mut reader);
    reader.end()?;
    Ok(value)
}

fn blank(reader: &mut Reader<'_>) {
    reader.take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
}

fn value(reader: &mut Reader<'_>, form: &Form, depth: usize) -> Result<Json, Error> {
    blank(reader);
    if depth > MAX_DEPTH {
        return Err(reader.error(Reason::TooDeep));
    }
    let at = reader.at();
    let value = match reader.peek() {
        // What is of the wrong kind is refused before it is read.
        Some(b'{') if form.allows(&Json::Object(Object::default())) => object(reader, form, depth)?,
        Some(b'[') if form.allows(&Json::Array(Vec::new())) => array(reader, form, depth)?,
        Some(b'{' | b'[') => return Err(reader.error(Reason::Expected(form.what))),
        Some(b'"') => Json::String(string(reader)?),
        Some(b'-' | b'0'..=b'9') => Json::Number(number(reader)?),
        Some(_) if reader.skip(b"null") => Json::Null,
        Some(_) if reader.skip(b"true") => Json::Bool(true),
        Some(_) if reader.skip(b"false") => Json::Bool(false),
        Some(_) => return Err(reader.error(Reason::Expected("a value of JSON"))),
        None => return Err(reader.error(Reason::Ends)),
    };
    match form.allows(&value) {
        true => Ok(value),
        false => Err(Error::new(at, Reason::Expected(form.what))),
    }
}

fn array(reader: &mut Reader<'_>, form: &Form, depth: usize) -> Result<Json, Error> {
    let mut items = Vec::new();
    reader.byte()?;
    blank(reader);
    if reader.skip(b"]") {
        return Ok(Json::Array(items));
    }
    loop {
        items.push(value(reader, form.elements, depth + 1)?);
        blank(reader);
        if reader.skip(b"]") {
            return Ok(Json::Array(items));
        }
        reader.expect(b",", "`,` or `]`")?;
    }
}

fn object(reader: &mut Reader<'_>, form: &Form, depth: usize) -> Result<Json, Error> {
    let begins = reader.at();
    let mut keys = Keys::default();
    reader.byte()?;
    blank(reader);
    if !reader.skip(b"}") {
        loop {
            blank(reader);
            let at = reader.at();
            if reader.peek() != Some(b'"') {
                return Err(reader.error(Reason::Expected("a key in quotes")));
            }
            let key = string(reader)?;
            if keys.has(&key) {
                return Err(Error::new(at, Reason::Twice("a key")));
            }
            blank(reader);
            reader.expect(b":", "`:`")?;
            let known = form.keys.iter().find(|known| key == *known.name);
            let value = value(reader, known.map_or(form.others, |known| &known.form), depth + 1)?;
            keys.push(key, value);
            blank(reader);
            if reader.skip(b"}") {
                break;
            }
            reader.expect(b",", "`,` or `}`")?;
        }
    }
    let absent = form
        .keys
        .iter()
        .find(|key| key.required && !keys.fields.iter().any(|(name, _)| *name == *key.name));
    match absent {
        Some(key) => Err(Error::new(begins, Reason::Expected(key.form.what))),
        None if form.one && keys.fields.len() != 1 => {
            Err(Error::new(begins, Reason::Expected("one key")))
        }
        None => Ok(Json::Object(Object(keys.fields))),
    }
}

/// The keys of an object that were read so far.
#[derive(Default)]
struct Keys {
    fields: Vec<(Text, Json)>,
    /// All of them, once they are many.
    many: HashSet<Text>,
}

impl Keys {
    fn has(&self, key: &Text) -> bool {
        match self.fields.len() < FEW {
            true => self.fields.iter().any(|(name, _)| name == key),
            false => self.many.contains(key),
        }
    }

    fn push(&mut self, key: Text, value: Json) {
        self.fields.push((key, value));
        if self.fields.len() == FEW {
            self.many.extend(self.fields.iter().map(|(name, _)| name.clone()));
        } else if let Some((name, _)) = self.fields.last().filter(|_| self.fields.len() > FEW) {
            self.many.insert(name.clone());
        }
    }
}

fn string(reader: &mut Reader<'_>) -> Result<Text, Error> {
    reader.byte()?;
    let mut text = Text::default();
    loop {
        text.0.extend(reader.take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f)));
        let at = reader.at();
        match reader.byte()? {
            b'"' => return Ok(text),
            b'\\' => escape(reader, &mut text)?,
            _ => return Err(Error::new(at, Reason::Forbidden("a control character"))),
        }
    }
}

fn escape(reader: &mut Reader<'_>, text: &mut Text) -> Result<(), Error> {
    let at = reader.at();
    let byte = match reader.byte()? {
        byte @ (b'"' | b'\\' | b'/') => byte,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => {
            let digits = reader.take(4)?.iter().try_fold(0, |unit: u16, &digit| {
                let digit = char::from(digit).to_digit(16)?;
                Some(unit << 4 | digit as u16)
            });
            let unit =
                digits.ok_or(Error::new(at + 1, Reason::Expected("four digits of base 16")))?;
            text.push_unit(unit);
            return Ok(());
        }
        _ => return Err(Error::new(at, Reason::Expected("one of \" \\ / b f n r t u"))),
    };
    text.0.push(byte);
    Ok(())
}

fn number(reader: &mut Reader<'_>) -> Result<Number, Error> {
    let at = reader.at();
    let length =
        number_length(reader.rest()).ok_or(Error::new(at, Reason::Expected("a number")))?;
    let text = str::from_utf8(reader.take(length)?).ok().and_then(Number::new);
    text.ok_or(Error::new(at, Reason::Expected("a number")))
}

/// Returns the length of the number that the bytes begin with.
pub(super) fn number_length(bytes: &[u8]) -> Option<usize> {
    let digits = |at: usize| bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    at += match (bytes.get(at)?, digits(at)) {
        (_, 0) => return None,
        (b'0', _) => 1,
        (_, count) => count,
    };
    if bytes.get(at) == Some(&b'.') {
        at += 1 + Some(digits(at + 1)).filter(|&count| count > 0)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        at += Some(digits(at)).filter(|&count| count > 0)?;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::super::print_compact;
    use super::*;

    fn reprint(text: &str) -> Result<String, Error> {
        // In an object, since all documents are.
        let value = read(text.as_bytes(), &ANY)?;
        let printed = print_compact(&Object(vec![("".into(), value)]));
        Ok(String::from_utf8(printed[4..printed.len() - 1].to_vec()).unwrap())
    }

    #[test]
    fn numbers_and_keys_stay_as_they_are() {
        for text in [
            r#"{"b":12345678901234567890123,"a":1e2,"c":-0.0,"d":1E+999,"":[0,{}]}"#,
            r#"["\ud800","\udc00\ud800x","é\u0000\"\\\n",null,true,false]"#,
        ] {
            assert_eq!(reprint(text).as_deref(), Ok(text));
        }
        assert_eq!(reprint(r#""\ud83d\uDE00\/\u0041""#).as_deref(), Ok("\"😀/A\""));
    }

    #[test]
    fn an_error_says_where() {
        for (text, at) in [
            ("", 0),
            ("{\"a\":1,\"\\u0061\":2}", 7),
            ("[1,]", 3),
            ("01", 1),
            ("1.", 0),
            ("\"a\nb\"", 2),
            ("\"\\x\"", 2),
            ("\"\\u12g4\"", 3),
            ("{a:1}", 1),
            ("[1 2]", 3),
            ("nul", 0),
            ("NaN", 0),
            ("{} {}", 3),
            ("\u{feff}{}", 0),
        ] {
            assert_eq!(reprint(text).map_err(|error| error.at), Err(at), "{text:?}");
        }
        assert_eq!(read(b"\"\xed\xa0\x80\"", &ANY).unwrap_err().at, 1);
    }

    #[test]
    fn a_key_that_stands_twice_is_found_among_many() {
        let keys: Vec<String> = (0..100).map(|n| format!("\"{n}\":0")).collect();
        assert!(reprint(&format!("{{{}}}", keys.join(","))).is_ok());
        for twice in [0, 15, 16, 99] {
            let error = reprint(&format!("{{{},\"{twice}\":0}}", keys.join(","))).unwrap_err();
            assert_eq!(error.reason, Reason::Twice("a key"), "{twice}");
        }
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat();
        assert!(reprint(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(reprint(&nested(MAX_DEPTH + 1)).unwrap_err().reason, Reason::TooDeep);
    }
}
