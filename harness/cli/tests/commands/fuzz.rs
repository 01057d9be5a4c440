//! `interloper fuzz` on readers with planted faults (`fuzz/planted`): each is found with a fixed seed within so many inputs, by the search and not
//! by what it begins with, and the careful reader of the same shape has nothing.
//!
//! A push tries a few; `ci/fuzz planted-stores` tries all, with five seeds each.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::kit::{Done, dir, interloper};

/// A planted reader, as `LANGUAGE/NAME`, and how many inputs it is given.
struct Planted {
    reader: &'static str,
    cause: &'static str,
    cases: u64,
}

fn driver(reader: &str, care: &str) -> String {
    let (language, name) = reader.split_once('/').unwrap();
    let (program, ending) = match language {
        "python" => ("python3", "py"),
        "node" => ("node", "js"),
        "php" => ("php", "php"),
        _ => ("ruby", "rb"),
    };
    // Beside the kit, as `interloper init` puts it: a sandbox shows a driver's own directory.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let place = dir(&format!("fuzz-driver-{language}-{name}-{care}"));
    let kit = format!("harness/driver/{language}/interloper_driver.{ending}");
    let readers = [format!("reader.{ending}"), format!("{name}.{ending}")];
    let readers = readers.map(|file| format!("fuzz/planted/{language}/{file}"));
    for file in readers.iter().chain([&kit]) {
        let file = root.join(file);
        fs::copy(&file, place.join(file.file_name().unwrap())).unwrap();
    }
    format!("{program} {} {care}", place.join(format!("{name}.{ending}")).display())
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
    dir(&format!("fuzz-{}", name.replace('/', "-"))).join("corpus")
}

fn is_found(planted: &Planted) {
    let Planted { reader, cause, cases } = planted;
    let (most, place) = (cases.to_string(), corpus(&format!("{reader}-found")));
    let done = fuzz(reader, "careless", &place, &["--cases", &most, "--until", cause]);
    let found = findings(&done);
    let found = found.iter().find(|one| one["cause"] == *cause);
    let found = found.unwrap_or_else(|| panic!("{reader}: {}", done.err));
    // It took a search: no file that the store wrote shows it.
    let facts = found["evidence"].as_array().unwrap();
    let search = facts.iter().find(|fact| fact["fact"] == "search").unwrap();
    assert!(search["changes"].as_u64() > Some(0), "{reader}: {search}");
    assert!(search["inputs"].as_u64() <= Some(*cases), "{reader}: {search}");
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
    is_found(&Planted { reader: "python/buffer", cause: "others-data", cases: 600 });
    is_clean("python/buffer", 600);
}

#[test]
fn a_count_that_wraps_around_is_found() {
    is_found(&Planted { reader: "python/wrap", cause: "memory", cases: 2_000 });
    is_clean("python/wrap", 300);
}

#[test]
fn readers_in_node_php_and_ruby_are_searched_too() {
    for (reader, cause) in
        [("node/signature", "forged"), ("php/encoding", "destroyed"), ("ruby/length", "memory")]
    {
        is_found(&Planted { reader, cause, cases: 600 });
        is_clean(reader, 100);
    }
}

#[test]
fn an_encoding_error_that_empties_the_file_is_found_and_replayed() {
    let place = corpus("encoding");
    let done = fuzz("python/encoding", "careless", &place, &["--cases", "600"]);
    assert_eq!(causes(&done), ["destroyed"], "{}", done.err);
    let finding = &findings(&done)[0];
    // The input is in the record, small, and in the directory of finds.
    let evidence = finding["evidence"].as_array().unwrap();
    let input = evidence.iter().find(|fact| fact["fact"] == "input");
    let length = input.and_then(|input| input["length"].as_u64());
    assert!(length.is_some_and(|length| length < 30), "{finding:#}");
    assert_eq!(fs::read_dir(place.join("found")).unwrap().count(), 1);
    // The token shows it again, and so does `check` with the finds.
    let driver = driver("python/encoding", "careless");
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
    let one =
        fuzz("python/signature", "careful", &corpus("same-1"), &["--cases", "300", "--seed", "9"]);
    let two =
        fuzz("python/signature", "careful", &corpus("same-2"), &["--cases", "300", "--seed", "9"]);
    let other =
        fuzz("python/signature", "careful", &corpus("same-3"), &["--cases", "300", "--seed", "10"]);
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

/// Returns what a driver answers to these operations, after `hello` and `open`.
fn answers(driver: &str, place: &Path, operations: &[Value]) -> Vec<Value> {
    let (requests, answers) = (place.join("requests"), place.join("answers"));
    let open = json!({"op": "open", "setup": "dir", "home": place, "at": place.join("store"), "umask": "0077"});
    let first = [json!({"op": "hello", "protocol": 2}), open];
    let lines = first.iter().chain(operations).enumerate().map(|(n, operation)| {
        let mut request = operation.clone();
        request["n"] = json!(n);
        format!("{request}\n")
    });
    fs::write(&requests, lines.collect::<String>()).unwrap();
    let command = format!("exec {driver} 3<{} 4>{}", requests.display(), answers.display());
    let done = Command::new("sh").args(["-c", &command]).output().unwrap();
    assert!(done.status.success(), "{driver}: {done:?}");
    let text = fs::read_to_string(answers).unwrap();
    text.lines().skip(first.len()).map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn each_kit_that_can_names_a_place_once_for_each_process() {
    let save = json!({"op": "save", "id": "alpha", "session": {"data": {"name": "text"}}});
    let operations = [json!({"op": "watch"}), save.clone(), save];
    for reader in ["python/buffer", "node/buffer", "php/prefix", "ruby/length"] {
        let place = dir(&format!("fuzz-watch-{}", reader.replace('/', "-")));
        let told = answers(&driver(reader, "careful"), &place, &operations);
        // PHP says it by an extension, which not every host has.
        if reader.starts_with("php/") && told[0]["err"]["kind"] == "unsupported" {
            assert_eq!((&told[1]["ok"], &told[1]["ran"]), (&json!({}), &Value::Null), "{told:?}");
            continue;
        }
        let ran = |answer: &Value| answer["ran"].as_array().map(Vec::len);
        assert!(ran(&told[1]) > Some(1), "{reader}: {told:?}");
        assert_eq!(ran(&told[2]), Some(0), "{reader}: {told:?}");
    }
}
