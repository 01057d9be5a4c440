//! Signed cookies of [itsdangerous](https://itsdangerous.palletsprojects.com/), as Flask keeps its sessions in them.
//!
//! `value.time.signature`: the time is a big-endian integer in base64; the signature is HMAC-SHA1 with a key that is
//! HMAC-SHA1 of the salt under the secret (`key_derivation="hmac"`), Flask's salt being `cookie-session`.
//! itsdangerous itself ignores the two spare bits of a signature's last character, so two spellings of one signature pass there.
//! Here only the one that is written does.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};

use crate::error::Error;
use crate::signed::{self, Refusal, Spelling, Token};

const SPELLING: Spelling =
    Spelling { separator: b'.', signature_length: 20, print_time, parse_time };

/// How the key follows from the secret and the salt (`Signer.key_derivation`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derivation {
    /// `hmac`: what Flask uses.
    Hmac,
    /// `django-concat`: what itsdangerous uses where nothing is said.
    DjangoConcat,
}

/// A signer with its key.
#[derive(Clone)]
pub struct Signer {
    key: Vec<u8>,
}

impl Signer {
    /// The signer of Flask's sessions.
    pub fn flask(secret: &[u8]) -> Signer {
        Signer::new(secret, b"cookie-session", Derivation::Hmac)
    }

    /// A signer with its salt.
    pub fn new(secret: &[u8], salt: &[u8], derivation: Derivation) -> Signer {
        let key = match derivation {
            Derivation::Hmac => mac(secret, salt).finalize().into_bytes().to_vec(),
            Derivation::DjangoConcat => Sha1::digest([salt, b"signer", secret].concat()).to_vec(),
        };
        Signer { key }
    }

    /// Signs a value that was encoded by [`signed::value`], or any other.
    pub fn sign(&self, value: &[u8], timestamp: u64) -> Token {
        let mut token = Token { value: value.to_vec(), timestamp, signature: Vec::new() };
        let mac = mac(&self.key, &SPELLING.signed(&token));
        token.signature = mac.finalize().into_bytes().to_vec();
        token
    }

    /// Whether the token was signed with this key; in constant time.
    ///
    /// # Errors
    /// When it was not.
    pub fn verify(&self, token: &Token) -> Result<(), Refusal> {
        signed::matches(mac(&self.key, &SPELLING.signed(token)), &token.signature)
    }

    /// Reads, verifies and decodes.
    ///
    /// # Errors
    /// When it is not of the form or not signed with this key.
    pub fn open(&self, bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
        let token = parse(bytes)?;
        self.verify(&token)?;
        Ok(signed::payload(&token.value)?)
    }
}

/// Takes a signed value apart.
///
/// # Errors
/// Where it has not three parts, and where a part is not spelt as itsdangerous spells it.
pub fn parse(bytes: &[u8]) -> Result<Token, Error> {
    SPELLING.parse(bytes)
}

/// Prints a signed value.
pub fn print(token: &Token) -> Vec<u8> {
    SPELLING.print(token)
}

fn mac(key: &[u8], data: &[u8]) -> Hmac<Sha1> {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(data);
    mac
}

fn print_time(seconds: u64) -> Vec<u8> {
    let bytes = seconds.to_be_bytes();
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    URL_SAFE_NO_PAD.encode(&bytes[zeros..]).into_bytes()
}

fn parse_time(text: &[u8]) -> Option<u64> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let plain = bytes.len() <= 8 && bytes.first() != Some(&0);
    plain.then(|| bytes.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_one_spelling() {
        for seconds in [0, 1, 255, 256, 1_750_000_000, u64::MAX] {
            assert_eq!(parse_time(&print_time(seconds)), Some(seconds));
        }
        assert_eq!(parse_time(b"AAE"), None);
    }

    #[test]
    fn another_key_another_salt_another_time() {
        let signer = Signer::flask(b"one");
        let token = signer.sign(b"value", 5);
        assert_eq!(signer.verify(&token), Ok(()));
        assert_eq!(Signer::flask(b"two").verify(&token), Err(Refusal::Signature));
        let other = Signer::new(b"one", b"salt", Derivation::Hmac);
        assert_eq!(other.verify(&token), Err(Refusal::Signature));
        assert_eq!(signer.verify(&Token { timestamp: 6, ..token }), Err(Refusal::Signature));
    }

    #[test]
    fn a_payload_is_found_again() {
        let signer = Signer::flask(b"key");
        for payload in [&b"short"[..], &[b'x'; 500], b""] {
            let token = signer.sign(&signed::value(payload), 1_750_000_000);
            assert_eq!(signer.open(&print(&token)), Ok(payload.to_vec()));
        }
    }

    #[test]
    fn what_inflates_too_far_is_refused() {
        let value = signed::value(&vec![0; crate::MAX_INFLATED + 1]);
        assert!(value.len() < 4096, "{}", value.len());
        assert_eq!(signed::payload(&value).unwrap_err().reason, crate::Reason::Inflates);
        let value = signed::value(&vec![0; crate::MAX_INFLATED]);
        assert!(signed::payload(&value).is_ok());
    }
}
