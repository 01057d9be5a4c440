//! Python's jars: `MozillaCookieJar` and `LWPCookieJar` in `Lib/http/cookiejar.py`.

use interloper_formats::lwp;
use interloper_formats::netscape;

use super::super::compare::{Case, KnownDisagreement, Part};

pub(in super::super) static NETSCAPE: &[KnownDisagreement] = &[
    KnownDisagreement::new(
        Part::Accepts,
        "to open() a carriage return ends a line, and NUL is a character",
        carriage,
    ),
    KnownDisagreement::new(
        Part::Accepts,
        "a line that begins with `#` or `$` after white space is skipped",
        |case| entries(case.input).any(is_skipped),
    ),
    KnownDisagreement::new(Part::Accepts, "a flag that is not TRUE is FALSE", |case| {
        entries(case.input).any(|line| {
            let fields = fields(line);
            let word =
                |at: usize| fields.get(at).is_some_and(|word| !["TRUE", "FALSE"].contains(word));
            word(1) || word(3)
        })
    }),
    KnownDisagreement::new(
        Part::Accepts,
        "an empty path is a path; curl takes the two tabs for one, and the reference refuses them",
        |case| entries(case.input).any(|line| fields(line).get(2) == Some(&"")),
    ),
    KnownDisagreement::new(
        Part::Accepts,
        "the end of a cookie is any number of Python's: int(float(expires))",
        |case| {
            entries(case.input).any(|line| {
                fields(line).get(4).is_some_and(|end| {
                    end.parse::<i64>().map(|n| n.to_string()).as_deref() != Ok(*end)
                })
            })
        },
    ),
    KnownDisagreement::new(Part::Refuses, "open() refuses what is not UTF-8", not_text),
    KnownDisagreement::new(
        Part::Refuses,
        "a line has seven fields: ValueError of split; curl and Perl read six as a cookie without a value",
        |case| cookies(case).any(|cookie| cookie.value.is_none()),
    ),
    KnownDisagreement::new(
        Part::Refuses,
        "the first line has to be the format's, without a byte order mark: NETSCAPE_MAGIC_RGX",
        |case| case.input.starts_with(b"\xef\xbb\xbf"),
    ),
    KnownDisagreement::new(
        Part::Refuses,
        "the flag for subdomains has to say whether the domain has a dot",
        |case| cookies(case).any(|cookie| cookie.subdomains != cookie.domain.starts_with(b".")),
    ),
    KnownDisagreement::new(
        Part::Value,
        "the end of a cookie goes through a double: int(float(expires))",
        |case| {
            cookies(case).any(|cookie| {
                cookie.expires.is_some_and(|end| end.seconds.unsigned_abs() > 1 << 53)
            })
        },
    ),
    KnownDisagreement::new(
        Part::Value,
        "a line that begins with `#` or `$` after white space is skipped",
        |case| entries(case.input).any(is_skipped),
    ),
];

pub(in super::super) static LWP: &[KnownDisagreement] = &[
    KnownDisagreement::new(
        Part::Accepts,
        "to open() a carriage return ends a line, and NUL is a character",
        carriage,
    ),
    KnownDisagreement::new(
        Part::Accepts,
        "the first line may have any version, and more after it: magic_re",
        |case| {
            first_line(case.input).starts_with(b"#LWP-Cookies-")
                && first_line(case.input) != b"#LWP-Cookies-2.0"
        },
    ),
    KnownDisagreement::new(
        Part::Accepts,
        "a line that does not begin with Set-Cookie3: is skipped",
        |case| {
            let mut lines = case.input.split(|&byte| byte == b'\n').skip(1);
            lines.any(|line| !line.is_empty() && !line.starts_with(b"Set-Cookie3:"))
        },
    ),
    KnownDisagreement::new(
        Part::Accepts,
        "split_header_words reads words of any line, with or without `;` between them",
        |case| {
            let at = case.ours.as_ref().err().map_or(0, |error| error.at);
            let before = case.input.get(..at).unwrap_or_default();
            let line = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
            case.input[line..].starts_with(b"Set-Cookie3:")
        },
    ),
    KnownDisagreement::new(Part::Refuses, "open() refuses what is not UTF-8", not_text),
    KnownDisagreement::new(
        Part::Refuses,
        "a cookie has to have a domain, and a port where it has port_spec",
        |case| {
            lwp_cookies(case).any(|cookie| {
                let none =
                    |name: &str| last(&cookie, name).and_then(|word| word.value.as_ref()).is_none();
                let port_spec = last(&cookie, "port_spec").is_some_and(|word| word.value.is_none());
                none("domain") || port_spec && none("port")
            })
        },
    ),
    KnownDisagreement::new(Part::Refuses, "a version has to be a number", |case| {
        lwp_cookies(case).any(|cookie| {
            let version = last(&cookie, "version").and_then(|word| word.value.clone());
            version.is_some_and(|version| {
                version.is_empty() || !version.iter().all(u8::is_ascii_digit)
            })
        })
    }),
    KnownDisagreement::new(
        Part::Value,
        "to Python's \\s and strip() all white space of Unicode is white space",
        |case| text(case.input).chars().any(|c| c.is_whitespace() && !c.is_ascii()),
    ),
];

fn text(input: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(input)
}

fn carriage(case: &Case<'_>) -> bool {
    case.input.iter().any(|byte| matches!(byte, b'\r' | 0))
}

fn not_text(case: &Case<'_>) -> bool {
    str::from_utf8(case.input).is_err()
}

fn first_line(input: &[u8]) -> &[u8] {
    input.split(|&byte| byte == b'\n').next().unwrap_or_default()
}

/// Lines without the flag before the domain, where they are text: others are refused as a whole.
fn entries(input: &[u8]) -> impl Iterator<Item = &str> {
    let lines = str::from_utf8(input).unwrap_or_default().split('\n');
    lines.filter(|line| !line.is_empty()).filter_map(|line| match line.strip_prefix("#HttpOnly_") {
        Some(entry) => Some(entry),
        None => (!line.starts_with('#')).then_some(line),
    })
}

fn is_skipped(line: &str) -> bool {
    // str.strip() takes off these separators too.
    let rest =
        line.trim_start_matches(|c: char| c.is_whitespace() || ('\x1c'..='\x1f').contains(&c));
    rest.is_empty() || rest.starts_with(['#', '$'])
}

fn fields(line: &str) -> Vec<&str> {
    line.split('\t').collect()
}

fn cookies(case: &Case<'_>) -> impl Iterator<Item = netscape::Cookie> {
    let jar = netscape::parse(case.input).unwrap_or_default();
    jar.cookies().cloned().collect::<Vec<_>>().into_iter()
}

fn lwp_cookies(case: &Case<'_>) -> impl Iterator<Item = lwp::Cookie> {
    lwp::parse(case.input).map(|jar| jar.cookies).unwrap_or_default().into_iter()
}

fn last<'a>(cookie: &'a lwp::Cookie, name: &str) -> Option<&'a lwp::Word> {
    cookie.attributes.iter().rev().find(|word| word.name.eq_ignore_ascii_case(name.as_bytes()))
}
