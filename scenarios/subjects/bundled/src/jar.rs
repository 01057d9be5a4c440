//! A jar of the cookie_store crate in a JSON file.
//!
//! <https://docs.rs/cookie_store> sends its reader to the example of <https://docs.rs/reqwest_cookie_store>:
//! `File::open` and `BufReader` to load, `File::create` and `BufWriter` to save, and the functions of `cookie_store::serde::json`.
//! As there, the writer is dropped without a flush.

use std::fs::File;
use std::io::{BufReader, BufWriter, ErrorKind};
use std::path::PathBuf;

use cookie_store::serde::json;
use cookie_store::{
    Cookie as Kept, CookieDomain, CookieError, CookieExpiration, CookieStore, RawCookie,
};
use interloper_driver::{
    Cookie, Failure, Hello, Keeps, Kind, Open, Operation, SameSite, Session, SessionStore, Setup,
};
use time::OffsetDateTime;
use url::Url;

/// The version that Cargo.lock has.
pub(crate) const COOKIE_STORE: &str = "0.22.1";

/// A jar file.
#[derive(Default)]
pub struct JsonJar {
    path: PathBuf,
}

impl JsonJar {
    fn read(&self) -> Result<Option<CookieStore>, Failure> {
        let reader = match File::open(&self.path).map(BufReader::new) {
            Ok(reader) => reader,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        json::load(reader).map(Some).map_err(failure)
    }

    fn write(&self, mut jar: CookieStore, cookies: &[Cookie]) -> Result<(), Failure> {
        for cookie in cookies {
            put(&mut jar, cookie)?;
        }
        let mut writer = File::create(&self.path).map(BufWriter::new)?;
        // Session cookies as well: the shorter `save` leaves them out.
        json::save_incl_expired_and_nonpersistent(&jar, &mut writer).map_err(failure)
    }
}

impl SessionStore for JsonJar {
    fn hello(&self) -> Hello {
        Hello::new("cookie_store", COOKIE_STORE)
            .kind(Kind::Client)
            .keeps([Keeps::Cookies])
            .ops([Operation::Save, Operation::Load, Operation::Update])
            .setups([Setup::file().one_session()])
    }

    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        self.path = at.path()?.to_owned();
        Ok(())
    }

    fn save(&mut self, _id: &str, session: &Session) -> Result<(), Failure> {
        self.write(CookieStore::default(), &session.cookies)
    }

    /// The jar of a client that starts, gets these cookies, and ends.
    fn update(&mut self, _id: &str, set: &Session) -> Result<(), Failure> {
        let Some(jar) = self.read()? else {
            return Err(Failure::new(interloper_driver::ErrorKind::Absent, "there is no jar"));
        };
        self.write(jar, &set.cookies)
    }

    fn load(&mut self, _id: &str) -> Result<Option<Session>, Failure> {
        let Some(jar) = self.read()? else { return Ok(None) };
        let mut cookies = jar.iter_any().map(taken).collect::<Result<Vec<_>, _>>()?;
        // The jar has no order of its own, and another one each time.
        cookies.sort_by(|a, b| (&a.domain, &a.path, &a.name).cmp(&(&b.domain, &b.path, &b.name)));
        Ok(Some(Session { cookies, ..Session::default() }))
    }
}

/// Puts a cookie into the jar, as if its host had just sent it.
fn put(jar: &mut CookieStore, cookie: &Cookie) -> Result<(), Failure> {
    let refused =
        |why: &dyn std::fmt::Display| Failure::invalid(format!("the jar refuses a cookie: {why}"));
    let host =
        Url::parse(&format!("https://{}/", cookie.domain)).map_err(|error| refused(&error))?;
    let mut raw = RawCookie::build((cookie.name.as_str(), cookie.value.as_str()))
        .path(cookie.path.as_str())
        .secure(cookie.secure)
        .http_only(cookie.http_only)
        .build();
    if !cookie.host_only {
        raw.set_domain(cookie.domain.as_str());
    }
    if let Some(expires) = cookie.expires {
        let expires =
            OffsetDateTime::from_unix_timestamp(expires).map_err(|error| refused(&error))?;
        raw.set_expires(expires);
    }
    raw.set_same_site(cookie.same_site.map(|same_site| match same_site {
        SameSite::Strict => cookie::SameSite::Strict,
        SameSite::Lax => cookie::SameSite::Lax,
        SameSite::None => cookie::SameSite::None,
    }));
    match jar.insert_raw(&raw, &host) {
        // A jar forgets an expired cookie: RFC 6265, section 5.3.
        Ok(_) | Err(CookieError::Expired) => Ok(()),
        Err(error) => Err(refused(&error)),
    }
}

/// What the jar keeps of a cookie.
fn taken(kept: &Kept<'_>) -> Result<Cookie, Failure> {
    let (domain, host_only) = match &kept.domain {
        CookieDomain::HostOnly(host) => (host.clone(), true),
        CookieDomain::Suffix(domain) => (domain.clone(), false),
        CookieDomain::NotPresent | CookieDomain::Empty => {
            return Err(Failure::corrupt("a cookie without a domain"));
        }
    };
    Ok(Cookie {
        name: kept.name().to_owned(),
        value: kept.value().to_owned(),
        domain,
        host_only,
        path: String::from(&kept.path),
        expires: match &kept.expires {
            CookieExpiration::AtUtc(time) => Some(time.unix_timestamp()),
            CookieExpiration::SessionEnd => None,
        },
        secure: kept.secure().unwrap_or(false),
        http_only: kept.http_only().unwrap_or(false),
        same_site: kept.same_site().map(|same_site| match same_site {
            cookie::SameSite::Strict => SameSite::Strict,
            cookie::SameSite::Lax => SameSite::Lax,
            cookie::SameSite::None => SameSite::None,
        }),
    })
}

/// The crate's error is one of two others in a box.
pub(crate) fn failure(error: cookie_store::Error) -> Failure {
    match error.downcast::<std::io::Error>() {
        Ok(error) => (*error).into(),
        Err(error) => match error.downcast::<serde_json::Error>() {
            Ok(error) => (*error).into(),
            Err(error) => Failure::new(interloper_driver::ErrorKind::Other, error.to_string()),
        },
    }
}
