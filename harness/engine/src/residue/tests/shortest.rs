//! The least of each form that still holds a block or a canary.

use super::{encode, mint, search};
use crate::canary::BLOCK_LEN;
use crate::residue::Encoding::{self, Base64, Deflate, Gzip, Hex, Utf16Be, Utf16Le, Zlib};
use crate::residue::Hit;
use crate::residue::plain::{hex_value, sextet};
use crate::residue::runs::is_base64;
use crate::residue::text::is_hex;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

fn in_form(hits: &[Hit], wrapped: &[Encoding]) -> usize {
    hits.iter().filter(|hit| hit.wrapped == wrapped).count()
}

/// A text in one block of the fixed code of deflate, which encoders choose for short texts (RFC 1951, section 3.2.6).
fn fixed(text: &[u8]) -> Vec<u8> {
    let mut bits = vec![true, true, false];
    for &byte in text {
        assert!(byte < 144);
        // Codes are packed from their highest bit on, everything else from its lowest.
        bits.extend((0..8).rev().map(|bit| (0x30 + byte) >> bit & 1 == 1));
    }
    bits.extend([false; 7]);
    let byte = |bits: &[bool]| (0..8).map(|n| u8::from(bits.get(n) == Some(&true)) << n).sum();
    bits.chunks(8).map(byte).collect()
}

#[test]
fn a_stream_in_the_fixed_code_is_found() {
    let (mint, search) = (mint(), search());
    let canary = mint.canary(3);
    let stream = fixed(canary.text().as_bytes());
    // No shorter one can hold a canary.
    assert_eq!(stream.len(), super::super::inflate::HEADLESS_MIN);
    assert_eq!(in_form(&search.search(&stream), &[Deflate]), 4);
    let encoded = STANDARD.encode(&stream);
    assert_eq!(in_form(&search.search(encoded.as_bytes()), &[Base64, Deflate]), 4);
    let headers: [(&[u8], Encoding); 2] =
        [(&[0x78, 0x9C], Zlib), (&[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], Gzip)];
    for (header, encoding) in headers {
        assert_eq!(in_form(&search.search(&[header, &stream].concat()), &[encoding]), 4);
    }
}

#[test]
fn a_block_in_utf_16_is_found_at_the_end_of_everything() {
    let (mint, search) = (mint(), search());
    let canary = mint.canary(9);
    let block = &canary.text().as_bytes()[..BLOCK_LEN];
    for encoding in [Utf16Le, Utf16Be] {
        let bytes = [&[0xFF; 2], &encode(encoding, block)[..]].concat();
        assert_eq!(in_form(&search.search(&bytes), &[encoding]), 1);
    }
}

#[test]
fn hexadecimal_digits_that_begin_in_the_middle_of_a_byte_are_read_to_the_last() {
    let (mint, search) = (mint(), search());
    let canary = mint.canary(9);
    let inner = STANDARD_NO_PAD.encode(&canary.text().as_bytes()[..BLOCK_LEN]);
    for before in ["", "f"] {
        let bytes = [before.as_bytes(), &encode(Hex, inner.as_bytes())].concat();
        assert_eq!(in_form(&search.search(&bytes), &[Hex, Base64]), 1, "{before:?}");
    }
}

#[test]
fn what_is_a_digit_has_a_value() {
    for byte in 0..=u8::MAX {
        assert_eq!(is_base64(byte), sextet(byte).is_some(), "{byte:#x}");
        assert_eq!(is_hex(byte), hex_value(byte).is_some(), "{byte:#x}");
    }
}
