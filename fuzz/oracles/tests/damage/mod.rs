//! Inputs near those that real programs write: seeds with a few bytes changed; and the vectors.
#![allow(dead_code, reason = "each test uses what it needs of it")]

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

/// Returns the seeds of a format.
pub(crate) fn seeds(format: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../seeds").join(format);
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Returns the inputs of a format's vectors, each with its id; none if it has no file.
pub(crate) fn vectors(format: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../harness/formats/vectors");
    let Ok(text) = fs::read(folder.join(format).with_extension("json")) else { return Vec::new() };
    let file: Value = serde_json::from_slice(&text).unwrap();
    let vectors = file["vectors"].as_array().unwrap().iter();
    vectors
        .map(|vector| (vector["id"].as_str().unwrap().to_owned(), input(&vector["input"])))
        .collect()
}

fn input(form: &Value) -> Vec<u8> {
    let text = |key: &str| form[key].as_str().unwrap_or_default();
    if let Some(text) = form.as_str() {
        return text.as_bytes().to_vec();
    }
    if let Some(hex) = form["hex"].as_str() {
        let pairs = hex.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap());
        return pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
    }
    let times = form["times"].as_u64().unwrap() as usize;
    [text("before"), &text("repeat").repeat(times), text("then")].concat().into_bytes()
}

/// Returns the seeds of a format with up to five changes.
pub(crate) fn damaged(format: &str) -> impl Strategy<Value = Vec<u8>> {
    let seed = prop::sample::select(seeds(format));
    (seed, prop::collection::vec(change(), 0..6)).prop_map(|(seed, all)| changed(seed, &all))
}

/// A change.
#[derive(Clone, Debug)]
enum Change {
    Set(Index, u8),
    Insert(Index, &'static [u8]),
    Remove(Index),
    Repeat(Index, Index),
    Cut(Index),
}

/// Pieces that mean something to one of the formats.
const PIECES: &[&[u8]] = &[
    b"=",
    b";",
    b",",
    b"\"",
    b"\\",
    b" ",
    b"\t",
    b"\n",
    b"\r\n",
    b"\r",
    b"#",
    b".",
    b":",
    b"|",
    b"{}",
    b"[",
    b"]",
    b"0",
    b"-",
    b"a",
    b"N;",
    b"%",
    b"\x80",
    b"\x0b",
    b"\0",
    b"null",
    b"false",
    b"TRUE",
    b"#HttpOnly_",
    b"Set-Cookie3: ",
    b"\xef\xbb\xbf",
    b"__Host-",
    b"; secure",
    b"i:0;",
    b"r:1;",
    b"1.5",
    b"\"path\":null,",
    b"\"expires\":false,",
    b"\\ud800",
    b"99999999999999999999",
    b"\xc3\xa9",
    b"; Priority=High",
    b"; Partitioned",
    b"; x=y",
    b"$",
    b"@",
];

fn change() -> impl Strategy<Value = Change> {
    let index = any::<Index>;
    prop_oneof![
        (index(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        (index(), prop::sample::select(PIECES)).prop_map(|(at, piece)| Change::Insert(at, piece)),
        index().prop_map(Change::Remove),
        (index(), index()).prop_map(|(from, to)| Change::Repeat(from, to)),
        index().prop_map(Change::Cut),
    ]
}

fn changed(mut bytes: Vec<u8>, all: &[Change]) -> Vec<u8> {
    for change in all {
        let length = bytes.len();
        match change {
            Change::Insert(at, piece) => {
                let at = at.index(length + 1);
                bytes.splice(at..at, piece.iter().copied());
            }
            _ if length == 0 => {}
            Change::Set(at, byte) => bytes[at.index(length)] = *byte,
            Change::Remove(at) => drop(bytes.remove(at.index(length))),
            Change::Repeat(from, to) => {
                let (from, to) = (from.index(length), to.index(length));
                let piece = bytes[from.min(to)..from.max(to)].to_vec();
                bytes.splice(from..from, piece);
            }
            Change::Cut(at) => bytes.truncate(at.index(length)),
        }
    }
    bytes
}
