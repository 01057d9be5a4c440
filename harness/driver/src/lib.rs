//! The driver side of Interloper: what a process that hosts a session store says and answers.
//!
//! Implement [`SessionStore`] for your store and hand it to [`serve`]; the harness does the rest.
//! This crate compiles serde and little else, so that testing a store never drags the harness into it.

mod answer;
mod hello;
pub mod op;
mod protocol;
#[cfg(feature = "schema")]
pub mod schema;
mod serve;
mod session;
mod store;
#[expect(unsafe_code, reason = "fork, umask and waitpid have no safe form in std")]
mod sys;
mod umask;

pub use answer::{Answer, Done, Forked, LoadAnswer, Mistyped, NewId, OkAnswer};
pub use hello::{Can, Hello, Ids, Keeps, Kind, Medium, Operation, Place, Promise};
pub use op::{Op, TypedOp};
pub use protocol::{
    ANSWER_FD, ChildEvent, ErrorKind, Failure, MAX_LINE, Open, PROTOCOL, REQUEST_FD, Request,
};
pub use serve::{serve, serve_on};
pub use session::{Auth, Cookie, SameSite, Session};
pub use store::SessionStore;
pub use umask::{NotUmask, Umask};
