//! PHP's decoder: `ext/session/session.c`, and `unserialize()` in `ext/standard/var_unserializer.re`.
//! Its answer is what its encoder writes for the session that it read.

use interloper_formats::php::{Key, Session, Value, parse_binary, parse_php, parse_serialize};
use interloper_formats::{Error, Reason};

use super::super::compare::{Case, KnownDisagreement, Part};
use super::super::json;

macro_rules! known {
    ($parse:expr $(, $more:expr)?) => {
        &[
            $($more,)?
            KnownDisagreement::new(
                Part::Accepts,
                "PHP reads more spellings than it writes, and what it writes is read",
                |case| {
                    let Some(again) = again(case) else { return false };
                    again != case.input
                        && matches!(
                            $parse(&again),
                            Ok(_) | Err(Error { reason: Reason::TooDeep, .. })
                        )
                },
            ),
            KnownDisagreement::new(
                Part::Accepts,
                "the reference goes 64 deep, PHP 4096: unserialize_max_depth",
                |case| matches!(case.ours, Err(Error { reason: Reason::TooDeep, .. })),
            ),
            KnownDisagreement::new(
                Part::Value,
                "a float of 17 digits is read, and written as short as it can be: serialize_precision",
                |case| {
                    let (ours, theirs) = ($parse(case.input), again(case).map(|bytes| $parse(&bytes)));
                    matches!((ours, theirs), (Ok(ours), Some(Ok(theirs))) if by_bits(&ours) == by_bits(&theirs))
                },
            ),
            KnownDisagreement::new(Part::Value, OBJECTS, |case| made($parse(case.input))),
            KnownDisagreement::new(Part::Refuses, OBJECTS, |case| made($parse(case.input))),
        ]
    };
}

const EMPTY: &str = "session_encode writes a session without variables as an array without elements, and session_start as an empty file";

pub(in super::super) static PHP: &[KnownDisagreement] = known!(parse_php);
pub(in super::super) static PHP_BINARY: &[KnownDisagreement] = known!(parse_binary);
pub(in super::super) static PHP_SERIALIZE: &[KnownDisagreement] =
    known!(serialized, KnownDisagreement::new(Part::Value, EMPTY, |case| case.input.is_empty()));

const OBJECTS: &str = "objects are made by their classes, and a reference counts what was made; the reference makes nothing";

fn serialized(bytes: &[u8]) -> Result<Session, Error> {
    let elements = parse_serialize(bytes)?.unwrap_or_default();
    Ok(elements.into_iter().map(|(key, value)| (name(key), value)).collect())
}

fn name(key: Key) -> Vec<u8> {
    match key {
        Key::Int(number) => number.to_string().into_bytes(),
        Key::String(name) => name,
    }
}

/// Returns what PHP wrote for what it read.
fn again(case: &Case<'_>) -> Option<Vec<u8>> {
    json::bytes(case.theirs.as_ref().ok()?.as_str()?)
}

/// Returns whether something is in it that PHP makes by a class, or counts.
fn made(session: Result<Session, Error>) -> bool {
    fn by(value: &Value) -> bool {
        match value {
            Value::Array(elements) => elements.iter().any(|(_, value)| by(value)),
            Value::Object(..) | Value::Custom(..) | Value::Enum(_) => true,
            Value::SameObject(_) | Value::Reference(_) => true,
            _ => false,
        }
    }
    session.is_ok_and(|session| session.iter().any(|(_, value)| by(value)))
}

/// Returns the variables with an integer for each float, its bits: two spellings of a float have the same.
fn by_bits(session: &Session) -> Session {
    session.iter().map(|(name, value)| (name.clone(), bits(value))).collect()
}

fn bits(value: &Value) -> Value {
    match value {
        Value::Array(elements) => {
            let elements = elements.iter().map(|(key, value)| (key.clone(), bits(value)));
            Value::Array(elements.collect())
        }
        Value::Float(float) => Value::Int(float.value().to_bits().cast_signed()),
        other => other.clone(),
    }
}
