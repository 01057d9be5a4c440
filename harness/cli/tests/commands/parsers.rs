//! Readers of cookies of one's own.

use serde_json::Value;

use crate::kit::{dir, interloper, python};

/// Checks a reader of these tests; returns the record.
fn checked(how: &str) -> Value {
    let dir = dir(&format!("parsers-{how}"));
    let driver = format!("{} {how}", python(&dir, "parsers.py"));
    let bind = dir.to_str().unwrap();
    let done = interloper(&["check", "--driver", &driver, "--bind", bind, "--format", "json"]);
    serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"))
}

#[test]
fn a_reader_that_decodes_names_forges_prefixes_and_a_careful_one_does_not() {
    for (how, due) in [("decodes", vec!["forged-prefix-encoding"]), ("careful", vec![])] {
        let run = checked(how);
        let results = run["results"].as_array().unwrap();
        // Nothing about stores is run on it. What is about the other header, and about inputs that a search kept, is said to be.
        let id = |one: &Value| one["scenario"].as_str().unwrap().to_owned();
        let about_parsers = |id: String| id.starts_with("parsers::") || id == "fuzzing::headers";
        assert!(results.iter().map(id).all(about_parsers));
        let unsupported: Vec<&Value> =
            results.iter().filter(|one| one["verdict"] == "unsupported").collect();
        assert_eq!(unsupported.len(), 2, "{unsupported:?}");
        let found = results.iter().flat_map(|one| one["findings"].as_array().unwrap());
        let causes: Vec<&str> = found.map(|one| one["cause"].as_str().unwrap()).collect();
        assert_eq!(causes, due, "{how}");
        let readings = results.iter().find(|one| one["scenario"] == "parsers::readings").unwrap();
        assert!(readings["readings"].as_array().unwrap().len() > 100);
    }
}

#[test]
fn the_html_report_has_the_readings_beside_each_other() {
    let dir = dir("parsers-html");
    let driver = format!("{} decodes", python(&dir, "parsers.py"));
    let bind = dir.to_str().unwrap();
    let done = interloper(&["check", "--driver", &driver, "--bind", bind, "--format", "html"]);
    assert!(done.out.contains("reader / default"), "{done:?}");
    // A vector is in it as text, and what it was read as behind its cell.
    let cell = "title=\"__Host-id=7 | a=1\">forged-prefix<";
    assert!(done.out.contains("%5f%5fHost-id=7; a=1") && done.out.contains(cell), "no {cell}");
    assert!(done.out.contains("a=&lt;script&gt;"));
}

#[test]
fn a_search_finds_a_separator_that_no_vector_has() {
    // A corpus that earlier searches left would be another beginning.
    let corpus = dir("parsers-search").join("corpus");
    let args = ["fuzz", "flawed:splits-at-tildes", "--cases", "6000", "--seed", "2", "--corpus"];
    let done = interloper(&[&args[..], &[corpus.to_str().unwrap(), "--format", "json"]].concat());
    let run: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"));
    let result = &run["results"][0];
    assert_eq!(result["scenario"], "fuzzing::headers");
    let found = result["findings"].as_array().unwrap();
    let added = found.iter().find(|finding| finding["cause"] == "added");
    let token = added.unwrap_or_else(|| panic!("{found:?}"))["replay"].as_str().unwrap();
    // What a search finds, a replay shows.
    assert_eq!(interloper(&["replay", token]).code, Some(1));
}

#[test]
fn a_parser_that_needs_what_the_host_has_not_is_skipped_with_its_own_words() {
    let dir = dir("parsers-elsewhere");
    let driver = format!("{} elsewhere", python(&dir, "parsers.py"));
    let args = ["check", "--driver", &driver, "--bind", dir.to_str().unwrap(), "--format", "json"];
    let done = interloper(&args);
    assert_eq!(done.code, Some(4), "{done:?}");
    let run: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"));
    assert_eq!(run["troubles"].as_array().map_or(0, Vec::len), 0, "{run}");
    let results = run["results"].as_array().unwrap();
    let skipped = results.iter().filter(|one| one["verdict"] == "skip");
    let reasons: Vec<&str> = skipped.map(|one| one["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["it needs a printer"; 6]);
}

#[test]
fn a_search_says_what_it_leaves_to_the_vectors() {
    let args = ["fuzz", "flawed:throws-at-escapes", "--cases", "20", "--seed", "1"];
    let done = interloper(&[&args[..], &["--format", "json"]].concat());
    let run: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"));
    let notes: Vec<&str> =
        run["results"][0]["notes"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let said = |about: &str| notes.iter().any(|note| note.starts_with(about));
    assert!(
        said(
            "cookie: not reported, because the vectors show it of this parser already: exception;"
        ),
        "{notes:?}"
    );
    assert!(said("set_cookie: the vectors show nothing of this parser"), "{notes:?}");
}
