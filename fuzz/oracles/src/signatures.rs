//! A signed value with any bit changed, or cut short, is refused.

use interloper_formats::signed::{self, Refusal, Token};
use interloper_formats::{MAX_INFLATED, django, itsdangerous};

use crate::Violation;

const KEY: &[u8] = b"a-key-for-seeds-only";
/// Of the inputs that come here, one in so many is compressed and read again: a compressor costs more than all the rest.
const COMPRESSED: u16 = 64;
/// One of them in so many is inflated to the limit.
const INFLATED: u16 = 512;

/// Signs the input as a value and damages what comes out. The last two bytes say where.
pub(crate) fn check(input: &[u8]) -> Result<(), Violation> {
    let Some((value, place)) = input.split_last_chunk::<2>() else { return Ok(()) };
    let place = usize::from(u16::from_le_bytes(*place));
    let flask = itsdangerous::Signer::flask(KEY);
    refuses(
        "itsdangerous",
        &itsdangerous::print(&flask.sign(value, 1_750_000_000)),
        place,
        |bytes| flask.verify(&itsdangerous::parse(bytes)?),
    )?;
    let django = django::Signer::new(KEY, django::SESSION_SALT);
    refuses("django", &django::print(&django.sign(value, 1_750_000_000)), place, |bytes| {
        django.verify(&django::parse(bytes)?)
    })?;
    let sum = value.iter().fold(7u16, |sum, &byte| sum.wrapping_mul(31) ^ u16::from(byte));
    if sum.is_multiple_of(COMPRESSED) {
        let again = signed::payload(&signed::value(value));
        Violation::unless(again.as_deref() == Ok(value), "payload", || format!("{again:?}"))?;
    }
    if sum.is_multiple_of(INFLATED) {
        inflates(sum.to_le_bytes()[1])?;
    }
    let token = Token { value: value.to_vec(), timestamp: Some(0), signature: Vec::new() };
    Violation::unless(flask.verify(&token).is_err(), "forged", || "an empty signature passes")
}

fn refuses(
    what: &'static str,
    bytes: &[u8],
    place: usize,
    verify: impl Fn(&[u8]) -> Result<(), Refusal>,
) -> Result<(), Violation> {
    let shown = |bytes: &[u8]| format!("{what}: {}", String::from_utf8_lossy(bytes));
    Violation::unless(verify(bytes).is_ok(), "its own signature", || shown(bytes))?;
    let mut changed = bytes.to_vec();
    // Counted from the end, where the signature is, so that a short place is a bit of it.
    let bit = place % (bytes.len() * 8);
    let at = bytes.len() - 1 - bit / 8;
    changed[at] ^= 1 << (bit % 8);
    Violation::unless(verify(&changed).is_err(), "a changed bit", || shown(&changed))?;
    let cut = &bytes[..bytes.len() - 1 - place % bytes.len()];
    Violation::unless(verify(cut).is_err(), "cut short", || shown(cut))
}

/// Checks that a few bytes that inflate beyond the limit are refused.
fn inflates(byte: u8) -> Result<(), Violation> {
    let value = signed::value(&vec![byte; MAX_INFLATED + 1]);
    Violation::unless(signed::payload(&value).is_err(), "inflates within the limit", || {
        format!("{} bytes became more than {MAX_INFLATED}", value.len())
    })
}
