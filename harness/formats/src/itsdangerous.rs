//! Signed cookies of [itsdangerous](https://itsdangerous.palletsprojects.com/), as Flask keeps its sessions in them.
//!
//! `value.time.signature`, or `value.signature` of a `Signer` or `URLSafeSerializer` that says no time. The time is a big-endian integer in
//! base64. The signature is HMAC with a key that follows from the secret and the salt, by SHA-1 if nothing else is said
//! (`digest_method`). Flask derives the key by HMAC (`key_derivation="hmac"`), and its salt is `cookie-session`.
//! itsdangerous itself ignores the two spare bits of a signature's last character, so two spellings of one signature pass there.
//! Here only the one that is written does.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::Error;
use crate::signed::{self, Digest, Refusal, Spelling, TimeSpelling, Token};

const TIMED: Spelling =
    Spelling { separator: b'.', time: Some(TimeSpelling { print: print_time, parse: parse_time }) };
const UNTIMED: Spelling = Spelling { separator: b'.', time: None };

/// How the key follows from the secret and the salt (`Signer.key_derivation`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derivation {
    /// `hmac`: what Flask uses.
    Hmac,
    /// `django-concat`: what itsdangerous uses where nothing is said.
    DjangoConcat,
    /// `concat`: the salt and the secret.
    Concat,
    /// `none`: the secret is the key.
    None,
}

/// A signer with its key.
#[derive(Clone)]
pub struct Signer {
    key: Vec<u8>,
    digest: Digest,
}

impl Signer {
    /// The signer of Flask's sessions.
    pub fn flask(secret: &[u8]) -> Signer {
        Signer::new(secret, b"cookie-session", Derivation::Hmac)
    }

    /// A signer with its salt, by SHA-1.
    pub fn new(secret: &[u8], salt: &[u8], derivation: Derivation) -> Signer {
        Signer::with(Digest::Sha1, secret, salt, derivation)
    }

    /// A signer with its digest and its salt.
    pub fn with(digest: Digest, secret: &[u8], salt: &[u8], derivation: Derivation) -> Signer {
        let key = match derivation {
            Derivation::Hmac => digest.sign(secret, salt),
            Derivation::DjangoConcat => digest.of(&[salt, b"signer", secret].concat()),
            Derivation::Concat => digest.of(&[salt, secret].concat()),
            Derivation::None => secret.to_vec(),
        };
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
/// Where it has not three parts, and where a part is not spelt as itsdangerous spells it.
pub fn parse(bytes: &[u8]) -> Result<Token, Error> {
    TIMED.parse(bytes)
}

/// Takes a value apart that was signed without a time. One with a time is of this form, too: then the time is the end of the value.
///
/// # Errors
/// Where it has not two parts, and where the signature is not spelt as itsdangerous spells it.
pub fn parse_untimed(bytes: &[u8]) -> Result<Token, Error> {
    UNTIMED.parse(bytes)
}

/// Prints a signed value.
pub fn print(token: &Token) -> Vec<u8> {
    TIMED.print(token)
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
        assert_eq!(signer.verify(&Token { timestamp: Some(6), ..token }), Err(Refusal::Signature));
    }

    const SIGNED: [(Digest, Derivation, &str); 13] = [
        (Digest::Sha1, Derivation::Hmac, "a.value.BzOadvbyBE5FD6VDHqrPhmxDdi4"),
        (Digest::Sha1, Derivation::DjangoConcat, "a.value.t-ZnyIqL9C0tTaJVJh7-tpzoTcc"),
        (Digest::Sha1, Derivation::Concat, "a.value.n4e8kVXd_n8sKViVsDh7JDGyXNQ"),
        (Digest::Sha1, Derivation::None, "a.value.CiMFZRPnt5Q6v8qKfJiaXidMvkU"),
        (Digest::Sha256, Derivation::Hmac, "a.value.U7NSWB3rZRcUaNOoc67OcP3t0_18k-74BIQ3huPR0-w"),
        (
            Digest::Sha256,
            Derivation::DjangoConcat,
            "a.value.uUf381jfp3Vxb2LKgJJWG_p61ZgWSaZs8mUpG2RaSZk",
        ),
        (Digest::Sha256, Derivation::Concat, "a.value.AJFtmIFvgnAo2mlQZ-Xr3LP1XvLx3Zr67-JILTI13-8"),
        (Digest::Sha256, Derivation::None, "a.value.EP9VAgLKnboGZNWyspd_uF8Go6XeErSF3tnZK-C5MSQ"),
        (
            Digest::Sha384,
            Derivation::Hmac,
            "a.value.JoK4DaZf1vcUbJMPb9vVu9KNi1dnGjsFiVnBVfnsCwA-jp43qm-Zksh5c7BUWQgp",
        ),
        (
            Digest::Sha512,
            Derivation::Hmac,
            "a.value.PzFiMgceb0d8F7DcJjM78mwL3smDUP4h6WfTXNIk34JqQ1GqcMqsQGvXNXYKupyhqXxmNSeTCy8Ct9Mpacf3oQ",
        ),
        (
            Digest::Sha512,
            Derivation::DjangoConcat,
            "a.value.fdb9bamCzkMBqfAPH_KH6Wu5WK32JG8G7RFr85OLhnawfdFHIog6BH1JvmG_xk63uVaE7jQMH7LUzw5l4Stw7Q",
        ),
        (
            Digest::Sha512,
            Derivation::Concat,
            "a.value.FX_cbm1fchoXHYe59bOQZjcyqHmzrbyurevrZRpFOkj6rZvK8U0kqCKKmTSbnEB_3ZkSD2roPXabRj-cFLMzwQ",
        ),
        (
            Digest::Sha512,
            Derivation::None,
            "a.value.OZUlbJZTGKW2mIcriErXVKWgaPkMDehILT6zYSdKNpFPjqzpy0iHA2ah42dsLJKQ_DmQz3immw2jGPge5emJPg",
        ),
    ];

    /// itsdangerous 2.2.0 signed these: `Signer(key, salt, key_derivation=…, digest_method=…).sign("a.value")`.
    #[test]
    fn other_digests_and_derivations_verify() {
        use Derivation::{Concat, DjangoConcat, Hmac, None};
        for (digest, derivation, text) in SIGNED {
            let token = parse_untimed(text.as_bytes()).unwrap();
            assert_eq!(print(&token), text.as_bytes());
            for other in Digest::ALL {
                for how in [Hmac, DjangoConcat, Concat, None] {
                    let verified = Signer::with(other, b"key", b"salt", how).verify(&token);
                    assert_eq!(verified.is_ok(), (other, how) == (digest, derivation), "{text}");
                }
            }
        }
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
