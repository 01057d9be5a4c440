//! JSON in the form in which drivers answer it: text in hexadecimal of UTF-16, numbers by the bits of a double.

use std::fmt::Write;

use serde_json::{Map, Value};

/// Formats bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Returns the bytes behind hexadecimal.
pub(super) fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = hex
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| digit.try_into().ok()))
        .collect();
    Some(digits?.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// Formats text as drivers answer it.
pub(super) fn text(text: &str) -> String {
    text.encode_utf16().fold("s".to_owned(), |mut out, unit| {
        let _ = write!(out, "{unit:04x}");
        out
    })
}

/// Returns a value as drivers answer it.
pub(super) fn driven(value: &Value) -> Value {
    match value {
        Value::String(string) => text(string).into(),
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or(f64::NAN);
            // Minus zero is an integer to one and a double to another.
            let number = if number == 0.0 { 0.0 } else { number };
            format!("n{:016x}", number.to_bits()).into()
        }
        Value::Array(items) => items.iter().map(driven).collect(),
        Value::Object(items) => Value::Object(
            items.iter().map(|(name, item)| (text(name), driven(item))).collect::<Map<_, _>>(),
        ),
        Value::Null | Value::Bool(_) => value.clone(),
    }
}
