//! Canaries within compressed and encoded data, as stores write it.

use super::super::{DEPTH, Encoding, Hit, distinct};
use super::{encode, mint, noise, search, session, wrap};
use crate::canary::BLOCK_LEN;
use Encoding::{Base64, Deflate, Gzip, Hex, Percent, Utf16Be, Utf16Le, Zlib};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flate2::write::ZlibEncoder;
use flate2::{Compression, Decompress, FlushDecompress, GzBuilder};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::io::Write;

fn blocks(hits: &[Hit], wrapped: &[Encoding]) -> usize {
    hits.iter().filter(|hit| hit.wrapped == wrapped).count()
}

#[test]
fn what_stores_nest_is_found() {
    let (mint, search) = (mint(), search());
    let stacks: [&[Encoding]; 18] = [
        &[Zlib],
        &[Gzip],
        &[Deflate],
        &[Base64, Zlib],
        &[Base64, Gzip],
        &[Base64, Deflate],
        &[Hex, Zlib],
        &[Hex, Deflate],
        &[Percent, Zlib],
        &[Percent, Base64, Zlib],
        &[Base64, Zlib, Hex],
        &[Base64, Base64],
        &[Base64, Base64, Base64, Base64, Base64],
        &[Hex, Hex, Base64],
        &[Utf16Le, Base64, Zlib],
        &[Utf16Be, Base64, Gzip],
        &[Gzip, Utf16Le, Base64],
        &[Zlib, Base64, Gzip, Hex, Base64],
    ];
    for stack in stacks {
        let bytes = wrap(stack, session(mint.canary(17).text()).as_bytes());
        let found = search.examine(&bytes);
        assert!(found.complete);
        assert_eq!(blocks(&found.hits, stack), 4, "{stack:?} {:?}", found.hits);
        assert_eq!(distinct(&found.hits), [17]);
    }
}

#[test]
fn streams_are_found_at_any_offset_and_say_where() {
    let (mint, search) = (mint(), search());
    for before in 0..70 {
        for encoding in [Zlib, Gzip] {
            let stream = encode(encoding, session(mint.canary(2).text()).as_bytes());
            let bytes = [noise(3, before), stream.clone(), noise(4, 50)].concat();
            let found = search.search(&bytes);
            assert_eq!(blocks(&found, &[encoding]), 4);
            assert!(found.iter().all(|hit| hit.offset == before));

            // In base64, of which the text before it is no whole number of groups.
            let encoded = STANDARD.encode([&noise(5, before % 7), &stream[..]].concat());
            let bytes = [&vec![b'k'; before][..], encoded.as_bytes()].concat();
            let found = search.search(&bytes);
            assert_eq!(blocks(&found, &[Base64, encoding]), 4, "{before}");
            let offset = before + before % 7 * 8 / 6;
            assert!(found.iter().all(|hit| hit.offset == offset));
        }
    }
}

#[test]
fn signed_cookies_are_found() {
    let (mint, search) = (mint(), search());
    let json = session(mint.canary(5).text());
    let packed = URL_SAFE_NO_PAD.encode(encode(Zlib, json.as_bytes()));
    let clear = URL_SAFE_NO_PAD.encode(&json);
    let laravel = STANDARD.encode(format!(r#"{{"value":"{packed}","mac":"00"}}"#));
    let escaped = laravel.replace('/', "%2F").replace('+', "%2B") + "%3D%3D";
    let cases = [
        // itsdangerous and Django: a dot says that it is compressed.
        (format!("session=.{packed}.ZmFrZQ.x1-Signature_0"), vec![Base64, Zlib]),
        (format!("sessionid=\".{packed}:1rTq9x:Signature\"; HttpOnly"), vec![Base64, Zlib]),
        (format!("session={clear}.ZmFrZQ.x1-Signature_0"), vec![Base64]),
        // A prefix of the same alphabet.
        (format!("sid=sess-v2_{packed}"), vec![Base64, Zlib]),
        // JSON in base64, and that in a cookie.
        (format!("laravel_session={laravel}"), vec![Base64, Base64, Zlib]),
        (format!("laravel_session={escaped}; path=/"), vec![Base64, Base64, Zlib]),
    ];
    for (cookie, wrapped) in cases {
        let found = search.search(cookie.as_bytes());
        assert_eq!(blocks(&found, &wrapped), 4, "{cookie} {found:?}");
        let wide = encode(Utf16Le, cookie.as_bytes());
        assert_eq!(distinct(&search.search(&wide)), [5]);
    }
}

#[test]
fn base64_with_its_slashes_escaped_is_found() {
    let (mint, search) = (mint(), search());
    let mut most = 0;
    for salt in 0..200 {
        // Random bytes, so that there are slashes, and at times one soon after the beginning.
        let json = [session(mint.canary(6).text()).as_bytes(), &noise(salt, 60)].concat();
        let encoded = STANDARD.encode(encode(Zlib, &json));
        most = most.max(encoded.matches('/').count());
        let json = format!(r#"{{"data":"{}"}}"#, encoded.replace('/', r"\/"));
        assert_eq!(blocks(&search.search(json.as_bytes()), &[Base64, Zlib]), 4, "{json}");
    }
    assert!(most > 5);
}

#[test]
fn compressed_base64_in_lines_is_found() {
    let (mint, search) = (mint(), search());
    let encoded = STANDARD.encode(encode(Zlib, session(mint.canary(7).text()).as_bytes()));
    for (width, gap) in [(64, "\n"), (76, "\r\n"), (60, "\n  "), (76, r"\n"), (24, r"\r\n")] {
        for before in ["", "n", "data: |\n  ", "\\n"] {
            let lines: Vec<_> = encoded.as_bytes().chunks(width).collect();
            let text = [before.as_bytes(), &lines.join(gap.as_bytes()), b"\n"].concat();
            let found = search.search(&text);
            assert_eq!(blocks(&found, &[Base64, Zlib]), 4, "{width} {gap:?} {before:?}");
        }
    }
}

#[test]
fn base64_of_which_the_first_line_is_short_is_found() {
    let (mint, search) = (mint(), search());
    let encoded = STANDARD.encode(encode(Zlib, session(mint.canary(7).text()).as_bytes()));
    for gap in ["\n", "\r\n\t", r"\n", r"\r\n"] {
        for first in 1..24 {
            let (head, rest) = encoded.split_at(first);
            let text = format!("\"{head}{gap}{rest}\"");
            let found = search.search(text.as_bytes());
            assert_eq!(blocks(&found, &[Base64, Zlib]), 4, "{text}");
            assert!(found.iter().all(|hit| hit.offset == 1));
        }
    }
}

#[test]
fn base64_with_its_signs_percent_encoded_is_found() {
    let (mint, search) = (mint(), search());
    let mut early = 0;
    for salt in 0..200 {
        let json = [session(mint.canary(6).text()).as_bytes(), &noise(salt, 60)].concat();
        let encoded = STANDARD.encode(encode(Zlib, &json));
        let escaped = encoded.replace('/', "%2F").replace('+', "%2b").replace('=', "%3D");
        early += usize::from(escaped.find('%').is_some_and(|at| at < 40));
        let cookie = format!("Cookie: a=1; session={escaped}; b=2");
        let found = search.search(cookie.as_bytes());
        let at = cookie.find("eJ").unwrap();
        assert!(distinct(&found) == [6] && found.iter().all(|hit| hit.offset == at), "{cookie}");
        assert_eq!(found.iter().filter(|hit| hit.wrapped.ends_with(&[Base64, Zlib])).count(), 4);
    }
    assert!(early > 50);
}

#[test]
fn the_shortest_utf_16_is_found_wherever_it_is() {
    let (mint, search) = (mint(), search());
    // One block: 22 characters.
    let encoded = URL_SAFE_NO_PAD.encode(&mint.canary(9).text()[..BLOCK_LEN]);
    for (before, encoding) in (0..100).flat_map(|before| [(before, Utf16Le), (before, Utf16Be)]) {
        let bytes = [&vec![0xFF; before], &encode(encoding, encoded.as_bytes())[..], &[0xFF; 60]];
        assert_eq!(blocks(&search.search(&bytes.concat()), &[encoding, Base64]), 1, "{before}");
    }
}

#[test]
fn zlib_of_every_level_is_found() {
    let (mint, search) = (mint(), search());
    let mut headers = BTreeSet::new();
    for level in 0..=9 {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(level));
        encoder.write_all(session(mint.canary(9).text()).as_bytes()).unwrap();
        let bytes = encoder.finish().unwrap();
        headers.insert(bytes[1]);
        assert!(blocks(&search.search(&bytes), &[Zlib]) == 4, "{level}");
    }
    assert_eq!(headers.into_iter().collect::<Vec<_>>(), [0x01, 0x5E, 0x9C, 0xDA]);
}

#[test]
fn gzip_headers_with_everything_in_them_are_read() {
    let (mint, search) = (mint(), search());
    for (name, extra, comment) in [(true, false, false), (false, true, false), (true, true, true)] {
        let mut builder = GzBuilder::new().mtime(1_700_000_000);
        if name {
            builder = builder.filename("session.json");
        }
        if extra {
            builder = builder.extra(noise(1, 300));
        }
        if comment {
            builder = builder.comment("kept");
        }
        let mut writer = builder.write(Vec::new(), Compression::best());
        writer.write_all(session(mint.canary(8).text()).as_bytes()).unwrap();
        let bytes = writer.finish().unwrap();
        assert_eq!(blocks(&search.search(&bytes), &[Gzip]), 4);
    }
    // Two bytes of header checksum, which few write.
    let mut bytes = encode(Gzip, session(mint.canary(8).text()).as_bytes());
    bytes[3] |= 2;
    bytes.splice(10..10, [0, 0]);
    assert_eq!(blocks(&search.search(&bytes), &[Gzip]), 4);
}

/// What a stream gives up to its end or its damage, inflated in one call.
fn inflated(deflate: &[u8]) -> Vec<u8> {
    let mut out = vec![0; 1 << 20];
    let mut state = Decompress::new(false);
    let _ = state.decompress(deflate, &mut out, FlushDecompress::Finish);
    out.truncate(state.total_out() as usize);
    out
}

#[test]
fn a_truncated_stream_shows_what_it_holds() {
    let (mint, search) = (mint(), search());
    // Long enough that the window is handed out several times.
    let text: String = (0..1500).map(|n| format!("{n} {}\n", mint.canary(n % 40).text())).collect();
    assert!(text.len() > 3 * (32 << 10));
    for encoding in [Zlib, Gzip] {
        let stream = encode(encoding, text.as_bytes());
        let header = if encoding == Zlib { 2 } else { 10 };
        let mut last = 0;
        for end in (header..stream.len()).step_by(389) {
            let reference = search.search(&inflated(&stream[header..end]));
            let found = search.search(&stream[..end]);
            assert_eq!(distinct(&found), distinct(&reference), "{end}");
            last = last.max(distinct(&found).len());
        }
        assert_eq!(last, 40);
    }
}

#[test]
fn a_damaged_stream_shows_all_that_came_before() {
    let (mint, search) = (mint(), search());
    let text: Vec<u8> = (0..1200_u16)
        .flat_map(|n| [mint.canary(n).text().as_bytes(), &noise(n.into(), 40)].concat())
        .collect();
    let stream = encode(Zlib, &text);
    for at in (200..stream.len()).step_by(3001) {
        let mut bytes = stream.clone();
        bytes[at..].iter_mut().take(8).for_each(|byte| *byte = !*byte);
        let reference = distinct(&search.search(&inflated(&bytes[2..])));
        let found: Vec<Hit> = search.search(&bytes);
        let found: Vec<Hit> = found.into_iter().filter(|hit| hit.wrapped == [Zlib]).collect();
        assert_eq!(distinct(&found), reference, "{at}");
    }
}

#[test]
fn nothing_is_reported_twice() {
    let (mint, search) = (mint(), search());
    let secret = mint.canary(4);
    let text = secret.text();
    let bytes = [
        // Three times in one stream: one place.
        encode(Zlib, [text, text, text].concat().as_bytes()),
        // As it is, within text that has escapes elsewhere: not percent-encoded.
        format!("a=%20%7B&session={text}&b=%7D").into_bytes(),
        // Base64 that both searches see.
        STANDARD.encode(format!("user={text}")).into_bytes(),
    ]
    .concat();
    let found = search.search(&bytes);
    assert_eq!(blocks(&found, &[Zlib]), 4);
    assert_eq!(blocks(&found, &[]), 4);
    assert_eq!(blocks(&found, &[Base64]), 4);
    assert_eq!(found.len(), 12);

    // Five bytes that could begin a stored block, of what is simply there.
    let bytes = [&[0x00, 0xB4, 0xC5, 0x4B, 0x3A], text.as_bytes(), &[b' '; 50]].concat();
    let found = search.search(&bytes);
    assert_eq!((found.len(), blocks(&found, &[])), (4, 4));
}

#[test]
fn the_depth_ends_it() {
    let (mint, search) = (mint(), search());
    let text = session(mint.canary(0).text());
    // The last plain search sees through one more.
    let deepest = wrap(&[Base64; DEPTH + 1], text.as_bytes());
    assert_eq!(blocks(&search.search(&deepest), &[Base64; DEPTH + 1]), 4);
    assert_eq!(search.search(&encode(Base64, &deepest)), []);
}

/// Encodings one within another. UTF-16 is of text only, and not of UTF-16.
fn any_stack() -> impl Strategy<Value = Vec<Encoding>> {
    let any = prop::sample::select(vec![Hex, Base64, Percent, Utf16Le, Utf16Be, Zlib, Gzip]);
    let wide = |encoding: Encoding| matches!(encoding, Utf16Le | Utf16Be);
    let text = |encoding: Encoding| matches!(encoding, Hex | Base64 | Percent);
    proptest::collection::vec(any, 0..=DEPTH).prop_filter("UTF-16 of bytes", move |stack| {
        stack.windows(2).all(|pair| !wide(pair[0]) || text(pair[1]))
    })
}

proptest! {
    #[test]
    fn any_nesting_anywhere_is_found(
        stack in any_stack(),
        seed: u64,
        (before, after) in (0..100_usize, 0..100_usize),
    ) {
        let (mint, search) = (mint(), search());
        let planted = wrap(&stack, session(mint.canary(11).text()).as_bytes());
        let bytes = [noise(seed, before), planted.clone(), noise(!seed, after)].concat();
        let found = search.examine(&bytes);
        prop_assert!(found.complete);
        // Noise can make the byte order of UTF-16 uncertain: the ends of a stretch tell it.
        let order = |encoding: &Encoding| if *encoding == Utf16Be { Utf16Le } else { *encoding };
        let stack: Vec<Encoding> = stack.iter().map(order).collect();
        let same = |hit: &&Hit| hit.wrapped.iter().map(order).eq(stack.iter().copied());
        prop_assert_eq!(found.hits.iter().filter(same).count(), 4);
        // Deflate stores what it cannot compress, so an inner stream may also be found without
        // the outer one; nothing else is.
        prop_assert_eq!(distinct(&found.hits), [11]);
        // The other byte order begins one byte earlier.
        let first = before.saturating_sub(usize::from(stack.contains(&Utf16Le)));
        for hit in &found.hits {
            prop_assert!((first..before + planted.len()).contains(&hit.offset), "{}", hit);
        }
    }

    #[test]
    #[test]
    fn offsets_lead_to_the_block(before in 0..60_usize, width in 30..80_usize, indent in 0..4_usize) {
        let (mint, search) = (mint(), search());
        let canary = mint.canary(12);
        // Aligned to groups, so that a block's first character holds nothing else.
        let plain = [&noise(2, 3 * before), canary.text().as_bytes()].concat();
        let encoded = STANDARD.encode(plain);
        let gap = format!("\n{}", " ".repeat(indent));
        let lines: Vec<&[u8]> = encoded.as_bytes().chunks(width).collect();
        let bytes = lines.join(gap.as_bytes());
        let found = search.search(&bytes);
        prop_assert_eq!(found.len(), 4);
        let rest = bytes[found[0].offset..].iter().filter(|byte| !byte.is_ascii_whitespace());
        let rest: Vec<u8> = rest.copied().collect();
        prop_assert_eq!(&STANDARD.decode(rest).unwrap()[..BLOCK_LEN], &canary.text().as_bytes()[..BLOCK_LEN]);
    }

    #[test]
    fn any_bytes_are_searched_without_a_panic(
        bytes in proptest::collection::vec(prop_oneof![
            any::<u8>(),
            prop::sample::select(b"%\\/nr\n \x00\x78\x9c\x01\x1f\x8b\x08Aa0=-_+\xff".to_vec()),
        ], 0..600),
    ) {
        prop_assert_eq!(search().search(&bytes), []);
    }
}

/// What is neither text nor looks like the beginning of anything is passed over quickly: nothing may be in it.
#[test]
fn one_block_between_random_bytes_is_found_through_base64() {
    let (mint, search) = (mint(), search());
    let text = mint.canary(7);
    let block = &text.text().as_bytes()[..16];
    let forms =
        [Encoding::Hex, Encoding::Base64, Encoding::Percent, Encoding::Utf16Le, Encoding::Utf16Be];
    let mut inside: Vec<(Vec<u8>, Vec<Encoding>)> =
        forms.iter().map(|form| (encode(*form, block), vec![*form])).collect();
    inside.push((block.to_vec(), Vec::new()));
    for (inside, wrapped) in inside {
        for before in 0..48 {
            for after in [0, 1, 40] {
                let end = [&[0xFF][..], &noise(8, after)].concat();
                let bytes = [&noise(7, before)[..], &[0xFF], &inside, &end].concat();
                let encoded = [b"token-", &encode(Encoding::Base64, &bytes)[..]].concat();
                let found = search.search(&encoded);
                let as_is = |hit: &Hit| hit.block == 0 && hit.wrapped[1..] == wrapped[..];
                let found = found.iter().any(as_is);
                assert!(found, "{wrapped:?} at {before}, {after} behind it");
            }
        }
    }
}
