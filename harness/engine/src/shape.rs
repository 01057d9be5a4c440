//! Sessions as shapes: small values that shrink, and become sessions full of canaries.

use interloper_driver::{Auth, Cookie, Hello, Keeps, SameSite, Session};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::canary::Mint;

/// Number of canaries that one session may hold: a canary's number says which session it is of.
pub const CANARIES_EACH: u16 = 32;

/// Shape of a session, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Number of values in `data`.
    pub data: u8,
    /// One for each cookie.
    pub cookies: Vec<CookieShape>,
    /// Number of headers.
    pub headers: u8,
    /// Kind of credentials.
    pub auth: AuthShape,
}

/// A cookie's attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CookieShape {
    /// Whether it has an expiry, far ahead.
    pub expires: bool,
    /// The Secure attribute.
    pub secure: bool,
    /// The HttpOnly attribute.
    pub http_only: bool,
    /// Whether it belongs to one host only.
    pub host_only: bool,
    /// Whether its path is below the root.
    pub path: bool,
}

/// Kind of credentials of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuthShape {
    /// None.
    None,
    /// A password.
    Basic,
    /// A token.
    Bearer,
}

/// A moment that every run is before: 2100-01-01, in Unix seconds.
const FAR_AHEAD: i64 = 4_102_444_800;

impl Shape {
    /// Returns a session with one of each kept part: what scenarios use that do not vary it.
    pub fn plain() -> Shape {
        let cookie = CookieShape {
            expires: true,
            secure: false,
            http_only: false,
            host_only: true,
            path: false,
        };
        Shape { data: 1, cookies: vec![cookie], headers: 1, auth: AuthShape::Basic }
    }

    /// Returns a session with more of each part than any other has, so that something is left of it where a save does not replace all.
    pub fn large() -> Shape {
        let cookie = Shape::plain().cookies[0];
        Shape { data: 9, cookies: vec![cookie; 9], headers: 6, auth: AuthShape::Basic }
    }

    /// Returns the smallest session there is: one secret, in the first part that the store keeps.
    pub fn least() -> Shape {
        Shape { data: 0, cookies: Vec::new(), headers: 0, auth: AuthShape::None }
    }

    /// Sessions of every shape, the plainest first to shrink to.
    pub fn any() -> impl Strategy<Value = Shape> {
        let flag = || prop::bool::weighted(0.3);
        let cookie = (flag(), flag(), flag(), prop::bool::ANY, flag()).prop_map(
            |(expires, secure, http_only, host_only, path)| CookieShape {
                expires,
                secure,
                http_only,
                host_only,
                path,
            },
        );
        let auth =
            prop_oneof![Just(AuthShape::None), Just(AuthShape::Basic), Just(AuthShape::Bearer)];
        (0..4_u8, prop::collection::vec(cookie, 0..4), 0..3_u8, auth)
            .prop_map(|(data, cookies, headers, auth)| Shape { data, cookies, headers, auth })
    }

    /// Returns the session: the parts of the shape that the store keeps, each secret a canary of this slot.
    ///
    /// It always holds at least one secret, whatever the shape says.
    pub fn session(&self, hello: &Hello, mint: &Mint, slot: u16) -> Session {
        let keeps = |part| hello.keeps.contains(&part);
        let mut indexes = slot * CANARIES_EACH..;
        let mut secret = move || mint.canary(indexes.next().unwrap_or_default()).text().to_owned();
        let mut session = Session::default();
        if keeps(Keeps::Cookies) {
            session.cookies =
                self.cookies.iter().enumerate().map(|(n, c)| c.cookie(n, secret())).collect();
        }
        if keeps(Keeps::Headers) {
            for n in 0..self.headers {
                session.headers.push((format!("X-Secret-{n}"), secret()));
            }
        }
        if keeps(Keeps::Auth) {
            session.auth = match self.auth {
                AuthShape::None => None,
                AuthShape::Basic => {
                    Some(Auth::Basic { username: "owner".into(), password: secret() })
                }
                AuthShape::Bearer => Some(Auth::Bearer { token: secret() }),
            };
        }
        if keeps(Keeps::Data) {
            for n in 0..self.data {
                session.data.insert(format!("secret{n}"), Value::String(secret()));
            }
        }
        if keeps(Keeps::Expires) {
            session.expires_at = Some(FAR_AHEAD);
        }
        let empty = session.cookies.is_empty()
            && session.headers.is_empty()
            && session.auth.is_none()
            && session.data.is_empty();
        if empty {
            match hello.keeps.iter().find(|part| **part != Keeps::Expires) {
                Some(Keeps::Cookies) => {
                    session.cookies.push(CookieShape::PLAIN.cookie(0, secret()));
                }
                Some(Keeps::Headers) => session.headers.push(("X-Secret-0".into(), secret())),
                Some(Keeps::Auth) => session.auth = Some(Auth::Bearer { token: secret() }),
                _ => {
                    session.data.insert("secret0".into(), Value::String(secret()));
                }
            }
        }
        session
    }

    /// Returns what an `update` sets: an entry of this name in each part that the store keeps entries in, with canaries of this slot. `None`
    /// if it keeps credentials or an expiry alone, of which there is one.
    pub fn part(hello: &Hello, mint: &Mint, slot: u16, name: &str) -> Option<Session> {
        let keeps = |part| hello.keeps.contains(&part);
        let mut indexes = slot * CANARIES_EACH..;
        let mut secret = move || mint.canary(indexes.next().unwrap_or_default()).text().to_owned();
        let mut set = Session::default();
        if keeps(Keeps::Data) {
            set.data.insert(name.to_owned(), Value::String(secret()));
        }
        if keeps(Keeps::Cookies) {
            let cookie = CookieShape { expires: true, ..CookieShape::PLAIN };
            set.cookies.push(Cookie { name: name.to_owned(), ..cookie.cookie(0, secret()) });
        }
        if keeps(Keeps::Headers) {
            set.headers.push((format!("X-{name}"), secret()));
        }
        (set != Session::default()).then_some(set)
    }

    /// Describes the session for a finding: `{cookies: 1, auth: basic}`.
    pub fn describe(&self, hello: &Hello) -> String {
        let keeps = |part| hello.keeps.contains(&part);
        let mut parts = Vec::new();
        if keeps(Keeps::Data) && self.data > 0 {
            parts.push(format!("data: {}", self.data));
        }
        if keeps(Keeps::Cookies) && !self.cookies.is_empty() {
            parts.push(format!("cookies: {}", self.cookies.len()));
        }
        if keeps(Keeps::Headers) && self.headers > 0 {
            parts.push(format!("headers: {}", self.headers));
        }
        if keeps(Keeps::Auth) {
            match self.auth {
                AuthShape::None => {}
                AuthShape::Basic => parts.push("auth: basic".into()),
                AuthShape::Bearer => parts.push("auth: bearer".into()),
            }
        }
        if parts.is_empty() {
            parts.push("one secret".into());
        }
        format!("{{{}}}", parts.join(", "))
    }
}

impl CookieShape {
    const PLAIN: CookieShape = CookieShape {
        expires: false,
        secure: false,
        http_only: false,
        host_only: true,
        path: false,
    };

    fn cookie(self, n: usize, value: String) -> Cookie {
        Cookie {
            name: format!("session{n}"),
            value,
            domain: "app.example.org".into(),
            host_only: self.host_only,
            path: if self.path { "/account".into() } else { "/".into() },
            expires: self.expires.then_some(FAR_AHEAD),
            secure: self.secure,
            http_only: self.http_only,
            same_site: self.http_only.then_some(SameSite::Lax),
        }
    }
}
