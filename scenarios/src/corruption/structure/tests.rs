//! What is done to files of every format, and what that costs.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fs;
use std::path::Path;

use interloper_engine::{Plan, Profile};
use interloper_formats::msgpack;

use super::mutation::{DEEP, Kind, LONG};
use super::*;
use crate::allocated::allocated;

fn seed(name: &str) -> Vec<u8> {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds");
    fs::read(seeds.join(name)).unwrap()
}

/// Seeds that real programs wrote: a session, another one, and the format that they are taken for.
const SEEDS: [(&str, &str, &str); 19] = [
    ("netscape/python", "netscape/curl", "a jar of Netscape"),
    ("netscape/curl", "netscape/python", "a jar of Netscape"),
    ("lwp/python", "lwp/python-empty", "a jar of libwww-perl"),
    ("lwp/perl", "lwp/python", "a jar of libwww-perl"),
    ("netscape/wget", "netscape/perl", "a jar of Netscape"),
    ("php/flat", "php/nested", "php"),
    ("php/objects", "php/flat", "php"),
    ("php_binary/nested", "php_binary/flat", "php_binary"),
    ("php_serialize/objects", "php_serialize/nested", "php_serialize"),
    ("msgpack/full-named", "msgpack/long-named", "MessagePack"),
    ("tower/full", "tower/long", "MessagePack"),
    ("itsdangerous/flask", "itsdangerous/flask-zlib", "signed by itsdangerous"),
    ("django/session", "django/session-zlib", "signed by Django"),
    ("itsdangerous_untimed/serializer", "itsdangerous_untimed/sha256", "signed by itsdangerous"),
    ("django_untimed/object", "django_untimed/sha1", "signed by Django"),
    ("httpie/new", "httpie/old", "JSON"),
    ("express/dated", "express/browser", "JSON"),
    ("tough_cookie/jar", "tough_cookie/empty", "JSON"),
    ("cookie_store/jar", "cookie_store/empty", "JSON"),
];

fn plan(profile: Profile) -> Plan {
    Plan { seed: 3, profile, umasks: Vec::new(), cases: None }
}

#[test]
fn each_change_of_what_real_programs_wrote_is_one() {
    for (one, other, known_as) in SEEDS {
        let (whole, other) = (seed(one), seed(other));
        let (format, changes) = changes(&whole, Some(&other)).unwrap();
        let all = changes.all();
        assert_eq!(format, known_as, "{one}");
        assert!(all.iter().all(|mutation| mutation.bytes != whole), "{one}");
        let words: BTreeSet<&str> = all.iter().map(|one| &*one.what).collect();
        assert_eq!(words.len(), all.len(), "{one} says of two changes the same");
    }
}

#[test]
fn every_kind_of_change_is_there() {
    for (one, other, _) in SEEDS {
        let (whole, theirs) = (seed(one), seed(other));
        let all = changes(&whole, Some(&theirs)).unwrap().1.all();
        // An empty jar has no part to give.
        let empty = other.ends_with("empty");
        for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Spliced || !empty) {
            assert!(all.iter().any(|mutation| mutation.kind == kind), "{one}: {kind:?}");
        }
    }
}

#[test]
fn few_are_chosen_and_some_of_every_kind() {
    let whole = seed("httpie/new");
    let (_, changes) = changes(&whole, Some(&whole)).unwrap();
    let mut few = Vec::new();
    let made = changes.each(&plan(Profile::Quick), |one| {
        few.push((one.kind, one.what));
        Ok::<(), Infallible>(())
    });
    let Ok((made, known)) = made;
    assert_eq!(made, few.len());
    assert!(few.len() < known / 2, "{} of {known}", few.len());
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Spliced) {
        assert!(few.iter().any(|(other, _)| *other == kind), "{kind:?}");
    }
    // What concerns the whole file is tried always.
    for must in ["lists that never end", "the document twice", "NUL after every colon"] {
        assert!(few.iter().any(|(_, what)| what == must), "{must}");
    }
}

#[test]
fn what_is_of_no_format_is_left_alone() {
    for bytes in [&b""[..], b"hardened 1 xchacha20poly1305\n\xff\x00", b"# a comment\n", b"x"] {
        assert!(changes(bytes, None).is_none(), "{bytes:?}");
    }
}

#[test]
fn nothing_is_made_after_a_change_that_failed() {
    let whole = seed("httpie/new");
    let (_, changes) = changes(&whole, None).unwrap();
    let mut made = 0;
    let failed = changes.each(&plan(Profile::Full), |_| {
        made += 1;
        if made == 3 { Err(()) } else { Ok(()) }
    });
    assert_eq!((failed, made), (Err(()), 3));
}

/// What is made whatever the file is: a value that is very long, and one that is very deep, with a copy on the way.
const CONSTANT: usize = 4 * (9 * DEEP + LONG);

/// Makes what profile quick makes of a file, and gives how many there were; the peak must be a small multiple of the file's size.
fn quick(whole: &[u8], other: &[u8], known_as: &str, times: usize) -> usize {
    let each = |_| Ok::<(), Infallible>(());
    let ((format, made), allocated) = allocated(|| {
        let (format, changes) = changes(whole, Some(other)).unwrap();
        let Ok((made, _)) = changes.each(&plan(Profile::Quick), each);
        (format, made)
    });
    assert_eq!(format, known_as);
    let bound = times * (whole.len() + other.len()) + CONSTANT;
    assert!(allocated.peak < bound, "{format}: {} bytes: {allocated:?}", whole.len());
    // What is told is told twice, and what is made is made once.
    let bound = made * (times * whole.len() + CONSTANT / 4) + 64 * times * whole.len();
    assert!(allocated.all < bound, "{format}: {made} of {} bytes: {allocated:?}", whole.len());
    made
}

/// As many as there are kinds, each its share, and what must be.
const MOST: usize = 8 * 8 + 128;

fn cookies(count: usize, value: &str) -> Vec<u8> {
    let cookie = |n| format!(r#"{{"name":"n{n}","value":"{value}{n}","path":"/"}}"#);
    let cookies: Vec<String> = (0..count).map(cookie).collect();
    format!(r#"{{"cookies":[{}]}}"#, cookies.join(",")).into_bytes()
}

#[test]
fn a_thousand_cookies_in_json_take_a_small_multiple_of_the_file() {
    assert!(quick(&cookies(1_000, "a"), &cookies(1_000, "b"), "JSON", 40) <= MOST);
    // A list as the whole document: each of its values must be tried.
    let list = |value| [b"[", &b"{\"a\":1}, ".repeat(5_000)[..], value, b"]"].concat();
    assert!(quick(&list(b"1"), &list(b"2"), "JSON", 80) <= MOST);
}

#[test]
fn what_is_tried_of_json_does_not_grow_with_it() {
    let made = |count| quick(&cookies(count, "a"), &cookies(count, "b"), "JSON", 40);
    assert_eq!(made(100), made(10_000));
}

#[test]
fn a_jar_of_a_hundred_thousand_lines_takes_a_small_multiple_of_the_file() {
    let jar = |value| {
        let line = format!("example.org\tFALSE\t/\tFALSE\t1700000000\tname\t{value}\n");
        ["# Netscape HTTP Cookie File\n", &line.repeat(100_000)].concat().into_bytes()
    };
    assert!(quick(&jar("ours"), &jar("theirs"), "a jar of Netscape", 16) <= MOST);
}

#[test]
fn four_kilobytes_of_messagepack_take_a_small_multiple_of_the_file() {
    let pair = |n| (msgpack::Value::Str(format!("key{n}")), msgpack::Value::Int(n));
    let session =
        |from: i128| msgpack::print(&msgpack::Value::Map((from..from + 500).map(pair).collect()));
    assert!(quick(&session(0), &session(100), "MessagePack", 80) <= MOST);
    // As deep as it may be, the way to each value is as long as the file.
    let deep = [&b"\x91".repeat(60)[..], b"\x01"].concat();
    assert!(quick(&deep, &deep, "MessagePack", 200) <= MOST);
}

#[test]
fn seventeen_kilobytes_of_php_take_a_small_multiple_of_the_file() {
    let session = |value: &str| {
        let one = |n| format!("name{n}|s:{}:\"{value}\";", value.len());
        (0..800).map(one).collect::<String>().into_bytes()
    };
    assert!(quick(&session("ours"), &session("theirs"), "php", 60) <= MOST);
}

#[test]
fn a_database_takes_a_small_multiple_of_the_file_and_its_pairs_grow_with_its_pages() {
    let dir = tempfile::tempdir().unwrap();
    let database = |rows: usize| {
        let path = dir.path().join(rows.to_string());
        let mut connection = rusqlite::Connection::open(&path).unwrap();
        connection.execute("CREATE TABLE s (id TEXT PRIMARY KEY, data TEXT)", ()).unwrap();
        let all = connection.transaction().unwrap();
        for n in 0..rows {
            all.execute("INSERT INTO s VALUES (?1, ?2)", (n.to_string(), "x".repeat(900))).unwrap();
        }
        all.commit().unwrap();
        drop(connection);
        fs::read(path).unwrap()
    };
    let (small, large) = (database(300), database(3_000));
    assert!(quick(&small, &small, "a database of SQLite", 8) <= MOST);
    assert!(quick(&large, &large, "a database of SQLite", 8) <= MOST);
    let (few, many, times) = (known(&small), known(&large), large.len() / small.len() + 2);
    assert!(many <= few * times, "{few} of {} bytes, {many} of {}", small.len(), large.len());
}

/// Returns how many changes of a file there are.
fn known(whole: &[u8]) -> usize {
    let (_, changes) = changes(whole, None).unwrap();
    let Ok((_, known)) = changes.each(&plan(Profile::Quick), |_| Ok::<(), Infallible>(()));
    known
}

/// 203 pages of 512 bytes, most of them overflow: once every pair of pages was a change, and each a copy of the whole file.
#[test]
fn the_changes_of_many_small_pages_grow_with_the_pages() {
    let whole = include_bytes!("cases/sqlite-overflow-512.db");
    assert_eq!(whole.len() / 512, 203);
    assert!(quick(whole, whole, "a database of SQLite", 8) <= MOST);
    let known = known(whole);
    assert!(known <= 203 * 10, "{known}");
}
