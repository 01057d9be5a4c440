//! The JSON record of [express-session](https://github.com/expressjs/session), as its `MemoryStore`, `session-file-store` and others keep it.
//!
//! The cookie's own settings stand under `cookie`, in the order of `Cookie.prototype.data`; everything else is the application's.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::error::Error;
use crate::json;

/// A record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// How the cookie with the session's id is set.
    pub cookie: Cookie,
    /// The session's data. `session-file-store` adds `__lastAccess`.
    #[serde(flatten)]
    pub data: Map<String, Value>,
}

/// The settings of the session's cookie. What is `undefined` in JavaScript is not there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cookie {
    /// How long it was to live when it was made, in milliseconds.
    #[serde(default)]
    pub original_max_age: Option<Number>,
    /// `Partitioned`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partitioned: Option<Value>,
    /// `Priority`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Value>,
    /// When it ends, as ISO 8601. `null` is never.
    #[serde(default)]
    pub expires: Option<String>,
    /// `Secure`: true, false, or `"auto"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secure: Option<Value>,
    /// `HttpOnly`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_only: Option<bool>,
    /// `Domain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// `Path`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// `SameSite`: a word, true or false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_site: Option<Value>,
    /// Whatever else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Reads a record.
///
/// # Errors
/// What is wrong with the input, and where.
pub fn parse(bytes: &[u8]) -> Result<Record, Error> {
    json::read(bytes)
}

/// Prints a record as `JSON.stringify` does, with the names of the data in order.
pub fn print(record: &Record) -> Vec<u8> {
    // A value that was read has string keys only, and a vector takes every byte.
    serde_json::to_vec(record).expect("what was read can be printed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_without_a_cookie_is_none() {
        assert!(parse(br#"{"user":"anna"}"#).is_err());
        assert!(parse(br#"{"cookie":{"httpOnly":1}}"#).is_err());
        let record = parse(br#"{"cookie":{},"n":1e2,"cookies":[]}"#).unwrap();
        assert_eq!(
            print(&record),
            br#"{"cookie":{"originalMaxAge":null,"expires":null},"cookies":[],"n":100.0}"#
        );
    }
}
