//! Netscape's `cookies.txt`, as curl, wget, Perl's `HTTP::Cookies::Netscape` and Python's `MozillaCookieJar` write it.
//!
//! The source is curl's [HTTP Cookies](https://curl.se/docs/http-cookies.html): seven fields between tabs, lines that begin with `#` are
//! comments, except that `#HttpOnly_` before the domain says that the cookie has the flag.
//! What those programs agree on is read, and kept so that it is printed to the byte: lines that end with CRLF, a byte order mark before a
//! comment, a time with a fraction, a line without its last field. What they read in different ways is refused: a blank, `#` or `$` before
//! a domain, an empty domain or path, other carriage returns, and NUL.
//! curl writes 0 for a cookie without an end, and Python writes an empty field; both are kept apart here.

use crate::error::{Error, Reason};
use crate::planted;
use crate::reader::Reader;

const HTTP_ONLY: &[u8] = b"#HttpOnly_";
const MARK: &[u8] = b"\xef\xbb\xbf";

/// A jar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Jar {
    /// Whether a byte order mark stands before it, as some editors write one.
    pub mark: bool,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// A line of a jar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it says.
    pub entry: Entry,
    /// How it ends.
    pub end: End,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A line that says nothing: empty, or a comment with its `#`.
    Comment(Vec<u8>),
    /// A cookie.
    Cookie(Cookie),
}

/// How a line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With a newline.
    Lf,
    /// With a carriage return and a newline.
    CrLf,
    /// With the file.
    None,
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
    /// When it expires. curl writes 0 for a session cookie, Python an empty field, which is `None`.
    pub expires: Option<Expires>,
    /// The name. Python writes a cookie without a value as one without a name.
    pub name: Vec<u8>,
    /// The value; `None` if the line ends after the name, which curl and Perl read as an empty value, Python refuses and wget skips.
    pub value: Option<Vec<u8>>,
    /// Hidden from scripts.
    pub http_only: bool,
}

/// A time in Unix seconds; browser extensions write fractions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expires {
    /// Whole seconds.
    pub seconds: i64,
    /// The digits of a fraction, which all programs cut off.
    pub fraction: Option<String>,
}

impl From<i64> for Expires {
    fn from(seconds: i64) -> Expires {
        Expires { seconds, fraction: None }
    }
}

impl Jar {
    /// Returns its cookies in their order.
    pub fn cookies(&self) -> impl Iterator<Item = &Cookie> {
        self.lines.iter().filter_map(|line| match &line.entry {
            Entry::Cookie(cookie) => Some(cookie),
            Entry::Comment(_) => None,
        })
    }
}

/// Reads a jar.
///
/// # Errors
/// For a line that is neither a comment nor six or seven fields, and for what programs read in different ways.
pub fn parse(bytes: &[u8]) -> Result<Jar, Error> {
    let mut reader = Reader::of_lines(bytes)?;
    let mark = reader.skip(MARK);
    let begins = reader.rest();
    // To curl and wget the mark would be part of a domain.
    if mark && (begins.starts_with(HTTP_ONLY) || !matches!(begins, [b'#' | b'\n' | b'\r', ..])) {
        return Err(Error::new(0, Reason::Forbidden("a byte order mark before a cookie")));
    }
    let mut lines = Vec::new();
    while !reader.is_empty() {
        let at = reader.at();
        let line = reader.take_while(|byte| !ends_line(byte));
        let end = match reader.byte() {
            Ok(_) if line.ends_with(b"\r") => End::CrLf,
            Ok(_) => End::Lf,
            Err(_) => End::None,
        };
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        lines.push(Line { entry: read_line(line, at)?, end });
    }
    Ok(Jar { mark, lines })
}

/// Prints a jar.
pub fn print(jar: &Jar) -> Vec<u8> {
    let mut out = if jar.mark { MARK.to_vec() } else { Vec::new() };
    for line in &jar.lines {
        match &line.entry {
            Entry::Comment(text) => out.extend(text),
            Entry::Cookie(cookie) => cookie.print(&mut out),
        }
        let end: &[u8] = match line.end {
            End::Lf => b"\n",
            End::CrLf => b"\r\n",
            End::None => b"",
        };
        out.extend(end);
    }
    out
}

fn ends_line(byte: u8) -> bool {
    byte == b'\n' || planted::LINE_SPLIT && byte == 0x0b
}

fn read_line(line: &[u8], at: usize) -> Result<Entry, Error> {
    let (entry, http_only) = match line.strip_prefix(HTTP_ONLY) {
        Some(entry) => (entry, true),
        None if line.is_empty() || line.starts_with(b"#") => {
            return Ok(Entry::Comment(line.to_vec()));
        }
        None => (line, false),
    };
    let mut fields = Fields { rest: Some(entry), at: at + line.len() - entry.len() };
    let cookie = Cookie {
        domain: fields.domain()?,
        subdomains: fields.flag()?,
        path: fields.path()?,
        secure: fields.flag()?,
        expires: fields.time()?,
        name: fields.next()?.1.to_vec(),
        value: fields
            .rest
            .is_some()
            .then(|| fields.next())
            .transpose()?
            .map(|(_, value)| value.to_vec()),
        http_only,
    };
    match fields.rest {
        Some(_) => Err(Error::new(fields.at - 1, Reason::Expected("the end of the line"))),
        None => Ok(Entry::Cookie(cookie)),
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
        let rest = self.rest.ok_or(Error::new(at, Reason::Expected("six or seven fields")))?;
        let end = rest.iter().position(|&byte| byte == b'\t');
        self.rest = end.map(|end| &rest[end + 1..]);
        let field = &rest[..end.unwrap_or(rest.len())];
        self.at += field.len() + usize::from(end.is_some());
        Ok((at, field))
    }

    /// curl and wget skip blanks before a domain, which Python does not; Python skips lines that begin with `#` or `$` after blanks.
    fn domain(&mut self) -> Result<Vec<u8>, Error> {
        let (at, field) = self.next()?;
        match field {
            [] => Err(Error::new(at, Reason::Expected("a domain"))),
            [b'#' | b'$' | b' ' | 0x0b | 0x0c, ..] => {
                Err(Error::new(at, Reason::Forbidden("a blank, `#` or `$` before a domain")))
            }
            _ => Ok(field.to_vec()),
        }
    }

    /// curl takes two tabs for one, and the flag after an empty path for the path.
    fn path(&mut self) -> Result<Vec<u8>, Error> {
        match self.next()? {
            (at, []) => Err(Error::new(at, Reason::Expected("a path"))),
            (_, field) => Ok(field.to_vec()),
        }
    }

    fn flag(&mut self) -> Result<bool, Error> {
        let (at, field) = self.next()?;
        match field {
            b"TRUE" => Ok(true),
            b"FALSE" => Ok(false),
            _ => Err(Error::new(at, Reason::Expected("TRUE or FALSE"))),
        }
    }

    fn time(&mut self) -> Result<Option<Expires>, Error> {
        let (at, field) = self.next()?;
        if field.is_empty() {
            return Ok(None);
        }
        let read = || {
            let mut number = Reader::new(field)?;
            let seconds = number.integer()?;
            let fraction = number.skip(b".").then(|| number.digits()).transpose()?;
            number.end().map(|()| Expires { seconds, fraction })
        };
        read().map(Some).map_err(|error| Error::new(at + error.at, error.reason))
    }
}

impl Cookie {
    fn print(&self, out: &mut Vec<u8>) {
        let flag = |set: bool| if set { &b"TRUE"[..] } else { b"FALSE" };
        let expires = match &self.expires {
            None => String::new(),
            Some(Expires { seconds, fraction: None }) => seconds.to_string(),
            Some(Expires { seconds, fraction: Some(digits) }) => format!("{seconds}.{digits}"),
        };
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
        ];
        out.extend(fields.join(&b"\t"[..]));
        if let Some(value) = &self.value {
            out.push(b'\t');
            out.extend(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_where() {
        for (text, at) in [
            ("a\tTRUE\t/\tFALSE\t0", 16),
            ("a\tTRUE\t/\tFALSE\t0\tn\tv\tw", 20),
            ("# c\na\tTrue\t/\tFALSE\t0\tn\tv", 6),
            ("a\tTRUE\t/\tFALSE\t1x\tn\tv", 16),
            ("a\tTRUE\t/\tFALSE\t1.\tn\tv", 17),
            ("a\tTRUE\t/\tFALSE\t01\tn\tv", 15),
            ("a\tTRUE\t\tFALSE\t1\tn\tv", 7),
            ("#HttpOnly_a\tno", 12),
            ("#HttpOnly_ a\tTRUE\t/\tFALSE\t1\tn\tv", 10),
            (" #HttpOnly_a\tTRUE\t/\tFALSE\t1\tn\tv", 0),
            ("\ta\tTRUE\t/\tFALSE\t1\tn\tv", 0),
            ("a\r", 1),
            ("a\rb\n", 1),
            ("a\r\r\n", 1),
            ("\u{feff}a\tTRUE\t/\tFALSE\t1\tn\tv", 0),
        ] {
            assert_eq!(parse(text.as_bytes()).map_err(|error| error.at), Err(at), "{text:?}");
        }
    }

    #[test]
    fn the_flag_before_the_domain() {
        let jar =
            parse(b"#HttpOnly_.a.org\tTRUE\t/\tTRUE\t\tn\tv\n#HttpOnly: a comment\n").unwrap();
        let cookie = jar.cookies().next().unwrap();
        assert_eq!((jar.lines.len(), jar.cookies().count()), (2, 1));
        assert!(cookie.http_only && cookie.subdomains && cookie.expires.is_none());
        assert_eq!(cookie.domain, b".a.org");
    }

    #[test]
    fn what_editors_and_extensions_write_is_printed_to_the_byte() {
        for text in [
            "# c\r\na\tTRUE\t/\tFALSE\t5\tn\tv\r\n\r\n",
            "\u{feff}# c\na\tTRUE\t/\tFALSE\t5\tn\tv",
            "\u{feff}\r\na\tTRUE\t/\tFALSE\t1349111445.24318\tn\t\n",
            "a\tTRUE\t/\tFALSE\t-5\tn\r\nb\tTRUE\t/\tFALSE\t0.50\t\tv\n",
        ] {
            let printed = parse(text.as_bytes()).map(|jar| print(&jar));
            assert_eq!(printed.as_deref(), Ok(text.as_bytes()), "{text:?}");
        }
    }
}
