//! Contents of a file: the length and the checksum of the rest, a newline, and a JSON object.

use std::collections::BTreeMap;
use std::io;

use crate::damaged;

/// What a session holds.
pub type Values = BTreeMap<String, serde_json::Value>;

/// Reads the bytes of a file. With length and checksum in front, a file that was cut short or changed is noticed.
pub fn parse(bytes: &[u8]) -> io::Result<Values> {
    let line = bytes.iter().position(|byte| *byte == b'\n').ok_or_else(damaged)?;
    let (head, rest) = (&bytes[..line], &bytes[line + 1..]);
    if cfg!(feature = "careless") {
        // Trusts the length, as programs do that never saw a damaged file.
        let length = std::str::from_utf8(head).ok().and_then(|head| head.split(' ').next());
        let length = length.and_then(|text| text.parse::<usize>().ok()).ok_or_else(damaged)?;
        return serde_json::from_slice(&rest[..length]).map_err(|_| damaged());
    }
    // The length first: it costs nothing, however long the file has become.
    if !head.starts_with(format!("{} ", rest.len()).as_bytes()) || head != head_of(rest).as_bytes()
    {
        return Err(damaged());
    }
    serde_json::from_slice(rest).map_err(|_| damaged())
}

/// Writes the bytes of a file.
pub fn print(values: &Values) -> Vec<u8> {
    // A value of JSON is always written.
    let body = serde_json::to_string(values).unwrap_or_default();
    format!("{}\n{body}", head_of(body.as_bytes())).into_bytes()
}

fn head_of(body: &[u8]) -> String {
    format!("{} {:08x}", body.len(), checksum(body))
}

/// Returns the CRC-32 of zip and Ethernet: no change of a few bits keeps it. It is no signature, which whoever can write the file could not make.
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}
