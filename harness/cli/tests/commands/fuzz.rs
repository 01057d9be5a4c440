//! `interloper fuzz` on readers with planted faults (`fuzz/planted`): each is found with a fixed seed within so many inputs, by the search and not
//! by what it begins with, and the careful reader of the same shape has nothing.
//!
//! A push tries a few; `ci/fuzz planted-stores` tries all, with five seeds each.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::kit::{Done, dir, interloper};

/// A planted reader, and how many inputs it is given.
struct Planted {
    reader: &'static str,
    cause: &'static str,
    cases: u64,
}

fn driver(reader: &str, care: &str) -> String {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/planted/python");
    let place = fs::canonicalize(place).unwrap();
    format!("python3 {} {care}", place.join(format!("{reader}.py")).display())
}

/// Searches a reader with a corpus of its own, which is empty at first.
fn fuzz(reader: &str, care: &str, corpus: &Path, more: &[&str]) -> Done {
    let driver = driver(reader, care);
    let corpus = corpus.to_str().unwrap();
    let what = ["fuzz", "--driver", &driver, "--format", "json", "--fail-on", "low"];
    interloper(&[&what[..], &["--corpus", corpus, "--allow", "skip,predicted"], more].concat())
}

fn run(done: &Done) -> Value {
    serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"))
}

fn findings(done: &Done) -> Vec<Value> {
    run(done)["results"][0]["findings"].as_array().cloned().unwrap_or_default()
}

fn causes(done: &Done) -> Vec<String> {
    findings(done).iter().map(|one| one["cause"].as_str().unwrap().to_owned()).collect()
}

fn corpus(name: &str) -> PathBuf {
    dir(&format!("fuzz-{name}")).join("corpus")
}

fn is_found(planted: &Planted) {
    let Planted { reader, cause, cases } = planted;
    let cases = cases.to_string();
    let done = fuzz(reader, "careless", &corpus(&format!("{reader}-found")), &["--cases", &cases]);
    assert!(causes(&done).iter().any(|found| found == cause), "{reader}: {}", done.err);
    assert_eq!(done.code, Some(1), "{reader}: {}", done.err);
}

fn is_clean(reader: &str, cases: u64) {
    let done = fuzz(
        reader,
        "careful",
        &corpus(&format!("{reader}-clean")),
        &["--cases", &cases.to_string()],
    );
    assert_eq!(causes(&done), [] as [&str; 0], "{reader}: {}", done.err);
    assert_eq!(done.code, Some(0), "{reader}: {}", done.err);
}

#[test]
fn a_buffer_that_sessions_share_gives_another_sessions_secret() {
    is_found(&Planted { reader: "buffer", cause: "others-data", cases: 600 });
    is_clean("buffer", 600);
}

#[test]
fn an_encoding_error_that_empties_the_file_is_found_and_replayed() {
    let place = corpus("encoding");
    let done = fuzz("encoding", "careless", &place, &["--cases", "600"]);
    assert_eq!(causes(&done), ["destroyed"], "{}", done.err);
    let finding = &findings(&done)[0];
    // The input is in the record, small, and in the directory of finds.
    let evidence = finding["evidence"].as_array().unwrap();
    let input =
        evidence.iter().find(|fact| fact["type"] == "input" || fact.get("base64").is_some());
    let length = input.and_then(|input| input["length"].as_u64());
    assert!(length.is_some_and(|length| length < 30), "{finding:#}");
    assert_eq!(fs::read_dir(place.join("found")).unwrap().count(), 1);
    // The token shows it again, and so does `check` with the finds.
    let driver = driver("encoding", "careless");
    let token = finding["replay"].as_str().unwrap();
    let replayed = interloper(&["replay", token, "--driver", &driver]);
    assert_eq!(replayed.code, Some(1), "{replayed:?}");
    let place = place.join("found");
    let again = ["check", "--driver", &driver, "--scenario", "fuzzing::regressions"];
    let checked = interloper(&[&again[..], &["--corpus", place.to_str().unwrap()]].concat());
    assert!(checked.out.contains("destroyed") || checked.out.contains("removed"), "{checked:?}");
}

#[test]
fn the_same_seed_and_cases_try_the_same_inputs() {
    let one = fuzz("signature", "careful", &corpus("same-1"), &["--cases", "300", "--seed", "9"]);
    let two = fuzz("signature", "careful", &corpus("same-2"), &["--cases", "300", "--seed", "9"]);
    let other =
        fuzz("signature", "careful", &corpus("same-3"), &["--cases", "300", "--seed", "10"]);
    let kept = |name: &str| {
        let place =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("commands").join(name).join("corpus");
        let mut names: Vec<_> =
            fs::read_dir(place).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!([one.code, two.code, other.code], [Some(0); 3], "{one:?}");
    assert_eq!(kept("fuzz-same-1"), kept("fuzz-same-2"));
    assert_ne!(kept("fuzz-same-1"), kept("fuzz-same-3"));
    assert_eq!(run(&one)["results"][0]["tested"], 300);
}

#[test]
fn a_search_without_a_store_says_how_to_name_one() {
    let done = interloper(&["fuzz"]);
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.err.contains("--driver"), "{}", done.err);
}
