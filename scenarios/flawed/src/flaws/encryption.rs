//! What is promised to be encrypted, and is not, or not well.

use interloper_driver::{Failure, Open, Promise, Session};

use super::FlawEntry;
use crate::hardened::{Key, Route, Seal, Sound, Steps, data_route, hex};

/// The flaws of this area.
pub(super) const ENTRIES: &[FlawEntry] = &[
    FlawEntry::new(
        "writes-clear-text",
        "promises encryption, and authenticates only",
        &WritesClearText,
    )
    .encrypted()
    .cwe(&["CWE-312"])
    .caught_by(&["encryption::no_clear_text"])
    // What was saved under another id, too, has the same bytes.
    .may_fail(&["encryption::unequal"]),
    FlawEntry::new(
        "encodes-instead-of-encrypting",
        "takes hexadecimal for encryption",
        &EncodesInsteadOfEncrypting,
    )
    .encrypted()
    .cwe(&["CWE-311"])
    .caught_by(&["encryption::no_clear_text"])
    .may_fail(&["encryption::unequal", "corruption::*"]),
    FlawEntry::new("fixed-nonce", "encrypts every session with one nonce", &FixedNonce)
        .encrypted()
        .cwe(&["CWE-323"])
        .caught_by(&["encryption::unequal"]),
    FlawEntry::new(
        "key-beside-data",
        "keeps the key in the directory of the sessions",
        &KeyBesideData,
    )
    .encrypted()
    .cwe(&["CWE-922"])
    .caught_by(&["encryption::key_apart"]),
    FlawEntry::new(
        "not-bound-to-name",
        "encrypts a session without the name it is kept under",
        &NotBoundToName,
    )
    .encrypted()
    .cwe(&["CWE-345"])
    .caught_by(&["encryption::not_swappable"])
    .may_fail(&["corruption::*"]),
    FlawEntry::new(
        "keeps-no-version",
        "promises that an older version is noticed, and only checks that it wrote it",
        &KeepsNoVersion,
    )
    .encrypted()
    .cwe(&["CWE-294"])
    .caught_by(&["encryption::no_rollback"]),
];

struct WritesClearText;
impl Steps for WritesClearText {
    fn seal(&self, _: Seal, key: &Key, name: &str, json: &[u8]) -> Result<Vec<u8>, Failure> {
        Sound.seal(Seal::Plain, key, name, json)
    }
    fn unseal(&self, _: Seal, key: &Key, name: &str, file: &[u8]) -> Result<Session, Failure> {
        Sound.unseal(Seal::Plain, key, name, file)
    }
}

struct EncodesInsteadOfEncrypting;
impl Steps for EncodesInsteadOfEncrypting {
    fn seal(&self, _: Seal, key: &Key, name: &str, json: &[u8]) -> Result<Vec<u8>, Failure> {
        Ok(hex(&Sound.seal(Seal::Plain, key, name, json)?).into_bytes())
    }
    fn unseal(&self, _: Seal, key: &Key, name: &str, file: &[u8]) -> Result<Session, Failure> {
        let digit = |byte: &u8| char::from(*byte).to_digit(16).map(|digit| digit as u8);
        let byte = |pair: &[u8]| Some(digit(&pair[0])? << 4 | digit(pair.get(1)?)?);
        let file: Option<Vec<u8>> = file.chunks(2).map(byte).collect();
        let file = file.ok_or_else(|| Failure::corrupt("the file is not hexadecimal"))?;
        Sound.unseal(Seal::Plain, key, name, &file)
    }
}

struct FixedNonce;
impl Steps for FixedNonce {
    fn seal(&self, seal: Seal, key: &Key, name: &str, json: &[u8]) -> Result<Vec<u8>, Failure> {
        seal.close_with([0; 24], key, name, json)
    }
}

struct KeyBesideData;
impl Steps for KeyBesideData {
    fn key_route(&self, at: &Open) -> Result<Route, Failure> {
        data_route(at)
    }
}

struct KeepsNoVersion;
impl Steps for KeepsNoVersion {
    fn promises(&self) -> &'static [Promise] {
        &[Promise::NoRollback]
    }
}

struct NotBoundToName;
impl Steps for NotBoundToName {
    fn seal(&self, seal: Seal, key: &Key, _: &str, json: &[u8]) -> Result<Vec<u8>, Failure> {
        Sound.seal(seal, key, "", json)
    }
    fn unseal(&self, seal: Seal, key: &Key, _: &str, file: &[u8]) -> Result<Session, Failure> {
        Sound.unseal(seal, key, "", file)
    }
}
