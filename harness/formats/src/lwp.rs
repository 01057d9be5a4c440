//! libwww-perl's `Set-Cookie3` jars: version 1.0, as Perl's `HTTP::Cookies` writes them, and 2.0, as Python's `LWPCookieJar` does.
//!
//! The sources are `HTTP::Headers::Util` of Perl and `http.cookiejar` of Python, where `join_header_words` prints and `split_header_words`
//! reads: words between semicolons. Perl quotes a value that has separators or bytes beyond ASCII in it, Python one that has more than
//! letters, digits and underscores. A name may have quotes in it. Words without a semicolon between them are refused, though both read
//! them: for `Set-Cookie: a=1; Secure q=2`, Python writes one attribute and reads two.

use crate::error::{Error, Reason};
use crate::planted;
use crate::reader::Reader;

const HEADER: &[u8] = b"Set-Cookie3:";

/// A jar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jar {
    /// Which version its first line names.
    pub version: Version,
    /// Its cookies.
    pub cookies: Vec<Cookie>,
}

/// The versions of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `#LWP-Cookies-1.0`: Perl's.
    Perl,
    /// `#LWP-Cookies-2.0`: Python's.
    Python,
}

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
    /// The value without its quotes. One that is empty is another than none.
    pub value: Option<Vec<u8>>,
}

impl Cookie {
    /// Returns the first attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&Word> {
        self.attributes.iter().find(|word| word.name.eq_ignore_ascii_case(name.as_bytes()))
    }
}

impl Version {
    const ALL: [Version; 2] = [Version::Perl, Version::Python];

    fn first_line(self) -> &'static [u8] {
        match self {
            Version::Perl => b"#LWP-Cookies-1.0\n",
            Version::Python => b"#LWP-Cookies-2.0\n",
        }
    }

    /// Whether a value stands without quotes.
    fn is_plain(self, value: &[u8]) -> bool {
        let plain = match self {
            Version::Perl => !value.iter().any(|&byte| {
                byte <= b' ' || byte >= 0x7f || b"()<>@,;:\\\"/[]?={}".contains(&byte)
            }),
            // Python's `^\w+$`, which knows the letters of all scripts.
            Version::Python => str::from_utf8(value)
                .is_ok_and(|text| text.chars().all(|c| c.is_alphanumeric() || c == '_')),
        };
        plain && !value.is_empty()
    }
}

/// Reads a jar.
///
/// # Errors
/// Where the first line is not the format's, for lines that are neither empty nor a cookie, and for carriage returns and NULs.
pub fn parse(bytes: &[u8]) -> Result<Jar, Error> {
    let mut reader = Reader::of_lines(bytes)?;
    if let Some(at) = bytes.iter().position(|&byte| byte == b'\r') {
        return Err(Error::new(at, Reason::Forbidden("a carriage return")));
    }
    let version = Version::ALL.into_iter().find(|version| {
        let line = version.first_line();
        // The last line needs no end, and this may be the last.
        reader.skip(line) || bytes == line.trim_ascii_end() && reader.skip(bytes)
    });
    let what = "the line `#LWP-Cookies-1.0` or `#LWP-Cookies-2.0`";
    let version = version.ok_or_else(|| reader.error(Reason::Expected(what)))?;
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
    Ok(Jar { version, cookies })
}

/// Prints a jar as the program of its version does.
pub fn print(jar: &Jar) -> Vec<u8> {
    let mut out = jar.version.first_line().to_vec();
    for cookie in &jar.cookies {
        out.extend(HEADER);
        out.push(b' ');
        cookie.pair.print(jar.version, &mut out);
        for word in &cookie.attributes {
            out.extend(b"; ");
            word.print(jar.version, &mut out);
        }
        out.push(b'\n');
    }
    out
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// A name goes on to a blank, `=`, `;` or `,`: quotes in it are bytes like any other.
fn is_token(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && !byte.is_ascii_control() && !matches!(byte, b'=' | b';' | b',')
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
        // Neither program writes a quote without others around it.
        false => {
            let value = reader.take_while(|byte| byte != b'"' && (is_token(byte) || byte == b'='));
            value.to_vec()
        }
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
    fn print(&self, version: Version, out: &mut Vec<u8>) {
        out.extend(&self.name);
        let Some(value) = &self.value else { return };
        out.push(b'=');
        if version.is_plain(value) {
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
        parse(format!("#LWP-Cookies-2.0\n{line}\n").as_bytes()).map(|jar| jar.cookies)
    }

    #[test]
    fn words_and_quotes() {
        let cookies = jar(r#"Set-Cookie3: a="b\"\\;c"; path="/"; secure; version=0"#).unwrap();
        assert_eq!(cookies[0].pair.value.as_deref(), Some(&br#"b"\;c"#[..]));
        assert_eq!(cookies[0].attribute("Path").unwrap().value.as_deref(), Some(&b"/"[..]));
        assert_eq!(cookies[0].attribute("secure").unwrap().value, None);
        assert_eq!(cookies[0].attributes.len(), 3);
    }

    /// Python 3.11 writes it for `Set-Cookie: a"b=1`, and reads it; Perl's HTTP::Cookies 6.10 does both, too.
    #[test]
    fn a_name_may_have_quotes_in_it() {
        let cookies = jar(r#"Set-Cookie3: a"b=1; "c""#).unwrap();
        assert_eq!(cookies[0].pair.name, b"a\"b");
        assert_eq!(cookies[0].attributes[0], Word { name: b"\"c\"".to_vec(), value: None });
    }

    #[test]
    fn each_version_has_the_quotes_of_its_program() {
        for text in [
            "#LWP-Cookies-1.0\nSet-Cookie3: foo=bar; path=\"/\"; domain=127.0.0.1; discard; version=0\n",
            "#LWP-Cookies-2.0\nSet-Cookie3: foo=bar; path=\"/\"; domain=\"127.0.0.1\"; discard; version=0\n",
        ] {
            let printed = print(&parse(text.as_bytes()).unwrap());
            assert_eq!(String::from_utf8(printed).unwrap(), text);
        }
    }

    #[test]
    fn what_is_refused() {
        for line in [
            "Set-Cookie3: a=\"b",
            "Set-Cookie3: a=\"b\\",
            "Set-Cookie3:",
            "x",
            "Set-Cookie3: a,b",
            "Set-Cookie3: a=1; Secure q=2",
            "Set-Cookie3: a=b\"c",
        ] {
            assert!(jar(line).is_err(), "{line}");
        }
        assert_eq!(parse(b"a").unwrap_err().at, 0);
        assert_eq!(parse(b"#LWP-Cookies-2.00").unwrap_err().at, 0);
        assert!(parse(b"#LWP-Cookies-2.0").unwrap().cookies.is_empty());
        assert_eq!(parse(b"#LWP-Cookies-2.0\nSet-Cookie3: a=b\r\n").unwrap_err().at, 33);
    }
}
