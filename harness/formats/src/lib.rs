//! The formats in which sessions and cookies are kept: read into a value, and printed again.
//!
//! Each format is a module with a typed value, `parse`, and `print`; [`FORMATS`] lists them all behind one trait.
//! What is ambiguous is refused: a reader that guesses is how one program's cookie becomes another's.
//! A printer writes what it is given, so that a test can forge what no reader would have given it.
//! What a reader *did* give is read back as the same value: it keeps whatever a program can tell apart, so that absent, null and empty are
//! three things.

pub mod browser;
pub mod cookie;
pub mod cookie_store;
mod detect;
pub mod django;
mod error;
pub mod express;
pub mod format;
pub mod httpie;
pub mod itsdangerous;
pub mod json;
mod limits;
pub mod lwp;
pub mod msgpack;
pub mod netscape;
pub mod php;
mod planted;
mod reader;
pub mod signed;
pub mod sqlite;
pub mod tough_cookie;
pub mod tower;
pub mod vectors;

pub use detect::{Detected, detect};
pub use error::{Error, Reason};
pub use format::{Again, FORMATS, Format, RoundTrip, format};
pub use limits::{MAX_DEPTH, MAX_INFLATED, MAX_INPUT};
