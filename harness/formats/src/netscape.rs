//! Netscape's `cookies.txt`, as curl and Python's `MozillaCookieJar` write it.
//!
//! The source is curl's [HTTP Cookies](https://curl.se/docs/http-cookies.html): seven fields between tabs, lines that begin with `#` are
//! comments, except that `#HttpOnly_` before the domain says that the cookie has the flag.
//! curl writes 0 for a cookie without an end, and Python writes nothing; both are kept apart here.
//! A carriage return or a NUL is refused anywhere: programs do not agree on whether one ends a line.

use crate::error::{Error, Reason};
use crate::planted;
use crate::reader::Reader;

const HTTP_ONLY: &[u8] = b"#HttpOnly_";

/// A line of a jar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A line that says nothing: empty, or a comment with its `#`.
    Comment(Vec<u8>),
    /// A cookie.
    Cookie(Cookie),
}

/// A cookie of a jar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// The domain, with its leading dot where there is one.
    pub domain: Vec<u8>,
    /// Whether subdomains get it too.
    pub subdomains: bool,
    /// The path.
    pub path: Vec<u8>,
    /// Sent over secure channels only.
    pub secure: bool,
    /// When it ends, in Unix seconds. curl writes 0 for a session cookie, Python nothing.
    pub expires: Option<i64>,
    /// The name. Python writes a cookie without a value as one without a name.
    pub name: Vec<u8>,
    /// The value.
    pub value: Vec<u8>,
    /// Hidden from scripts.
    pub http_only: bool,
}

/// Reads a jar.
///
/// # Errors
/// For a line that is neither a comment nor seven fields, and for carriage returns and NULs.
pub fn parse(bytes: &[u8]) -> Result<Vec<Line>, Error> {
    let mut reader = Reader::of_lines(bytes)?;
    let mut lines = Vec::new();
    while !reader.is_empty() {
        let at = reader.at();
        let line = reader.take_while(|byte| !ends_line(byte));
        if !reader.is_empty() {
            reader.byte()?;
        }
        lines.push(read_line(line, at)?);
    }
    Ok(lines)
}

/// Prints a jar; every line ends with a newline.
pub fn print(lines: &[Line]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in lines {
        match line {
            Line::Comment(text) => out.extend(text),
            Line::Cookie(cookie) => cookie.print(&mut out),
        }
        out.push(b'\n');
    }
    out
}

fn ends_line(byte: u8) -> bool {
    byte == b'\n' || planted::LINE_SPLIT && byte == 0x0b
}

fn read_line(line: &[u8], at: usize) -> Result<Line, Error> {
    let (entry, http_only) = match line.strip_prefix(HTTP_ONLY) {
        Some(entry) => (entry, true),
        None if line.is_empty() || line.starts_with(b"#") => {
            return Ok(Line::Comment(line.to_vec()));
        }
        None => (line, false),
    };
    let mut fields = Fields { rest: Some(entry), at: at + line.len() - entry.len() };
    let cookie = Cookie {
        domain: fields.next()?.1.to_vec(),
        subdomains: fields.flag()?,
        path: fields.next()?.1.to_vec(),
        secure: fields.flag()?,
        expires: fields.time()?,
        name: fields.next()?.1.to_vec(),
        value: fields.next()?.1.to_vec(),
        http_only,
    };
    match fields.rest {
        Some(_) => Err(Error::new(fields.at - 1, Reason::Expected("the end of the line"))),
        // Printed without the flag this would be a comment, or a cookie that has it.
        None if cookie.domain.starts_with(b"#") => {
            Err(Error::new(at, Reason::Forbidden("a domain that begins with `#`")))
        }
        None => Ok(Line::Cookie(cookie)),
    }
}

/// The fields of a line that are still to be read.
struct Fields<'a> {
    rest: Option<&'a [u8]>,
    at: usize,
}

impl<'a> Fields<'a> {
    fn next(&mut self) -> Result<(usize, &'a [u8]), Error> {
        let at = self.at;
        let rest = self.rest.ok_or(Error::new(at, Reason::Expected("seven fields")))?;
        let end = rest.iter().position(|&byte| byte == b'\t');
        self.rest = end.map(|end| &rest[end + 1..]);
        let field = &rest[..end.unwrap_or(rest.len())];
        self.at += field.len() + usize::from(end.is_some());
        Ok((at, field))
    }

    fn flag(&mut self) -> Result<bool, Error> {
        let (at, field) = self.next()?;
        match field {
            b"TRUE" => Ok(true),
            b"FALSE" => Ok(false),
            _ => Err(Error::new(at, Reason::Expected("TRUE or FALSE"))),
        }
    }

    fn time(&mut self) -> Result<Option<i64>, Error> {
        let (at, field) = self.next()?;
        if field.is_empty() {
            return Ok(None);
        }
        let mut number = Reader::new(field)?;
        let seconds = number.integer().and_then(|seconds| number.end().map(|()| seconds));
        seconds.map(Some).map_err(|error| Error::new(at + error.at, error.reason))
    }
}

impl Cookie {
    fn print(&self, out: &mut Vec<u8>) {
        let flag = |set: bool| if set { &b"TRUE"[..] } else { b"FALSE" };
        let expires = self.expires.map(|seconds| seconds.to_string()).unwrap_or_default();
        if self.http_only {
            out.extend(HTTP_ONLY);
        }
        let fields = [
            &self.domain,
            flag(self.subdomains),
            &self.path,
            flag(self.secure),
            expires.as_bytes(),
            &self.name,
            &self.value,
        ];
        out.extend(fields.join(&b"\t"[..]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_where() {
        for (text, at) in [
            ("a\tTRUE\t/\tFALSE\t0\tn", 18),
            ("a\tTRUE\t/\tFALSE\t0\tn\tv\tw", 20),
            ("# c\na\tTrue\t/\tFALSE\t0\tn\tv", 6),
            ("a\tTRUE\t/\tFALSE\t1x\tn\tv", 16),
            ("#HttpOnly_a\tno", 12),
            ("a\r\n", 1),
        ] {
            assert_eq!(parse(text.as_bytes()).map_err(|error| error.at), Err(at), "{text:?}");
        }
    }

    #[test]
    fn the_flag_before_the_domain() {
        let lines =
            parse(b"#HttpOnly_.a.org\tTRUE\t/\tTRUE\t\tn\tv\n#HttpOnly: a comment\n").unwrap();
        let [Line::Cookie(cookie), Line::Comment(_)] = &lines[..] else { panic!("{lines:?}") };
        assert!(cookie.http_only && cookie.subdomains && cookie.expires.is_none());
        assert_eq!(cookie.domain, b".a.org");
    }
}
