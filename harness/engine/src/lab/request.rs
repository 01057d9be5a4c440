//! An operation that is asked for more than once.

use interloper_driver::{Op, TypedOp, op};

use super::Lab;
use super::life::update_call;
use super::operate::{Sent, quoted};
use crate::shape::Shape;

/// An operation on a session: what is asked, and how a story prints it.
#[derive(Clone, Debug)]
pub struct Request {
    /// The session's id.
    pub id: String,
    /// Operation of the protocol.
    pub op: Op,
    /// Form that a story prints: `save("alpha", {cookies: 1})`.
    pub call: String,
    /// Which of several clients sends it: `A` or `B`.
    pub client: Option<&'static str>,
}

impl Request {
    /// Saves a session of a shape.
    pub fn save(lab: &Lab<'_>, id: &str, slot: u16, shape: &Shape) -> Request {
        let session = lab.session(slot, shape);
        Request {
            id: id.to_owned(),
            op: op::Save { id: id.to_owned(), session }.into(),
            call: format!("save({}, {})", quoted(id), shape.describe(lab.hello())),
            client: None,
        }
    }

    /// Loads a session.
    pub fn load(id: &str) -> Request {
        Request {
            id: id.to_owned(),
            op: op::Load { id: id.to_owned() }.into(),
            call: format!("load({})", quoted(id)),
            client: None,
        }
    }

    /// Sets one part of a session: an entry of this name with the secrets of a slot. `None` if the store keeps no part with entries.
    pub fn update(lab: &Lab<'_>, id: &str, slot: u16, name: &str) -> Option<Request> {
        let set = lab.part(slot, name)?;
        Some(Request {
            id: id.to_owned(),
            op: op::Update { id: id.to_owned(), set }.into(),
            call: update_call(id, name),
            client: None,
        })
    }

    /// Deletes a session.
    pub fn delete(id: &str) -> Request {
        Request {
            id: id.to_owned(),
            op: op::Delete { id: id.to_owned() }.into(),
            call: format!("delete({})", quoted(id)),
            client: None,
        }
    }

    /// Gives a session another id.
    pub fn rotate(id: &str) -> Request {
        Request {
            id: id.to_owned(),
            op: op::Rotate { id: id.to_owned() }.into(),
            call: format!("rotate({})", quoted(id)),
            client: None,
        }
    }

    /// Removes what is over, in the store that keeps the session of an id.
    pub fn purge(id: &str) -> Request {
        let op = op::Purge {}.into();
        Request { id: id.to_owned(), op, call: "purge()".into(), client: None }
    }

    /// Returns it as the story has it.
    pub fn sent(&self) -> Sent {
        Sent { client: self.client, operation: self.op.word(), call: self.call.clone() }
    }

    /// Returns the operation's word: `save`.
    pub fn word(&self) -> &'static str {
        self.op.word()
    }
}
