//! PHP's session encodings, and the values of `serialize()` under them.
//!
//! The sources are the manual's pages on [`session.serialize_handler`](https://www.php.net/manual/en/session.configuration.php#ini.session.serialize-handler)
//! and [`serialize`](https://www.php.net/manual/en/function.serialize.php), and what PHP 8.2 writes.
//! Nothing is made of what is read: objects stay names and properties.
//! Only the spelling that `serialize()` itself gives is accepted, so what is accepted is printed to the byte. What PHP reads and never
//! writes is refused: a name or a key that stands twice, a float with zeros around it, a reference to what was not there before.

mod float;
mod session;
mod value;

pub use float::Float;
pub use session::{
    Session, parse_binary, parse_php, parse_serialize, print_binary, print_php, print_serialize,
};
pub use value::{Key, Value, parse_value, print_value};
