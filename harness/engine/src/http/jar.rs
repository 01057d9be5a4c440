//! The cookies of one browser: [RFC 6265bis](https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis-20), sections 5.6 to 5.8.
//!
//! It says why it does not keep a cookie: a server that "deletes" a cookie under another path has deleted nothing, and one that sets a
//! `Secure` cookie over plain http has set none.
//!
//! What is left out: a list of public suffixes (one label is no domain), and cookies without a name, which RFC 6265 refuses.

use std::fmt;

use interloper_formats::cookie::{SameSite, SetCookie, parse_set_cookie};

/// The longest that a cookie is kept, in seconds: 400 days (section 5.5).
const LONGEST: i64 = 400 * 24 * 3600;

/// Where a request goes, as far as cookies are concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The host, in lower case.
    pub host: String,
    /// Whether it is asked over https.
    pub secure: bool,
}

/// A cookie that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCookie {
    /// The name.
    pub name: Vec<u8>,
    /// The value.
    pub value: Vec<u8>,
    /// The domain that it is sent to.
    pub domain: String,
    /// Whether it is sent to that host alone.
    pub host_only: bool,
    /// The path that it is sent to.
    pub path: Vec<u8>,
    /// Whether it is sent over https alone.
    pub secure: bool,
    /// Whether scripts cannot read it.
    pub http_only: bool,
    /// `SameSite`, if the server set it.
    pub same_site: Option<SameSite>,
    /// Its end, in Unix seconds; `None` for the end of the browser's session.
    pub expires: Option<i64>,
}

/// What became of a `Set-Cookie` field that was obeyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// A cookie was added.
    Added,
    /// A cookie with the same name, domain and path was replaced.
    Replaced,
    /// A cookie with the same name, domain and path was removed.
    Removed,
    /// It removes a cookie that is not there.
    RemovedNone,
}

/// Reason why a `Set-Cookie` field is not obeyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotKept {
    /// It cannot be read.
    Malformed,
    /// Its domain is not that of the host.
    Domain,
    /// It is `Secure`, and came over plain http.
    Insecure,
    /// It would replace or shadow a `Secure` cookie, and came over plain http.
    OverSecure,
    /// Its name has a prefix that it does not keep.
    Prefix,
    /// It is `SameSite=None` and not `Secure`.
    NoneNotSecure,
}

impl fmt::Display for NotKept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NotKept::Malformed => "it is malformed",
            NotKept::Domain => "its domain is another host's",
            NotKept::Insecure => "it is Secure and came over plain http",
            NotKept::OverSecure => "it would replace a Secure cookie over plain http",
            NotKept::Prefix => "it does not keep what the prefix of its name promises",
            NotKept::NoneNotSecure => "it is SameSite=None and not Secure",
        })
    }
}

/// The cookies of one browser.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Jar {
    /// In the order in which they were first set.
    cookies: Vec<StoredCookie>,
}

impl Jar {
    /// Obeys a `Set-Cookie` field of an answer to a request for this path (section 5.7).
    ///
    /// # Errors
    /// The reason why it is not obeyed.
    pub fn set(
        &mut self,
        origin: &Origin,
        path: &str,
        field: &[u8],
        now: i64,
    ) -> Result<Kept, NotKept> {
        let set = parse_set_cookie(field).map_err(|_| NotKept::Malformed)?;
        let cookie = of(origin, path, &set, now)?;
        if !origin.secure && self.shadows_secure(&cookie) {
            return Err(NotKept::OverSecure);
        }
        let same = |other: &StoredCookie| {
            (&other.name, &other.domain, other.host_only, &other.path)
                == (&cookie.name, &cookie.domain, cookie.host_only, &cookie.path)
        };
        let at = self.cookies.iter().position(same);
        let ended = cookie.expires.is_some_and(|end| end <= now);
        Ok(match (at, ended) {
            (Some(at), true) => {
                self.cookies.remove(at);
                Kept::Removed
            }
            (None, true) => Kept::RemovedNone,
            (Some(at), false) => {
                self.cookies[at] = cookie;
                Kept::Replaced
            }
            (None, false) => {
                self.cookies.push(cookie);
                Kept::Added
            }
        })
    }

    /// Whether a cookie that came over plain http would hide a `Secure` one (section 5.7, "leave secure cookies alone").
    fn shadows_secure(&self, new: &StoredCookie) -> bool {
        self.cookies.iter().any(|old| {
            let domains = domain_matches(&old.domain, &new.domain)
                || domain_matches(&new.domain, &old.domain);
            old.secure && old.name == new.name && domains && path_matches(&new.path, &old.path)
        })
    }

    /// Returns the cookies that a request is sent with: longer paths first, and then the older ones (section 5.8.3).
    pub fn sent(&self, origin: &Origin, path: &str, now: i64) -> Vec<&StoredCookie> {
        let mut sent: Vec<&StoredCookie> =
            self.cookies.iter().filter(|cookie| cookie.is_for(origin, path, now)).collect();
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        sent
    }

    /// Returns the `Cookie` field of a request; `None` if there is no cookie for it.
    pub fn field(&self, origin: &Origin, path: &str, now: i64) -> Option<Vec<u8>> {
        let sent = self.sent(origin, path, now);
        let pairs = sent.iter().map(|cookie| [&cookie.name[..], b"=", &cookie.value].concat());
        let pairs: Vec<Vec<u8>> = pairs.collect();
        (!pairs.is_empty()).then(|| pairs.join(&b"; "[..]))
    }

    /// Returns all its cookies.
    pub fn cookies(&self) -> &[StoredCookie] {
        &self.cookies
    }

    /// Puts a cookie into it, as somebody with access to the browser could.
    pub fn plant(&mut self, cookie: StoredCookie) {
        self.cookies.retain(|other| (&other.name, &other.path) != (&cookie.name, &cookie.path));
        self.cookies.push(cookie);
    }
}

impl StoredCookie {
    /// Makes a cookie that a host sets for all its paths and for the browser's session.
    pub fn new(origin: &Origin, name: &[u8], value: &[u8]) -> StoredCookie {
        StoredCookie {
            name: name.to_vec(),
            value: value.to_vec(),
            domain: origin.host.clone(),
            host_only: true,
            path: b"/".to_vec(),
            secure: false,
            http_only: false,
            same_site: None,
            expires: None,
        }
    }

    fn is_for(&self, origin: &Origin, path: &str, now: i64) -> bool {
        let domain = match self.host_only {
            true => self.domain == origin.host,
            false => domain_matches(&origin.host, &self.domain),
        };
        domain
            && path_matches(request_path(path).as_bytes(), &self.path)
            && (!self.secure || origin.secure)
            && self.expires.is_none_or(|end| end > now)
    }
}

/// Returns the cookie that a field sets (section 5.7, steps 3 to 20).
fn of(origin: &Origin, path: &str, set: &SetCookie, now: i64) -> Result<StoredCookie, NotKept> {
    let domain = match &set.domain {
        None => None,
        Some(domain) => {
            let domain = String::from_utf8(domain.clone()).map_err(|_| NotKept::Domain)?;
            let suffix = !domain.contains('.');
            match suffix {
                // One label is a public suffix, which only its own host may set, for itself.
                true if domain == origin.host => None,
                true => return Err(NotKept::Domain),
                false if !domain_matches(&origin.host, &domain) => return Err(NotKept::Domain),
                false => Some(domain),
            }
        }
    };
    if set.secure && !origin.secure {
        return Err(NotKept::Insecure);
    }
    if set.same_site == Some(SameSite::None) && !set.secure {
        return Err(NotKept::NoneNotSecure);
    }
    if !set.keeps_prefix() {
        return Err(NotKept::Prefix);
    }
    let max_age = set.max_age.map(|age| if age <= 0 { 0 } else { now.saturating_add(age) });
    let expires = max_age.or(set.expires).map(|end| end.min(now.saturating_add(LONGEST)));
    Ok(StoredCookie {
        name: set.name.clone(),
        value: set.value.clone(),
        host_only: domain.is_none(),
        domain: domain.unwrap_or_else(|| origin.host.clone()),
        path: set.path.clone().unwrap_or_else(|| default_path(path).into_bytes()),
        secure: set.secure,
        http_only: set.http_only,
        same_site: set.same_site,
        expires,
    })
}

/// Returns the path of a request's target.
fn request_path(target: &str) -> &str {
    target.split(['?', '#']).next().filter(|path| path.starts_with('/')).unwrap_or("/")
}

/// Returns the path of a cookie that names none (section 5.1.4).
fn default_path(target: &str) -> String {
    let path = request_path(target);
    match path.rfind('/') {
        None | Some(0) => "/".to_owned(),
        Some(at) => path[..at].to_owned(),
    }
}

/// Whether a host is a domain or below it (section 5.1.3).
fn domain_matches(host: &str, domain: &str) -> bool {
    let is_address = |text: &str| text.parse::<std::net::IpAddr>().is_ok();
    let below = host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    host == domain || (below && !is_address(host))
}

/// Whether a path is a cookie's or below it (section 5.1.4).
fn path_matches(path: &[u8], cookie: &[u8]) -> bool {
    path.strip_prefix(cookie)
        .is_some_and(|rest| rest.is_empty() || cookie.ends_with(b"/") || rest.starts_with(b"/"))
}
