//! Inputs near those that real programs write: seeds with a few bytes changed.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;

/// Returns the seeds of a format.
pub(crate) fn seeds(format: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../seeds").join(format);
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| fs::read(path).unwrap()).collect()
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
