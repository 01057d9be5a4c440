//! The third-party crates, plugged in.

use std::sync::LazyLock;

use url::Url;

use super::known::{COOKIE, COOKIE_STORE, KnownDifference};
use super::{Attributes, CookieParser, Reading};

/// Returns the crates that are compared.
pub fn third_party() -> &'static [&'static (dyn CookieParser + Sync)] {
    &[
        &CookieCrate,
        &CookieStoreCrate,
        #[cfg(feature = "biscotti")]
        &super::biscotti::Biscotti,
    ]
}

struct CookieCrate;

impl CookieParser for CookieCrate {
    fn name(&self) -> &'static str {
        "cookie"
    }

    fn cookie(&self, header: &str) -> Reading<Vec<(String, String)>> {
        let cookies = cookie::Cookie::split_parse(header).flatten();
        Some(Ok(cookies.map(|cookie| (cookie.name().into(), cookie.value().into())).collect()))
    }

    fn set_cookie(&self, header: &str) -> Reading<Attributes> {
        let cookie = match cookie::Cookie::parse(header) {
            Ok(cookie) => cookie,
            Err(error) => return Some(Err(error.to_string())),
        };
        let path = cookie.path().filter(|path| path.starts_with('/'));
        Some(Ok(Attributes {
            name: cookie.name().into(),
            value: cookie.value().into(),
            max_age: Some(cookie.max_age().map(|age| age.whole_seconds())),
            domain: Some(cookie.domain().map(str::to_ascii_lowercase)),
            path: Some(path.map(str::to_owned)),
            secure: Some(cookie.secure() == Some(true)),
            http_only: Some(cookie.http_only() == Some(true)),
            same_site: Some(cookie.same_site().map(|site| site.to_string().to_ascii_lowercase())),
        }))
    }

    fn known(&self) -> &'static [KnownDifference] {
        COOKIE
    }
}

struct CookieStoreCrate;

static REQUEST: LazyLock<Url> =
    LazyLock::new(|| "https://example.org/".parse().expect("an address that is one"));

impl CookieParser for CookieStoreCrate {
    fn name(&self) -> &'static str {
        "cookie_store"
    }

    fn set_cookie(&self, header: &str) -> Reading<Attributes> {
        let cookie = match cookie_store::Cookie::parse(header, &REQUEST) {
            Ok(cookie) => cookie,
            Err(error) => return Some(Err(error.to_string())),
        };
        Some(Ok(Attributes {
            name: cookie.name().into(),
            value: cookie.value().into(),
            secure: Some(cookie.secure() == Some(true)),
            http_only: Some(cookie.http_only() == Some(true)),
            ..Attributes::default()
        }))
    }

    fn known(&self) -> &'static [KnownDifference] {
        static ALL: LazyLock<Vec<KnownDifference>> =
            LazyLock::new(|| [COOKIE, COOKIE_STORE].concat());
        &ALL
    }
}
