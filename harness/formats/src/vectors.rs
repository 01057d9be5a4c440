//! The vectors of the two cookie headers, for whoever runs them on other readers: `vectors/README.md` says what is in them.

/// Vectors of the `Cookie` header: `vectors/cookie_header.json`.
pub const COOKIE_HEADER: &str = include_str!("../vectors/cookie_header.json");

/// Vectors of the `Set-Cookie` header: `vectors/set_cookie.json`.
pub const SET_COOKIE: &str = include_str!("../vectors/set_cookie.json");
