//! The lines of the driver protocol.

use std::fmt::Debug;

use interloper_driver::{Answer, ChildEvent, Hello, Request};
use serde_json::{from_slice, to_vec};

use crate::{Input, Violation};

/// What is read as a message is written as one line, and read back as the same message.
pub(crate) fn check(input: Input) -> Result<(), Violation> {
    message::<Request>(input.bytes)?;
    message::<Answer>(input.bytes)?;
    message::<Hello>(input.bytes)?;
    message::<ChildEvent>(input.bytes)?;
    if !input.one_in(8) {
        return Ok(());
    }
    crate::linear("request", input.bytes, |bytes| drop(from_slice::<Request>(bytes)))
}

/// Reads the input as each of the messages.
pub(crate) fn read(bytes: &[u8]) {
    drop(from_slice::<Request>(bytes));
    drop(from_slice::<Answer>(bytes));
    drop(from_slice::<Hello>(bytes));
    drop(from_slice::<ChildEvent>(bytes));
}

fn message<T>(input: &[u8]) -> Result<(), Violation>
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + Debug,
{
    let Ok(message) = from_slice::<T>(input) else { return Ok(()) };
    let line = to_vec(&message).map_err(|error| Violation::new("written", error))?;
    Violation::unless(!line.contains(&b'\n'), "one line", || format!("{message:?}"))?;
    let again = from_slice::<T>(&line).map_err(|error| Violation::new("read back", error))?;
    Violation::unless(again == message, "same message", || format!("{message:?} and {again:?}"))
}
