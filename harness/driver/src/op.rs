//! The operations that a driver can be asked for, one type each, and what ties each to the type of its answer.
//!
//! [`Op`] is any of them, as a request carries it; [`TypedOp`] is one whose answer has a known type.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::answer::{Done, Forked, Ids, LoadAnswer, Mistyped, NewId, OkAnswer, Opened, Pairs};
use crate::{Bytes, Header, Open, Session};

/// Asks what the driver and its store are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Hello {
    /// The harness's protocol version.
    pub protocol: u32,
}

/// Stores a session under the caller's id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Save {
    /// The session's id.
    pub id: String,
    /// The session to keep.
    pub session: Session,
}

/// Stores a session under an id that the store chooses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Create {
    /// An id that the caller asks for and that a sound store ignores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The session to keep.
    pub session: Session,
}

/// Reads a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Load {
    /// The session's id.
    pub id: String,
}

/// Changes one part of a session, by whatever read, change and write the store has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Update {
    /// The session's id.
    pub id: String,
    /// The parts to set: keys of `data`, cookies, headers; what it does not name stays.
    pub set: Session,
}

/// Removes a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Delete {
    /// The session's id.
    pub id: String,
}

/// Gives a session a new id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rotate {
    /// The session's id until now.
    pub id: String,
}

/// Names the ids that exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct List {}

/// Removes what has expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Purge {}

/// Has a client send one request, with the session that it keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Fetch {
    /// The address: `http://app.test:8643/`.
    pub url: String,
    /// The name and the password that the user gives for this request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<Credentials>,
    /// The cookie that the user gives for this request: `name=value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cookie: Option<String>,
    /// Flag that the session is used without being changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
}

/// A name and a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Credentials {
    /// The name.
    pub user: String,
    /// The password.
    pub password: String,
}

/// Lets go of files and locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Close {}

/// Moves the store's clock on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Advance {
    /// By how many seconds.
    pub seconds: i64,
}

/// Reads a header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Parse {
    /// Header that the value is of.
    pub header: Header,
    /// The header's value.
    pub value: Bytes,
}

/// Says from here on, with each answer, which places of the store's code ran for the first time in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Watch {}

/// Forks; the child answers and serves on, and the parent writes an event when the child has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Fork {}

/// Reads what an operation was answered with.
pub type Reader<T> = fn(Value) -> Result<T, Mistyped>;

/// An operation, with the type of its answer.
///
/// ```
/// use interloper_driver::{TypedOp, op};
/// let read = op::List {}.reader();
/// assert_eq!(read(serde_json::json!({"ids": ["a"]})).unwrap().ids, ["a"]);
/// assert!(read(serde_json::json!({"ids": "a"})).is_err());
/// ```
pub trait TypedOp: Into<Op> {
    /// The type of `ok` in its answer.
    type Answer;

    /// The word that stands for it in the protocol.
    fn word(&self) -> &'static str;

    /// Returns what reads `ok` of its answer.
    fn reader(&self) -> Reader<Self::Answer>;
}

macro_rules! operations {
    ($($(#[$meta:meta])* $variant:ident($typed:ty) = $word:literal => $answer:ident: $noun:literal),+ $(,)?) => {
        /// A request to a driver.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(tag = "op", rename_all = "snake_case")]
        pub enum Op { $($(#[$meta])* $variant($typed)),+ }

        $(
            impl From<$typed> for Op {
                fn from(op: $typed) -> Op {
                    Op::$variant(op)
                }
            }

            impl TypedOp for $typed {
                type Answer = $answer;

                fn word(&self) -> &'static str {
                    $word
                }

                fn reader(&self) -> Reader<$answer> {
                    |ok| read(ok, $noun)
                }
            }
        )+

        /// An operation whose type is known only when the program runs.
        impl TypedOp for Op {
            type Answer = OkAnswer;

            fn word(&self) -> &'static str {
                match self { $(Op::$variant(op) => op.word()),+ }
            }

            fn reader(&self) -> Reader<OkAnswer> {
                match self { $(Op::$variant(_) => |ok| read::<$answer>(ok, $noun).map(OkAnswer::from)),+ }
            }
        }

        /// The answers, by the word of the operation that they answer.
        #[cfg(feature = "schema")]
        #[derive(schemars::JsonSchema)]
        #[schemars(rename_all = "snake_case")]
        #[expect(dead_code, non_snake_case, reason = "only its schema is wanted")]
        pub(crate) struct Answers { $($variant: crate::Answer<$answer>),+ }
    };
}

type Greeting = crate::Hello;

operations! {
    /// Describe the store. Answered with a [`Hello`](crate::Hello).
    Hello(Hello) = "hello" => Greeting: "hello",
    /// Open the store. Answered with `{}`, or with `{"server":…}`.
    Open(Open) = "open" => Opened: "object",
    /// Store a session under the caller's id. Answered with `{}`.
    Save(Save) = "save" => Done: "object",
    /// Store a session under an id that the store chooses. Answered with `{"id":"…"}`.
    Create(Create) = "create" => NewId: "id",
    /// Read a session. Answered with `{"session":{…}}` or `{"absent":true}`.
    Load(Load) = "load" => LoadAnswer: "session",
    /// Change one part of a session. Answered with `{}`.
    Update(Update) = "update" => Done: "object",
    /// Remove a session. Answered with `{}`, also when there was none.
    Delete(Delete) = "delete" => Done: "object",
    /// Give a session a new id. Answered with `{"id":"…"}`.
    Rotate(Rotate) = "rotate" => NewId: "id",
    /// Name the ids that exist. Answered with `{"ids":["…"]}`.
    List(List) = "list" => Ids: "list of ids",
    /// Remove what has expired. Answered with `{}`.
    Purge(Purge) = "purge" => Done: "object",
    /// Send one request as a client, following redirects. Answered with `{}` after the last answer came.
    Fetch(Fetch) = "fetch" => Done: "object",
    /// Let go of files and locks. Answered with `{}`.
    Close(Close) = "close" => Done: "object",
    /// Move the store's clock on. Answered with `{}`.
    Advance(Advance) = "advance" => Done: "object",
    /// Read a header. Answered with `{"pairs":[["…","…"]]}`, or with `invalid` by a parser that refuses the header.
    Parse(Parse) = "parse" => Pairs: "list of pairs",
    /// Say with each answer which places of the store's code ran. Answered with `{}`, and with `unsupported` by a kit that cannot.
    Watch(Watch) = "watch" => Done: "object",
    /// Fork; the child serves on. Answered by the child with `{"pid":…}`, and by the parent with an event when the child has ended.
    Fork(Fork) = "fork" => Forked: "pid",
}

fn read<T: DeserializeOwned>(ok: Value, noun: &'static str) -> Result<T, Mistyped> {
    serde_json::from_value(ok).map_err(|error| Mistyped { noun, error: error.to_string() })
}
