//! JSON in the form in which drivers answer it: text in hexadecimal of UTF-16, numbers by the bits of a double.

use std::fmt::Write;

use interloper_formats::json::{Json, Object};
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

fn units(units: impl IntoIterator<Item = u16>) -> String {
    units.into_iter().fold("s".to_owned(), |mut out, unit| {
        let _ = write!(out, "{unit:04x}");
        out
    })
}

fn number(number: f64) -> Value {
    // Minus zero is an integer to one and a double to another.
    let number = if number == 0.0 { 0.0 } else { number };
    format!("n{:016x}", number.to_bits()).into()
}

/// Returns a value of the reference as drivers answer it.
pub(super) fn read(value: &Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(word) => (*word).into(),
        Json::Number(digits) => number(digits.as_f64()),
        Json::String(text) => units(text.units()).into(),
        Json::Array(items) => items.iter().map(read).collect(),
        Json::Object(object) => fields(object),
    }
}

/// Returns an object of the reference as drivers answer it.
pub(super) fn fields(object: &Object) -> Value {
    let fields = object.0.iter().map(|(name, item)| (units(name.units()), read(item)));
    Value::Object(fields.collect::<Map<_, _>>())
}
