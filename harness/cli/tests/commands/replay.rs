//! Findings happen again; what goes another way is never called a pass.

use std::fs;

use serde_json::Value;

use crate::kit::{dir, interloper};

#[test]
fn a_finding_is_reproduced_from_its_token_and_from_its_file() {
    let dir = dir("replay");
    let results = dir.join("results");
    let done = interloper(&[
        "check",
        "cookie_store",
        "--scenario",
        "permissions::nobody_reaches",
        "--format",
        "json",
        "--save",
        results.to_str().unwrap(),
    ]);
    assert_eq!(done.code, Some(1), "{done:?}");
    let run: Value = serde_json::from_str(&done.out).unwrap();
    let finding = &run["results"][0]["findings"][0];
    let done = interloper(&["replay", finding["replay"].as_str().unwrap()]);
    assert_eq!(done.code, Some(1), "{done:?}");
    let sentence = format!("reproduced: {}", finding["sentence"].as_str().unwrap());
    assert!(done.out.contains(&sentence), "{}", done.out);
    assert!(done.out.contains("step 1"), "{}", done.out);

    let file = fs::read_dir(&results).unwrap().filter_map(Result::ok).map(|entry| entry.path());
    let file = file.into_iter().find(|path| path.to_string_lossy().ends_with(".replay.json"));
    let done = interloper(&["replay", file.unwrap().to_str().unwrap()]);
    assert_eq!(done.code, Some(1), "{done:?}");
}

#[test]
fn a_store_that_does_otherwise_is_no_pass() {
    let check =
        ["check", "cookie_store", "--scenario", "permissions::nobody_reaches", "--format", "json"];
    let done = interloper(&check);
    let run: Value = serde_json::from_str(&done.out).unwrap();
    let token = run["results"][0]["findings"][0]["replay"].as_str().unwrap();
    // The same case on the store of another name, which keeps the file to its owner.
    let setup = run["results"][0]["setup"].as_str().unwrap();
    let other = token.replacen(&format!("cookie_store/{setup}"), "hardened/dir", 1);
    assert_ne!(other, token);
    let done = interloper(&["replay", &other]);
    assert_eq!(done.code, Some(4), "{done:?}");
    assert!(done.out.contains("diverged at step"), "{}", done.out);
}

#[test]
fn a_token_of_a_driver_asks_for_the_driver() {
    let check =
        ["check", "sqlite", "--scenario", "permissions::nobody_reaches", "--format", "json"];
    let done = interloper(&check);
    let run: Value = serde_json::from_str(&done.out).unwrap();
    let token = run["results"][0]["findings"][0]["replay"].as_str().unwrap();
    let done = interloper(&["replay", &token.replacen("@sqlite/", "@mine/", 1)]);
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.err.contains("--driver"), "{}", done.err);
}
