//! What the hardened store keeps, and what it makes of a damaged or lax place.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod common;

use std::fs;
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, chown, lchown, symlink};

use common::{Home, Put, chmod, in_time, is_root, mode, opened, session};
use interloper_driver::{ErrorKind, Failure, Open, Session, SessionStore};
use interloper_flawed::{Hardened, hardened, hardened_plain};
use rustix::fs::{CWD, FileType, FlockOperation, Mode, flock, mknodat};

/// Every way the store comes: encrypted or not, at its default place or where it is told.
fn everywhere(test: impl Fn(&Home, fn() -> Hardened)) {
    for put in [Put::Default, Put::Dir] {
        for make in [hardened, hardened_plain] {
            test(&Home::new(put), make);
        }
    }
}

fn kind<T: std::fmt::Debug>(result: Result<T, Failure>) -> ErrorKind {
    result.unwrap_err().kind
}

#[test]
fn what_was_saved_loads_and_what_was_deleted_does_not() {
    everywhere(|home, make| {
        let mut store = opened(make(), &home.at());
        assert_eq!(store.load("alpha").unwrap(), None);
        assert!(home.tree().is_empty(), "a load writes nothing");
        store.save("alpha", &session("one")).unwrap();
        store.save("alphabet", &session("two")).unwrap();
        store.save("alpha", &session("three")).unwrap();
        let mut other = opened(make(), &home.at());
        assert_eq!(other.load("alpha").unwrap(), Some(session("three")));
        assert_eq!(other.load("alphabet").unwrap(), Some(session("two")));
        other.delete("alpha").unwrap();
        other.delete("alpha").unwrap();
        assert_eq!(store.load("alpha").unwrap(), None);
        assert_eq!(store.load("alphabet").unwrap(), Some(session("two")));
        assert!(!home.holds("three") && !home.holds("one"));
    });
}

#[test]
fn everything_it_makes_is_its_owners_alone() {
    everywhere(|home, make| {
        opened(make(), &home.at()).save("alpha", &session("one")).unwrap();
        assert_eq!(mode(&home.home), 0o755);
        for (path, mode) in home.tree() {
            let due = if path.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(mode, due, "{}", path.display());
        }
        assert_eq!(home.file().file_name().unwrap().len(), 64, "a name tells nothing");
        assert_eq!(fs::read(home.key()).unwrap().len(), 32);
    });
}

#[test]
fn only_the_plain_one_shows_what_it_keeps() {
    for (make, shows) in [(hardened as fn() -> Hardened, false), (hardened_plain, true)] {
        let home = Home::new(Put::Default);
        opened(make(), &home.at()).save("alpha", &session("canary")).unwrap();
        assert_eq!(home.holds("canary"), shows);
        let json = serde_json::from_slice::<serde_json::Value>(&fs::read(home.file()).unwrap());
        assert_eq!(json.is_ok(), shows, "the plain one writes a JSON document");
    }
}

#[test]
fn any_id_up_to_4096_bytes() {
    everywhere(|home, make| {
        let mut store = opened(make(), &home.at());
        let long = "x".repeat(4096);
        let ids = ["../../etc", "/abs", "a/b", "a_b", "a\0b", ".", "..", "A", "a", "é", &long];
        for id in ids {
            store.save(id, &session(id)).unwrap();
        }
        for id in ids {
            assert_eq!(store.load(id).unwrap(), Some(session(id)));
        }
        assert_eq!(fs::read_dir(home.data()).unwrap().count(), ids.len());
        for id in ["", &"x".repeat(4097)] {
            assert_eq!(kind(store.save(id, &session("one"))), ErrorKind::Invalid);
            assert_eq!(kind(store.load(id)), ErrorKind::Invalid);
            assert_eq!(kind(store.delete(id)), ErrorKind::Invalid);
        }
    });
}

#[test]
fn expired_sessions_do_not_load() {
    everywhere(|home, make| {
        let mut store = opened(make(), &home.at());
        for end in [i64::MIN, 0, 1_000_000_000] {
            let ended = Session { expires_at: Some(end), ..session("one") };
            store.save("alpha", &ended).unwrap();
            assert_eq!(store.load("alpha").unwrap(), None);
        }
    });
}

#[test]
fn what_could_not_be_loaded_again_is_refused() {
    let home = Home::new(Put::Default);
    let mut store = opened(hardened(), &home.at());
    let mut deep = serde_json::Value::Null;
    for _ in 0..200 {
        deep = serde_json::json!([deep]);
    }
    let mut session = session("one");
    session.data.insert("deep".into(), deep);
    assert_eq!(kind(store.save("alpha", &session)), ErrorKind::Invalid);
    session.data.insert("deep".into(), "x".repeat(17 << 20).into());
    assert_eq!(kind(store.save("alpha", &session)), ErrorKind::Invalid);
}

#[test]
fn read_only_writes_nothing() {
    everywhere(|home, make| {
        let at = Open { read_only: true, ..home.at() };
        let mut reader = opened(make(), &at);
        assert_eq!(reader.load("alpha").unwrap(), None);
        assert_eq!(kind(reader.save("alpha", &session("one"))), ErrorKind::Denied);
        assert_eq!(kind(reader.delete("alpha")), ErrorKind::Denied);
        assert!(home.tree().is_empty());
        opened(make(), &home.at()).save("alpha", &session("one")).unwrap();
        chmod(&home.file(), 0o644);
        chmod(&home.data(), 0o755);
        let before = home.tree();
        assert_eq!(reader.load("alpha").unwrap(), Some(session("one")));
        assert_eq!(kind(reader.save("alpha", &session("two"))), ErrorKind::Denied);
        assert_eq!(home.tree(), before);
        chmod(&home.data(), 0o777);
        assert_eq!(kind(reader.load("alpha")), ErrorKind::Denied);
    });
}

#[test]
fn every_truncation_and_every_changed_byte_is_noticed() {
    everywhere(|home, make| {
        let mut store = opened(make(), &home.at());
        store.save("alpha", &session("one")).unwrap();
        let whole = fs::read(home.file()).unwrap();
        let path = home.file();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(kind(store.load("alpha")), ErrorKind::Corrupt, "{length} bytes");
        }
        for at in 0..whole.len() {
            for bits in [0x01, 0x02, 0x20, 0x80, 0xff] {
                let mut changed = whole.clone();
                changed[at] ^= bits;
                fs::write(&path, &changed).unwrap();
                assert_eq!(kind(store.load("alpha")), ErrorKind::Corrupt, "byte {at} ^ {bits:#x}");
            }
        }
        for added in [&b"\n"[..], b" ", b"{}"] {
            fs::write(&path, [&whole, added].concat()).unwrap();
            assert_eq!(kind(store.load("alpha")), ErrorKind::Corrupt);
        }
        // Sparse, and as large as can be: refused without being read.
        fs::File::options().write(true).open(&path).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(kind(store.load("alpha")), ErrorKind::Corrupt);
        store.save("alpha", &session("two")).unwrap();
        assert_eq!(store.load("alpha").unwrap(), Some(session("two")));
    });
}

#[test]
fn a_session_loads_under_its_own_id_only() {
    everywhere(|home, make| {
        let mut store = opened(make(), &home.at());
        store.save("alpha", &session("one")).unwrap();
        let alpha = home.file();
        let kept = fs::read(&alpha).unwrap();
        store.delete("alpha").unwrap();
        store.save("beta", &session("two")).unwrap();
        fs::write(home.file(), kept).unwrap();
        assert_eq!(kind(store.load("beta")), ErrorKind::Corrupt);
    });
}

#[test]
fn without_its_key_nothing_loads_and_delete_still_deletes() {
    everywhere(|home, make| {
        let mut store = opened(make(), &home.at());
        store.save("alpha", &session("one")).unwrap();
        let key = fs::read(home.key()).unwrap();
        fs::write(home.key(), &key[..31]).unwrap();
        assert_eq!(kind(store.load("alpha")), ErrorKind::Corrupt);
        assert_eq!(kind(store.save("alpha", &session("two"))), ErrorKind::Corrupt);
        fs::remove_dir_all(home.key().parent().unwrap()).unwrap();
        assert_eq!(kind(store.load("alpha")), ErrorKind::Corrupt);
        store.delete("alpha").unwrap();
        assert_eq!(store.load("alpha").unwrap(), None);
        assert!(!home.holds("one"));
    });
}

#[test]
fn what_is_not_a_file_is_not_waited_for_or_followed() {
    everywhere(|home, make| {
        let mut store = opened(make(), &home.at());
        store.save("alpha", &session("one")).unwrap();
        let path = home.file();
        let elsewhere = home.root().join("elsewhere");
        fs::rename(&path, &elsewhere).unwrap();
        let before = fs::read(&elsewhere).unwrap();

        mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        let at = home.at();
        assert!(in_time(move || {
            let mut store = opened(make(), &at);
            assert_eq!(kind(store.load("alpha")), ErrorKind::Corrupt);
            store.save("alpha", &session("two")).unwrap();
        }));
        assert_eq!(store.load("alpha").unwrap(), Some(session("two")));

        fs::remove_file(&path).unwrap();
        mknodat(CWD, &path, FileType::Socket, Mode::from_raw_mode(0o600), 0).unwrap();
        assert_eq!(kind(store.load("alpha")), ErrorKind::Corrupt);

        for target in [elsewhere.as_path(), &path] {
            fs::remove_file(&path).unwrap();
            symlink(target, &path).unwrap();
            assert_eq!(kind(store.load("alpha")), ErrorKind::Corrupt);
        }
        store.save("alpha", &session("three")).unwrap();
        assert_eq!(fs::read(&elsewhere).unwrap(), before, "the link was replaced, not followed");

        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        fs::write(path.join("kept"), "kept").unwrap();
        assert_eq!(kind(store.load("alpha")), ErrorKind::Corrupt);
        assert_eq!(kind(store.save("alpha", &session("four"))), ErrorKind::Corrupt);
        assert_eq!(kind(store.delete("alpha")), ErrorKind::Corrupt);
        assert!(path.join("kept").exists());
        assert_eq!(fs::read_dir(home.data()).unwrap().count(), 1, "nothing half-made stays");
    });
}

#[test]
fn lax_leftovers_are_narrowed_or_refused() {
    everywhere(|home, make| {
        opened(make(), &home.at()).save("alpha", &session("one")).unwrap();
        let (path, inode) = (home.file(), fs::metadata(home.file()).unwrap().ino());
        for lax in [0o777, 0o755, 0o3777] {
            chmod(&home.data(), lax);
            chmod(&path, 0o666);
            let mut store = opened(make(), &home.at());
            assert_eq!(mode(&home.data()), 0o700);
            assert_eq!(kind(store.load("alpha")), ErrorKind::Denied);
            store.save("alpha", &session("two")).unwrap();
            assert_eq!(mode(&path), 0o600);
            assert_ne!(fs::metadata(&path).unwrap().ino(), inode);
        }
        let mut store = opened(make(), &home.at());
        chmod(&path, 0o644);
        chmod(&home.key(), 0o644);
        chmod(&home.data(), 0o777);
        assert_eq!(store.load("alpha").unwrap(), Some(session("two")));
        assert_eq!((mode(&path), mode(&home.data())), (0o600, 0o700), "while it is open, too");
        assert_eq!(mode(&home.key()), 0o600);
        chmod(&home.key(), 0o666);
        assert_eq!(kind(store.save("alpha", &session("three"))), ErrorKind::Denied);
    });
}

#[test]
fn what_is_above_it_and_was_there_is_left_alone() {
    let home = Home::new(Put::Default);
    for (dir, lax) in [("", 0o2770), (".local", 0o755), (".local/share", 0o777), (".config", 0o750)]
    {
        fs::create_dir_all(home.home.join(dir)).unwrap();
        chmod(&home.home.join(dir), lax);
    }
    opened(hardened(), &home.at()).save("alpha", &session("one")).unwrap();
    assert_eq!(mode(&home.home), 0o2770);
    assert_eq!(mode(&home.home.join(".local")), 0o755);
    assert_eq!(mode(&home.home.join(".local/share")), 0o777);
    assert_eq!(mode(&home.home.join(".config")), 0o750);
    assert_eq!(mode(&home.home.join(".local/share/hardened")), 0o700);
}

#[test]
fn links_on_the_way_are_followed_when_they_are_ours_and_never_at_the_end() {
    let home = Home::new(Put::Default);
    let disk = home.root().join("disk");
    fs::create_dir_all(disk.join("share")).unwrap();
    fs::create_dir(home.home.join(".local")).unwrap();
    symlink("../../disk/./share", home.home.join(".local/share")).unwrap();
    let mut store = opened(hardened(), &home.at());
    store.save("alpha", &session("one")).unwrap();
    assert_eq!(store.load("alpha").unwrap(), Some(session("one")));
    assert!(disk.join("share/hardened/sessions").is_dir());
    if is_root() {
        lchown(home.home.join(".local/share"), Some(65534), None).unwrap();
        assert_eq!(kind(store.load("alpha")), ErrorKind::Denied);
        lchown(home.home.join(".local/share"), Some(0), None).unwrap();
    }
    fs::rename(disk.join("share/hardened"), disk.join("moved")).unwrap();
    symlink(disk.join("moved"), disk.join("share/hardened")).unwrap();
    assert_eq!(kind(store.load("alpha")), ErrorKind::Corrupt);
    fs::remove_file(home.home.join(".local/share")).unwrap();
    symlink("share", home.home.join(".local/share")).unwrap();
    assert_eq!(kind(store.load("alpha")), ErrorKind::Corrupt, "a link to itself");
    fs::remove_file(home.home.join(".local/share")).unwrap();
    fs::write(home.home.join(".local/share"), "a file").unwrap();
    assert_eq!(kind(store.save("alpha", &session("one"))), ErrorKind::Corrupt);
}

#[test]
fn what_is_somebody_elses_is_refused() {
    if !is_root() {
        return;
    }
    everywhere(|home, make| {
        let mut store = opened(make(), &home.at());
        store.save("alpha", &session("one")).unwrap();
        for path in [home.file(), home.key(), home.data()] {
            chown(&path, Some(65534), None).unwrap();
            assert_eq!(kind(store.load("alpha")), ErrorKind::Denied);
            chown(&path, Some(0), None).unwrap();
        }
        chown(home.data(), Some(65534), None).unwrap();
        assert_eq!(kind(store.save("alpha", &session("two"))), ErrorKind::Denied);
        assert_eq!(kind(store.delete("alpha")), ErrorKind::Denied);
        assert_eq!(kind(make().open(&home.at())), ErrorKind::Denied);
    });
}

#[test]
fn what_a_crash_left_is_swept_and_what_is_in_use_is_not() {
    everywhere(|home, make| {
        let mut store = opened(make(), &home.at());
        store.save("alpha", &session("one")).unwrap();
        let in_use = fs::File::create(home.data().join(".tmp-used")).unwrap();
        flock(in_use.as_fd(), FlockOperation::LockExclusive).unwrap();
        let left = || fs::write(home.data().join(".tmp-left"), "canary").unwrap();
        left();
        opened(make(), &home.at());
        assert!(!home.holds("canary"));
        left();
        store.delete("alpha").unwrap();
        assert!(!home.holds("canary"));
        assert!(home.data().join(".tmp-used").exists());
    });
}

#[test]
fn places_without_a_whole_path_and_stores_that_are_not_open_are_refused() {
    assert_eq!(kind(hardened().save("alpha", &session("one"))), ErrorKind::Invalid);
    for path in ["relative", "", "/", "/tmp/.."] {
        let at = Open { at: Some(path.into()), ..Home::new(Put::Dir).at() };
        assert_eq!(kind(hardened().open(&at)), ErrorKind::Invalid, "{path:?}");
    }
}

#[test]
fn writers_at_the_same_time_leave_one_whole_session() {
    everywhere(|home, make| {
        std::thread::scope(|scope| {
            for writer in 0..4 {
                scope.spawn(move || {
                    for round in 0..20 {
                        let mut store = opened(make(), &home.at());
                        store.save("alpha", &session(&format!("{writer}-{round}"))).unwrap();
                        assert!(store.load("beta").unwrap().is_none());
                        let found = store.load("alpha").unwrap();
                        assert!(found.is_none_or(|found| found.headers[0].0 == "X-Token"));
                        if round % 5 == 0 {
                            store.delete("alpha").unwrap();
                        }
                    }
                });
            }
        });
        let left: Vec<_> = fs::read_dir(home.data()).unwrap().collect();
        assert!(left.len() <= 1, "{left:?}");
    });
}
