//! The lines of the driver protocol.

use std::fmt::Debug;

use interloper_driver::{Answer, ChildEvent, Hello, Request};
use serde_json::{from_slice, to_vec};

use crate::Violation;

/// Reads the input as each of the messages.
pub(crate) fn read(line: &[u8]) {
    drop(from_slice::<Request>(line));
    drop(from_slice::<Answer>(line));
    drop(from_slice::<Hello>(line));
    drop(from_slice::<ChildEvent>(line));
}

/// Checks that a message is written as one line, and read back as the same message.
pub(crate) fn check(line: &[u8]) -> Result<(), Violation> {
    message::<Request>(line)?;
    message::<Answer>(line)?;
    message::<Hello>(line)?;
    message::<ChildEvent>(line)?;
    crate::linear("message", line, read)
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
