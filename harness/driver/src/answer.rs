//! The answers, one type for each sort of them.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Bytes, Failure, Hello, Session};

/// One answer, as a line: what was asked for, or why not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Answer<T = Value> {
    /// The number of the request it answers.
    pub n: u64,
    /// The answer, if it went well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ok: Option<T>,
    /// Why not, if it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub err: Option<Failure>,
    /// After `watch`: the places of the store's code that ran for the first time in this process, each in the kit's own words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ran: Vec<String>,
}

/// The answer to an operation that says nothing but that it was done: `{}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Done {}

/// The answer to `open`: `{}`, or the server that the store has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Opened {
    /// The process of the server, if the store has one that lives on when this process ends. It may be named each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<i32>,
}

/// The answer to `create` and `rotate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewId {
    /// The id that the session has now.
    pub id: String,
}

/// The answer to `load`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "LoadFields", into = "LoadFields")]
#[cfg_attr(feature = "schema", schemars(!try_from, !into, with = "LoadFields"))]
pub enum LoadAnswer {
    /// A session.
    Session(Box<Session>),
    /// There is none.
    Absent,
}

/// Form in which [`LoadAnswer`] is written: with `session`, or with `absent`.
#[derive(Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
struct LoadFields {
    /// The session.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<Box<Session>>,
    /// True if there is no such session.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    absent: bool,
}

impl TryFrom<LoadFields> for LoadAnswer {
    type Error = &'static str;

    fn try_from(fields: LoadFields) -> Result<LoadAnswer, &'static str> {
        match fields {
            LoadFields { absent: true, .. } => Ok(LoadAnswer::Absent),
            LoadFields { session: Some(session), .. } => Ok(LoadAnswer::Session(session)),
            LoadFields { .. } => Err("it has neither session nor absent"),
        }
    }
}

impl From<LoadAnswer> for LoadFields {
    fn from(answer: LoadAnswer) -> LoadFields {
        match answer {
            LoadAnswer::Session(session) => LoadFields { session: Some(session), absent: false },
            LoadAnswer::Absent => LoadFields { session: None, absent: true },
        }
    }
}

/// The answer to `list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ids {
    /// The ids that exist.
    pub ids: Vec<String>,
}

/// The answer to `parse`: what the header says, in the parser's own reading.
///
/// Of `Cookie` they are the cookies. Of `Set-Cookie` the first pair is the cookie, and the others are the attributes that the parser knows, in lower
/// case: `["max-age","60"]`, `["secure",""]`. An empty list says that the parser ignores the header.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Pairs {
    /// Names and values, in their order.
    pub pairs: Vec<(Bytes, Bytes)>,
}

/// The answer to `fork`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Forked {
    /// The process that serves from now on.
    pub pid: i32,
}

/// The value of `ok`, of any operation.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum OkAnswer {
    /// The operation was done.
    Done(Done),
    /// The store is open.
    Opened(Opened),
    /// The description of the store.
    Hello(Box<Hello>),
    /// The id that a session has now.
    NewId(NewId),
    /// A session, or that there is none.
    Load(LoadAnswer),
    /// The ids that exist.
    Ids(Ids),
    /// The pairs of a header.
    Pairs(Pairs),
    /// The process that serves from now on.
    Forked(Forked),
}

impl From<Done> for OkAnswer {
    fn from(answer: Done) -> OkAnswer {
        OkAnswer::Done(answer)
    }
}

impl From<Opened> for OkAnswer {
    fn from(answer: Opened) -> OkAnswer {
        OkAnswer::Opened(answer)
    }
}

impl From<Hello> for OkAnswer {
    fn from(answer: Hello) -> OkAnswer {
        OkAnswer::Hello(Box::new(answer))
    }
}

impl From<NewId> for OkAnswer {
    fn from(answer: NewId) -> OkAnswer {
        OkAnswer::NewId(answer)
    }
}

impl From<LoadAnswer> for OkAnswer {
    fn from(answer: LoadAnswer) -> OkAnswer {
        OkAnswer::Load(answer)
    }
}

impl From<Ids> for OkAnswer {
    fn from(answer: Ids) -> OkAnswer {
        OkAnswer::Ids(answer)
    }
}

impl From<Pairs> for OkAnswer {
    fn from(answer: Pairs) -> OkAnswer {
        OkAnswer::Pairs(answer)
    }
}

impl From<Forked> for OkAnswer {
    fn from(answer: Forked) -> OkAnswer {
        OkAnswer::Forked(answer)
    }
}

/// The error for an `ok` of another type than its operation has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistyped {
    pub(crate) noun: &'static str,
    pub(crate) error: String,
}

impl fmt::Display for Mistyped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "something that is no {}: {}", self.noun, self.error)
    }
}

impl std::error::Error for Mistyped {}
