//! Checks that go through, and what they write.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use serde_json::Value;

use crate::kit::{INTERLOPER, dir, interloper, root, run};

#[test]
fn the_reference_store_passes() {
    let done = interloper(&[
        "check",
        "hardened",
        "--scenario",
        "permissions::*",
        "--allow",
        "skip,predicted",
        "--details",
    ]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.contains("PASS"), "{}", done.out);
}

/// A record without what differs from run to run.
fn record(jobs: &str) -> Value {
    let scenarios = "permissions::nobody_reaches,permissions::mode_owner_only,corruption::empty";
    let done = interloper(&[
        "check",
        "cookie_store",
        "hardened",
        "--scenario",
        scenarios,
        "--jobs",
        jobs,
        "--format",
        "json",
    ]);
    assert_eq!(done.code, Some(1), "{done:?}");
    let mut run: Value = serde_json::from_str(&done.out).unwrap();
    run["started"].take();
    run["millis"].take();
    for result in run["results"].as_array_mut().unwrap() {
        result["millis"].take();
    }
    run
}

#[test]
fn the_record_is_the_same_however_many_workers_there_are() {
    let one = record("1");
    assert_eq!(one, record("3"));
    let tier = one["host"]["tier"].as_str().unwrap();
    assert!(["namespaces", "uids", "predicted"].contains(&tier), "{tier}");
    let order: Vec<&str> =
        one["results"].as_array().unwrap().iter().map(|r| r["store"].as_str().unwrap()).collect();
    assert!(order.is_sorted(), "the order in which they were asked for: {order:?}");
}

#[test]
fn what_a_run_found_is_accepted_and_then_known() {
    let dir = dir("known");
    let path = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let check = ["check", "cookie_store", "--scenario", "permissions::nobody_reaches"];
    let check = [&check[..], &["--allow", "predicted"]].concat();
    let done = interloper(&[&check[..], &["--write-known", &path("known.toml")]].concat());
    assert_eq!(done.code, Some(1), "{done:?}");
    let known = path("known.toml");
    let more = ["--known", &known, "--save", &path("results"), "--format", "sarif", "--output"];
    let done = interloper(&[&check[..], &more, &[&path("x.sarif")]].concat());
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.contains("KNOWN"), "people get their report all the same: {}", done.out);
    let sarif: Value = serde_json::from_slice(&fs::read(path("x.sarif")).unwrap()).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    // From what was saved, any other format; what is known there stays known.
    let done =
        interloper(&["report", &path("results"), "--format", "junit", "--allow", "predicted"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.contains("<testsuites"), "{}", done.out);
}

#[test]
fn a_tier_that_the_host_refuses_is_refused_in_a_line() {
    if !root() {
        eprintln!("left out: only root can be somebody for whom namespaces are refused");
        return;
    }
    // Nobody has no ids delegated, and may be unable to search the directory that this was built in.
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let copy = dir.path().join("interloper");
    fs::copy(INTERLOPER, &copy).unwrap();
    let mut command = Command::new(copy);
    command.args(["check", "hardened", "--tier", "namespaces"]).uid(65534).gid(65534);
    command.current_dir("/").env_clear().env("PATH", "/usr/bin:/bin").env("HOME", "/nonexistent");
    let done = run(command);
    assert_eq!(done.code, Some(4), "{done:?}");
    assert!(done.err.contains("--tier namespaces") && done.err.contains("doctor"), "{}", done.err);
    assert_eq!(done.err.trim().lines().count(), 1, "{}", done.err);
}

#[test]
fn what_findings_have_in_common_fits_a_screen() {
    let areas = "permissions,planting,deletion,exposure";
    let args = ["check", "cookie_store", "--summary", "--scenario", areas, "--umask", "0022"];
    let done = interloper(&args);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.out.lines().count() <= 40, "{}", done.out);
    assert!(done.out.contains("causes of") && done.out.contains(" fix: "), "{}", done.out);
    assert!(done.out.lines().any(|line| line.starts_with(" 1  high")), "{}", done.out);
    // The call that lets others in stands below the sentence about it.
    let lines: Vec<&str> = done.out.lines().collect();
    let sentence = lines.iter().position(|line| line.contains("is created with the mode")).unwrap();
    let below = &lines[sentence..sentence + 4];
    assert!(below.iter().any(|line| line.contains("O_CREAT|O_TRUNC")), "{}", done.out);
    assert!(!done.out.contains("smallest case"), "{}", done.out);
}

#[test]
fn two_runs_are_compared_and_only_what_is_new_fails() {
    let dir = dir("compare");
    let (before, after) = (dir.join("before"), dir.join("after"));
    let check = |umask: &str, more: &[&str]| {
        let scenarios = "permissions::nobody_reaches,permissions::mode_owner_only";
        let args = ["check", "cookie_store", "--scenario", scenarios, "--umask", umask];
        interloper(&[&args[..], more].concat())
    };
    let (earlier, later) = (before.to_str().unwrap(), after.to_str().unwrap());
    assert_eq!(check("0022", &["--save", earlier]).code, Some(1));
    assert_eq!(check("0000", &["--save", later]).code, Some(1));
    // Under umask 0 others may write as well: that is new.
    let done = interloper(&["compare", earlier, later]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.out.starts_with("new"), "{}", done.out);
    assert!(done.out.contains("(write)") && done.out.contains("the same"), "{}", done.out);
    let done = interloper(&["compare", later, earlier]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.starts_with("gone"), "{}", done.out);
    // The page has the story of what is new; people get the lines all the same.
    let page = dir.join("difference.html");
    let page = page.to_str().unwrap();
    let done = interloper(&["compare", earlier, later, "--output", page]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.out.starts_with("new"), "{}", done.out);
    let written = fs::read_to_string(page).unwrap();
    assert!(written.contains("<h2>New: ") && written.contains("interloper replay "), "{written}");
    let done = interloper(&["compare", earlier, later, "--format", "html"]);
    assert_eq!(done.out, written);
    let done = check("0000", &["--new-since", later]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(check("0000", &["--new-since", earlier]).code, Some(1));
    let done = interloper(&["compare", earlier, "no-such-run.json"]);
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.err.contains("no-such-run.json"), "{}", done.err);
}
