//! What the signed cookies of itsdangerous and Django share: a value, a time, and a signature over both.
//!
//! [`crate::itsdangerous`] and [`crate::django`] say how each spells them.

use std::io::Read;

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use flate2::Compression;
use flate2::read::{ZlibDecoder, ZlibEncoder};

use crate::error::{Error, Reason};
use crate::limits::{MAX_INFLATED, check_length};
use crate::planted;

/// A signed value, taken apart. Nobody has looked at its signature yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The value as it stands before the time; [`payload`] decodes it.
    pub value: Vec<u8>,
    /// When it was signed, in Unix seconds.
    pub timestamp: u64,
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

/// One spelling of signed values.
pub(crate) struct Spelling {
    pub(crate) separator: u8,
    pub(crate) signature_length: usize,
    pub(crate) print_time: fn(u64) -> Vec<u8>,
    pub(crate) parse_time: fn(&[u8]) -> Option<u64>,
}

impl Spelling {
    pub(crate) fn parse(&self, bytes: &[u8]) -> Result<Token, Error> {
        check_length(bytes)?;
        let last = |bytes: &[u8]| bytes.iter().rposition(|&byte| byte == self.separator);
        let none = |at| Error::new(at, Reason::Expected("a value, a time and a signature"));
        let second = last(bytes).ok_or_else(|| none(bytes.len()))?;
        let first = last(&bytes[..second]).ok_or_else(|| none(second))?;
        let timestamp = (self.parse_time)(&bytes[first + 1..second])
            .ok_or_else(|| Error::new(first + 1, Reason::Expected("a time")))?;
        let signature = decode(&bytes[second + 1..])
            .filter(|signature| {
                planted::SHORT_SIGNATURE || signature.len() == self.signature_length
            })
            .ok_or_else(|| Error::new(second + 1, Reason::Expected("a signature in base64")))?;
        Ok(Token { value: bytes[..first].to_vec(), timestamp, signature })
    }

    pub(crate) fn print(&self, token: &Token) -> Vec<u8> {
        let signature = URL_SAFE_NO_PAD.encode(&token.signature);
        [&self.signed(token)[..], &[self.separator], signature.as_bytes()].concat()
    }

    /// The bytes that the signature is over.
    pub(crate) fn signed(&self, token: &Token) -> Vec<u8> {
        [&token.value[..], &[self.separator], &(self.print_time)(token.timestamp)].concat()
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
pub(crate) fn matches<M: hmac::Mac>(mac: M, signature: &[u8]) -> Result<(), Refusal> {
    let matched = match planted::SHORT_SIGNATURE {
        true => mac.verify_truncated_left(signature),
        false => mac.verify_slice(signature),
    };
    matched.map_err(|_| Refusal::Signature)
}
