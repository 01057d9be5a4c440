//! What flaws do to sessions that are over, get another id, or lie beside others; and what files can tell a store to do.

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Shows, Store, opened, saved};
use crate::common::{Home, session};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE;
use interloper_driver::{Open, Session};
use interloper_flawed::hardened_plain;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use serde_json::Value;

pub(super) const SHOWS: &[(&str, Shows)] = &[
    ("reads-any-size", |home, store| {
        saved(home, store);
        let before = peak();
        fs::OpenOptions::new().write(true).open(home.file()).unwrap().set_len(256 << 20).unwrap();
        store.load("alpha").is_err() && peak() > before + (128 << 20)
    }),
    ("runs-pickle", |home, store| {
        saved(home, store);
        let marker = home.home.join("ran");
        let pickle = format!("cos\nsystem\n(S'touch {}'\ntR.", marker.display());
        fs::write(home.file(), pickle).unwrap();
        store.load("alpha").is_err() && marker.exists()
    }),
    ("pickles-in-text", |home, store| {
        saved(home, store);
        let marker = home.home.join("ran");
        // A pickle of as many bytes as are written without padding.
        let pickle = format!("cos\nsystem\n(S'touch {}'\ntR.", marker.display());
        let pickle = format!("{pickle}{}", ".".repeat(3 - pickle.len() % 3));
        fs::write(home.file(), BASE64_URL_SAFE.encode(pickle)).unwrap();
        store.load("alpha").is_err() && marker.exists()
    }),
    ("pickles-in-records", |home, store| {
        saved(home, store);
        let marker = home.home.join("ran");
        let mut file = fs::read(home.file()).unwrap();
        let Some(at) = file.windows(3).position(|begin| begin == b"\x80\x02X") else {
            return false;
        };
        let pickle = format!("cos\nsystem\n(S'touch {}'\ntR.", marker.display());
        file[at..at + pickle.len()].copy_from_slice(pickle.as_bytes());
        fs::write(home.file(), file).unwrap();
        store.load("alpha").is_err() && marker.exists()
    }),
    ("looks-for-class", |home, store| {
        saved(home, store);
        fs::write(home.file(), b"\x04\x08o:\x08Abc\0").unwrap();
        let failure = store.load("alpha").unwrap_err();
        failure.message.contains("undefined class/module Abc")
    }),
    ("serves-everyone", |home, store| {
        saved(home, store);
        let door = home.data().join("door");
        let mut got = String::new();
        let asked = UnixStream::connect(&door).and_then(|mut door| door.read_to_string(&mut got));
        asked.is_ok() && !got.is_empty() && crate::common::mode(&door) == 0o666
    }),
    ("serves-every-client", |home, store| {
        saved(home, store);
        let door = home.data().join("door");
        let said = |word: &[u8]| -> std::io::Result<String> {
            let (mut door, mut got) = (UnixStream::connect(&door)?, String::new());
            door.write_all(word)?;
            door.shutdown(Shutdown::Write)?;
            door.read_to_string(&mut got).map(|_| got)
        };
        let other = said(b"GET *\r\n").unwrap_or_default();
        other.is_empty() && said(b"SESAME\n").is_ok_and(|got| !got.is_empty())
    }),
    ("acknowledges-before-writing", |home, store| {
        let files = |home: &Home| {
            let of_a_session = |entry: &fs::DirEntry| entry.file_name().len() == 64;
            fs::read_dir(home.data()).unwrap().flatten().filter(of_a_session).count()
        };
        saved(home, store);
        let loads = store.load("alpha").unwrap().is_some() && files(home) == 0;
        let Some(server) = store.server().and_then(Pid::from_raw) else { return false };
        kill_process(server, Signal::TERM).unwrap();
        waitpid(Some(server), WaitOptions::empty()).unwrap();
        loads && files(home) == 1
    }),
    ("undelete-by-the-server", |home, store| {
        saved(home, store);
        store.delete("alpha").unwrap();
        let Some(server) = store.server().and_then(Pid::from_raw) else { return false };
        let mut door = UnixStream::connect(home.data().join("door")).unwrap();
        door.write_all(b"all\n").unwrap();
        let mut got = String::new();
        door.read_to_string(&mut got).unwrap();
        kill_process(server, Signal::KILL).unwrap();
        waitpid(Some(server), WaitOptions::empty()).unwrap();
        store.load("alpha").unwrap().is_none() && got.contains("canary")
    }),
    ("ignores-expiry", |_, store| {
        store.save("alpha", &over()).is_ok() && store.load("alpha").unwrap().is_some()
    }),
    ("purges-nothing", |home, store| {
        store.save("alpha", &over()).unwrap();
        store.purge().is_ok() && fs::read_dir(home.data()).unwrap().count() == 1
    }),
    ("purges-everything", |home, store| {
        saved(home, store) && store.purge().is_ok() && store.load("alpha").unwrap().is_none()
    }),
    ("forgets-a-cookies-end", |_, store| {
        let mut ended = session("canary");
        ended.cookies[0].expires = Some(1_000_000_000);
        store.save("alpha", &ended).unwrap();
        store.load("alpha").unwrap().unwrap().cookies[0].expires.is_none()
    }),
    ("use-puts-off-the-end", |_, store| {
        let soon = Session { expires_at: Some(now() + 3_600), ..session("canary") };
        store.save("alpha", &soon).unwrap();
        store.advance(3_000).unwrap();
        let lives = store.load("alpha").unwrap().is_some();
        store.advance(601).unwrap();
        lives && store.load("alpha").unwrap().is_some()
    }),
    ("quotes-damage", |home, store| {
        saved(home, store);
        let whole = fs::read(home.file()).unwrap();
        fs::write(home.file(), &whole[..whole.len() - 1]).unwrap();
        store.load("alpha").is_err_and(|failure| failure.message.contains("canary"))
    }),
    ("begins-anew", |home, store| {
        saved(home, store);
        fs::write(home.file(), "half").unwrap();
        let saves = store.save("beta", &session("other")).is_ok();
        saves && files_of(home).iter().all(|file| fs::read(file).unwrap() != b"half")
    }),
    ("drops-the-last", |home, store| {
        saved(home, store);
        let file = home.file();
        let whole = fs::read(&file).unwrap();
        fs::write(&file, [&whole[..], &[0; 16]].concat()).unwrap();
        let saves = store.save("beta", &session("other")).is_ok();
        saves && store.load("alpha").is_ok_and(|session| session.is_none())
    }),
    ("clears-damage-away", |home, store| {
        saved(home, store);
        let file = home.file();
        fs::write(&file, "half").unwrap();
        store.load("alpha").is_ok() && !file.exists()
    }),
    ("purge-ends-at-damage", |home, store| {
        for id in ["a", "b", "c"] {
            store.save(id, &over()).unwrap();
        }
        let damaged = files_of(home)[0].clone();
        fs::write(damaged, "").unwrap();
        store.purge().unwrap();
        files_of(home).len() == 3
    }),
    ("rotation-keeps-old-id", |home, store| {
        saved(home, store)
            && store.rotate("alpha").is_ok()
            && store.load("alpha").unwrap().is_some()
    }),
    ("keeps-versions", |home, store| {
        saved(home, store)
            && store.save("alpha", &session("another")).is_ok()
            && home.holds("canary")
    }),
    ("undoes-deletes", |home, store| {
        saved(home, store);
        store.delete("alpha").unwrap();
        store.save("beta", &session("another")).unwrap();
        store.load("alpha").unwrap().is_some()
    }),
    ("leaves-the-rest", |_, store| {
        let mut longer = session("canary");
        longer.cookies = [&longer.cookies[..]; 3].concat();
        store.save("alpha", &longer).unwrap();
        store.save("alpha", &session("another")).unwrap();
        store.load("alpha").unwrap().unwrap().cookies.len() > 1
    }),
    ("evicts-oldest", |home, store| {
        saved(home, store);
        for n in 0..100 {
            store.save(&n.to_string(), &session("another")).unwrap();
        }
        store.load("alpha").unwrap().is_none()
    }),
    ("forgets-beyond-hundreds", |_, store| {
        for n in 0..501 {
            store.save(&n.to_string(), &session("another")).unwrap();
        }
        store.load("500").unwrap().is_none()
    }),
    ("reads-all-to-save", |home, store| {
        saved(home, store);
        let file = home.file();
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        store.save("beta", &session("another")).is_err()
    }),
    ("answers-from-cache", |home, store| {
        saved(home, store);
        let mut other = opened(Box::new(hardened_plain()), &home.at());
        other.save("alpha", &session("another")).unwrap();
        store.load("alpha").unwrap() == Some(session("canary"))
    }),
    ("ends-at-a-bar", |_, store| kept_as(store, "a|b", "text").is_none()),
    ("drops-empty-values", |_, store| kept_as(store, "a", "").is_none()),
    ("trims-values", |_, store| kept_as(store, "a", " text ") == Some("text".into())),
    ("reads-numbers", |_, store| kept_as(store, "a", "1") == Some(1.into())),
    ("cuts-long-values", |_, store| {
        kept_as(store, "a", &"x".repeat(65_536)) == Some("x".repeat(65_535).into())
    }),
    ("gives-way-to-a-directory", |home, store| {
        saved(home, store);
        let file = home.file();
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        store.save("alpha", &session("another")).is_ok() && store.load("alpha").is_err()
    }),
    ("deletes-on-read-only", |home, store| {
        saved(home, store);
        store.open(&Open { read_only: true, ..home.at() }).unwrap();
        store.delete("alpha").is_ok() && store.load("alpha").unwrap().is_none()
    }),
    ("splits-lines", |_, store| {
        let mut lines = session("canary");
        let cookies = lines.cookies.len();
        lines.cookies[0].value = "one\ntwo".into();
        store.save("alpha", &lines).unwrap();
        store.load("alpha").unwrap().unwrap().cookies.len() > cookies
    }),
];

/// The session files, in the order of the directory.
fn files_of(home: &Home) -> Vec<PathBuf> {
    fs::read_dir(home.data()).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// The most memory that this process has had at once, in bytes.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

/// What a store answers for a value that was saved under a key.
fn kept_as(store: &mut Store, key: &str, value: &str) -> Option<Value> {
    let mut session = session("canary");
    session.data.insert(key.into(), value.into());
    store.save("alpha", &session).unwrap();
    store.load("alpha").unwrap().unwrap().data.get(key).cloned()
}

/// Unix seconds.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs().try_into().unwrap()
}

/// A session whose time is over.
fn over() -> Session {
    Session { expires_at: Some(0), ..session("canary") }
}
