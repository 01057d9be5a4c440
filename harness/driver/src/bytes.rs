//! Bytes as the protocol writes them: a text if they are one, and base64 otherwise.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes of a header, or of a name or value in it. On a line they are a text, or `{"b64":"…"}` if they are no UTF-8 (RFC 4648, section 4).
///
/// ```
/// use interloper_driver::Bytes;
/// let written = serde_json::to_string(&[Bytes::from("a"), Bytes::from(&b"\xff\x00"[..])]).unwrap();
/// assert_eq!(written, r#"["a",{"b64":"/wA="}]"#);
/// let read: Vec<Bytes> = serde_json::from_str(&written).unwrap();
/// assert_eq!(read[1].as_slice(), b"\xff\x00");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(Vec<u8>);

/// Form in which bytes are written.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
enum Written {
    /// Bytes that are UTF-8.
    Text(String),
    /// Any bytes.
    Base64 {
        /// Base64 with padding.
        b64: String,
    },
}

impl Bytes {
    /// Returns the bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl From<&str> for Bytes {
    fn from(text: &str) -> Bytes {
        Bytes(text.as_bytes().to_vec())
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Bytes {
        Bytes(bytes.to_vec())
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Bytes {
        Bytes(bytes)
    }
}

/// Prints every byte that is no printable ASCII as an escape: what a header holds must not reach a terminal.
impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| match byte {
            b'\\' => f.write_str("\\\\"),
            b' '..=b'~' => write!(f, "{}", char::from(*byte)),
            _ => write!(f, "\\x{byte:02x}"),
        })
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => Written::Base64 { b64: encoded(&self.0) }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Text(text) => Ok(Bytes(text.into_bytes())),
            Written::Base64 { b64 } => decoded(&b64)
                .map(Bytes)
                .ok_or_else(|| de::Error::custom("b64 is no base64 with padding")),
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Bytes {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Bytes".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Written::json_schema(generator)
    }
}

fn encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte));
        let group = group << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            text.push(match digit <= chunk.len() {
                true => char::from(DIGITS[(group >> (18 - 6 * digit)) as usize & 63]),
                false => '=',
            });
        }
    }
    text
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let whole = text.as_bytes();
    let digits = text.trim_end_matches('=');
    let padding = whole.len() - digits.len();
    if !whole.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(whole.len() / 4 * 3);
    for chunk in digits.as_bytes().chunks(4) {
        let mut group = 0_u32;
        for digit in chunk {
            let value = DIGITS.iter().position(|known| known == digit)?;
            group = group << 6 | value as u32;
        }
        group <<= 6 * (4 - chunk.len());
        bytes.extend_from_slice(&group.to_be_bytes()[1..chunk.len()]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_every_length_is_read_back() {
        for length in 0..9 {
            let bytes: Vec<u8> = (0..length).map(|n| 0xff - n * 31).collect();
            assert_eq!(decoded(&encoded(&bytes)), Some(bytes));
        }
        assert_eq!(encoded(b"foob"), "Zm9vYg==");
        assert_eq!(encoded(b"fooba"), "Zm9vYmE=");
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        for text in ["Zg", "Zg=", "Z===", "====", "Zg==Zg==", "Zm9v!A==", "Zg==\n"] {
            assert_eq!(decoded(text), None, "{text:?}");
        }
    }

    #[test]
    fn nothing_of_a_header_reaches_a_terminal_raw() {
        assert_eq!(Bytes::from("a\x1b[0m\\\u{e9}").to_string(), "a\\x1b[0m\\\\\\xc3\\xa9");
    }
}
