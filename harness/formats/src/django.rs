//! Signed values of [`django.core.signing`](https://docs.djangoproject.com/en/5.2/topics/signing/), in which the backend `signed_cookies` keeps sessions.
//!
//! `value:time:signature`, or `value:signature` of a `Signer` that says no time, as `get_signed_cookie` without `max_age` takes none. The time
//! is in base 62. The signature is HMAC with a key that is the digest of the salt, `signer` and the secret (`salted_hmac`): by SHA-256, or
//! by SHA-1 before Django 3.1 and in `DEFAULT_HASHING_ALGORITHM`.

use crate::error::Error;
use crate::signed::{self, Digest, Refusal, Spelling, TimeSpelling, Token};

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const TIMED: Spelling =
    Spelling { separator: b':', time: Some(TimeSpelling { print: print_time, parse: parse_time }) };
const UNTIMED: Spelling = Spelling { separator: b':', time: None };

/// The salt of `signing.dumps` where nothing is said.
pub const SALT: &str = "django.core.signing";
/// The salt of the session backend `signed_cookies`.
pub const SESSION_SALT: &str = "django.contrib.sessions.backends.signed_cookies";

/// A signer with its key.
#[derive(Clone)]
pub struct Signer {
    key: Vec<u8>,
    digest: Digest,
}

impl Signer {
    /// A signer with its salt, by SHA-256.
    pub fn new(secret: &[u8], salt: &str) -> Signer {
        Signer::with(Digest::Sha256, secret, salt)
    }

    /// A signer with its digest and its salt.
    pub fn with(digest: Digest, secret: &[u8], salt: &str) -> Signer {
        let key = digest.of(&[salt.as_bytes(), b"signer", secret].concat());
        Signer { key, digest }
    }

    /// Signs a value that was encoded by [`signed::value`], or any other. Without a time it is what `Signer.sign` makes.
    pub fn sign(&self, value: &[u8], timestamp: impl Into<Option<u64>>) -> Token {
        let timestamp = timestamp.into();
        let mut token = Token { value: value.to_vec(), timestamp, signature: Vec::new() };
        token.signature = self.digest.sign(&self.key, &TIMED.signed(&token));
        token
    }

    /// Whether the token was signed with this key; in constant time.
    ///
    /// # Errors
    /// When it was not.
    pub fn verify(&self, token: &Token) -> Result<(), Refusal> {
        self.digest.verify(&self.key, &TIMED.signed(token), &token.signature)
    }

    /// Reads a value with its time, verifies and decodes.
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
/// Where it has not three parts, and where a part is not spelt as Django spells it.
pub fn parse(bytes: &[u8]) -> Result<Token, Error> {
    TIMED.parse(bytes)
}

/// Takes a value apart that was signed without a time. One with a time is of this form, too: then the time is the end of the value.
///
/// # Errors
/// Where it has not two parts, and where the signature is not spelt as Django spells it.
pub fn parse_untimed(bytes: &[u8]) -> Result<Token, Error> {
    UNTIMED.parse(bytes)
}

/// Prints a signed value.
pub fn print(token: &Token) -> Vec<u8> {
    TIMED.print(token)
}

fn print_time(seconds: u64) -> Vec<u8> {
    let mut digits = Vec::new();
    let mut rest = seconds;
    while rest > 0 || digits.is_empty() {
        digits.push(DIGITS[(rest % 62) as usize]);
        rest /= 62;
    }
    digits.reverse();
    digits
}

fn parse_time(text: &[u8]) -> Option<u64> {
    let plain = !text.is_empty() && (text.len() == 1 || text.first() != Some(&b'0'));
    let digit = |byte| DIGITS.iter().position(|&digit| digit == byte);
    text.iter()
        .try_fold(0u64, |sum, &byte| sum.checked_mul(62)?.checked_add(digit(byte)? as u64))
        .filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_one_spelling() {
        for seconds in [0, 61, 62, 1_750_000_000, u64::MAX] {
            assert_eq!(parse_time(&print_time(seconds)), Some(seconds));
        }
        for text in ["", "01", "_", "zzzzzzzzzzzzzzzz"] {
            assert_eq!(parse_time(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn another_salt_is_another_key() {
        let token = Signer::new(b"key", SALT).sign(b"value", 5);
        assert_eq!(Signer::new(b"key", SALT).verify(&token), Ok(()));
        assert_eq!(Signer::new(b"key", SESSION_SALT).verify(&token), Err(Refusal::Signature));
    }
}
