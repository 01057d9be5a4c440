//! What flaws do to encryption. None of it shows on a store that promises none.

use std::fs;

use super::{Shows, Store, saved};
use crate::common::session;
use interloper_driver::Promise;

pub(super) const SHOWS: &[(&str, Shows)] = &[
    ("writes-clear-text", |home, store| {
        promised(store) && saved(home, store) && home.holds("canary")
    }),
    ("encodes-instead-of-encrypting", |home, store| {
        promised(store) && saved(home, store) && home.holds("63616e617279")
    }),
    ("fixed-nonce", |home, store| {
        saved(home, store);
        let first = fs::read(home.file()).unwrap();
        saved(home, store) && promised(store) && fs::read(home.file()).unwrap() == first
    }),
    ("key-beside-data", |home, store| saved(home, store) && home.data().join("key").exists()),
    ("keeps-no-version", |home, store| {
        saved(home, store);
        let older = fs::read(home.file()).unwrap();
        store.save("alpha", &session("newer")).unwrap();
        fs::write(home.file(), older).unwrap();
        let promised = store.hello().promises.contains(&Promise::NoRollback);
        promised && store.load("alpha").unwrap() == Some(session("canary"))
    }),
    ("not-bound-to-name", |home, store| {
        saved(home, store);
        let alpha = home.file();
        store.save("beta", &session("other")).unwrap();
        let files = fs::read_dir(home.data()).unwrap().map(|entry| entry.unwrap().path());
        for beta in files.filter(|path| *path != alpha) {
            fs::copy(beta, &alpha).unwrap();
        }
        store.load("alpha").is_ok_and(|found| found == Some(session("other")))
    }),
];

fn promised(store: &Store) -> bool {
    store.hello().promises.contains(&Promise::Encrypted)
}
