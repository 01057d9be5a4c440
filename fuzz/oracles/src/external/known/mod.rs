//! Differences that are meant, each with its reason.

mod cookie_header;
mod jars;
mod json;
mod php;

pub(super) use cookie_header::COOKIE_HEADER;
pub(super) use jars::{LWP, NETSCAPE};
pub(super) use json::{EXPRESS, HTTPIE};
pub(super) use php::{PHP, PHP_BINARY, PHP_SERIALIZE};
