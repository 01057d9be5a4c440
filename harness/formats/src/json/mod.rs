//! JSON as it stands in a file: what the formats in JSON share.
//!
//! [`Json`] keeps what a program can tell apart: the digits of a number, the order of keys, halves of surrogate pairs, and by [`Field`]
//! whether a key is absent or null. So what was read prints as it was, but for white space and the spelling of strings.
//! The grammar is that of [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259). A key that stands twice is refused: section 4 leaves open
//! which of the two counts.

mod form;
mod read;
mod value;
mod write;

pub(crate) use form::{Form, Key, kinds};
pub use read::parse;
pub(crate) use read::{read, read_object};
pub use value::{Field, Json, Number, Object, Text};
pub(crate) use write::{print_compact, print_pretty, print_python};
