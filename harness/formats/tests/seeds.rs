//! The readers against files that the real programs wrote: `fuzz/seeds`, whose README says how each was made.
#![expect(clippy::unwrap_used, reason = "a helper of tests is not a test to clippy")]

use std::path::{Path, PathBuf};
use std::{fs, io};

use interloper_formats::signed::{self, Refusal};
use interloper_formats::{FORMATS, cookie, django, express, format, httpie, itsdangerous};
use interloper_formats::{lwp, msgpack, netscape, php, tower};

/// The key of all seeds that are signed.
const KEY: &[u8] = b"a-key-for-seeds-only";

fn folder(format: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(format)
}

fn seed(format: &str, name: &str) -> Vec<u8> {
    fs::read(folder(format).join(name)).unwrap()
}

fn seeds(format: &str) -> Vec<(String, Vec<u8>)> {
    let entries: io::Result<Vec<_>> = fs::read_dir(folder(format)).unwrap().collect();
    let names = entries.unwrap().into_iter().map(|entry| entry.file_name().into_string().unwrap());
    names.map(|name| (format!("{format}/{name}"), seed(format, &name))).collect()
}

#[test]
fn every_format_reads_what_the_real_programs_wrote() {
    for format in FORMATS {
        let seeds = seeds(format.name());
        assert!(!seeds.is_empty(), "{}", format.name());
        for (name, bytes) in seeds {
            let printed = format.reprint(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(format.same(&bytes, &printed), Ok(true), "{name}");
            assert!(!format.exact() || printed == bytes, "{name}");
        }
    }
}

#[test]
fn jars_and_httpie_are_printed_as_the_real_programs_print_them() {
    for name in ["netscape", "lwp", "httpie", "msgpack"] {
        for (seed, bytes) in seeds(name) {
            let printed = format(name).unwrap().reprint(&bytes).unwrap();
            let (printed, bytes) =
                (String::from_utf8_lossy(&printed), String::from_utf8_lossy(&bytes));
            assert_eq!(printed, bytes, "{seed}");
        }
    }
}

#[test]
fn flask_and_django_verify_with_their_key_and_no_other() {
    let salts = [
        ("dumps", django::SALT),
        ("session", django::SESSION_SALT),
        ("session-zlib", django::SESSION_SALT),
    ];
    for (name, salt) in salts {
        let bytes = seed("django", name);
        let payload = django::Signer::new(KEY, salt).open(&bytes).unwrap();
        assert!(payload.starts_with(b"{"), "{name}");
        assert_eq!(django::Signer::new(b"k", salt).open(&bytes), Err(Refusal::Signature));
        let token = django::parse(&bytes).unwrap();
        assert_eq!(django::Signer::new(KEY, salt).sign(&token.value, 1_750_000_000), token);
    }
    for name in ["flask", "flask-zlib"] {
        let bytes = seed("itsdangerous", name);
        let payload = itsdangerous::Signer::flask(KEY).open(&bytes).unwrap();
        assert!(payload.starts_with(b"{"), "{name}");
        assert_eq!(itsdangerous::Signer::flask(b"k").open(&bytes), Err(Refusal::Signature));
    }
    let plain = itsdangerous::parse(&seed("itsdangerous", "timestamp")).unwrap();
    let signer = itsdangerous::Signer::new(
        KEY,
        b"itsdangerous.Signer",
        itsdangerous::Derivation::DjangoConcat,
    );
    assert_eq!(signer.verify(&plain), Ok(()));
}

#[test]
fn payloads_decompress_to_what_was_signed() {
    let token = itsdangerous::parse(&seed("itsdangerous", "flask-zlib")).unwrap();
    let text = format!("{{\"text\":\"{}\"}}", "again and ".repeat(40));
    assert_eq!(signed::payload(&token.value), Ok(text.into_bytes()));
}

#[test]
fn a_record_of_tower_sessions() {
    for name in ["full", "full-named"] {
        let record = tower::parse(&seed("tower", name)).unwrap();
        assert_eq!(record.id, 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        assert_eq!((record.expires.year, record.expires.clock), (2025, [166, 15, 6, 40, 0]));
        assert_eq!(record.data[0].0, "user");
        assert_eq!(record.named, name == "full-named");
    }
    assert!(matches!(msgpack::parse(&seed("msgpack", "empty")), Ok(msgpack::Value::Array(_))));
}

#[test]
fn jars_say_what_they_say() {
    let cookies: Vec<netscape::Cookie> = netscape::parse(&seed("netscape", "curl"))
        .unwrap()
        .into_iter()
        .filter_map(|line| match line {
            netscape::Line::Cookie(cookie) => Some(cookie),
            netscape::Line::Comment(_) => None,
        })
        .collect();
    assert_eq!(cookies.len(), 3);
    assert!(cookies[2].http_only && cookies[2].expires == Some(0));
    let jar = lwp::parse(&seed("lwp", "python")).unwrap();
    let quoted = jar.iter().find(|cookie| cookie.pair.name == b"quoted").unwrap();
    assert_eq!(quoted.pair.value.as_deref(), Some(&b"\"a\\b;c\""[..]));
    assert!(quoted.attribute("port_spec").is_some());
}

#[test]
fn the_two_layouts_of_httpie() {
    let new = httpie::parse(&seed("httpie", "new")).unwrap();
    assert!(matches!(new.cookies, httpie::Layout::New(ref cookies) if cookies.len() == 3));
    let old = httpie::parse(&seed("httpie", "old")).unwrap();
    assert!(matches!(old.cookies, httpie::Layout::Old(ref cookies) if cookies.len() == 3));
    let express = express::parse(&seed("express", "dated")).unwrap();
    assert_eq!(express.cookie.same_site, Some("lax".into()));
    assert_eq!(express.data.len(), 2);
}

#[test]
fn values_of_php_and_headers() {
    let session = php::parse_php(&seed("php", "objects")).unwrap();
    assert!(matches!(&session[0].1, php::Value::Object(class, _) if class == b"User"));
    assert_eq!(session[1].1, php::Value::SameObject(1));
    let cookie = cookie::parse_set_cookie(&seed("set_cookie", "python-session")).unwrap();
    assert_eq!((cookie.max_age, cookie.expires), (Some(3600), Some(1_750_233_600)));
    assert_eq!(cookie::parse_cookie(&seed("cookie_header", "python")).unwrap().len(), 3);
}
