//! Jars as curl, wget and Perl read them. None of the three refuses a jar of Netscape: a line that they do not read is skipped. So what is on
//! these lists is a kind of line, and all other lines of the jar are still compared.

use interloper_formats::{Error, lwp, netscape};
use serde_json::Value;

use super::super::compare::{Case, KnownDisagreement, Part};
use super::super::{json, reading};

/// A kind of line that a program reads in its own way.
type Odd = fn(&[u8]) -> bool;

/// Makes the list of a program: its kinds of lines with their reasons, and what a jar of other lines is to it.
macro_rules! lines {
    ($reference:expr, $head:expr, [$($reason:literal: $odd:expr),+ $(,)?]) => {
        {
            const LINES: Lines = Lines { head: $head, odd: &[$($odd),+] };
            &[
                $(
                    KnownDisagreement::new(Part::Value, $reason, |case| {
                        LINES.agree_but_for($odd, case, $reference)
                    }),
                    KnownDisagreement::new(Part::Accepts, $reason, |case| {
                        LINES.agree_but_for($odd, case, $reference)
                    })
                ),+
            ]
        }
    };
}

/// curl 7.88: `Curl_cookie_add` in `lib/cookie.c`.
pub(in super::super) static NETSCAPE_CURL: &[KnownDisagreement] = lines!(
    reading::netscape_curl,
    b"",
    [
        "a line is skipped that has other than six or seven words, and its flags may be any words": refused,
        "strtok_r takes tabs together, so a field that is empty is not there": has_empty_field,
        "a name that begins with __Secure- or __Host- has to keep what that promises": has_prefix,
        "of one name, a cookie may not take the place of a secure one, and paths are the same with a slash at the end": says_path_or_name,
        "more dots than one before a domain": |line| line.starts_with(b"..") || line.starts_with(b".\t"),
        "a line is read to its 5000th byte": |line| line.len() > 4_900,
        "a line may be a header": |line| line.to_ascii_lowercase().starts_with(b"set-cookie:"),
    ]
);

/// wget 1.21: `cookie_jar_load` in `src/cookies.c`.
pub(in super::super) static NETSCAPE_WGET: &[KnownDisagreement] = lines!(
    reading::netscape_wget,
    b"",
    [
        "a line is skipped that has fewer than seven fields, and its flags may be any words": refused,
        "a line with an empty field before its value is skipped, and so is one without a value": |line| {
            has_empty_field(line) || line.split(|&byte| byte == b'\t').count() < 7
        },
        "`#HttpOnly_` is a comment": |line| line.starts_with(b"#HttpOnly_"),
        "a domain may have a port": |line| field(line, 0).contains(&b':'),
        "the end of a cookie goes through a double": beyond_doubles,
        "more dots than one before a domain": |line| line.starts_with(b"..") || line.starts_with(b".\t"),
    ]
);

/// `HTTP::Cookies::Netscape` 6.10: `load`, and `set_cookie` of `HTTP::Cookies`.
pub(in super::super) static NETSCAPE_PERL: &[KnownDisagreement] = lines!(
    reading::netscape_perl,
    b"",
    [
        "a line has as many fields as it has, with any words, and carriage returns are taken out": refused,
        "`#HttpOnly_` is taken out of the middle of a line, too": |line| {
            line.windows(10).skip(1).any(|window| window == b"#HttpOnly_")
        },
        "a path has to begin with a slash, and a name not with `$`": |line| {
            !field(line, 2).starts_with(b"/") || field(line, 5).starts_with(b"$")
        },
        "the end of a cookie goes through a double": beyond_doubles,
    ]
);

/// `HTTP::Cookies` 6.10: `load`, and `_split_header_words` of `HTTP::Headers::Util`.
pub(in super::super) static LWP_PERL: &[KnownDisagreement] = &[
    KnownDisagreement::new(
        Part::Accepts,
        "the first line may have any version, and more after it; others are skipped that do not begin with Set-Cookie3:",
        |case| {
            let mut lines = case.input.split(|&byte| byte == b'\n');
            let head = lines.next().unwrap_or_default();
            let known = [&b"#LWP-Cookies-1.0"[..], b"#LWP-Cookies-2.0"].contains(&head);
            head.starts_with(b"#LWP-Cookies-") && !known
        },
    ),
    KnownDisagreement::new(
        Part::Accepts,
        "words of any line are read, with or without `;` between them, and `,` begins another cookie",
        |case| {
            Lines { head: b"#LWP-Cookies-1.0\n", odd: &[refused_by_lwp] }.agree_but_for(
                refused_by_lwp,
                case,
                reading::lwp_perl,
            )
        },
    ),
];

struct Lines {
    /// A line that has to stand before all others.
    head: &'static [u8],
    /// All kinds that the program reads in its own way.
    odd: &'static [Odd],
}

impl Lines {
    /// Returns whether a line of this kind is there, and all cookies of regular lines are in the program's reading. A cookie whose name stands
    /// in an odd line, too, may have been replaced.
    fn agree_but_for(
        &self,
        kind: Odd,
        case: &Case<'_>,
        reference: fn(&[u8]) -> Result<Value, Error>,
    ) -> bool {
        let Ok(Value::Array(theirs)) = &case.theirs else { return false };
        let text = case.input.strip_prefix(self.head).unwrap_or(case.input);
        let lines: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
        // To a program in C a line is over at NUL, and its rest may be part of the next one.
        let mut torn = false;
        let (odd, regular): (Vec<&[u8]>, Vec<&[u8]>) = lines.into_iter().partition(|line| {
            torn |= line.contains(&0);
            torn || self.odd.iter().any(|odd| odd(line))
        });
        // A carriage return at the end of the file is an odd one.
        let cut = case.input.ends_with(b"\r");
        let Ok(Value::Array(ours)) = reference(&[self.head, &regular.join(&b'\n'), b"\n"].concat())
        else {
            return false;
        };
        let replaced = |cookie: &Value| {
            let name = cookie["name"].as_str().and_then(json::bytes).unwrap_or_default();
            odd.iter().any(|line| {
                name.is_empty() || line.windows(name.len()).any(|window| window == name)
            })
        };
        (cut || odd.iter().any(|line| kind(line)))
            && ours.iter().all(|cookie| theirs.contains(cookie) || replaced(cookie))
    }
}

fn refused(line: &[u8]) -> bool {
    // Split at newlines, a line of CRLF has its carriage return still.
    netscape::parse(&[line, b"\n"].concat()).is_err()
}

fn refused_by_lwp(line: &[u8]) -> bool {
    lwp::parse(&[b"#LWP-Cookies-1.0\n", line, b"\n"].concat()).is_err()
}

fn field(line: &[u8], number: usize) -> &[u8] {
    line.split(|&byte| byte == b'\t').nth(number).unwrap_or_default()
}

fn is_cookie(line: &[u8]) -> bool {
    !line.is_empty() && (line.starts_with(b"#HttpOnly_") || !line.starts_with(b"#"))
}

fn has_empty_field(line: &[u8]) -> bool {
    is_cookie(line) && line.split(|&byte| byte == b'\t').take(6).any(<[u8]>::is_empty)
}

fn has_prefix(line: &[u8]) -> bool {
    let name = field(line, 5).to_ascii_lowercase();
    name.starts_with(b"__secure-") || name.starts_with(b"__host-")
}

fn says_path_or_name(line: &[u8]) -> bool {
    let path = field(line, 2);
    is_cookie(line) && path != b"/"
}

fn beyond_doubles(line: &[u8]) -> bool {
    let jar = netscape::parse(&[line, b"\n"].concat()).unwrap_or_default();
    let mut ends = jar.cookies().filter_map(|cookie| cookie.expires.as_ref());
    ends.any(|end| end.seconds.unsigned_abs() > 1 << 53)
}
