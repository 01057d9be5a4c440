//! Cookie files of lines: Netscape's and libwww-perl's.

use interloper_formats::{lwp, netscape};

use super::mutation::{Changes, Kind, LONG, Mutations};

/// Beginning of a cookie's line in a jar of libwww-perl.
const LWP_COOKIE: &[u8] = b"Set-Cookie3:";

/// Spelling of a cookie in one of the two formats.
struct Spelling {
    /// The fields of a line.
    split: fn(&[u8]) -> Fields,
    /// Text before the first field.
    begin: &'static [u8],
    /// Text between two fields.
    between: &'static [u8],
    /// The field that has the value.
    value: usize,
    /// Tells by number and text whether a field is the cookie's expiry.
    ends: fn(usize, &[u8]) -> bool,
    /// Returns that field with another text.
    time: fn(&str) -> String,
    /// The first line of the other's files.
    others_head: &'static [u8],
}

const NETSCAPE: Spelling = Spelling {
    split: tabbed,
    begin: b"",
    between: b"\t",
    value: 6,
    ends: |n, _| n == 4,
    time: str::to_owned,
    others_head: b"#LWP-Cookies-2.0\n",
};

const LWP: Spelling = Spelling {
    split: words,
    begin: b"Set-Cookie3: ",
    between: b"; ",
    value: 0,
    ends: |_, field| field.starts_with(b"expires="),
    time: |text| format!("expires=\"{text}\""),
    others_head: b"# Netscape HTTP Cookie File\n",
};

/// Number of cookies of a jar that get every change each.
const COOKIES: usize = 4;
/// Number of copies of a cookie in a large jar.
const MANY: usize = 1_000;

/// Times that are none, or that no clock has.
const TIMES: [&str; 9] = [
    "soon",
    "-1",
    "1e999999",
    "NaN",
    "0x7fffffff",
    "9223372036854775808",
    "99999999999999999999999999",
    "9999-99-99 99:99:99Z",
    "٣",
];

type Fields = Vec<Vec<u8>>;

/// A line as it stands in the file, with its end.
#[derive(Clone, Copy)]
enum Line<'b> {
    Cookie(&'b [u8]),
    Other(&'b [u8]),
}

/// Reader of the lines of a jar that are cookies; `None` if it is not of the format.
type Read = for<'b> fn(&'b [u8]) -> Option<Vec<Line<'b>>>;

/// Returns the changes of a file as curl and Python's `MozillaCookieJar` write it.
pub(super) fn netscape<'b>(whole: &'b [u8], other: Option<&'b [u8]>) -> Option<Changes<'b>> {
    changes(whole, other, &NETSCAPE, |bytes| {
        let read = netscape::parse(bytes).ok()?;
        let text = bytes.get(if read.mark { 3 } else { 0 }..)?;
        let lines = text.split_inclusive(|byte| *byte == b'\n').zip(read.lines);
        let lines = lines.map(|(line, read)| match read.entry {
            netscape::Entry::Comment(_) => Line::Other(line),
            netscape::Entry::Cookie(_) => Line::Cookie(line),
        });
        Some(lines.collect())
    })
}

/// Returns the changes of a file as libwww-perl and Python's `LWPCookieJar` write it. The first line says what it is: Python writes lines that
/// the reader refuses as ambiguous, and they are changed like all others.
pub(super) fn lwp<'b>(whole: &'b [u8], other: Option<&'b [u8]>) -> Option<Changes<'b>> {
    changes(whole, other, &LWP, |bytes| {
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
        lwp::parse(lines.next()?).ok()?;
        if !lines.all(|line| line.starts_with(LWP_COOKIE)) {
            return None;
        }
        let lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let lines = lines.map(|line| match line.starts_with(LWP_COOKIE) {
            true => Line::Cookie(line),
            false => Line::Other(line),
        });
        Some(lines.collect())
    })
}

fn tabbed(line: &[u8]) -> Fields {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    line.split(|byte| *byte == b'\t').map(<[u8]>::to_vec).collect()
}

/// Splits at the semicolons that are not in quotes.
fn words(line: &[u8]) -> Fields {
    let line = line.strip_prefix(LWP_COOKIE).unwrap_or(line);
    let (mut quoted, mut escaped) = (false, false);
    let words = line.split(|byte| {
        let ends = *byte == b';' && !quoted;
        quoted ^= *byte == b'"' && !escaped;
        escaped = quoted && *byte == b'\\' && !escaped;
        ends
    });
    words.map(|word| word.trim_ascii().to_vec()).collect()
}

fn changes<'b>(
    whole: &'b [u8],
    other: Option<&'b [u8]>,
    spelling: &'static Spelling,
    read: Read,
) -> Option<Changes<'b>> {
    let jar = Jar { lines: read(whole)?, spelling };
    let cookies = jar.first_cookies();
    let theirs = other.and_then(read).map(|lines| Jar { lines, spelling }.first_cookies());
    if cookies.is_empty() {
        return None;
    }
    Some(Changes::of(whole, move |out| {
        jar.change_file(whole, out);
        for (nth, cookie) in cookies.iter().enumerate() {
            jar.change_cookie(nth, cookie, out);
            for (n, field) in cookie.iter().enumerate() {
                jar.change_field(nth, cookie, (n, field), out);
            }
        }
        for (nth, theirs) in theirs.iter().flatten().enumerate() {
            jar.splice(nth, &cookies[0], theirs, out);
        }
    }))
}

struct Jar<'b> {
    lines: Vec<Line<'b>>,
    spelling: &'static Spelling,
}

impl Jar<'_> {
    fn cookies(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.lines.iter().filter_map(|line| match line {
            Line::Cookie(line) => Some(*line),
            Line::Other(_) => None,
        })
    }

    /// Returns the fields of those that get every change.
    fn first_cookies(&self) -> Vec<Fields> {
        self.cookies().take(COOKIES).map(self.spelling.split).collect()
    }

    fn print(&self, fields: &[Vec<u8>]) -> Vec<u8> {
        [self.spelling.begin, &fields.join(self.spelling.between), b"\n"].concat()
    }

    /// Returns the jar with other lines, as they are spelt, in the place of the `nth` cookie.
    fn with(&self, nth: usize, instead: &[&[u8]]) -> Vec<u8> {
        let (mut out, mut seen) = (Vec::new(), 0);
        for line in &self.lines {
            match line {
                Line::Other(line) => out.extend_from_slice(line),
                Line::Cookie(line) => {
                    match seen == nth {
                        true => instead.iter().for_each(|line| out.extend_from_slice(line)),
                        false => out.extend_from_slice(line),
                    }
                    seen += 1;
                }
            }
        }
        out
    }

    fn change_file(&self, whole: &[u8], out: &mut Mutations<'_>) {
        let end = whole.iter().position(|byte| *byte == b'\n').map_or(whole.len(), |at| at + 1);
        let (head, rest) = whole.split_at(end);
        let lines = |by: &[u8]| whole.split(|byte| *byte == b'\n').collect::<Vec<_>>().join(by);
        out.must(Kind::Dropped, || rest.to_vec(), "no first line");
        let others = || [self.spelling.others_head, rest].concat();
        out.must(Kind::Exchanged, others, "the first line of another format");
        out.put(Kind::Dropped, || whole.trim_ascii_end().to_vec(), "no end of the last line");
        out.put(Kind::Doubled, || whole.repeat(2), "the file twice");
        let comment = || [head, b"# ", &vec![b'x'; LONG], b"\n", rest].concat();
        out.put(Kind::Enlarged, comment, "a comment of 1 MiB");
        let marked = || [b"\xef\xbb\xbf", whole].concat();
        out.put(Kind::Spelt, marked, "a byte order mark before it");
        let what = "a carriage return before every end of a line";
        out.put(Kind::Spelt, || lines(b"\r\n"), what);
        out.put(Kind::Spelt, || lines(b"\r"), "a carriage return for every end of a line");
        out.put(Kind::Spelt, || lines(b"\n\0"), "NUL at the beginning of every line");
        let turned = || {
            let mut turned = head.to_vec();
            for line in self.cookies().rev() {
                turned.extend(self.print(&(self.spelling.split)(line)));
            }
            turned
        };
        out.put(Kind::Exchanged, turned, "the cookies in turned order");
    }

    fn change_cookie(&self, nth: usize, cookie: &Fields, out: &mut Mutations<'_>) {
        let line = self.print(cookie);
        let name = format!("cookie {}", nth + 1);
        let mut other = cookie.clone();
        if let Some(value) = other.get_mut(self.spelling.value) {
            *value = longer(value, b"x");
        }
        let other = self.print(&other);
        let without = || self.with(nth, &[]);
        out.add(Kind::Dropped, without, format_args!("without {name}"), nth == 0);
        let twice = |one: &[u8], two: &[u8]| self.with(nth, &[one, two]);
        out.put(Kind::Doubled, || twice(&line, &line), format_args!("{name} twice"));
        let what = format_args!("{name} twice, the second with another value");
        out.put(Kind::Doubled, || twice(&line, &other), what);
        let what = format_args!("{name} twice, the first with another value");
        out.put(Kind::Doubled, || twice(&other, &line), what);
        let many = || self.with(nth, &[&line[..]; MANY]);
        out.put(Kind::Enlarged, many, format_args!("{name} {MANY} times"));
        let commented = || self.with(nth, &[b"# ", &line]);
        out.put(Kind::Spelt, commented, format_args!("{name} in a comment"));
        let spaces = || self.with(nth, &[self.spelling.begin, &cookie.join(&b"    "[..]), b"\n"]);
        out.put(Kind::Spelt, spaces, format_args!("{name} with spaces between its fields"));
    }

    fn change_field(
        &self,
        nth: usize,
        cookie: &Fields,
        (n, field): (usize, &Vec<u8>),
        out: &mut Mutations<'_>,
    ) {
        let at = format!("field {} of cookie {}", n + 1, nth + 1);
        let put = |change: &dyn Fn(&mut Fields)| {
            let mut fields = cookie.clone();
            change(&mut fields);
            self.with(nth, &[&self.print(&fields)])
        };
        let as_is = |text: &[u8]| put(&|fields| fields[n] = text.to_vec());
        let less = || put(&|fields| drop(fields.remove(n)));
        out.put(Kind::Dropped, less, format_args!("no {at}"));
        out.put(Kind::Dropped, || as_is(b""), format_args!("{at} is empty"));
        if let Some(equals) = field.iter().position(|byte| *byte == b'=') {
            let bare = || as_is(&field[..equals]);
            out.put(Kind::Dropped, bare, format_args!("{at} has no value"));
        }
        let twice = || put(&|fields| fields.insert(n, field.clone()));
        out.put(Kind::Doubled, twice, format_args!("{at} twice"));
        out.put(Kind::Retyped, || as_is(b"x"), format_args!("{at} is \"x\""));
        out.put(Kind::Retyped, || as_is(b"-1"), format_args!("{at} is -1"));
        let long = || as_is(&longer(field, &vec![b'x'; LONG]));
        out.put(Kind::Enlarged, long, format_args!("{at} is very long"));
        let quotes = || as_is(&longer(field, &b"\\\"".repeat(5_000)));
        out.put(Kind::Nested, quotes, format_args!("{at} with 5000 quotes"));
        if n + 1 < cookie.len() {
            let swapped = || put(&|fields| fields.swap(n, n + 1));
            out.put(Kind::Exchanged, swapped, format_args!("{at} and the next change places"));
        }
        let bytes: [(&[u8], &str); 6] = [
            (b"\0", "NUL"),
            (b"\r", "a carriage return"),
            (b"\n", "an end of a line"),
            (b"\x0b", "a vertical tab"),
            (b"\xc2\x85", "NEL, which is an end of a line to Unicode"),
            (b"\xff", "a byte that is not UTF-8"),
        ];
        for (byte, word) in bytes {
            let what = format_args!("{at} ends with {word}");
            out.add(Kind::Spelt, || as_is(&longer(field, byte)), what, (nth, n) == (0, 0));
        }
        if (self.spelling.ends)(n, field) {
            let time = |text: &str| as_is((self.spelling.time)(text).as_bytes());
            for text in TIMES {
                let what = format_args!("{at}, a time, is {text:?}");
                out.must(Kind::Retyped, || time(text), what);
            }
            // What readers of lenient dates took minutes for, https://github.com/python/cpython/issues/82984.
            let blanks = || time(&format!("1-1-1{}x", " ".repeat(20_000)));
            out.put(Kind::Enlarged, blanks, format_args!("{at}, a time, is 20,000 blanks"));
        }
    }

    fn splice(&self, nth: usize, cookie: &Fields, theirs: &Fields, out: &mut Mutations<'_>) {
        let (line, other) = (self.print(cookie), self.print(theirs));
        let name = format!("cookie {} of another session", nth + 1);
        let both = |lines: &[&[u8]]| self.with(0, lines);
        let what = format_args!("{name} after cookie 1");
        out.must(Kind::Spliced, || both(&[&line, &other]), what);
        let what = format_args!("{name} before cookie 1");
        out.put(Kind::Spliced, || both(&[&other, &line]), what);
        out.put(Kind::Spliced, || both(&[&other]), format_args!("{name} for cookie 1"));
        for (n, field) in theirs.iter().enumerate().take(cookie.len()) {
            let mixed = || {
                let mut mixed = cookie.clone();
                mixed[n].clone_from(field);
                both(&[&self.print(&mixed)])
            };
            let what = format_args!("field {} of {name} in cookie 1", n + 1);
            out.put(Kind::Spliced, mixed, what);
        }
    }
}

/// Returns a field with more in it: inside its quotes where it has some.
fn longer(field: &[u8], by: &[u8]) -> Vec<u8> {
    match field.strip_suffix(b"\"") {
        Some(inside) => [inside, by, b"\""].concat(),
        None => [field, by].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &[u8] = b"# Netscape HTTP Cookie File\na.org\tFALSE\t/\tFALSE\t5\tn\tv\n";

    fn has(out: &Changes<'_>, line: &[u8]) -> bool {
        let whole = [b"# Netscape HTTP Cookie File\n", line].concat();
        out.all().iter().any(|one| one.bytes == whole)
    }

    #[test]
    fn a_line_of_fields() {
        let out = netscape(ONE, None).unwrap();
        assert!(has(&out, b""));
        assert!(has(&out, b"a.org\tFALSE\t/\tFALSE\t5\tn\n"));
        assert!(has(&out, b"a.org\tFALSE\t/\tFALSE\tsoon\tn\tv\n"));
        assert!(has(&out, b"a.org\tFALSE\t/\tFALSE\t5\tn\tv\tv\n"));
        assert!(has(&out, b"a.org\tFALSE\t/\tFALSE\tn\t5\tv\n"));
        assert!(has(&out, b"a.org\tFALSE\t/\tFALSE\t5\tn\tv\na.org\tFALSE\t/\tFALSE\t5\tn\tvx\n"));
    }

    #[test]
    fn a_cookie_of_another_session() {
        let theirs = b"a.org\tFALSE\t/\tFALSE\t5\tn\tw\n";
        let out = netscape(ONE, Some(theirs)).unwrap();
        assert!(has(&out, theirs));
        assert!(has(&out, &[b"a.org\tFALSE\t/\tFALSE\t5\tn\tv\n", &theirs[..]].concat()));
    }

    #[test]
    fn what_editors_and_other_programs_write_has_changes() {
        let line = "a.org\tFALSE\t/\tFALSE\t5.5\tn\tv\r\n";
        let out = netscape(line.as_bytes(), None).unwrap().all();
        // The carriage return is no part of the value.
        assert!(out.iter().any(|one| one.bytes == b"a.org\tFALSE\t/\tFALSE\t5.5\tn\n"));
        let marked = ["\u{feff}# Netscape HTTP Cookie File\n", line].concat();
        assert!(netscape(marked.as_bytes(), None).is_some());
        for jar in [
            "#LWP-Cookies-1.0\nSet-Cookie3: foo=bar; path=\"/\"; domain=127.0.0.1; discard; version=0\n",
            // Python 3.11 writes it for `Set-Cookie: a=1; Secure q=2`.
            "#LWP-Cookies-2.0\nSet-Cookie3: a=1; path=\"/\"; domain=\"a.org\"; discard; Secure q=2; version=0\n",
        ] {
            assert!(lwp(jar.as_bytes(), None).is_some(), "{jar}");
        }
        assert!(lwp(b"#LWP-Cookies-2.0\nSet-Cookie: a=1\n", None).is_none());
    }

    #[test]
    fn semicolons_in_quotes_end_no_word() {
        let line = br#" a="b;\"c;\\"; path="/"; secure"#;
        assert_eq!(words(line), [&br#"a="b;\"c;\\""#[..], br#"path="/""#, b"secure"]);
        let jar = [b"#LWP-Cookies-2.0\nSet-Cookie3:", &line[..], b"; expires=\"x\"\n"].concat();
        let all = lwp(&jar, None).unwrap().all();
        let soon = |one: &&super::super::mutation::Mutation| one.what.ends_with("is \"soon\"");
        assert!(all.iter().find(soon).unwrap().bytes.ends_with(b"; expires=\"soon\"\n"));
    }
}
