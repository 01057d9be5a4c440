//! HTTP clients: the example of the book, and clients that do their worst.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::hostile::nothing_is_left;
use crate::kit::{dir, interloper, left_out, python, replays, usage, with};

/// Returns the example of the book.
fn example() -> String {
    format!("{}/../../docs/examples/fetch/client.toml", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_example_client_of_the_book_fails_what_the_page_says() {
    let done = interloper(&["check", "--client", &example(), "--format", "json"]);
    if left_out(&done) {
        return;
    }
    let run: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"));
    let failing = with(&run, "fail");
    for id in [
        "clients::host_only",
        "clients::public_suffix",
        "clients::redirect_auth",
        "clients::downgrade_auth",
        "clients::secure_overwritten",
    ] {
        assert!(failing.contains(id), "{id}: {failing:?}");
    }
    let passing = with(&run, "pass");
    for id in
        ["clients::path", "clients::read_only", "clients::foreign_domain", "clients::certificate"]
    {
        assert!(passing.contains(id), "{id}: {passing:?}");
    }
    let unsupported = ["clients::bound_to_host", "clients::given_cookie"];
    assert_eq!(with(&run, "unsupported"), unsupported.map(str::to_owned).into());
    assert_eq!(with(&run, "error").len(), 0, "{}", done.out);
    // No scenario about anything else is run on it, and no secret is in the record.
    let mut results = run["results"].as_array().unwrap().iter();
    assert!(results.all(|one| one["scenario"].as_str().unwrap().starts_with("clients::")));
    assert!(done.out.contains("session0=#0"), "{}", done.out);
}

#[test]
fn the_manifest_of_a_client_in_the_book_is_the_one_of_the_example() {
    let page = include_str!("../../../../docs/src/check-a-client.md");
    let manifest = fs::read_to_string(example()).unwrap();
    assert!(page.contains(&format!("```toml\n{manifest}```")), "{manifest}");
}

#[test]
fn a_finding_of_a_client_is_replayed_by_its_token_and_by_its_file() {
    let said = replays("--client", &example(), "clients::redirect_auth");
    assert!(said.is_none_or(|said| said.contains("GET http://app.test:8643/go")));
}

#[test]
fn a_manifest_of_a_client_that_cannot_be_used_is_a_usage_error_with_the_way_out() {
    let file = dir("client-usage").join("client.toml");
    let usage = |text: &str| usage("--client", &file, text);
    let text = fs::read_to_string(example()).unwrap();
    let said = usage(&text.replace("kind = \"client\"\n", ""));
    assert!(said.contains("kind is missing") && said.contains("\"application\""), "{said}");
    let said = usage(&text.replace("\"client\"", "\"clint\""));
    assert!(said.contains("clint") && said.contains("\"client\""), "{said}");
    let none = file.with_file_name("none.toml");
    let done = interloper(&["check", "--client", none.to_str().unwrap()]);
    assert!(done.err.contains("none.toml") && done.err.contains("check-a-client.md"), "{done:?}");
    let said = usage(&text.replace("[read_only]", "[readonly]"));
    assert!(said.contains("`readonly`") && said.contains("client.toml:7"), "{said}");
    assert!(said.contains("docs/src/check-a-client.md"), "{said}");
    let said = usage(&text.replace("python3", "no-such-program"));
    assert!(said.contains("no-such-program") && said.contains("PATH"), "{said}");
    let said = usage(&text.replacen(", \"{url}\"", "", 1));
    assert!(said.contains("fetch.run") && said.contains("{url}"), "{said}");
}

#[test]
fn a_driver_that_fetches_is_tested_as_a_client() {
    let driver = python(&dir("client-driver"), "fetching.py");
    let done = interloper(&["check", "--driver", &driver, "--format", "json"]);
    if left_out(&done) {
        return;
    }
    let run: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"));
    // Its jar is told to be strict, and has no list of public suffixes.
    let failing = ["clients::public_suffix", "clients::secure_overwritten"];
    assert_eq!(with(&run, "fail"), failing.map(str::to_owned).into(), "{}", done.err);
    let unsupported = [
        "clients::bound_to_host",
        "clients::downgrade_auth",
        "clients::given_cookie",
        "clients::redirect_auth",
    ];
    assert_eq!(with(&run, "unsupported"), unsupported.map(str::to_owned).into());
    assert!(with(&run, "pass").contains("clients::host_only"), "{}", done.out);
}

/// Writes a client that does this; gives its program and its manifest.
fn hostile(what: &str) -> (PathBuf, String) {
    let dir = dir(&format!("client-{what}"));
    let program = dir.join("hostile_client.py");
    fs::write(&program, include_str!("hostile_client.py")).unwrap();
    let file = dir.join("client.toml");
    let run = format!(
        "[fetch]\nrun = [\"python3\", \"{{client}}/hostile_client.py\", \"{what}\", \"{{path}}\", \"{{url}}\"]\n"
    );
    fs::write(&file, format!("name = \"hostile\"\nkind = \"client\"\n{run}")).unwrap();
    (program, file.to_str().unwrap().to_owned())
}

/// Checks a client that does this; the run must come to an end, with these words.
fn comes_to(what: &str, words: &[&str]) {
    let (program, file) = hostile(what);
    let asked = ["--scenario", "clients::host_only"];
    let done = interloper(&[&["check", "--client", &file], &asked[..]].concat());
    if left_out(&done) {
        return;
    }
    let out: Vec<&str> = done.out.split_whitespace().collect();
    let out = out.join(" ");
    for word in words {
        assert!(out.contains(word), "lacks {word:?}: {done:?}");
    }
    assert_eq!(done.code, Some(2), "{done:?}");
    nothing_is_left(program.to_str().unwrap());
}

#[test]
fn a_client_that_asks_nobody() {
    comes_to(
        "silent",
        &[
            "the client cannot be tested: setup file: fetch: no request for http://app.test:8643/ arrived",
            "hostile_client.py silent '{path}' '{url}'",
            "check-a-client.md",
            "1 client cannot be tested",
        ],
    );
}

#[test]
fn a_client_that_fails() {
    comes_to("fails", &["no request for http://app.test:8643/ arrived", "exit status: 7"]);
}

#[test]
fn a_client_that_never_ends() {
    comes_to("hangs", &["the client cannot be tested"]);
}

#[test]
fn a_client_that_is_none_of_http() {
    comes_to("garbage", &["no request for http://app.test:8643/ arrived"]);
}

#[test]
fn a_client_that_sends_without_end() {
    comes_to("endless", &["no request for http://app.test:8643/ arrived"]);
}

#[test]
fn a_client_that_sends_more_requests_than_are_kept() {
    comes_to("many", &["more requests than the sites keep"]);
}

#[test]
fn a_client_that_keeps_nothing() {
    comes_to("forgetful", &["keeps no session"]);
}

#[test]
fn a_client_that_kills_its_parent() {
    comes_to(
        "killparent",
        &[
            "the driver of the client died, or the client killed it: it was killed by SIGKILL during fetch",
            "must not end the process that starts it",
        ],
    );
}

#[test]
fn a_client_that_kills_its_parent_later_is_told_of_its_driver_and_not_of_a_store() {
    let (program, file) = hostile("killlater");
    let asked = ["--scenario", "clients::host_only", "--format", "json"];
    let done = interloper(&[&["check", "--client", &file], &asked[..]].concat());
    if left_out(&done) {
        return;
    }
    assert_eq!(done.code, Some(1), "{done:?}");
    let run: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"));
    let findings = run["results"][0]["findings"].as_array().unwrap();
    let crash = findings.iter().find(|one| one["cause"] == "crash").unwrap();
    let sentence = crash["sentence"].as_str().unwrap();
    assert_eq!(sentence, "the driver of the client died, or the client killed it");
    let causes = run["root_causes"].as_array().unwrap().iter();
    let causes: Vec<&str> = causes.filter_map(|cause| cause["id"].as_str()).collect();
    assert!(causes.contains(&"client-takes-its-driver-along"), "{causes:?}");
    nothing_is_left(program.to_str().unwrap());
}

#[test]
fn findings_that_differ_in_the_place_alone_are_told_with_the_place() {
    let check = ["check", "--client", &example(), "--scenario", "clients::redirect_auth"];
    let done = interloper(&[&check[..], &["--details"]].concat());
    if left_out(&done) {
        return;
    }
    let out: Vec<&str> = done.out.split_whitespace().collect();
    let out = out.join(" ");
    for place in ["another host", "a subdomain", "another port of the same host"] {
        let sentence =
            format!("a password that was given for one server follows a redirect to {place}");
        assert_eq!(out.matches(&sentence).count(), 1, "{sentence}: {out}");
    }
    // Each is told with its own redirect, and without the others.
    assert_eq!(out.matches("client GET http://app.test:8643/go ").count(), 3, "{out}");
    // No umask and no session makes a difference to a client.
    assert!(!out.contains("umasks") && !out.contains("random sessions"), "{out}");
}

#[test]
fn a_run_that_tested_nothing_is_not_green_whatever_is_allowed() {
    // In this tier the sites have no network of their own, and the store no root of its own.
    let client = example();
    let kinds = [
        &["--client", &client, "--scenario", "clients::path"][..],
        &["hardened", "--scenario", "planting::service"],
    ];
    for what in kinds {
        let allow = ["--tier", "uids", "--allow", "skip,predicted"];
        let done = interloper(&[&["check"], what, &allow[..]].concat());
        assert_eq!(done.code, Some(4), "{done:?}");
        let said = done.out.contains("nothing was tested") || done.err.contains("refuses tier");
        assert!(said, "{done:?}");
    }
}

#[test]
fn an_announced_finding_of_no_scenario_is_a_usage_error_with_its_line() {
    let file = dir("client-documented").join("client.toml");
    let text = fs::read_to_string(example()).unwrap();
    let entry = |scenario: &str| {
        format!(
            "{text}\n[[documented]]\nscenario = \"{scenario}\"\npage = \"https://x.test/\"\nsays = \"so\"\n"
        )
    };
    let said = usage("--client", &file, &entry("clients::host_onyl"));
    assert!(said.contains("client.toml:13"), "{said}");
    assert!(said.contains("did you mean \"clients::host_only\""), "{said}");
    // One of another kind cannot be a finding about a client.
    let said = usage("--client", &file, &entry("lifecycle::logout"));
    assert!(said.contains("no scenario about clients"), "{said}");
}

#[test]
fn a_client_that_leaves_a_process_behind_is_asked_and_ended() {
    comes_to("stays", &["the client cannot be tested"]);
}
