//! The `Set-Cookie` response header.

use super::{MAX_ATTRIBUTE, MAX_PAIR, pair, parse_date, print_date, refuse_controls, split, trim};
use crate::error::{Error, Reason};
use crate::planted;

/// A cookie as a server sets it.
///
/// Where an attribute stands twice, the last counts (section 5.3). Attributes that nobody here knows are kept in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetCookie {
    /// The name; never empty.
    pub name: Vec<u8>,
    /// The value, quotes included.
    pub value: Vec<u8>,
    /// `Expires`, in Unix seconds.
    pub expires: Option<i64>,
    /// `Max-Age`, in seconds; what does not fit is the nearest that does.
    pub max_age: Option<i64>,
    /// `Domain`, in lower case, without its leading dot.
    pub domain: Option<Vec<u8>>,
    /// `Path`, where it begins with a slash.
    pub path: Option<Vec<u8>>,
    /// `Secure`.
    pub secure: bool,
    /// `HttpOnly`.
    pub http_only: bool,
    /// `SameSite`, where its value is known.
    pub same_site: Option<SameSite>,
    /// `Partitioned` ([CHIPS](https://datatracker.ietf.org/doc/html/draft-cutler-httpbis-partitioned-cookies)).
    pub partitioned: bool,
    /// `Priority`, where its value is known.
    pub priority: Option<Priority>,
    /// All other attributes.
    pub unknown: Vec<Attribute>,
}

/// An attribute that is none of the known ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The name as it is spelt; never empty.
    pub name: Vec<u8>,
    /// The value; `None` without `=`.
    pub value: Option<Vec<u8>>,
}

/// The values of `Priority` ([draft-west-cookie-priority](https://datatracker.ietf.org/doc/html/draft-west-cookie-priority-00)): which
/// cookies go last if a host has too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// Dropped first.
    Low,
    /// What a cookie has that says nothing.
    Medium,
    /// Dropped last.
    High,
}

/// The values of `SameSite` (6265bis section 5.6.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Sent with same-site requests only.
    Strict,
    /// Sent with same-site requests and top-level navigations.
    Lax,
    /// Sent with every request.
    None,
}

/// The prefixes that promise how a cookie was set (6265bis section 4.1.3; the two with `Http-` since draft 21).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// `__Secure-`: with `Secure`.
    Secure,
    /// `__Host-`: with `Secure`, without `Domain`, and with the path `/`.
    Host,
    /// `__Http-`: with `Secure` and `HttpOnly`, so by a server and no script.
    Http,
    /// `__Host-Http-`: all that `__Host-` and `__Http-` promise.
    HostHttp,
}

impl Prefix {
    /// The prefix of a name, which user agents compare without case.
    pub fn of(name: &[u8]) -> Option<Prefix> {
        let begins =
            |with: &[u8]| name.get(..with.len()).is_some_and(|n| n.eq_ignore_ascii_case(with));
        match () {
            () if begins(b"__Secure-") => Some(Prefix::Secure),
            () if begins(b"__Http-") => Some(Prefix::Http),
            // Before the shorter one that it begins with.
            () if begins(b"__Host-Http-") => Some(Prefix::HostHttp),
            () if begins(b"__Host-") => Some(Prefix::Host),
            () => None,
        }
    }
}

impl SetCookie {
    /// Whether what the name's prefix promises is so.
    pub fn keeps_prefix(&self) -> bool {
        let host = self.domain.is_none() && self.path.as_deref() == Some(b"/");
        match Prefix::of(&self.name) {
            None => true,
            Some(Prefix::Secure) => self.secure,
            Some(Prefix::Host) => self.secure && host,
            Some(Prefix::Http) => self.secure && self.http_only,
            Some(Prefix::HostHttp) => self.secure && self.http_only && host,
        }
    }
}

/// Reads the header's value.
///
/// # Errors
/// Where RFC 6265 ignores the whole header: no `=`, or no name. For control characters, and for more than [`MAX_PAIR`] bytes.
pub fn parse_set_cookie(bytes: &[u8]) -> Result<SetCookie, Error> {
    refuse_controls(bytes)?;
    let (first, mut rest) = split(bytes, b';');
    let (name, value) =
        pair(first).ok_or_else(|| Error::new(0, Reason::Expected("a name, `=` and a value")))?;
    if name.len() + value.len() > MAX_PAIR {
        return Err(Error::new(0, Reason::Range("the length of name and value")));
    }
    let mut cookie = SetCookie { name: name.to_vec(), value: value.to_vec(), ..Default::default() };
    while let Some(attributes) = rest {
        let attribute;
        (attribute, rest) = split(attributes, b';');
        let (name, value) = split(attribute, b'=');
        let (name, value) = (trim(name), value.map(trim));
        if value.is_none_or(|value| value.len() <= MAX_ATTRIBUTE) {
            cookie.set(name, value);
        }
    }
    Ok(cookie)
}

/// Prints the header's value.
pub fn print_set_cookie(cookie: &SetCookie) -> Vec<u8> {
    let mut out = [&cookie.name[..], b"=", &cookie.value].concat();
    let mut add = |parts: [&[u8]; 2]| out.extend([b"; ", parts[0], parts[1]].concat());
    if let Some(seconds) = cookie.expires {
        add([b"Expires=", print_date(seconds).as_bytes()]);
    }
    if let Some(seconds) = cookie.max_age {
        add([b"Max-Age=", seconds.to_string().as_bytes()]);
    }
    if let Some(domain) = &cookie.domain {
        // One leading dot is taken off by whoever reads it.
        let before: &[u8] = if domain.starts_with(b".") { b"Domain=." } else { b"Domain=" };
        add([before, domain]);
    }
    if let Some(path) = &cookie.path {
        add([b"Path=", path]);
    }
    if cookie.secure {
        add([b"Secure", b""]);
    }
    if cookie.http_only {
        add([b"HttpOnly", b""]);
    }
    if let Some(same_site) = cookie.same_site {
        let word: &[u8] = match same_site {
            SameSite::Strict => b"Strict",
            SameSite::Lax => b"Lax",
            SameSite::None => b"None",
        };
        add([b"SameSite=", word]);
    }
    if cookie.partitioned {
        add([b"Partitioned", b""]);
    }
    if let Some(priority) = cookie.priority {
        let word: &[u8] = match priority {
            Priority::Low => b"Low",
            Priority::Medium => b"Medium",
            Priority::High => b"High",
        };
        add([b"Priority=", word]);
    }
    for Attribute { name, value } in &cookie.unknown {
        let value = value.as_ref().map(|value| [b"=", &value[..]].concat());
        add([name, &value.unwrap_or_default()]);
    }
    out
}

impl SetCookie {
    /// One attribute, without the white space around its name and its value.
    fn set(&mut self, name: &[u8], given: Option<&[u8]>) {
        let value = given.unwrap_or_default();
        match name.to_ascii_lowercase().as_slice() {
            b"expires" => self.expires = parse_date(value).or(self.expires),
            b"max-age" => self.max_age = seconds(value).or(self.max_age),
            b"domain" => {
                let domain = value.strip_prefix(b".").unwrap_or(value).to_ascii_lowercase();
                // An empty one is ignored, and a dot alone is no domain.
                if !value.is_empty() {
                    self.domain = Some(domain).filter(|domain| !domain.is_empty());
                }
            }
            b"path" => self.path = Some(value.to_vec()).filter(|path| path.starts_with(b"/")),
            b"secure" => self.secure = true,
            b"httponly" => self.http_only = true,
            b"samesite" => self.same_site = same_site(value),
            b"partitioned" => self.partitioned = true,
            b"priority" => self.priority = priority(value),
            lower if planted::ATTRIBUTE_PREFIX && lower.starts_with(b"secure") => {
                self.secure = true
            }
            b"" => {}
            _ => {
                let value = given.map(<[u8]>::to_vec);
                self.unknown.push(Attribute { name: name.to_vec(), value });
            }
        }
    }
}

/// RFC 6265 section 5.2.2.
fn seconds(value: &[u8]) -> Option<i64> {
    let (minus, digits) = match value {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let magnitude = digits.iter().fold(0i64, |sum, digit| {
        let digit = i64::from(digit - b'0');
        match planted::MAX_AGE_OVERFLOW {
            true => sum * 10 + digit,
            false => sum.saturating_mul(10).saturating_add(digit),
        }
    });
    Some(if minus { -magnitude } else { magnitude })
}

fn same_site(value: &[u8]) -> Option<SameSite> {
    match value.to_ascii_lowercase().as_slice() {
        b"strict" => Some(SameSite::Strict),
        b"lax" => Some(SameSite::Lax),
        b"none" => Some(SameSite::None),
        _ => None,
    }
}

fn priority(value: &[u8]) -> Option<Priority> {
    match value.to_ascii_lowercase().as_slice() {
        b"low" => Some(Priority::Low),
        b"medium" => Some(Priority::Medium),
        b"high" => Some(Priority::High),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> SetCookie {
        parse_set_cookie(text.as_bytes()).unwrap()
    }

    #[test]
    fn every_attribute() {
        let cookie = read(
            "a = \"b\" ; Expires=Sun, 06 Nov 1994 08:49:37 GMT;MAX-AGE=60;domain=.Example.org; \
             Path=/x; secure; HTTPONLY=whatever; SameSite=lax; Priority=high; partitioned",
        );
        assert_eq!(cookie.value, b"\"b\"");
        assert_eq!((cookie.expires, cookie.max_age), (Some(784_111_777), Some(60)));
        assert_eq!(cookie.domain.as_deref(), Some(&b"example.org"[..]));
        assert_eq!(cookie.path.as_deref(), Some(&b"/x"[..]));
        assert!(cookie.secure && cookie.http_only);
        assert_eq!(cookie.same_site, Some(SameSite::Lax));
        assert_eq!((cookie.partitioned, cookie.priority), (true, Some(Priority::High)));
    }

    #[test]
    fn an_attribute_that_nobody_knows_is_kept_as_it_is() {
        let text = "a=b; Secure; Version=1; Comment=; x; Version=2";
        let cookie = read(&text.replace("; ", " ;\t"));
        assert_eq!(cookie.unknown.len(), 4);
        assert_eq!(cookie.unknown[2], Attribute { name: b"x".to_vec(), value: None });
        assert_eq!(print_set_cookie(&cookie), text.as_bytes());
    }

    #[test]
    fn the_last_of_an_attribute_counts() {
        let cookie = read("a=b; Path=/x; Path=y; Domain=one; Domain=; Max-Age=5; Max-Age=x");
        assert_eq!(cookie.path, None);
        assert_eq!(cookie.domain.as_deref(), Some(&b"one"[..]));
        assert_eq!(cookie.max_age, Some(5));
    }

    #[test]
    fn an_age_beyond_all_numbers() {
        assert_eq!(read("a=b; Max-Age=99999999999999999999").max_age, Some(i64::MAX));
        assert_eq!(read("a=b; Max-Age=-99999999999999999999").max_age, Some(-i64::MAX));
        assert_eq!(read("a=b; Max-Age=-").max_age, None);
    }

    #[test]
    fn what_is_refused() {
        for text in ["", "a", "=b", " = b", "a=b\0", "a=b\r\nSet-Cookie: c=d"] {
            assert!(parse_set_cookie(text.as_bytes()).is_err(), "{text:?}");
        }
        assert!(parse_set_cookie(&[b"a=".as_slice(), &[b'x'; MAX_PAIR]].concat()).is_err());
    }

    #[test]
    fn prefixes() {
        for (text, kept) in [
            ("__Host-a=b; Secure; Path=/", true),
            ("__host-a=b; Secure; Path=/x", false),
            ("__Host-a=b; Secure; Path=/; Domain=c", false),
            ("__SECURE-a=b", false),
            ("__Secure-a=b; Secure", true),
            ("__Http-a=b; Secure; HttpOnly", true),
            ("__http-a=b; Secure", false),
            ("__Host-Http-a=b; Secure; HttpOnly; Path=/", true),
            ("__Host-Http-a=b; Secure; Path=/", false),
            ("__Host-Http-a=b; Secure; HttpOnly; Path=/; Domain=c", false),
            ("a=b", true),
        ] {
            assert_eq!(read(text).keeps_prefix(), kept, "{text}");
        }
    }
}
