//! A small store in Python that is sound, and what it loses with a word as its argument.

use serde_json::Value;

use crate::kit::{Done, dir, interloper, python};

/// A check of some scenarios on the driver with this word.
fn check(word: &str, scenario: &str) -> Done {
    let driver = format!("{} {word}", python(&dir(&format!("lines-{word}")), "lines.py"));
    let command = ["check", "--driver", &driver, "--allow", "skip,predicted", "--format", "json"];
    interloper(&[&command[..], &["--scenario", scenario, "--fail-on", "low"]].concat())
}

/// The causes of all findings.
fn causes(done: &Done) -> Vec<String> {
    let run: Value = serde_json::from_str(&done.out).unwrap();
    let results = run["results"].as_array().unwrap().iter();
    let findings = results.flat_map(|one| one["findings"].as_array().unwrap());
    findings.map(|one| one["cause"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn names_with_a_separator_and_empty_values_are_missed() {
    let sound = check("sound", "honesty::values");
    assert_eq!((sound.code, causes(&sound)), (Some(0), vec![]), "{sound:?}");
    let pipe = check("pipe", "honesty::values");
    assert_eq!((pipe.code, causes(&pipe)), (Some(1), vec!["altered-data-key".into()]));
    let empty = check("empty", "honesty::values");
    assert_eq!((empty.code, causes(&empty)), (Some(1), vec!["altered-data".into()]));
}

#[test]
fn a_store_of_hex_ids_is_neither_accused_nor_left_out() {
    let done = check("hex", "identifiers::*");
    assert_eq!((done.code, causes(&done)), (Some(0), vec![]), "{done:?}");
    let run: Value = serde_json::from_str(&done.out).unwrap();
    let verdicts = run["results"].as_array().unwrap().iter();
    let verdicts: Vec<&str> = verdicts.filter_map(|one| one["verdict"].as_str()).collect();
    assert!(!verdicts.contains(&"skip") && !verdicts.contains(&"error"), "{done:?}");
    assert!(verdicts.contains(&"pass"));
}
