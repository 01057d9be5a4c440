//! The readers against files that the real programs wrote: `fuzz/seeds`, whose README says how each was made.
#![expect(clippy::unwrap_used, reason = "a helper of tests is not a test to clippy")]

use std::path::{Path, PathBuf};
use std::{fs, io};

use interloper_formats::httpie::Layout;
use interloper_formats::itsdangerous::Derivation;
use interloper_formats::json::{Field, Json};
use interloper_formats::signed::{self, Digest, Refusal};
use interloper_formats::{FORMATS, cookie, cookie_store, django, express, format, httpie};
use interloper_formats::{itsdangerous, lwp, msgpack, netscape, php, tough_cookie, tower};

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
    for name in ["netscape", "lwp", "httpie", "express", "cookie_store", "tough_cookie", "msgpack"]
    {
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
}

#[test]
fn other_digests_and_signers_without_a_time_verify() {
    let salt = b"itsdangerous.Signer";
    for (name, digest) in [("timestamp", Digest::Sha1), ("sha512", Digest::Sha512)] {
        let token = itsdangerous::parse(&seed("itsdangerous", name)).unwrap();
        let signer = itsdangerous::Signer::with(digest, KEY, salt, Derivation::DjangoConcat);
        assert_eq!(signer.verify(&token), Ok(()), "{name}");
        assert_eq!(signer.sign(b"value", token.timestamp), token, "{name}");
    }
    for (name, digest, salt, derivation) in [
        ("signer", Digest::Sha1, &salt[..], Derivation::DjangoConcat),
        ("sha256", Digest::Sha256, &salt[..], Derivation::Hmac),
        ("serializer", Digest::Sha1, &b"itsdangerous"[..], Derivation::DjangoConcat),
    ] {
        let token = itsdangerous::parse_untimed(&seed("itsdangerous_untimed", name)).unwrap();
        let signer = itsdangerous::Signer::with(digest, KEY, salt, derivation);
        assert_eq!(signer.verify(&token), Ok(()), "{name}");
        assert_eq!(signer.sign(&token.value, None), token, "{name}");
    }
    for (name, digest, value) in
        [("signer", Digest::Sha256, "anna:1"), ("sha1", Digest::Sha1, "anna")]
    {
        let token = django::parse_untimed(&seed("django_untimed", name)).unwrap();
        let signer = django::Signer::with(digest, KEY, "django.core.signing.Signer");
        assert_eq!(signer.verify(&token), Ok(()), "{name}");
        assert_eq!(signer.sign(value.as_bytes(), None), token, "{name}");
    }
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
    let jar = netscape::parse(&seed("netscape", "curl")).unwrap();
    let cookies: Vec<&netscape::Cookie> = jar.cookies().collect();
    assert_eq!(cookies.len(), 3);
    assert!(cookies[2].http_only && cookies[2].expires == Some(0.into()));
    let jar = lwp::parse(&seed("lwp", "python")).unwrap();
    let quoted = jar.cookies.iter().find(|cookie| cookie.pair.name == b"quoted").unwrap();
    assert_eq!(quoted.pair.value.as_deref(), Some(&b"\"a\\b;c\""[..]));
    assert!(quoted.attribute("port_spec").is_some());
}

#[test]
fn the_two_layouts_of_httpie() {
    for (name, layout) in [("new", Layout::New), ("old", Layout::Old)] {
        let session = httpie::parse(&seed("httpie", name)).unwrap();
        assert_eq!((session.layout(), session.cookies().len()), (layout, 3), "{name}");
    }
    let express = express::parse(&seed("express", "dated")).unwrap();
    let same_site = express.cookie().unwrap().same_site();
    assert_eq!(same_site, Field::Is(&Json::String("lax".into())));
    assert_eq!(express.data().count(), 2);
}

#[test]
fn jars_in_json() {
    let jar = cookie_store::parse(&seed("cookie_store", "jar")).unwrap();
    let domains: Vec<_> = jar.cookies().filter_map(|cookie| cookie.domain()).collect();
    assert!(domains.contains(&cookie_store::Domain::Suffix(&"example.org".into())));
    for cookie in jar.cookies() {
        let header = cookie.header().and_then(|header| header.as_str()).unwrap();
        assert!(cookie::parse_set_cookie(header.as_bytes()).is_ok(), "{header}");
    }
    let jar = tough_cookie::parse(&seed("tough_cookie", "jar")).unwrap();
    let values: Vec<_> = jar.cookies().map(|cookie| cookie.value()).collect();
    assert_eq!(values.last(), Some(&Field::Absent));
    assert_eq!(jar.cookies().nth(1).unwrap().host_only(), Field::Is(false));
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
