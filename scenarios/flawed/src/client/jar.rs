//! The session: its file, which cookies it takes, and where it sends them.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use interloper_driver::{Auth, Cookie, Failure, Session};
use interloper_formats::cookie::{SetCookie, parse_set_cookie};

use super::Flaw;
use super::exchange::Url;

/// Suffixes of two labels under which anybody gets a name: a reference needs those that are tried, a client the whole list of
/// publicsuffix.org.
const PUBLIC_SUFFIXES: [&str; 2] = ["co.uk", "github.io"];

/// The key of the session's data that says which server its password is for.
const SERVER: &str = "password_for";

/// A session while a request is sent.
#[derive(Debug)]
pub(super) struct Jar {
    session: Session,
    flaw: Option<Flaw>,
    now: i64,
}

impl Jar {
    /// Reads the session of a file; an empty one if there is none.
    pub(super) fn load(path: &Path, flaw: Option<Flaw>, ahead: i64) -> Result<Jar, Failure> {
        let session = match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Session::default(),
            Err(error) => return Err(error.into()),
        };
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(since.as_secs()).unwrap_or(i64::MAX).saturating_add(ahead);
        Ok(Jar { session, flaw, now })
    }

    /// Writes the session into a new private file, and puts that in the place of the old one.
    pub(super) fn save(mut self, path: &Path) -> Result<(), Failure> {
        let (now, flaw) = (self.now, self.flaw);
        self.session.cookies.retain(|cookie| match flaw {
            Some(Flaw::KeepsEndedInFile | Flaw::SendsExpired | Flaw::SendsRemoved) => true,
            Some(Flaw::ForgetsHttpOnly) => !cookie.http_only && is_alive(cookie, now),
            _ => is_alive(cookie, now),
        });
        if self.has(Flaw::ForgetsHostOnly) {
            self.session.cookies.iter_mut().for_each(|cookie| cookie.host_only = false);
        }
        let new = path.with_extension("new");
        let mut file = File::options().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(&serde_json::to_vec(&self.session)?)?;
        file.sync_all()?;
        Ok(fs::rename(&new, path)?)
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// Takes a cookie that an answer sets, or leaves it.
    pub(super) fn set(&mut self, url: &Url, field: &[u8]) {
        let Ok(set) = parse_set_cookie(field) else { return };
        let Some(cookie) = self.cookie(url, &set) else { return };
        let same = |old: &Cookie| {
            (&old.name, &old.domain, &old.path) == (&cookie.name, &cookie.domain, &cookie.path)
        };
        let ends = !is_alive(&cookie, self.now);
        let stays = self.has(Flaw::SendsRemoved);
        match self.session.cookies.iter_mut().find(|old| same(old)) {
            Some(_) if ends && stays => {}
            // Its end is noted, and its value stays.
            Some(old) if ends => old.expires = cookie.expires,
            Some(old) => *old = cookie,
            None if ends => {}
            None => self.session.cookies.push(cookie),
        }
    }

    /// Returns the cookie that a field sets; `None` if the host may not set it.
    fn cookie(&self, url: &Url, set: &SetCookie) -> Option<Cookie> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
        let domain = match &set.domain {
            Some(domain) => Some(text(domain)?).filter(|domain| *domain != url.host),
            None => None,
        };
        if let Some(domain) = &domain {
            let is_suffix = !domain.contains('.') || PUBLIC_SUFFIXES.contains(&domain.as_str());
            if is_suffix && !self.has(Flaw::TakesPublicSuffix) {
                return None;
            }
            if !is_below(&url.host, domain) && !self.has(Flaw::TakesForeignDomain) {
                return None;
            }
        }
        if set.secure && !url.tls && !self.has(Flaw::SendsSecureInClear) {
            return None;
        }
        if !url.tls && !self.has(Flaw::OverwritesSecure) && self.is_secure(&set.name, url) {
            return None;
        }
        let age = set.max_age.map(|age| self.now.saturating_add(age.max(0)));
        let path = match &set.path {
            Some(path) => text(path)?,
            None => default_path(url.path()),
        };
        Some(Cookie {
            name: text(&set.name)?,
            value: text(&set.value)?,
            // The host itself, where it names itself: nobody below it has a claim to that.
            host_only: domain.is_none() && set.domain.is_none(),
            domain: domain.unwrap_or_else(|| url.host.clone()),
            path,
            expires: age.or(set.expires),
            secure: set.secure,
            http_only: set.http_only,
            same_site: None,
        })
    }

    /// Returns whether a Secure cookie has this name at a host: nobody in clear takes its place (RFC 6265bis, section 5.7, step 14).
    fn is_secure(&self, name: &[u8], url: &Url) -> bool {
        self.session.cookies.iter().any(|cookie| {
            cookie.secure
                && cookie.name.as_bytes() == name
                && (is_below(&url.host, &cookie.domain) || is_below(&cookie.domain, &url.host))
        })
    }

    /// Returns the cookies for an address: `name=value`.
    pub(super) fn sent(&self, url: &Url) -> Vec<String> {
        let sent = self.session.cookies.iter().filter(|cookie| self.is_for(cookie, url));
        sent.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect()
    }

    fn is_for(&self, cookie: &Cookie, url: &Url) -> bool {
        let below = match self.flaw {
            Some(Flaw::MatchesEnding) => url.host.ends_with(&cookie.domain),
            _ => is_below(&url.host, &cookie.domain),
        };
        let host = match cookie.host_only && !self.has(Flaw::SendsToSubdomain) {
            true => cookie.domain == url.host,
            false => below,
        };
        let path = match self.flaw {
            Some(Flaw::IgnoresPath) => true,
            Some(Flaw::MatchesBeginningOfPath) => url.path().starts_with(&cookie.path),
            _ => is_path_below(url.path(), &cookie.path),
        };
        let in_clear = [Flaw::SendsSecureInClear, Flaw::SendsSecureAfterTls];
        let secure = cookie.secure && !url.tls && !in_clear.iter().any(|flaw| self.has(*flaw));
        let alive = is_alive(cookie, self.now) || self.has(Flaw::SendsExpired);
        host && path && !secure && alive
    }

    /// Keeps a password for a server.
    pub(super) fn keep_password(&mut self, url: &Url, user: &str, password: &str) {
        let auth = Auth::Basic { username: user.into(), password: password.into() };
        self.session.auth = Some(auth);
        self.session.data.insert(SERVER.into(), server(url).into());
    }

    /// Returns the name and the password that are kept for a server.
    pub(super) fn password(&self, url: &Url) -> Option<(String, String)> {
        let Some(Auth::Basic { username, password }) = &self.session.auth else { return None };
        let kept = self.session.data.get(SERVER).and_then(|server| server.as_str());
        let is_for = match self.flaw {
            Some(Flaw::PasswordForAnyHost) => true,
            Some(Flaw::PasswordForAnyPort) => {
                kept.and_then(|kept| kept.split(':').nth(1)).is_some_and(|host| host == url.host)
            }
            _ => kept == Some(&server(url)),
        };
        is_for.then(|| (username.clone(), password.clone()))
    }
}

fn server(url: &Url) -> String {
    let scheme = if url.tls { "https" } else { "http" };
    format!("{scheme}:{}:{}", url.host, url.port)
}

fn is_alive(cookie: &Cookie, now: i64) -> bool {
    cookie.expires.is_none_or(|end| end > now)
}

/// Returns whether a host is a domain or below it, by whole labels (RFC 6265, section 5.1.3).
fn is_below(host: &str, domain: &str) -> bool {
    let is_address = || host.parse::<std::net::IpAddr>().is_ok();
    let below = host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    host == domain || (below && !is_address())
}

/// Returns whether a path is a cookie's or below it, by whole pieces (RFC 6265, section 5.1.4).
fn is_path_below(path: &str, cookie: &str) -> bool {
    path.strip_prefix(cookie)
        .is_some_and(|rest| rest.is_empty() || cookie.ends_with('/') || rest.starts_with('/'))
}

/// Returns the path of a cookie that names none (RFC 6265, section 5.1.4).
fn default_path(path: &str) -> String {
    match path.rfind('/') {
        None | Some(0) => "/".to_owned(),
        Some(at) => path[..at].to_owned(),
    }
}
