//! Cookie parsers held against the reference, which is `interloper_formats::cookie`.
//!
//! A parser is plugged in by implementing [`CookieParser`]; [`agree_on_cookie`] and [`agree_on_set_cookie`] compare it. Where it differs
//! and is meant to, the difference is on its list of [`KnownDifference`] ones, with the reason.

mod agree;
#[cfg(feature = "biscotti")]
mod biscotti;
mod known;
mod parsers;

pub use agree::{agree_on_cookie, agree_on_set_cookie};
pub use known::{KnownDifference, Part};
pub use parsers::third_party;

/// Reading of a header by a parser: `None` if it does not read this header at all, an error if it refuses.
pub type Reading<T> = Option<Result<T, String>>;

/// A cookie parser under test.
pub trait CookieParser {
    /// Returns its name, for evidence.
    fn name(&self) -> &'static str;

    /// Returns the pairs of a `Cookie` header, in their order.
    fn cookie(&self, header: &str) -> Reading<Vec<(String, String)>> {
        let _ = header;
        None
    }

    /// Returns a `Set-Cookie` header.
    fn set_cookie(&self, header: &str) -> Reading<Attributes> {
        let _ = header;
        None
    }

    /// Returns the known differences from the reference, which are no bugs of the reference.
    fn known(&self) -> &'static [KnownDifference] {
        &[]
    }
}

/// Attributes on which parsers of `Set-Cookie` can be compared. An outer `None` stands for what the parser does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
    /// `Max-Age` in seconds; what is over already is 0.
    pub max_age: Option<Option<i64>>,
    /// `Domain`, in lower case, without its leading dot.
    pub domain: Option<Option<String>>,
    /// `Path`, where it begins with a slash.
    pub path: Option<Option<String>>,
    /// `Secure`.
    pub secure: Option<bool>,
    /// `HttpOnly`.
    pub http_only: Option<bool>,
    /// `SameSite`, in lower case.
    pub same_site: Option<Option<String>>,
}
