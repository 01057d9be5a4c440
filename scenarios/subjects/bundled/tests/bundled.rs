//! What each bundled store keeps, and what it calls its errors.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::fs;
use std::path::Path;

use interloper_bundled::{Bundled, STORES, make};
use interloper_driver::{
    Auth, Cookie, ErrorKind, Failure, Header, Keeps, Open, Operation, SameSite, Session,
    SessionStore, Setup, Umask,
};
use serde_json::json;
use tempfile::TempDir;

/// Returns those that keep sessions at a caller's request.
fn stores() -> impl Iterator<Item = &'static Bundled> {
    STORES.iter().filter(|bundled| (bundled.make)().hello().can_do(Operation::Save))
}

fn at(home: &TempDir, setup: &Setup) -> Open {
    let home = home.path().to_owned();
    let path = setup.is_named().then(|| home.join("place"));
    Open { home, setup: setup.name.clone(), at: path, umask: Umask::of(0o022), ..Open::default() }
}

fn opened(name: &str, home: &TempDir) -> Box<dyn SessionStore> {
    let mut store = make(name).unwrap();
    let setup = store.hello().setups.remove(0);
    store.open(&at(home, &setup)).unwrap();
    store
}

fn cookie(name: &str) -> Cookie {
    Cookie {
        name: name.into(),
        value: "canary-0123456789/+=".into(),
        domain: "example.com".into(),
        host_only: true,
        path: "/".into(),
        expires: None,
        secure: false,
        http_only: false,
        same_site: None,
    }
}

/// What the store keeps of a session with everything.
fn session(keeps: &[Keeps]) -> Session {
    let mut session = Session::default();
    for part in keeps {
        match part {
            Keeps::Data => {
                let data = json!({"user": "ü\u{0}", "numbers": [1, -7, 0.1, 1e-300], "nil": null});
                session.data = data.as_object().unwrap().clone();
            }
            Keeps::Cookies => {
                let full = Cookie {
                    host_only: false,
                    path: "/deep/er".into(),
                    expires: Some(4_102_444_800),
                    secure: true,
                    http_only: true,
                    same_site: Some(SameSite::Lax),
                    ..cookie("full")
                };
                session.cookies = vec![cookie("bare"), full];
            }
            Keeps::Headers => session.headers = vec![("X-Token".into(), "canary".into())],
            Keeps::Auth => session.auth = Some(Auth::Bearer { token: "canary".into() }),
            Keeps::Expires => session.expires_at = Some(4_102_444_800),
        }
    }
    session
}

fn kind<T: std::fmt::Debug>(result: Result<T, Failure>) -> ErrorKind {
    result.unwrap_err().kind
}

#[test]
fn what_each_store_says_it_keeps_loads_again_in_each_place() {
    for bundled in stores() {
        let hello = (bundled.make)().hello();
        assert_eq!(hello.name, bundled.name);
        for setup in &hello.setups {
            let home = TempDir::new().unwrap();
            let kept = session(&hello.keeps);
            for round in 0..2 {
                let mut store = make(bundled.name).unwrap();
                store.open(&at(&home, setup)).unwrap();
                if round == 0 {
                    assert_eq!(store.load("alpha").unwrap(), None);
                }
                store.save("alpha", &kept).unwrap();
                let mut other = make(bundled.name).unwrap();
                other.open(&at(&home, setup)).unwrap();
                assert_eq!(other.load("alpha").unwrap().as_ref(), Some(&kept), "{}", bundled.name);
            }
            if !hello.can_do(Operation::Delete) {
                continue;
            }
            let mut store = make(bundled.name).unwrap();
            store.open(&at(&home, setup)).unwrap();
            store.save("alphabet", &kept).unwrap();
            store.delete("alpha").unwrap();
            store.delete("alpha").unwrap();
            assert_eq!(store.load("alpha").unwrap(), None);
            assert_eq!(store.load("alphabet").unwrap(), Some(kept));
        }
    }
    assert!(make("no-such-store").is_none());
}

#[test]
fn expired_sessions_do_not_load_and_expired_cookies_are_forgotten() {
    for bundled in stores() {
        let keeps = (bundled.make)().hello().keeps;
        let home = TempDir::new().unwrap();
        let mut store = opened(bundled.name, &home);
        if keeps.contains(&Keeps::Expires) {
            store.save("alpha", &Session { expires_at: Some(1), ..session(&keeps) }).unwrap();
            assert_eq!(store.load("alpha").unwrap(), None, "{}", bundled.name);
        }
    }
    let home = TempDir::new().unwrap();
    let mut jar = opened("cookie_store", &home);
    let ended = Cookie { expires: Some(1), ..cookie("ended") };
    jar.save("", &Session { cookies: vec![ended, cookie("bare")], ..Session::default() }).unwrap();
    assert_eq!(jar.load("").unwrap().unwrap().cookies, [cookie("bare")]);
}

#[test]
fn the_jar_refuses_what_no_host_could_send() {
    let home = TempDir::new().unwrap();
    let mut jar = opened("cookie_store", &home);
    let nowhere = Cookie { domain: String::new(), ..cookie("bare") };
    let whenever = Cookie { expires: Some(i64::MAX), ..cookie("bare") };
    for refused in [nowhere, whenever] {
        let session = Session { cookies: vec![refused], ..Session::default() };
        assert_eq!(kind(jar.save("", &session)), ErrorKind::Invalid);
    }
    assert!(!home.path().join("place").exists());
}

#[test]
fn damage_is_called_corrupt() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("place");
    let mut jar = opened("cookie_store", &home);
    for damage in [&b""[..], b"[", b"{}", b"[7]", b"\xff", b"[]\n[]"] {
        fs::write(&path, damage).unwrap();
        assert_eq!(kind(jar.load("")), ErrorKind::Corrupt, "{damage:?}");
    }
    fs::write(&path, "[]\n").unwrap();
    assert_eq!(jar.load("").unwrap(), Some(Session::default()));

    fs::write(&path, "no database, and longer than the header of one".repeat(100)).unwrap();
    let place = at(&home, &Setup::file());
    assert_eq!(kind(make("sqlite").unwrap().open(&place)), ErrorKind::Corrupt);
    fs::remove_file(&path).unwrap();
    let mut store = opened("sqlite", &home);
    store.save("alpha", &session(&store.hello().keeps)).unwrap();
    let whole = fs::read(&path).unwrap();
    let at_json = whole.windows(9).position(|window| window == b"{\"data\":{").unwrap();
    let mut changed = whole.clone();
    changed[at_json] = b'[';
    fs::write(&path, changed).unwrap();
    assert_eq!(kind(opened("sqlite", &home).load("alpha")), ErrorKind::Corrupt);
}

#[test]
fn what_lies_in_the_way_has_its_own_error() {
    let home = TempDir::new().unwrap();
    let place = at(&home, &Setup::file());
    assert_eq!(kind(make("sqlite").unwrap().open(&Open::default())), ErrorKind::Invalid);
    fs::create_dir(home.path().join("place")).unwrap();
    assert_eq!(kind(make("sqlite").unwrap().open(&place)), ErrorKind::Corrupt);
    let nowhere = Open { at: Some(home.path().join("no/such/place")), ..place };
    assert_eq!(kind(make("sqlite").unwrap().open(&nowhere)), ErrorKind::Io);
    assert_eq!(kind(make("sqlite").unwrap().load("alpha")), ErrorKind::Invalid);
    assert!(!home.path().join("no").exists());
}

#[test]
fn the_versions_they_say_are_the_ones_they_are_built_with() {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../Cargo.lock");
    let lock: toml::Table = fs::read_to_string(lock).unwrap().parse().unwrap();
    for (store, package) in
        [("cookie_store", "cookie_store"), ("sqlite", "rusqlite"), ("parser-cookie", "cookie")]
    {
        let said = make(store).unwrap().hello().version;
        let mut packages = lock["package"].as_array().unwrap().iter();
        let found = packages.find(|found| found["name"].as_str() == Some(package)).unwrap();
        let version = found["version"].as_str().unwrap();
        assert!(said.split([' ', ',']).any(|word| word == version), "{said} is not {version}");
    }
}

#[test]
fn the_parser_answers_a_cookie_with_its_attributes() {
    let mut parser = make("parser-cookie").unwrap();
    let header = b"id=7; Path=/; SECURE; SameSite=lax; Expires=Sun, 06 Nov 1994 08:49:37 GMT";
    let pairs = parser.parse(Header::SetCookie, header).unwrap();
    let pairs: Vec<(&[u8], &[u8])> =
        pairs.iter().map(|(name, value)| (name.as_slice(), value.as_slice())).collect();
    let due: [(&[u8], &[u8]); 5] = [
        (b"id", b"7"),
        (b"expires", b"784111777"),
        (b"path", b"/"),
        (b"secure", b""),
        (b"samesite", b"lax"),
    ];
    assert_eq!(pairs, due);
    let several = parser.parse(Header::Cookie, b"a=1; b; c=\"2\"").unwrap();
    assert_eq!(several.len(), 2);
    assert_eq!(kind(parser.parse(Header::Cookie, b"\xff")), ErrorKind::Invalid);
}
