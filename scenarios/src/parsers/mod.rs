//! Readers of `Cookie` and `Set-Cookie`: who reads what differently, and when that matters.
//!
//! Each scenario gives a parser every vector of the header (`interloper_formats::vectors`) and compares its reading with the reference's, which is
//! what RFC 6265 section 5.2 makes of each piece.
//!
//! | file | what |
//! |---|---|
//! | `vector` | the inputs |
//! | `answer` | what is kept of a parser's answer |
//! | `compare`, `change` | how two readings differ, and by which changes of a value |
//! | `attributes` | the same for the attributes of `Set-Cookie` |
//! | `texts` | parts of names and values |
//! | `plain` | headers that every parser must read as they are |
//! | `survey` | every input, given to a parser |
//! | `logins`, `spelling` | the cookies of people who are logged in, in odd spellings |
//! | `search` | what a search asks of one header that is no vector |
//! | the others | a scenario each |

mod answer;
mod attributes;
mod change;
mod compare;
pub mod logins;
pub mod lost;
mod plain;
pub mod prefix;
pub mod readings;
mod search;
pub mod set_cookie;
pub mod smuggled;
mod spelling;
mod survey;
pub mod swallowed;
mod texts;
pub mod twice;
mod vector;

pub(crate) use search::{Judged, Survey};
