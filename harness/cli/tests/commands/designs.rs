//! Sound stores of designs that were accused of something which is right: each passes what accused it.

use serde_json::Value;

use crate::kit::{Done, dir, interloper, python};

/// A check of a driver of these tests with a word as its argument.
fn check(driver: &str, word: &str, scenarios: &str) -> Done {
    let name = format!("designs-{word}-{}", scenarios.replace(':', "-"));
    let driver = format!("{} {word}", python(&dir(&name), driver));
    let what = ["--scenario", scenarios, "--allow", "skip,predicted"];
    interloper(&[&["check", "--driver", &driver, "--format", "json"], &what[..]].concat())
}

fn results(done: &Done) -> Vec<Value> {
    let run: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"));
    let results = run["results"].as_array().unwrap().clone();
    assert!(results.iter().any(|one| one["tested"] != 0), "{done:?}");
    results
}

/// The findings of a design: scenario, cause and severity.
fn findings(word: &str, scenarios: &str) -> Vec<(String, String, String)> {
    found_by(&check("designs.py", word, scenarios))
}

fn found_by(done: &Done) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let of = |one: &Value| {
        let found = one["findings"].as_array().cloned().unwrap_or_default();
        let scenario = text(&one["scenario"]);
        let told =
            |found: &Value| (scenario.clone(), text(&found["cause"]), text(&found["severity"]));
        found.iter().map(told).collect::<Vec<_>>()
    };
    results(done).iter().flat_map(of).collect()
}

fn finding(scenario: &str, cause: &str, severity: &str) -> (String, String, String) {
    (scenario.to_owned(), cause.to_owned(), severity.to_owned())
}

#[test]
fn a_store_that_spreads_its_files_over_subdirectories_keeps_every_id_inside() {
    assert_eq!(found_by(&check("shards.py", "", "identifiers")), []);
}

#[test]
fn a_session_that_is_there_is_joined_and_what_counts_is_its_id_at_login() {
    let scenario = "identifiers::requested_not_adopted";
    assert_eq!(findings("frame", scenario), []);
    assert_eq!(findings("keeps-at-login", scenario), [finding(scenario, "kept-at-login", "high")]);
}

#[test]
fn the_session_of_a_dead_id_is_not_another_session() {
    for scenario in ["honesty::histories", "deletion::rotated_id_is_dead"] {
        let found = findings("old-id-stays", scenario);
        assert_eq!(found, [finding(scenario, "old-id-loads", "high")]);
    }
}

#[test]
fn an_id_in_a_name_is_a_secret_only_where_it_is_a_credential() {
    let scenario = "permissions::names";
    let found = findings("signs-its-cookie", scenario);
    assert_eq!(found, [finding(scenario, "id-in-name", "info")]);
}

#[test]
fn a_store_that_refuses_a_file_with_two_names_has_written_nothing_through_it() {
    assert_eq!(findings("refuses-links", "corruption::replaced_by_link"), []);
}

#[test]
fn a_file_name_that_is_the_stores_own_id_is_no_other_session() {
    assert_eq!(findings("hashes-ids", "identifiers::reserved"), []);
}

#[test]
fn a_store_that_only_holds_the_end_of_a_session_is_not_asked_to_go_by_it() {
    let done = check("designs.py", "holds-the-end", "deletion");
    assert_eq!(found_by(&done), []);
    let why = |scenario: &str| {
        let results = results(&done);
        let one = results.iter().find(|one| one["scenario"] == scenario).unwrap();
        (one["verdict"].clone(), one["reason"].clone())
    };
    let (verdict, reason) = why("deletion::expired_does_not_load");
    assert_eq!((verdict, reason), ("unsupported".into(), "needs enforces expiry".into()));
    assert_eq!(findings("holds-the-end", "honesty::histories"), []);
}

#[test]
fn a_hang_is_a_hang_whatever_the_scenario_is_about() {
    for scenario in ["permissions::nobody_reaches", "exposure::no_window"] {
        let found = findings("hangs", scenario);
        assert_eq!(found, [finding(scenario, "hang", "medium")]);
    }
}

#[test]
fn a_lock_file_that_others_have_open_is_no_session() {
    assert_eq!(findings("locks-beside", "permissions::kept_descriptors"), []);
}

#[test]
fn a_store_whose_directory_the_caller_makes_is_not_blamed_for_that_directory() {
    for scenarios in ["planting", "permissions::directories", "permissions::names"] {
        assert_eq!(findings("made-by-caller", scenarios), [], "{scenarios}");
    }
    let found = findings("follows-links", "planting::symlink");
    assert_eq!(found, [finding("planting::symlink", "followed-symlink", "high")]);
}
