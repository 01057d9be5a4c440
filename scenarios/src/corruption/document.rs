//! The JSON in a file.

use serde_json::Value;

/// The first JSON object in a file, with what stands before and after it.
pub(super) fn document(whole: &[u8]) -> Option<(&[u8], Value, &[u8])> {
    let start = whole.iter().position(|byte| *byte == b'{')?;
    let mut values = serde_json::Deserializer::from_slice(&whole[start..]).into_iter::<Value>();
    let value = values.next()?.ok()?;
    let end = start + values.byte_offset();
    Some((&whole[..start], value, &whole[end..]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_is_found_between_other_bytes() {
        let (before, value, after) = document(b"MAGIC{\"a\":1}\xff\x00").unwrap();
        assert_eq!((before, after), (&b"MAGIC"[..], &b"\xff\x00"[..]));
        assert_eq!(value, json!({"a": 1}));
    }
}
