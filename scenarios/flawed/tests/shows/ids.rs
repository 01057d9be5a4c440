//! What flaws do to ids.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{Shows, Store, saved};
use crate::common::session;
use sha2::{Digest, Sha256};

pub(super) const SHOWS: &[(&str, Shows)] = &[
    ("loads-by-prefix", |home, store| {
        saved(home, store);
        store.load("al").unwrap() == Some(session("canary"))
    }),
    ("underscore-is-any", |home, store| {
        saved(home, store);
        store.delete("_lph_").unwrap();
        store.load("alpha").unwrap().is_none()
    }),
    ("forgets-long-ids", |_, store| {
        let long = "a".repeat(200);
        store.save(&long, &session("canary")).is_ok() && store.load(&long).unwrap().is_none()
    }),
    ("second-delete-takes-more", |home, store| {
        saved(home, store);
        store.delete("al").unwrap();
        store.load("alpha").unwrap().is_none()
    }),
    ("drops-invisible", |_, store| {
        store.save("a\u{200d}b", &session("one")).unwrap();
        store.load("ab").unwrap() == Some(session("one"))
    }),
    ("reserves-a-name", |home, store| {
        saved(home, store);
        let key = std::fs::read(home.data().join("key"));
        store.save("key", &session("two")).is_ok() && key.is_ok() && store.load("alpha").is_err()
    }),
    ("counts-ids", |_, store| {
        let number = |id: &str| u128::from_str_radix(id, 16).unwrap();
        number(&given(store)).wrapping_add(1) == number(&given(store))
    }),
    ("hashes-a-counter", |_, store| {
        let id = given(store);
        (1..1_000).any(|n| hash(&n.to_string()) == id)
    }),
    ("ids-from-the-time", |_, store| {
        let id = given(store);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
        let then = u128::from_str_radix(&id[8..], 16).unwrap();
        now.abs_diff(then) < 60_000_000_000
    }),
    ("hashes-the-time", |_, store| hash_of_a_moment(store, String::new)),
    ("hashes-contents-and-time", |_, store| {
        let contents = serde_json::to_string(&session("canary").data).unwrap();
        hash_of_a_moment(store, move || format!("{contents} "))
    }),
    ("hashes-time-and-process", |_, store| {
        hash_of_a_moment(store, || format!("{} ", std::process::id()))
    }),
    ("uuid-of-the-time", |_, store| {
        let (one, other) = (given(store), given(store));
        one.as_bytes()[14] == b'1' && one[19..] == other[19..]
    }),
    ("seeds-with-the-process", |_, store| {
        let id = given(store);
        (1..1_000).any(|n| hash(&format!("{} {n}", std::process::id())) == id)
    }),
    ("seeds-with-few-bits", |_, store| {
        let odd = 0xda94_2042_e4dd_58b5_2360_ed05_1fc6_5da5_u128;
        // Newton's iteration: each step doubles the bits that are right.
        let inverse = (0..7).fold(1_u128, |inverse, _| {
            inverse.wrapping_mul(2_u128.wrapping_sub(odd.wrapping_mul(inverse)))
        });
        let id = u128::from_str_radix(&given(store), 16).unwrap();
        id.wrapping_mul(inverse) <= u128::from(u32::MAX)
    }),
    ("short-ids", |_, store| given(store).len() == 8),
    ("adopts-requested-id", |_, store| {
        store.create(Some("wanted"), &session("canary")).unwrap() == "wanted"
    }),
];

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn microseconds() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()
}

/// Returns whether an id is the hash of a microsecond in which it was made.
fn hash_of_a_moment(store: &mut Store, before: impl Fn() -> String) -> bool {
    let began = microseconds();
    let id = given(store);
    (began..=microseconds()).any(|moment| hash(&format!("{}{moment}", before())) == id)
}

fn given(store: &mut Store) -> String {
    store.create(None, &session("canary")).unwrap()
}
