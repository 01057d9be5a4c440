//! What stands in a file: the length of the rest, a newline, and a JSON object.

use std::collections::BTreeMap;
use std::io;

use crate::damaged;

/// What a session holds.
pub type Values = BTreeMap<String, serde_json::Value>;

/// Reads the bytes of a file. With the length in front, a file that was cut short is noticed.
pub fn parse(bytes: &[u8]) -> io::Result<Values> {
    let line = bytes.iter().position(|byte| *byte == b'\n').ok_or_else(damaged)?;
    let (length, rest) = (&bytes[..line], &bytes[line + 1..]);
    let length = std::str::from_utf8(length).ok().and_then(|text| text.parse().ok());
    let length: usize = length.ok_or_else(damaged)?;
    if cfg!(feature = "careless") {
        // Trusts the length, as programs do that never saw a damaged file.
        return serde_json::from_slice(&rest[..length]).map_err(|_| damaged());
    }
    if length != rest.len() {
        return Err(damaged());
    }
    serde_json::from_slice(rest).map_err(|_| damaged())
}

/// Writes the bytes of a file.
pub fn print(values: &Values) -> Vec<u8> {
    // A value of JSON is always written.
    let body = serde_json::to_string(values).unwrap_or_default();
    format!("{}\n{body}", body.len()).into_bytes()
}
