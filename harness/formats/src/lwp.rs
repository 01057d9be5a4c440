//! libwww-perl's `Set-Cookie3` jars, as Python's `LWPCookieJar` writes them.
//!
//! The source is `http.cookiejar` and `http/_lwpcookiejar` of Python, where `join_header_words` prints and `split_header_words` reads:
//! words between semicolons, values in quotes where they are more than letters, digits and underscores.

use crate::error::{Error, Reason};
use crate::planted;
use crate::reader::Reader;

const MAGIC: &[u8] = b"#LWP-Cookies-2.0\n";
const HEADER: &[u8] = b"Set-Cookie3:";

/// A cookie: its name and value, then its attributes as they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// The cookie's own name and value.
    pub pair: Word,
    /// `path`, `domain`, `expires`, `version`; flags such as `secure` and `discard` have no value.
    pub attributes: Vec<Word>,
}

/// A name, with a value or without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The name; never empty.
    pub name: Vec<u8>,
    /// The value without its quotes.
    pub value: Option<Vec<u8>>,
}

impl Cookie {
    /// The first attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&Word> {
        self.attributes.iter().find(|word| word.name.eq_ignore_ascii_case(name.as_bytes()))
    }
}

/// Reads a jar.
///
/// # Errors
/// Where the first line is not the format's, for lines that are neither empty nor a cookie, and for carriage returns and NULs.
pub fn parse(bytes: &[u8]) -> Result<Vec<Cookie>, Error> {
    let mut reader = Reader::of_lines(bytes)?;
    reader.expect(MAGIC, "the line `#LWP-Cookies-2.0`")?;
    let mut cookies = Vec::new();
    while !reader.is_empty() {
        if reader.skip(b"\n") {
            continue;
        }
        reader.expect(HEADER, "`Set-Cookie3:`")?;
        let pair = word(&mut reader)?;
        let mut attributes = Vec::new();
        while !reader.is_empty() && !reader.skip(b"\n") {
            reader.expect(b";", "`;` or the end of the line")?;
            attributes.push(word(&mut reader)?);
        }
        cookies.push(Cookie { pair, attributes });
    }
    Ok(cookies)
}

/// Prints a jar.
pub fn print(cookies: &[Cookie]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    for cookie in cookies {
        out.extend(HEADER);
        out.push(b' ');
        cookie.pair.print(&mut out);
        for word in &cookie.attributes {
            out.extend(b"; ");
            word.print(&mut out);
        }
        out.push(b'\n');
    }
    out
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_token(byte: u8) -> bool {
    !byte.is_ascii_whitespace()
        && !byte.is_ascii_control()
        && !matches!(byte, b'=' | b';' | b',' | b'"')
}

fn word(reader: &mut Reader<'_>) -> Result<Word, Error> {
    reader.take_while(is_blank);
    let name = reader.take_while(is_token).to_vec();
    if name.is_empty() {
        return Err(reader.error(Reason::Expected("a name")));
    }
    reader.take_while(is_blank);
    if !reader.skip(b"=") {
        return Ok(Word { name, value: None });
    }
    reader.take_while(is_blank);
    let value = match reader.skip(b"\"") {
        true => quoted(reader)?,
        false => reader.take_while(|byte| is_token(byte) || byte == b'=').to_vec(),
    };
    reader.take_while(is_blank);
    Ok(Word { name, value: Some(value) })
}

/// What stands up to the closing quote; a backslash makes the next character one like any other.
fn quoted(reader: &mut Reader<'_>) -> Result<Vec<u8>, Error> {
    let mut value = Vec::new();
    loop {
        value.extend(reader.take_while(|byte| !matches!(byte, b'"' | b'\\' | b'\n')));
        match reader.peek() {
            Some(b'"') => {
                reader.byte()?;
                return Ok(value);
            }
            Some(b'\\') => {
                if planted::QUADRATIC {
                    value = value.to_vec();
                }
                reader.byte()?;
                match reader.peek() {
                    Some(b'\n') | None => return Err(reader.error(Reason::Expected("a character"))),
                    Some(_) => value.push(reader.byte()?),
                }
            }
            _ => return Err(reader.error(Reason::Expected("a closing quote"))),
        }
    }
}

impl Word {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend(&self.name);
        let Some(value) = &self.value else { return };
        out.push(b'=');
        // Python's `^\w+$`, which knows the letters of all scripts.
        let plain = std::str::from_utf8(value).is_ok_and(|text| {
            !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_')
        });
        if plain {
            out.extend(value);
            return;
        }
        out.push(b'"');
        for &byte in value {
            if matches!(byte, b'"' | b'\\') {
                out.push(b'\\');
            }
            out.push(byte);
        }
        out.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jar(line: &str) -> Result<Vec<Cookie>, Error> {
        parse(format!("#LWP-Cookies-2.0\n{line}\n").as_bytes())
    }

    #[test]
    fn words_and_quotes() {
        let cookies = jar(r#"Set-Cookie3: a="b\"\\;c"; path="/"; secure; version=0"#).unwrap();
        assert_eq!(cookies[0].pair.value.as_deref(), Some(&br#"b"\;c"#[..]));
        assert_eq!(cookies[0].attribute("Path").unwrap().value.as_deref(), Some(&b"/"[..]));
        assert_eq!(cookies[0].attribute("secure").unwrap().value, None);
        assert_eq!(cookies[0].attributes.len(), 3);
    }

    #[test]
    fn what_is_refused() {
        for line in
            ["Set-Cookie3: a=\"b", "Set-Cookie3: a=\"b\\", "Set-Cookie3:", "x", "Set-Cookie3: a,b"]
        {
            assert!(jar(line).is_err(), "{line}");
        }
        assert_eq!(parse(b"a").unwrap_err().at, 0);
    }
}
