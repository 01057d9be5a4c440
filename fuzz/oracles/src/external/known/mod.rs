//! Differences that are meant, each with its reason.

mod cookie_header;
mod jars;
mod json;
mod other_jars;
mod php;

pub(super) use cookie_header::COOKIE_HEADER;
pub(super) use jars::{LWP, NETSCAPE};
pub(super) use json::{COOKIE_STORE, EXPRESS, HTTPIE, TOUGH_COOKIE};
pub(super) use other_jars::{LWP_PERL, NETSCAPE_CURL, NETSCAPE_PERL, NETSCAPE_WGET};
pub(super) use php::{PHP, PHP_BINARY, PHP_SERIALIZE};
