//! The driver side of Interloper: what a process that hosts a session store says and answers.
//!
//! Implement [`SessionStore`] for your store and hand it to [`serve`]; the harness does the rest.
//! This crate compiles serde and little else, so that testing a store never drags the harness into it.

mod answer;
mod application;
mod bytes;
mod doors;
mod hello;
pub mod kits;
pub mod op;
mod protocol;
#[cfg(feature = "schema")]
pub mod schema;
mod serve;
mod session;
mod setup;
mod store;
#[expect(unsafe_code, reason = "fork, umask and waitpid have no safe form in std")]
mod sys;
mod umask;
mod words;

pub use answer::{Answer, Done, Forked, LoadAnswer, Mistyped, NewId, OkAnswer, Opened, Pairs};
pub use application::{AppRequest, Application, Csrf, LISTEN, User};
pub use bytes::Bytes;
pub use doors::{Door, IdForm};
pub use hello::Hello;
pub use op::{Op, TypedOp};
pub use protocol::{
    ANSWER_FD, ChildEvent, ErrorKind, Failure, MAX_LINE, Open, PROTOCOL, REQUEST_FD, Request,
};
pub use serve::{serve, serve_on};
pub use session::{Auth, Cookie, SameSite, Session};
pub use setup::{NotSetup, NotTarget, Setup, SetupName, Target};
pub use store::SessionStore;
pub use umask::{NotUmask, Umask};
pub use words::{At, Can, Enforces, Header, Ids, Keeps, Kind, MadeBy, Medium, Operation, Promise};
