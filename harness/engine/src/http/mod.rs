//! A client and servers of HTTP/1.1 that keep every byte, and trust none.
//!
//! | file | what |
//! |---|---|
//! | [`request`] | a request, and its bytes |
//! | [`response`] | reading an answer as it arrives, within bounds |
//! | [`exchange`] | one request and its answer over a connection, and what a server can do instead |
//! | [`connect`] | connections to ports and to Unix sockets, following no link |
//! | [`jar`] | the cookies of one browser: RFC 6265bis |
//! | [`sites`] | servers of the harness's own, for clients |
//! | [`tls`] | the same over TLS, with certificates that are right or wrong |
//! | [`form`] | form data, and the fields of a form in a page |
//!
//! An HTTP library hides what matters here: a repeated header, a byte that is no character, half an answer. And it obeys: it follows
//! redirects, it keeps cookies that it should not. The parser is `httparse`, which allocates nothing.

mod connect;
mod error;
mod exchange;
mod form;
mod jar;
mod request;
mod response;
mod sites;
#[cfg_attr(not(feature = "tls"), path = "without_tls.rs")]
mod tls;

pub(crate) use connect::{Address, connect};
pub(crate) use error::HttpError;
pub(crate) use exchange::{Exchange, Patience};
pub(crate) use form::{encode_form, hidden_field};
pub use jar::{Jar, Kept, NotKept, Origin, StoredCookie};
pub(crate) use request::HttpRequest;
pub use response::HttpResponse;
pub use sites::{AUTHORITY_FILE, Certificate, OTHER_PORT, Page, Received, SITE_PORT, TLS_PORT};
pub(crate) use sites::{Sites, hosts};
pub(crate) use tls::authority;

#[cfg(test)]
mod tests;
