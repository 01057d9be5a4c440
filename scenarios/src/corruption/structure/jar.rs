//! Cookie files of lines: Netscape's and libwww-perl's.

use interloper_formats::{lwp, netscape};

use super::mutation::{Kind, LONG, Mutations};

/// How one of the two spells a cookie.
struct Spelling {
    /// What stands before the first field.
    begin: &'static [u8],
    /// What stands between two fields.
    between: &'static [u8],
    /// The field that has the value.
    value: usize,
    /// Whether a field says when the cookie ends, by its number and its text.
    ends: fn(usize, &[u8]) -> bool,
    /// That field with another text.
    time: fn(&str) -> String,
    /// The first line of the other's files.
    others_head: &'static [u8],
}

const NETSCAPE: Spelling = Spelling {
    begin: b"",
    between: b"\t",
    value: 6,
    ends: |n, _| n == 4,
    time: str::to_owned,
    others_head: b"#LWP-Cookies-2.0\n",
};

const LWP: Spelling = Spelling {
    begin: b"Set-Cookie3: ",
    between: b"; ",
    value: 0,
    ends: |_, field| field.starts_with(b"expires="),
    time: |text| format!("expires=\"{text}\""),
    others_head: b"# Netscape HTTP Cookie File\n",
};

/// How many cookies of a jar each get every change.
const COOKIES: usize = 4;
/// How often a cookie stands in a jar that is large.
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

/// A line: a cookie's fields, or whatever else there is.
#[derive(Clone)]
enum Line {
    Cookie(Fields),
    Other(Vec<u8>),
}

/// The changes of a file as curl and Python's `MozillaCookieJar` write it.
pub(super) fn netscape(whole: &[u8], other: Option<&[u8]>) -> Option<Mutations> {
    changes(whole, other, &NETSCAPE, &|bytes| {
        let read = netscape::parse(bytes).ok()?;
        let lines = bytes.split_inclusive(|byte| *byte == b'\n').zip(read);
        let lines = lines.map(|(line, read)| match read {
            netscape::Line::Comment(_) => Line::Other(line.to_vec()),
            netscape::Line::Cookie(_) => {
                let line = line.strip_suffix(b"\n").unwrap_or(line);
                Line::Cookie(line.split(|byte| *byte == b'\t').map(<[u8]>::to_vec).collect())
            }
        });
        Some(lines.collect())
    })
}

/// The changes of a file as libwww-perl and Python's `LWPCookieJar` write it.
pub(super) fn lwp(whole: &[u8], other: Option<&[u8]>) -> Option<Mutations> {
    changes(whole, other, &LWP, &|bytes| {
        lwp::parse(bytes).ok()?;
        let lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let lines = lines.map(|line| match line.strip_prefix(b"Set-Cookie3:") {
            Some(fields) => Line::Cookie(words(fields)),
            None => Line::Other(line.to_vec()),
        });
        Some(lines.collect())
    })
}

/// What stands between the semicolons that are not in quotes.
fn words(line: &[u8]) -> Fields {
    let (mut quoted, mut escaped) = (false, false);
    let words = line.split(|byte| {
        let ends = *byte == b';' && !quoted;
        quoted ^= *byte == b'"' && !escaped;
        escaped = quoted && *byte == b'\\' && !escaped;
        ends
    });
    words.map(|word| word.trim_ascii().to_vec()).collect()
}

fn changes(
    whole: &[u8],
    other: Option<&[u8]>,
    spelling: &Spelling,
    read: &dyn Fn(&[u8]) -> Option<Vec<Line>>,
) -> Option<Mutations> {
    let jar = Jar { lines: read(whole)?, spelling };
    let theirs = other.and_then(read).map(|lines| Jar { lines, spelling }.cookies());
    if jar.cookies().is_empty() {
        return None;
    }
    let mut out = Mutations::of(whole);
    jar.change_file(whole, &mut out);
    for (nth, cookie) in jar.cookies().iter().take(COOKIES).enumerate() {
        jar.change_cookie(nth, cookie, &mut out);
        for (n, field) in cookie.iter().enumerate() {
            jar.change_field(nth, cookie, (n, field), &mut out);
        }
    }
    for (nth, theirs) in theirs.iter().flatten().take(COOKIES).enumerate() {
        jar.splice(nth, theirs, &mut out);
    }
    Some(out)
}

struct Jar<'s> {
    lines: Vec<Line>,
    spelling: &'s Spelling,
}

impl Jar<'_> {
    fn cookies(&self) -> Vec<Fields> {
        let cookies = self.lines.iter().filter_map(|line| match line {
            Line::Cookie(fields) => Some(fields.clone()),
            Line::Other(_) => None,
        });
        cookies.collect()
    }

    fn print(&self, fields: &[Vec<u8>]) -> Vec<u8> {
        [self.spelling.begin, &fields.join(self.spelling.between), b"\n"].concat()
    }

    /// The jar with other lines, as they are spelt, in the place of the `nth` cookie.
    fn with(&self, nth: usize, instead: &[Vec<u8>]) -> Vec<u8> {
        let (mut out, mut seen) = (Vec::new(), 0);
        for line in &self.lines {
            match line {
                Line::Other(bytes) => out.extend(bytes),
                Line::Cookie(fields) => {
                    match seen == nth {
                        true => out.extend(instead.concat()),
                        false => out.extend(self.print(fields)),
                    }
                    seen += 1;
                }
            }
        }
        out
    }

    fn change_file(&self, whole: &[u8], out: &mut Mutations) {
        let end = whole.iter().position(|byte| *byte == b'\n').map_or(whole.len(), |at| at + 1);
        let (head, rest) = whole.split_at(end);
        let others = [self.spelling.others_head, rest].concat();
        let lines = |by: &[u8]| whole.split(|byte| *byte == b'\n').collect::<Vec<_>>().join(by);
        let comment = [head, b"# ", &[b'x'; LONG][..], b"\n", rest].concat();
        out.must(Kind::Dropped, rest.to_vec(), "no first line");
        out.must(Kind::Exchanged, others, "the first line of another format");
        out.put(Kind::Dropped, whole.trim_ascii_end().to_vec(), "no end of the last line");
        out.put(Kind::Doubled, whole.repeat(2), "the file twice");
        out.put(Kind::Enlarged, comment, "a comment of 1 MiB");
        out.put(Kind::Spelt, [b"\xef\xbb\xbf", whole].concat(), "a byte order mark before it");
        out.put(Kind::Spelt, lines(b"\r\n"), "a carriage return before every end of a line");
        out.put(Kind::Spelt, lines(b"\r"), "a carriage return for every end of a line");
        out.put(Kind::Spelt, lines(b"\n\0"), "NUL at the beginning of every line");
        let mut turned = self.cookies();
        turned.reverse();
        let turned: Vec<_> = turned.iter().map(|cookie| self.print(cookie)).collect();
        out.put(Kind::Exchanged, [head, &turned.concat()].concat(), "the cookies in turned order");
    }

    fn change_cookie(&self, nth: usize, cookie: &Fields, out: &mut Mutations) {
        let line = self.print(cookie);
        let name = format!("cookie {}", nth + 1);
        let mut other = cookie.clone();
        if let Some(value) = other.get_mut(self.spelling.value) {
            *value = longer(value, b"x");
        }
        let other = self.print(&other);
        let many = vec![line.clone(); MANY];
        let spaces = cookie.join(&b"    "[..]);
        let commented = [b"# ", &line[..]].concat();
        out.add(Kind::Dropped, self.with(nth, &[]), format!("without {name}"), nth == 0);
        out.put(
            Kind::Doubled,
            self.with(nth, &[line.clone(), line.clone()]),
            format!("{name} twice"),
        );
        let what = format!("{name} twice, the second with another value");
        out.put(Kind::Doubled, self.with(nth, &[line.clone(), other.clone()]), what);
        let what = format!("{name} twice, the first with another value");
        out.put(Kind::Doubled, self.with(nth, &[other, line]), what);
        out.put(Kind::Enlarged, self.with(nth, &many), format!("{name} {MANY} times"));
        out.put(Kind::Spelt, self.with(nth, &[commented]), format!("{name} in a comment"));
        let spaces = [self.spelling.begin, &spaces, b"\n"].concat();
        out.put(
            Kind::Spelt,
            self.with(nth, &[spaces]),
            format!("{name} with spaces between its fields"),
        );
    }

    fn change_field(
        &self,
        nth: usize,
        cookie: &Fields,
        (n, field): (usize, &Vec<u8>),
        out: &mut Mutations,
    ) {
        let at = format!("field {} of cookie {}", n + 1, nth + 1);
        let put = |fields: Fields| self.with(nth, &[self.print(&fields)]);
        let as_is = |text: &[u8]| {
            let mut fields = cookie.clone();
            fields[n] = text.to_vec();
            put(fields)
        };
        let (mut less, mut twice, mut swapped) = (cookie.clone(), cookie.clone(), cookie.clone());
        less.remove(n);
        twice.insert(n, field.clone());
        out.put(Kind::Dropped, put(less), format!("no {at}"));
        out.put(Kind::Dropped, as_is(b""), format!("{at} is empty"));
        if let Some(equals) = field.iter().position(|byte| *byte == b'=') {
            out.put(Kind::Dropped, as_is(&field[..equals]), format!("{at} has no value"));
        }
        out.put(Kind::Doubled, put(twice), format!("{at} twice"));
        out.put(Kind::Retyped, as_is(b"x"), format!("{at} is \"x\""));
        out.put(Kind::Retyped, as_is(b"-1"), format!("{at} is -1"));
        out.put(Kind::Enlarged, as_is(&longer(field, &[b'x'; LONG])), format!("{at} is very long"));
        out.put(
            Kind::Nested,
            as_is(&longer(field, &b"\\\"".repeat(5_000))),
            format!("{at} with 5000 quotes"),
        );
        if n + 1 < swapped.len() {
            swapped.swap(n, n + 1);
            out.put(Kind::Exchanged, put(swapped), format!("{at} and the next change places"));
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
            let what = format!("{at} ends with {word}");
            out.add(Kind::Spelt, as_is(&longer(field, byte)), what, (nth, n) == (0, 0));
        }
        if (self.spelling.ends)(n, field) {
            for text in TIMES {
                let time = (self.spelling.time)(text);
                out.must(
                    Kind::Retyped,
                    as_is(time.as_bytes()),
                    format!("{at}, a time, is {text:?}"),
                );
            }
            // What readers of lenient dates took minutes for, https://github.com/python/cpython/issues/82984.
            let blanks = (self.spelling.time)(&format!("1-1-1{}x", " ".repeat(20_000)));
            out.put(
                Kind::Enlarged,
                as_is(blanks.as_bytes()),
                format!("{at}, a time, is 20,000 blanks"),
            );
        }
    }

    fn splice(&self, nth: usize, theirs: &Fields, out: &mut Mutations) {
        let Some(cookie) = self.cookies().into_iter().next() else { return };
        let (line, other) = (self.print(&cookie), self.print(theirs));
        let name = format!("cookie {} of another session", nth + 1);
        let both = self.with(0, &[line.clone(), other.clone()]);
        out.must(Kind::Spliced, both, format!("{name} after cookie 1"));
        let both = self.with(0, &[other.clone(), line]);
        out.put(Kind::Spliced, both, format!("{name} before cookie 1"));
        out.put(Kind::Spliced, self.with(0, &[other]), format!("{name} for cookie 1"));
        for (n, field) in theirs.iter().enumerate().take(cookie.len()) {
            let mut mixed = cookie.clone();
            mixed[n].clone_from(field);
            let what = format!("field {} of {name} in cookie 1", n + 1);
            out.put(Kind::Spliced, self.with(0, &[self.print(&mixed)]), what);
        }
    }
}

/// A field with more in it: inside its quotes where it has some.
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

    fn has(out: &Mutations, line: &[u8]) -> bool {
        let whole = [b"# Netscape HTTP Cookie File\n", line].concat();
        out.all.iter().any(|one| one.bytes == whole)
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
    fn semicolons_in_quotes_end_no_word() {
        let line = br#" a="b;\"c;\\"; path="/"; secure"#;
        assert_eq!(words(line), [&br#"a="b;\"c;\\""#[..], br#"path="/""#, b"secure"]);
        let jar = [b"#LWP-Cookies-2.0\nSet-Cookie3:", &line[..], b"; expires=\"x\"\n"].concat();
        let out = lwp(&jar, None).unwrap();
        let soon = |one: &&super::super::mutation::Mutation| one.what.ends_with("is \"soon\"");
        assert!(out.all.iter().find(soon).unwrap().bytes.ends_with(b"; expires=\"soon\"\n"));
    }
}
