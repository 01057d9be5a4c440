//! All formats behind one trait, so that oracles and damage can go through them.

use std::fmt::{self, Debug};

use crate::{Error, cookie, cookie_store, django, express, httpie, itsdangerous, lwp};
use crate::{msgpack, netscape, php, tough_cookie, tower};

/// A format: what can be said of it without knowing its values.
pub trait Format: Sync {
    /// Its name, as in `fuzz/seeds`.
    fn name(&self) -> &'static str;

    /// Reads, and prints what was read.
    ///
    /// # Errors
    /// What is wrong with the input, and where.
    fn reprint(&self, bytes: &[u8]) -> Result<Vec<u8>, Error>;

    /// Reads, prints what was read, and reads and prints that: what a round trip shows, with as little work as it takes.
    ///
    /// # Errors
    /// What is wrong with the input, and where. That what was printed is refused is part of the answer.
    fn round_trip(&self, bytes: &[u8]) -> Result<RoundTrip, Error>;

    /// Reads, and does nothing with it.
    ///
    /// # Errors
    /// What is wrong with the input, and where.
    fn read(&self, bytes: &[u8]) -> Result<(), Error>;

    /// Whether two inputs are read as the same value.
    ///
    /// # Errors
    /// What is wrong with the first of them that is refused.
    fn same(&self, one: &[u8], other: &[u8]) -> Result<bool, Error>;

    /// Whether the format has one spelling for each value, so that what is accepted is printed to the byte.
    fn exact(&self) -> bool;
}

/// What became of an input that was read, printed, read and printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundTrip {
    /// What was printed first.
    pub printed: Vec<u8>,
    /// What was read of that; nothing where it was refused.
    pub again: Option<Again>,
}

/// What was read of what was printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Again {
    /// Whether it was the same value.
    pub same: bool,
    /// What was printed of it.
    pub printed: Vec<u8>,
}

impl fmt::Debug for dyn Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A format as its module has it.
struct Of<T> {
    name: &'static str,
    exact: bool,
    parse: fn(&[u8]) -> Result<T, Error>,
    print: fn(&T) -> Vec<u8>,
}

impl<T: PartialEq + Debug> Format for Of<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn reprint(&self, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        (self.parse)(bytes).map(|value| (self.print)(&value))
    }

    fn round_trip(&self, bytes: &[u8]) -> Result<RoundTrip, Error> {
        let value = (self.parse)(bytes)?;
        let printed = (self.print)(&value);
        let again = (self.parse)(&printed).ok();
        let again =
            again.map(|again| Again { same: again == value, printed: (self.print)(&again) });
        Ok(RoundTrip { printed, again })
    }

    fn read(&self, bytes: &[u8]) -> Result<(), Error> {
        (self.parse)(bytes).map(drop)
    }

    fn same(&self, one: &[u8], other: &[u8]) -> Result<bool, Error> {
        Ok((self.parse)(one)? == (self.parse)(other)?)
    }

    fn exact(&self) -> bool {
        self.exact
    }
}

fn print_serialize(session: &Option<Vec<(php::Key, php::Value)>>) -> Vec<u8> {
    php::print_serialize(session.as_deref())
}

macro_rules! formats {
    ($($format:ident $name:literal $exact:literal $parse:path, $print:path;)+) => {
        $(
            #[doc = concat!("`", $name, "`, for a program that is to have no other format in it.")]
            pub const $format: &dyn Format =
                &Of { name: $name, exact: $exact, parse: $parse, print: |value| $print(value) };
        )+

        /// Every format.
        pub static FORMATS: &[&dyn Format] = &[$($format),+];
    };
}

formats! {
    COOKIE_HEADER "cookie_header" false cookie::parse_cookie, cookie::print_cookie;
    SET_COOKIE "set_cookie" false cookie::parse_set_cookie, cookie::print_set_cookie;
    NETSCAPE "netscape" true netscape::parse, netscape::print;
    LWP "lwp" false lwp::parse, lwp::print;
    HTTPIE "httpie" false httpie::parse, httpie::print;
    EXPRESS "express" false express::parse, express::print;
    COOKIE_STORE "cookie_store" false cookie_store::parse, cookie_store::print;
    TOUGH_COOKIE "tough_cookie" false tough_cookie::parse, tough_cookie::print;
    PHP "php" true php::parse_php, php::print_php;
    PHP_SERIALIZE "php_serialize" true php::parse_serialize, print_serialize;
    PHP_BINARY "php_binary" true php::parse_binary, php::print_binary;
    ITSDANGEROUS "itsdangerous" true itsdangerous::parse, itsdangerous::print;
    DJANGO "django" true django::parse, django::print;
    ITSDANGEROUS_UNTIMED "itsdangerous_untimed" true itsdangerous::parse_untimed, itsdangerous::print;
    DJANGO_UNTIMED "django_untimed" true django::parse_untimed, django::print;
    MSGPACK "msgpack" false msgpack::parse, msgpack::print;
    TOWER "tower" false tower::parse, tower::print;
}

/// The format of that name.
pub fn format(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.name() == name)
}
