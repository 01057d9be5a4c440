//! The driver side of Interloper: what a process that hosts a session store says and answers.
//!
//! Implement [`SessionStore`] for your store and hand it to [`serve`]; the harness does the rest.
//! This crate compiles serde and little else, so that testing a store never drags the harness into it.

mod hello;
mod protocol;
#[cfg(feature = "schema")]
pub mod schema;
mod serve;
mod session;
mod store;
#[expect(unsafe_code, reason = "fork, umask and waitpid have no safe form in std")]
mod sys;

pub use hello::{Can, Hello, Ids, Keeps, Kind, Medium, Operation, Place, Promise};
pub use protocol::{
    ANSWER_FD, Answer, ChildEvent, ErrorKind, Failure, MAX_LINE, Op, Open, PROTOCOL, REQUEST_FD,
    Request,
};
pub use serve::{serve, serve_on};
pub use session::{Auth, Cookie, SameSite, Session};
pub use store::SessionStore;
