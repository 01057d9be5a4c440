//! The vectors: what each is, whether it is read, as what, and that it prints as it was.
#![expect(clippy::unwrap_used, reason = "a helper of tests is not a test to clippy")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use interloper_formats::cookie::{self, Prefix, Priority, SameSite};
use interloper_formats::{Format, format, lwp, netscape};
use serde_json::{Map, Value, json};

/// Inputs of which somebody said how they have to be read, each with its file.
const CASES: [(&str, &str); 15] = [
    ("express", "express-expires-false"),
    ("express", "express-path-null"),
    ("httpie", "httpie-auth-type-twice"),
    ("httpie", "httpie-big-integer"),
    ("httpie", "httpie-domain-null"),
    ("httpie", "httpie-no-path"),
    ("lwp", "lwp-perl-1.0"),
    ("lwp", "lwp-unknown-attribute-with-blank"),
    ("netscape", "netscape-blank-before-domain"),
    ("netscape", "netscape-crlf"),
    ("netscape", "netscape-float"),
    ("php", "php-enum-without-case"),
    ("php", "php-float-spellings"),
    ("php", "php-name-twice"),
    ("php_serialize", "php-serialize-empty"),
];

struct Vector {
    format: &'static dyn Format,
    fields: Value,
}

impl Vector {
    fn id(&self) -> &str {
        self.fields["id"].as_str().unwrap()
    }

    fn name(&self) -> String {
        format!("{}: {}", self.format.name(), self.id())
    }

    fn is_valid(&self) -> bool {
        self.fields["result"] == "valid"
    }

    fn input(&self) -> Vec<u8> {
        let form = &self.fields["input"];
        let text = |key: &str| form[key].as_str().unwrap_or_default();
        if let Some(text) = form.as_str() {
            return text.as_bytes().to_vec();
        }
        if let Some(hex) = form["hex"].as_str() {
            let pairs = hex.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap());
            return pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
        }
        let times = form["times"].as_u64().unwrap() as usize;
        [text("before"), &text("repeat").repeat(times), text("then")].concat().into_bytes()
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

fn vectors() -> Vec<Vector> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if !name.ends_with(".json") || name == "schema.json" {
            continue;
        }
        let file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(format!("{}.json", file["format"].as_str().unwrap()), name);
        let format = format(file["format"].as_str().unwrap()).unwrap();
        let vectors = file["vectors"].as_array().unwrap();
        all.extend(vectors.iter().map(|fields| Vector { format, fields: fields.clone() }));
    }
    all
}

#[test]
fn every_id_stands_once_and_every_case_is_there() {
    let vectors = vectors();
    let names: BTreeSet<String> = vectors.iter().map(Vector::name).collect();
    assert_eq!(names.len(), vectors.len());
    for (format, case) in CASES {
        assert!(names.contains(&format!("{format}: {case}")), "{case}");
    }
}

#[test]
fn what_is_valid_is_read_and_what_is_not_is_refused() {
    let wrong: Vec<String> = vectors()
        .iter()
        .filter(|vector| vector.format.read(&vector.input()).is_ok() != vector.is_valid())
        .map(|vector| format!("{}: {:?}", vector.name(), vector.format.read(&vector.input())))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_value_is_what_the_vector_says() {
    for vector in vectors() {
        let expected = &vector.fields["value"];
        if !expected.is_null() {
            assert_eq!(value(&vector), *expected, "{}", vector.name());
        }
    }
}

#[test]
fn what_is_valid_prints_as_it_was() {
    for vector in vectors().iter().filter(|vector| vector.is_valid()) {
        let (format, input) = (vector.format, vector.input());
        let printed = format.reprint(&input).unwrap();
        let name = vector.name();
        assert_eq!(format.same(&input, &printed), Ok(true), "{name}");
        let shown = String::from_utf8_lossy(&printed);
        match vector.fields["print"].as_str() {
            Some(expected) => assert_eq!(shown, expected, "{name}"),
            None if format.exact() => assert_eq!(printed, input, "{name}"),
            // White space of JSON says nothing; no input has some inside of a string.
            None if vector.fields["value"].is_null() && format.name() != "set_cookie" => {
                let bare = |text: &str| text.split_whitespace().collect::<String>();
                assert_eq!(bare(&shown), bare(&String::from_utf8_lossy(&input)), "{name}");
            }
            None => {}
        }
    }
}

fn text(bytes: &[u8]) -> Value {
    String::from_utf8_lossy(bytes).into()
}

fn value(vector: &Vector) -> Value {
    let input = vector.input();
    match vector.format.name() {
        "set_cookie" => set_cookie(&cookie::parse_set_cookie(&input).unwrap()),
        "cookie_header" => {
            let pairs = cookie::parse_cookie(&input).unwrap();
            pairs.iter().map(|pair| json!([text(&pair.name), text(&pair.value)])).collect()
        }
        "netscape" => netscape::parse(&input).unwrap().cookies().map(netscape_cookie).collect(),
        "lwp" => {
            let word =
                |word: &lwp::Word| json!([text(&word.name), word.value.as_deref().map(text)]);
            let jar = lwp::parse(&input).unwrap();
            let words = |cookie: &lwp::Cookie| {
                std::iter::once(&cookie.pair).chain(&cookie.attributes).map(word).collect::<Value>()
            };
            jar.cookies.iter().map(words).collect()
        }
        other => panic!("{other} has no form for values"),
    }
}

fn set_cookie(cookie: &cookie::SetCookie) -> Value {
    let same_site = cookie.same_site.map(|word| match word {
        SameSite::Strict => "strict",
        SameSite::Lax => "lax",
        SameSite::None => "none",
    });
    let priority = cookie.priority.map(|word| match word {
        Priority::Low => "low",
        Priority::Medium => "medium",
        Priority::High => "high",
    });
    let unknown: Vec<Value> = cookie
        .unknown
        .iter()
        .map(|attribute| json!([text(&attribute.name), attribute.value.as_deref().map(text)]))
        .collect();
    let fields = json!({
        "name": text(&cookie.name),
        "value": text(&cookie.value),
        "expires": cookie.expires,
        "max_age": cookie.max_age,
        "domain": cookie.domain.as_deref().map(text),
        "path": cookie.path.as_deref().map(text),
        "secure": cookie.secure.then_some(true),
        "http_only": cookie.http_only.then_some(true),
        "same_site": same_site,
        "partitioned": cookie.partitioned.then_some(true),
        "priority": priority,
        "unknown": (!unknown.is_empty()).then_some(unknown),
        "keeps_prefix": Prefix::of(&cookie.name).map(|_| cookie.keeps_prefix()),
    });
    let fields = fields.as_object().unwrap().clone().into_iter();
    Value::Object(fields.filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
}

fn netscape_cookie(cookie: &netscape::Cookie) -> Value {
    json!({
        "domain": text(&cookie.domain),
        "subdomains": cookie.subdomains,
        "path": text(&cookie.path),
        "secure": cookie.secure,
        "expires": cookie.expires.as_ref().map(|expires| expires.seconds),
        "name": text(&cookie.name),
        "value": cookie.value.as_deref().map(text),
        "http_only": cookie.http_only,
    })
}
