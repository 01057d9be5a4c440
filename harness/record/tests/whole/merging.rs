//! Several records as one.

use interloper_record::{MergeError, NOT_SELECTED, RECORD_FORMAT, Run, Verdict};

use crate::fixture::{empty, result, rich, store, these};

/// The scenarios of a small catalogue.
const CATALOGUE: [&str; 5] = [
    "permissions::nobody_reaches",
    "permissions::mode_owner_only",
    "exposure::no_window",
    "deletion::canaries_gone",
    "honesty::parts_load_again",
];

fn merge(runs: Vec<Run>) -> Result<Run, MergeError> {
    interloper_record::merge(runs, &CATALOGUE)
}

fn one(name: &str, version: &str, started: i64) -> Run {
    let mut run = empty();
    run.started = started;
    run.stores = vec![store(name, version, &["file"])];
    run.scenarios = rich().scenarios;
    run.results = vec![result(name, "file", "exposure::no_window", Verdict::Pass)];
    run
}

#[test]
fn one_record_is_itself_and_none_is_an_error() {
    assert_eq!(merge(vec![rich()]), Ok(rich()));
    assert_eq!(merge(vec![]), Err(MergeError::Nothing));
}

#[test]
fn the_same_record_twice_is_there_once() {
    let merged = merge(vec![rich(), rich()]).unwrap();
    assert_eq!(merged.results.len(), rich().results.len());
    assert_eq!(merged.stores.len(), rich().stores.len());
    assert_eq!(merged.scenarios.len(), rich().scenarios.len());
    assert_eq!(merged.stale, rich().stale);
}

#[test]
fn results_of_two_runs_are_both_kept_unless_identical() {
    let (first, mut second) = (one("a", "1", 10), one("a", "1", 20));
    second.results[0].millis += 1;
    second.stores[0].setups = vec!["file".into(), "dir".into()];
    let merged = merge(vec![first, second]).unwrap();
    assert_eq!(merged.results.len(), 2);
    assert_eq!(merged.stores.len(), 1);
    assert_eq!(merged.stores[0].setups, ["file", "dir"]);
    assert_eq!((merged.started, merged.millis), (10, 2 * empty().millis));
}

#[test]
fn the_later_description_of_a_scenario_is_kept() {
    let (mut old, new) = (one("a", "1", 10), one("b", "1", 20));
    old.scenarios[0].fix = "an older sentence".into();
    old.interloper = "0.0.9".into();
    for runs in [vec![old.clone(), new.clone()], vec![new.clone(), old.clone()]] {
        let merged = merge(runs).unwrap();
        assert_eq!(merged.scenarios.len(), new.scenarios.len());
        assert!(merged.scenarios.contains(&new.scenarios[0]));
        assert_eq!(merged.interloper, "0.1.0, 0.0.9");
    }
}

#[test]
fn what_runs_were_asked_and_where_they_ran_is_all_told() {
    let (mut a, mut b) = (one("a", "1", 10), one("b", "1", 20));
    a.host.tier = "predicted".into();
    a.host.settings.insert("fs.protected_symlinks".into(), "0".into());
    a.asked.seed = 7;
    a.asked.umasks = these([0o022]);
    b.asked.umasks = these([0o077, 0o022]);
    a.asked.scenarios = vec!["exposure::*".into()];
    let merged = merge(vec![a, b]).unwrap();
    assert_eq!(merged.host.tier, "namespaces, predicted");
    assert_eq!(merged.host.settings["fs.protected_symlinks"], "1, 0");
    assert_eq!(merged.asked.umasks, these([0o077, 0o022]));
    assert_eq!(merged.asked.scenarios, [""; 0], "one of them asked for all");
    assert_eq!(merged.asked.left_out, ["a common seed: the merged runs used 42, 7"]);
}

#[test]
fn parts_that_are_the_whole_together_left_nothing_out() {
    let part = |scenarios: Vec<&str>| {
        let mut run = one("a", "1", 10);
        run.asked.scenarios = scenarios.into_iter().map(str::to_owned).collect();
        run.asked.left_out = vec![NOT_SELECTED.into(), "thousands of sessions".into()];
        run
    };
    let (first, second) = CATALOGUE.split_at(2);
    let whole = merge(vec![part(first.to_vec()), part(second.to_vec())]).unwrap();
    assert_eq!(whole.asked.scenarios, [""; 0]);
    assert_eq!(whole.asked.left_out, ["thousands of sessions"]);
    let less = merge(vec![part(first.to_vec()), part(vec!["permissions"])]).unwrap();
    assert_eq!(less.asked.left_out, [NOT_SELECTED, "thousands of sessions"]);
}

#[test]
fn two_versions_of_a_store_do_not_share_a_name() {
    let merged = merge(vec![one("a", "1", 10), one("a", "2", 20), one("b", "1", 30)]).unwrap();
    let names = |of: Vec<&str>| of.join(" ");
    assert_eq!(names(merged.stores.iter().map(|s| s.name.as_str()).collect()), "a@1 a@2 b");
    assert_eq!(names(merged.results.iter().map(|r| r.store.as_str()).collect()), "a@1 a@2 b");
    // A driver that did not answer is no version of its own.
    let merged = merge(vec![one("a", "1", 10), one("a", "", 20)]).unwrap();
    assert_eq!(names(merged.stores.iter().map(|s| s.name.as_str()).collect()), "a");
    assert_eq!(merged.stores[0].version, "1");
    let mut other = one("a", "1", 20);
    other.stores[0].runtime = "pypy".into();
    let merged = merge(vec![one("a", "1", 10), other]).unwrap();
    assert_eq!(merged.results[1].store, "a@1 (python 3.11.2 /usr/bin/python3)");
    assert_eq!(merged.results[0].store, "a@1 (pypy)");
}

#[test]
fn records_of_two_formats_are_refused() {
    let mut later = rich();
    later.format += 1;
    let error = merge(vec![later, rich()]).unwrap_err();
    assert_eq!(error, MergeError::Formats(RECORD_FORMAT, RECORD_FORMAT + 1));
    assert!(error.to_string().contains("run the older check again"), "{error}");
}
