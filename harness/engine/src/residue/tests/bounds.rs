//! Bytes that hold nothing, and bytes that would take for ever.

use super::super::{Encoding, INFLATED_FLOOR, STREAM_ALLOWANCE, distinct};
use super::{encode, mint, noise, search, session, wrap};
use crate::allocated::allocated;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compress, Compression, FlushCompress};
use std::time::{Duration, Instant};

/// What every bound keeps a search of a few MiB below, by far; tests run unoptimised, on machines
/// that do other things.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn nothing_is_found_where_nothing_is() {
    let search = search();
    for seed in 0..8 {
        let bytes = noise(seed, 8 << 20);
        let found = search.examine(&bytes);
        assert!(found.hits.is_empty() && found.complete);
        assert!(!search.contains_any(&bytes));
    }
}

#[test]
fn nothing_is_found_in_text_and_in_the_secrets_of_another_run() {
    let search = search();
    let other = crate::canary::Mint::new(77);
    let mut text = String::new();
    for index in 0..700 {
        let json = session(other.canary(index).text());
        text += &json;
        text += &STANDARD.encode(&json);
        text += "\n";
        // The marker alone, with what is no block of this run behind it.
        text += mint().marker();
        text += &STANDARD.encode(noise(index.into(), 60));
    }
    for bytes in [text.as_bytes(), &encode(Encoding::Zlib, text.as_bytes())] {
        let found = search.examine(bytes);
        assert!(found.hits.is_empty() && found.complete);
    }
}

/// Gzip of so many MiB of zeros, made without compressing each.
fn bomb(mebibytes: usize) -> Vec<u8> {
    let zeros = vec![0; 1 << 20];
    let mut compress = Compress::new(Compression::best(), false);
    let mut pieces = Vec::new();
    // The second piece refers to the first's zeros, and every further one can be the same.
    for _ in 0..2 {
        let mut piece = Vec::with_capacity(1 << 16);
        compress.compress_vec(&zeros, &mut piece, FlushCompress::Sync).unwrap();
        pieces.push(piece);
    }
    let mut stream = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255];
    stream.extend(&pieces[0]);
    stream.extend(pieces[1].repeat(mebibytes - 1));
    // An empty last block with the fixed code.
    stream.extend([3, 0]);
    stream
}

#[test]
fn a_bomb_is_left_before_it_goes_off_and_hides_nothing_behind_it() {
    let search = search();
    let bomb = bomb(1024);
    assert!(bomb.len() < 2 << 20);
    let behind = encode(Encoding::Zlib, session(mint().canary(1).text()).as_bytes());
    let begin = Instant::now();
    let found = search.examine(&[&bomb[..], &behind].concat());
    assert!(begin.elapsed() < PATIENCE);
    assert!(!found.complete);
    assert_eq!(distinct(&found.hits), [1]);
}

#[test]
fn bombs_within_bombs_and_many_bombs_are_left_too() {
    let search = search();
    let packed = wrap(&[Encoding::Zlib, Encoding::Base64, Encoding::Gzip], &bomb(1024));
    let many = bomb(256).repeat(8);
    for bytes in [packed, many] {
        let begin = Instant::now();
        let found = search.examine(&bytes);
        assert!(begin.elapsed() < PATIENCE);
        assert!(found.hits.is_empty() && !found.complete);
    }
}

#[test]
fn streams_that_are_too_much_only_together_are_left_and_said_to_be() {
    let search = search();
    let stream = encode(Encoding::Zlib, &vec![0; STREAM_ALLOWANCE - 1]);
    let enough = INFLATED_FLOOR / STREAM_ALLOWANCE;
    assert!(search.examine(&stream.repeat(4)).complete);
    assert!(!search.examine(&stream.repeat(enough + 2)).complete);
}

#[test]
fn work_that_is_too_much_is_left_and_said_to_be() {
    // A stream may begin at each, and all are broken.
    let found = search().examine(&[0x78, 0x9C, 0x4B].repeat(150_000));
    assert!(found.hits.is_empty() && !found.complete);
}

#[test]
fn what_a_bomb_begins_with_is_found() {
    let zeros = vec![0; 32 << 20];
    let bytes = [mint().canary(3).text().as_bytes(), &zeros].concat();
    let found = search().examine(&encode(Encoding::Zlib, &bytes));
    assert_eq!(distinct(&found.hits), [3]);
    assert!(!found.complete);
}

#[test]
fn what_compresses_well_is_no_bomb() {
    // A database file of which most pages are empty.
    let bytes = [&vec![0; STREAM_ALLOWANCE - 64], mint().canary(3).text().as_bytes()].concat();
    let found = search().examine(&encode(Encoding::Zlib, &bytes));
    assert!(found.complete);
    assert_eq!(distinct(&found.hits), [3]);
}

#[test]
fn streams_that_are_none_and_streams_in_streams_end() {
    let search = search();
    // Headers and nothing else; fixed codes; stored blocks, each of which holds the next header;
    // empty stored blocks, which give nothing for what is read.
    let stored = [0x78, 0x01, 0x00, 0xF0, 0xFF, 0x0F, 0x00];
    let mut empty = vec![0x78, 0x01];
    empty.extend([0, 0, 0, 0xFF, 0xFF].repeat(20));
    let cases: [&[u8]; 6] = [
        &[0x78, 0x9C],
        &[0x78, 0x9C, 0x4B],
        &[0x1F, 0x8B, 8, 0x1C],
        &stored,
        &empty,
        &[0x78, 0x01, 0x04, 0xC0],
    ];
    for case in cases {
        let bytes = case.repeat((256 << 10) / case.len());
        let begin = Instant::now();
        assert!(search.search(&bytes).is_empty());
        assert!(begin.elapsed() < PATIENCE, "{case:x?}");
    }
}

#[test]
fn text_that_decodes_to_text_ends() {
    let search = search();
    let base64 = Encoding::Base64;
    let cases = [
        wrap(&[base64; 12], &noise(1, 5000)),
        wrap(&[Encoding::Percent; 6], &noise(1, 2000)),
        wrap(&[Encoding::Hex; 9], &noise(1, 2000)),
        b"%25".repeat(80_000),
        b"%41".repeat(150_000),
        b"A\n".repeat(150_000),
        b"AAAAAAAAAAAAAAAAAAAAAAAA\\n".repeat(40_000),
        b"A\0".repeat(150_000),
        b"\n \n \n ".repeat(50_000),
        vec![b'A'; 1 << 18],
        vec![b'%'; 1 << 18],
    ];
    for bytes in cases {
        let begin = Instant::now();
        assert!(search.search(&bytes).is_empty());
        assert!(begin.elapsed() < PATIENCE);
    }
}

#[test]
fn the_empty_and_the_short_are_searched() {
    let search = search();
    let canary = mint().canary(0);
    let block = &canary.text()[..16];
    for length in 0..block.len() {
        assert!(search.examine(&block.as_bytes()[..length]).complete);
        assert!(!search.contains_any(&block.as_bytes()[..length]));
    }
    assert_eq!(search.search(block.as_bytes()).len(), 1);
}

#[test]
fn a_search_takes_a_small_multiple_of_what_is_searched() {
    let search = search();
    let rows = |n: usize| format!("{{\"id\":{n},\"user\":\"somebody\",\"at\":1700000000}}\n");
    let database = [(0..50_000).map(rows).collect::<String>().into_bytes(), noise(1, 4 << 20)];
    let base64 = STANDARD.encode(noise(2, 6 << 20)).into_bytes();
    let twice = STANDARD.encode(STANDARD.encode(noise(3, 4 << 20))).into_bytes();
    // What is decoded, and the same once more, moved by some bits: of each layer three quarters of the one above.
    for (bytes, times) in [(database.concat(), 1), (base64, 3), (twice, 5)] {
        let (found, allocated) = allocated(|| search.examine(&bytes));
        assert!(found.hits.is_empty() && found.complete);
        let bound = times * bytes.len() + (1 << 20);
        assert!(allocated.peak < bound, "{} bytes: {allocated:?}", bytes.len());
    }
}
