//! What the hardened store does with ids of its own, and with sessions that are over.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod common;

use std::fs;
use std::os::fd::AsFd;

use common::{Home, Put, session};
use interloper_driver::{ErrorKind, Session, SessionStore};
use interloper_flawed::hardened_plain;
use rustix::fs::{FlockOperation, flock};

const FAR_AHEAD: i64 = 4_102_444_800;

fn opened(home: &Home) -> impl SessionStore + use<> {
    let mut store = hardened_plain();
    store.open(&home.at()).unwrap();
    store
}

fn until(end: i64) -> Session {
    Session { expires_at: Some(end), ..session("canary") }
}

#[test]
fn ids_of_its_own_are_new_each_time_and_not_what_was_asked_for() {
    let home = Home::new(Put::Dir);
    let mut store = opened(&home);
    let ids = [(); 3].map(|()| store.create(Some("alpha"), &session("one")).unwrap());
    assert!(ids.iter().all(|id| id.len() == 32 && store.load(id).unwrap().is_some()));
    assert!(ids[0] != ids[1] && ids[1] != ids[2]);
    assert_eq!(store.load("alpha").unwrap(), None);
}

#[test]
fn a_rotated_session_has_the_new_id_alone() {
    let home = Home::new(Put::Dir);
    let mut store = opened(&home);
    store.save("alpha", &session("one")).unwrap();
    let id = store.rotate("alpha").unwrap();
    assert_eq!(
        (store.load("alpha").unwrap(), store.load(&id).unwrap()),
        (None, Some(session("one")))
    );
    assert_eq!(store.rotate("alpha").unwrap_err().kind, ErrorKind::Absent);
}

#[test]
fn what_is_over_does_not_load_and_goes_with_the_next_purge() {
    let home = Home::new(Put::Dir);
    let mut store = opened(&home);
    store.save("over", &until(0)).unwrap();
    store.save("kept", &until(FAR_AHEAD)).unwrap();
    assert_eq!(
        (store.load("over").unwrap(), store.load("kept").unwrap()),
        (None, Some(until(FAR_AHEAD)))
    );
    let files = || fs::read_dir(home.data()).unwrap().count();
    assert_eq!(files(), 2);
    store.purge().unwrap();
    assert_eq!((files(), store.load("kept").unwrap().is_some()), (1, true));
    store.advance(FAR_AHEAD).unwrap();
    store.purge().unwrap();
    assert_eq!(files(), 0);
}

#[test]
fn nothing_is_purged_while_somebody_saves() {
    let home = Home::new(Put::Dir);
    let mut store = opened(&home);
    store.save("over", &until(0)).unwrap();
    let writer = fs::File::open(home.data()).unwrap();
    flock(writer.as_fd(), FlockOperation::LockShared).unwrap();
    store.purge().unwrap();
    assert_eq!(fs::read_dir(home.data()).unwrap().count(), 1);
    drop(writer);
    store.purge().unwrap();
    assert_eq!(fs::read_dir(home.data()).unwrap().count(), 0);
}
