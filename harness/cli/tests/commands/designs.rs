//! Sound stores of designs that were accused of something which is right: each passes what accused it.

use serde_json::Value;

use crate::kit::{Done, dir, interloper, python};

/// A check of a driver of these tests with a word as its argument.
fn check(driver: &str, word: &str, scenarios: &str) -> Done {
    let driver = format!("{} {word}", python(&dir(&format!("designs-{word}")), driver));
    let what = ["--scenario", scenarios, "--allow", "skip,predicted"];
    interloper(&[&["check", "--driver", &driver, "--format", "json"], &what[..]].concat())
}

/// The causes of the findings: `identifiers::traversal outside`.
fn causes(done: &Done) -> Vec<String> {
    let run: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"));
    let results = run["results"].as_array().unwrap();
    assert!(results.iter().any(|one| one["verdict"] == "pass"), "{done:?}");
    let causes = results.iter().flat_map(|one| {
        let findings = one["findings"].as_array().map_or(&[][..], Vec::as_slice);
        findings.iter().map(|found| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            format!("{} {}", text(&one["scenario"]), text(&found["cause"]))
        })
    });
    causes.collect()
}

#[test]
fn a_store_that_spreads_its_files_over_subdirectories_keeps_every_id_inside() {
    let done = check("shards.py", "", "identifiers");
    assert_eq!(causes(&done), [""; 0], "{done:?}");
}
