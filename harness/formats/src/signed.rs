//! What the signed cookies of itsdangerous and Django share: a value, a time where the signer says one, and a signature over both.
//!
//! [`crate::itsdangerous`] and [`crate::django`] say how each spells them.

use std::io::Read;

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use flate2::Compression;
use flate2::read::{ZlibDecoder, ZlibEncoder};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Digest as _;

use crate::error::{Error, Reason};
use crate::limits::{MAX_INFLATED, check_length};
use crate::planted;

/// A signed value, taken apart. Nobody has looked at its signature yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The value as it stands before the time; [`payload`] decodes it.
    pub value: Vec<u8>,
    /// When it was signed, in Unix seconds; `None` of a signer that says no time.
    pub timestamp: Option<u64>,
    /// The signature's bytes.
    pub signature: Vec<u8>,
}

/// Why a signed value is not to be believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not of the form.
    #[error(transparent)]
    Form(#[from] Error),
    /// The signature is not that of this key.
    #[error("the signature does not match")]
    Signature,
}

/// A digest under the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// SHA-1: what itsdangerous takes if nothing is said, and Django before 3.1.
    Sha1,
    /// SHA-256: what Django takes if nothing is said.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512: what itsdangerous 1.1 took if nothing was said.
    Sha512,
}

impl Digest {
    /// All of them.
    pub const ALL: [Digest; 4] = [Digest::Sha1, Digest::Sha256, Digest::Sha384, Digest::Sha512];

    /// Returns the length of a signature, in bytes.
    pub fn length(self) -> usize {
        match self {
            Digest::Sha1 => 20,
            Digest::Sha256 => 32,
            Digest::Sha384 => 48,
            Digest::Sha512 => 64,
        }
    }

    /// Returns the digest of some bytes.
    pub(crate) fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Digest::Sha1 => sha1::Sha1::digest(bytes).to_vec(),
            Digest::Sha256 => sha2::Sha256::digest(bytes).to_vec(),
            Digest::Sha384 => sha2::Sha384::digest(bytes).to_vec(),
            Digest::Sha512 => sha2::Sha512::digest(bytes).to_vec(),
        }
    }

    /// Returns the signature of some bytes.
    pub(crate) fn sign(self, key: &[u8], bytes: &[u8]) -> Vec<u8> {
        match self {
            Digest::Sha1 => mac::<Hmac<sha1::Sha1>>(key, bytes).finalize().into_bytes().to_vec(),
            Digest::Sha256 => {
                mac::<Hmac<sha2::Sha256>>(key, bytes).finalize().into_bytes().to_vec()
            }
            Digest::Sha384 => {
                mac::<Hmac<sha2::Sha384>>(key, bytes).finalize().into_bytes().to_vec()
            }
            Digest::Sha512 => {
                mac::<Hmac<sha2::Sha512>>(key, bytes).finalize().into_bytes().to_vec()
            }
        }
    }

    /// Returns whether a signature is that of some bytes, in constant time.
    ///
    /// # Errors
    /// When it is not.
    pub(crate) fn verify(self, key: &[u8], bytes: &[u8], signature: &[u8]) -> Result<(), Refusal> {
        match self {
            Digest::Sha1 => matches(mac::<Hmac<sha1::Sha1>>(key, bytes), signature),
            Digest::Sha256 => matches(mac::<Hmac<sha2::Sha256>>(key, bytes), signature),
            Digest::Sha384 => matches(mac::<Hmac<sha2::Sha384>>(key, bytes), signature),
            Digest::Sha512 => matches(mac::<Hmac<sha2::Sha512>>(key, bytes), signature),
        }
    }
}

fn mac<M: Mac + KeyInit>(key: &[u8], bytes: &[u8]) -> M {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(bytes);
    mac
}

/// One spelling of signed values.
pub(crate) struct Spelling {
    pub(crate) separator: u8,
    /// How a time is spelt; `None` if there is none.
    pub(crate) time: Option<TimeSpelling>,
}

/// How a time is printed and read.
pub(crate) struct TimeSpelling {
    pub(crate) print: fn(u64) -> Vec<u8>,
    pub(crate) parse: fn(&[u8]) -> Option<u64>,
}

impl Spelling {
    pub(crate) fn parse(&self, bytes: &[u8]) -> Result<Token, Error> {
        check_length(bytes)?;
        let what = match self.time {
            Some(_) => "a value, a time and a signature",
            None => "a value and a signature",
        };
        let last = |bytes: &[u8]| {
            let at = bytes.iter().rposition(|&byte| byte == self.separator);
            at.ok_or(Error::new(bytes.len(), Reason::Expected(what)))
        };
        let second = last(bytes)?;
        let (first, timestamp) = match &self.time {
            None => (second, None),
            Some(time) => {
                let first = last(&bytes[..second])?;
                let timestamp = (time.parse)(&bytes[first + 1..second]);
                let none = Error::new(first + 1, Reason::Expected("a time"));
                (first, Some(timestamp.ok_or(none)?))
            }
        };
        let lengths = Digest::ALL.map(Digest::length);
        let signature = decode(&bytes[second + 1..])
            .filter(|signature| planted::SHORT_SIGNATURE || lengths.contains(&signature.len()))
            .ok_or_else(|| Error::new(second + 1, Reason::Expected("a signature in base64")))?;
        Ok(Token { value: bytes[..first].to_vec(), timestamp, signature })
    }

    pub(crate) fn print(&self, token: &Token) -> Vec<u8> {
        let signature = URL_SAFE_NO_PAD.encode(&token.signature);
        [&self.signed(token)[..], &[self.separator], signature.as_bytes()].concat()
    }

    /// The bytes that the signature is over.
    pub(crate) fn signed(&self, token: &Token) -> Vec<u8> {
        match (&self.time, token.timestamp) {
            (Some(time), Some(timestamp)) => {
                [&token.value[..], &[self.separator], &(time.print)(timestamp)].concat()
            }
            _ => token.value.clone(),
        }
    }
}

/// The value decoded: base64 without padding, and zlib where it begins with a dot.
///
/// # Errors
/// Where it is neither, and where it inflates to more than [`MAX_INFLATED`].
pub fn payload(value: &[u8]) -> Result<Vec<u8>, Error> {
    let (compressed, text) = match value {
        [b'.', rest @ ..] => (true, rest),
        text => (false, text),
    };
    let at = usize::from(compressed);
    let bytes = decode(text).ok_or_else(|| Error::new(at, Reason::Expected("base64")))?;
    if !compressed {
        return Ok(bytes);
    }
    let bound = if planted::UNBOUNDED_INFLATE { usize::MAX - 1 } else { MAX_INFLATED };
    let mut inflated = Vec::new();
    // One byte more than is allowed tells too much from just enough.
    ZlibDecoder::new(&bytes[..])
        .take(bound as u64 + 1)
        .read_to_end(&mut inflated)
        .map_err(|_| Error::new(at, Reason::Expected("a zlib stream")))?;
    match inflated.len() > bound {
        true => Err(Error::new(at, Reason::Inflates)),
        false => Ok(inflated),
    }
}

/// A payload as a value; compressed where that makes it shorter, as both programs do.
pub fn value(payload: &[u8]) -> Vec<u8> {
    let mut small = Vec::new();
    let read = ZlibEncoder::new(payload, Compression::default()).read_to_end(&mut small);
    match read.is_ok() && small.len() + 1 < payload.len() {
        true => [".", &URL_SAFE_NO_PAD.encode(small)].concat().into_bytes(),
        false => URL_SAFE_NO_PAD.encode(payload).into_bytes(),
    }
}

/// Base64 as RFC 4648 section 5 has it, without padding, and only in the spelling that an encoder gives.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true);
    match planted::SPARE_BITS {
        true => GeneralPurpose::new(&base64::alphabet::URL_SAFE, lenient).decode(text).ok(),
        false => URL_SAFE_NO_PAD.decode(text).ok(),
    }
}

/// Whether `signature` is what `mac` computes, in constant time.
fn matches<M: Mac>(mac: M, signature: &[u8]) -> Result<(), Refusal> {
    let matched = match planted::SHORT_SIGNATURE {
        true => mac.verify_truncated_left(signature),
        false => mac.verify_slice(signature),
    };
    matched.map_err(|_| Refusal::Signature)
}
