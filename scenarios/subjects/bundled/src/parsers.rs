//! A crate that reads cookies, as an application gets what it reads.

use cookie::{Cookie, SameSite};
use interloper_driver::{Bytes, Failure, Header, Hello, Open, Session, SessionStore};

type Pairs = Vec<(Bytes, Bytes)>;

/// The crate `cookie`, which axum, Actix and Rocket use.
pub struct CookieCrate;

/// Returns the header as a text; the crate takes nothing else.
fn text(value: &[u8]) -> Result<&str, Failure> {
    std::str::from_utf8(value).map_err(|error| Failure::invalid(error.to_string()))
}

impl SessionStore for CookieCrate {
    fn hello(&self) -> Hello {
        Hello::new("parser-cookie", "0.18.2").parses([Header::Cookie, Header::SetCookie])
    }

    fn open(&mut self, _: &Open) -> Result<(), Failure> {
        Ok(())
    }

    fn save(&mut self, _: &str, _: &Session) -> Result<(), Failure> {
        Err(Failure::unsupported())
    }

    fn load(&mut self, _: &str) -> Result<Option<Session>, Failure> {
        Err(Failure::unsupported())
    }

    fn parse(&mut self, header: Header, value: &[u8]) -> Result<Pairs, Failure> {
        let value = text(value)?;
        if header == Header::SetCookie {
            let read = Cookie::parse(value).map_err(|error| Failure::invalid(error.to_string()))?;
            return Ok(with_attributes(&read));
        }
        // A piece that is no pair is an error of its own, which the crate's users skip.
        let read = Cookie::split_parse(value).filter_map(Result::ok);
        Ok(read.map(|cookie| (cookie.name().into(), cookie.value().into())).collect())
    }
}

/// Returns a cookie with its attributes in the form of the protocol.
fn with_attributes(read: &Cookie<'_>) -> Pairs {
    let mut pairs: Vec<(&str, String)> = vec![(read.name(), read.value().to_owned())];
    let expires = read.expires_datetime().map(|at| at.unix_timestamp().to_string());
    let max_age = read.max_age().map(|age| age.whole_seconds().to_string());
    let domain = read.domain().map(str::to_ascii_lowercase);
    let same_site = read.same_site().map(|word| match word {
        SameSite::Strict => "strict".to_owned(),
        SameSite::Lax => "lax".to_owned(),
        SameSite::None => "none".to_owned(),
    });
    let flag = |set: Option<bool>| (set == Some(true)).then(String::new);
    for (name, value) in [
        ("expires", expires),
        ("max-age", max_age),
        ("domain", domain),
        ("path", read.path().map(str::to_owned)),
        ("secure", flag(read.secure())),
        ("httponly", flag(read.http_only())),
        ("samesite", same_site),
    ] {
        pairs.extend(value.map(|value| (name, value)));
    }
    pairs.into_iter().map(|(name, value)| (name.into(), value.as_str().into())).collect()
}
