//! The JSON in a file.

use serde::de::DeserializeOwned;

/// Returns the first JSON object in a file, with what stands before and after it.
pub(super) fn object<T: DeserializeOwned>(whole: &[u8]) -> Option<(&[u8], T, &[u8])> {
    document_at(whole, whole.iter().position(|byte| *byte == b'{')?)
}

/// Returns the JSON document that begins there, with what stands before and after it.
pub(super) fn document_at<T: DeserializeOwned>(
    whole: &[u8],
    start: usize,
) -> Option<(&[u8], T, &[u8])> {
    let mut values = serde_json::Deserializer::from_slice(&whole[start..]).into_iter::<T>();
    let value = values.next()?.ok()?;
    let end = start + values.byte_offset();
    Some((&whole[..start], value, &whole[end..]))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_document_is_found_between_other_bytes() {
        let (before, value, after) = object::<Value>(b"MAGIC{\"a\":1}\xff\x00").unwrap();
        assert_eq!((before, after), (&b"MAGIC"[..], &b"\xff\x00"[..]));
        assert_eq!(value, json!({"a": 1}));
    }
}
