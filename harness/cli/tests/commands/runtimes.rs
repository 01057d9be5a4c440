//! What a driver's runtime does must not hide what its store does, nor be taken for it.

use serde_json::Value;

use crate::kit::{Done, dir, interloper, python};

/// The causes that a scenario found on a driver of these tests.
fn causes(name: &str, arguments: &str, scenario: &str) -> Vec<String> {
    let dir = dir(name);
    let driver = format!("{} {arguments}", python(&dir, &format!("{name}.py")));
    let bind = dir.to_str().unwrap();
    let args = ["check", "--driver", &driver, "--bind", bind, "--scenario", scenario];
    let done = interloper(&[&args[..], &["--format", "json"]].concat());
    let found = findings(&done);
    found.iter().map(|finding| finding["cause"].as_str().unwrap().to_owned()).collect()
}

fn findings(done: &Done) -> Vec<Value> {
    let run: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"));
    let results = run["results"].as_array().unwrap();
    assert!(results.iter().all(|result| result["verdict"] != "error"), "{done:?}");
    let all = results.iter().flat_map(|result| result["findings"].as_array().unwrap().clone());
    all.collect()
}

#[test]
fn output_that_a_store_does_not_flush_is_seen_with_the_kit() {
    assert_eq!(
        causes("prints", "", "exposure::output"),
        ["printed-during-save", "printed-during-update"]
    );
}

#[test]
fn output_that_a_runtime_holds_back_is_seen_when_the_driver_exits() {
    assert_eq!(causes("prints", "bare", "exposure::output"), ["printed-before-exit"]);
}
