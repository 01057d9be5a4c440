//! One canary in one plain encoding, at every alignment, whole and torn.

use super::super::{Encoding, Hit, best, distinct};
use super::{encode, mint, noise, search};
use crate::canary::{BLOCK_LEN, BLOCKS, CANARIES, CANARY_LEN, Mint};
use crate::residue::Search;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;

/// The four hits on a canary of which each byte takes `width` bytes.
fn hits(canary: u16, offset: usize, width: usize, wrapped: &[Encoding]) -> Vec<Hit> {
    let hit = |block| Hit {
        canary,
        block,
        offset: offset + usize::from(block) * BLOCK_LEN * width,
        wrapped: wrapped.to_vec(),
    };
    (0..BLOCKS).map(hit).collect()
}

#[test]
fn every_plain_encoding_is_found_at_every_alignment_in_noise() {
    for (canary, shift) in (0..8).flat_map(|canary| (0..8).map(move |shift| (canary, shift))) {
        // Another marker each time: in some, no hexadecimal digit has a case.
        let mint = Mint::new(canary.into());
        let search = Search::new(&mint);
        let text = mint.canary(canary);
        let upper = |encoded: Vec<u8>| encoded.to_ascii_uppercase();
        let lower = |encoded: Vec<u8>| encoded.to_ascii_lowercase();
        let cases = [
            (text.text().as_bytes().to_vec(), 1, vec![]),
            (lower(encode(Encoding::Hex, text.text().as_bytes())), 2, vec![Encoding::Hex]),
            (upper(encode(Encoding::Hex, text.text().as_bytes())), 2, vec![Encoding::Hex]),
            (lower(encode(Encoding::Percent, text.text().as_bytes())), 3, vec![Encoding::Percent]),
            (upper(encode(Encoding::Percent, text.text().as_bytes())), 3, vec![Encoding::Percent]),
            (encode(Encoding::Utf16Le, text.text().as_bytes()), 2, vec![Encoding::Utf16Le]),
            (encode(Encoding::Utf16Be, text.text().as_bytes()), 2, vec![Encoding::Utf16Be]),
        ];
        for (encoded, width, wrapped) in cases {
            let mut bytes = noise(u64::from(canary), 256 + shift);
            // A zero here would make a stretch of UTF-16 longer.
            bytes.push(0xFF);
            let at = bytes.len();
            bytes.extend(encoded);
            bytes.push(0xFF);
            bytes.extend(noise(99, 256));
            assert_eq!(search.search(&bytes), hits(canary, at, width, &wrapped));
            assert!(search.contains_any(&bytes));
        }
    }
}

#[test]
fn base64_is_found_at_its_three_alignments_in_all_its_alphabets() {
    let (mint, search) = (mint(), search());
    for (before, after, shift) in
        (0..8).flat_map(|b| (0..4).flat_map(move |a| (0..4).map(move |s| (b, a, s))))
    {
        let text = mint.canary(3844 / 2);
        let plain = [&noise(5, before), text.text().as_bytes(), &noise(6, after)].concat();
        let encoded: Vec<String> = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD]
            .iter()
            .map(|engine| engine.encode(&plain))
            .collect();
        for encoded in encoded {
            // Base64 characters before it, so that it does not begin where its run does.
            let bytes = [b"key=", &b"x-_/"[..shift], encoded.as_bytes(), b"\"; path"].concat();
            let found = search.search(&bytes);
            assert_eq!(found.len(), 4, "{before} {after} {shift} {encoded}");
            for (hit, block) in found.iter().zip(0..) {
                assert_eq!((hit.block, &hit.wrapped), (block, &vec![Encoding::Base64]));
                let first_bit = 8 * (before + usize::from(block) * BLOCK_LEN);
                assert_eq!(hit.offset, 4 + shift + first_bit / 6);
            }
            assert!(search.contains_any(&bytes));
        }
    }
}

#[test]
fn the_alphabets_of_base64_agree_on_every_canary() {
    for seed in 0..100 {
        for before in 0..3 {
            let plain = [&b"..."[..before], Mint::new(seed).canary(9).text().as_bytes()].concat();
            assert_eq!(STANDARD.encode(&plain), URL_SAFE.encode(&plain));
        }
    }
}

#[test]
fn base64_in_lines_is_found_whole_and_in_one_pass_in_part() {
    let (mint, search) = (mint(), search());
    let breaks: [&[u8]; 6] = [b"\n", b"\r\n", b"\n    ", b"\r\n\t", br"\n", br"\r\n"];
    for (width, gap, before) in [60, 64, 76]
        .into_iter()
        .flat_map(|w| breaks.iter().flat_map(move |gap| (0..120).map(move |b| (w, gap, b))))
    {
        let plain = [&noise(7, before)[..], mint.canary(1).text().as_bytes(), b"end"].concat();
        let encoded = STANDARD.encode(plain);
        let lines: Vec<&[u8]> = encoded.as_bytes().chunks(width).collect();
        let bytes = [&b"-----BEGIN-----"[..], gap, &lines.join(*gap), gap, b"-----END"].concat();
        let found = search.search(&bytes);
        assert_eq!(distinct(&found), [1]);
        assert_eq!(found.len(), 4, "{width} {gap:?} {before}");
        assert!(found.iter().all(|hit| hit.wrapped == [Encoding::Base64]));
        assert!(search.contains_any(&bytes));
    }
}

#[test]
fn hexadecimal_in_lines_is_found() {
    let (mint, search) = (mint(), search());
    for before in 0..70 {
        let plain = [&noise(8, before)[..], mint.canary(1).text().as_bytes()].concat();
        let encoded = encode(Encoding::Hex, &plain);
        let lines: Vec<&[u8]> = encoded.chunks(60).collect();
        assert_eq!(search.search(&lines.join(&b"\n"[..])).len(), 4, "{before}");
    }
}

#[test]
fn the_ends_of_utf_16_tell_its_byte_order() {
    let (mint, search) = (mint(), search());
    let text = mint.canary(1);
    let little = encode(Encoding::Utf16Le, text.text().as_bytes());
    let big = encode(Encoding::Utf16Be, text.text().as_bytes());
    // A character right before big-endian text takes its first zero for itself.
    for (before, after) in [(b'x', b'x'), (0xFF, b'x'), (0xFF, 0xFF), (b'x', 0xFF)] {
        let bytes = [&[0xFF, before][..], &little, &[after]].concat();
        assert_eq!(search.search(&bytes), hits(1, 2, 2, &[Encoding::Utf16Le]), "{before} {after}");
        let bytes = [&[0xFF, 0xFF][..], &big, &[after]].concat();
        assert_eq!(search.search(&bytes), hits(1, 2, 2, &[Encoding::Utf16Be]), "{after}");
    }
    // These bytes are both: little-endian from 1 on, or big-endian from 0 on with one more `x`.
    let bytes = [&[0][..], &little, b"x"].concat();
    assert_eq!(search.search(&bytes), hits(1, 0, 2, &[Encoding::Utf16Be]));
}

#[test]
fn a_torn_canary_shows_its_whole_blocks_and_no_others() {
    let (mint, search) = (mint(), search());
    let text = mint.canary(CANARIES - 1);
    for from in 0..CANARY_LEN {
        for to in from..=CANARY_LEN {
            let part = &text.text().as_bytes()[from..to];
            let first = from.div_ceil(BLOCK_LEN);
            let whole = (to / BLOCK_LEN).saturating_sub(first);
            let found = search.search(part);
            assert_eq!(found.len(), whole, "{from}..{to}");
            assert!(found.iter().zip(first..).all(|(hit, block)| usize::from(hit.block) == block));
            assert_eq!(search.contains_any(part), whole > 0);
            for encoding in [Encoding::Hex, Encoding::Base64, Encoding::Utf16Le] {
                assert_eq!(search.search(&encode(encoding, part)).len(), whole, "{encoding}");
            }
        }
    }
}

#[test]
fn a_canary_overwritten_in_its_middle_shows_what_is_left() {
    let (mint, search) = (mint(), search());
    let (first, second) = (mint.canary(1), mint.canary(2));
    for cut in 0..=CANARY_LEN {
        // The new value begins anywhere within the old one.
        let bytes = [&first.text()[..cut], second.text()].concat();
        let found = search.search(bytes.as_bytes());
        let there = bytes.as_bytes().windows(BLOCK_LEN).filter_map(|bytes| mint.parse_block(bytes));
        let there: Vec<_> = there.collect();
        assert!(there.len() >= 4 + cut / BLOCK_LEN);
        assert_eq!(found.iter().map(|hit| (hit.canary, hit.block)).collect::<Vec<_>>(), there);
    }
}

#[test]
fn another_run_sees_nothing() {
    let (one, other) = (Mint::new(1), Mint::new(2));
    let secret = one.canary(0);
    let bytes = [secret.text().as_bytes(), &encode(Encoding::Zlib, secret.text().as_bytes())];
    assert_eq!(Search::new(&one).search(&bytes.concat()).len(), 8);
    assert_eq!(Search::new(&other).search(&bytes.concat()), []);
    assert!(!Search::new(&other).contains_any(&bytes.concat()));
}

#[test]
fn hits_say_what_they_are() {
    let hit = |canary, block, offset, wrapped| Hit { canary, block, offset, wrapped };
    let wrapped = hit(3, 1, 233, vec![Encoding::Zlib, Encoding::Base64]);
    assert_eq!(wrapped.describe(), "canary 3 block 1 at offset 233, base64 in zlib");
    let raw = hit(3, 0, 400, vec![]);
    assert_eq!(raw.to_string(), "canary 3 block 0 at offset 400, raw");
    let other = hit(1, 0, 9, vec![Encoding::Utf16Le]);
    let found = [wrapped, other.clone(), raw.clone()];
    assert_eq!(distinct(&found), [1, 3]);
    assert_eq!(best(&found).into_values().collect::<Vec<_>>(), [&other, &raw]);
}

proptest! {
    #[test]
    fn many_canaries_anywhere_are_all_found(
        seed: u64,
        plan in proptest::collection::vec((0..CANARIES, 0..200_usize), 0..12),
    ) {
        let mint = Mint::new(seed);
        let mut bytes = Vec::new();
        let mut expected = Vec::new();
        for (canary, gap) in plan {
            bytes.extend(noise(seed ^ gap as u64, gap));
            expected.extend(hits(canary, bytes.len(), 1, &[]));
            bytes.extend(mint.canary(canary).text().bytes());
        }
        prop_assert_eq!(Search::new(&mint).search(&bytes), expected);
    }
}
