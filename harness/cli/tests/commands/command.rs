//! An ordinary command is watched and checked without a driver.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::kit::{dir, interloper, root, traced};

/// The scenarios that programs which keep a token fail most often.
pub(crate) const USUAL: &str = "permissions::nobody_reaches,permissions::directories,permissions::update_keeps_or_narrows,exposure,deletion";

/// Returns the scenarios that fail with medium severity or above, and those that fail with less.
pub(crate) fn failing(args: &[&str], command: &[&str]) -> (BTreeSet<String>, BTreeSet<String>) {
    let start = ["check", "--format", "json", "--seed", "1"];
    let done = interloper(&[&start, args, &["--"], command].concat());
    let run: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"));
    let mut failing = (BTreeSet::new(), BTreeSet::new());
    for result in run["results"].as_array().unwrap() {
        assert_ne!(result["verdict"], "error", "{result}");
        for finding in result["findings"].as_array().unwrap() {
            let serious =
                ["high", "medium", "critical"].contains(&finding["severity"].as_str().unwrap());
            let to = if serious { &mut failing.0 } else { &mut failing.1 };
            to.insert(result["scenario"].as_str().unwrap().to_owned());
        }
    }
    failing
}

/// Returns these names as a set.
pub(crate) fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn a_trace_of_a_command_shows_who_had_its_secret_after_each_step() {
    let command = ["save", "--", "sh", "-c", "echo {secret} > token"];
    let Some(done) = traced(&command) else { return };
    let write = done.out.lines().find(|line| line.contains("write(")).unwrap();
    assert!(write.starts_with("  ┌") && write.ends_with("SECRET     SECRET"), "{write}");
    // Its arguments have the secret in them, and are not printed.
    assert!(done.out.contains("started  /usr/bin/sh -c <secret>"), "{}", done.out);
    let command = ["save", "--stdin", "{secret}", "--", "sh", "-c", "umask 077; cat > token"];
    let Some(done) = traced(&command) else { return };
    assert!(done.out.contains("-rw-------"), "{}", done.out);
    assert!(!done.out.contains("SECRET"), "{}", done.out);
}

#[test]
fn a_careful_command_fails_nothing_with_a_load_and_a_delete() {
    let environment = ["--env", "TOKEN={secret}", "--load", "cat token", "--delete", "rm -f token"];
    let args = [&environment[..], &["--scenario", USUAL, "--scenario", "concurrency"]].concat();
    let script = "umask 077; printf %s \"$TOKEN\" > new.$$; sync new.$$; mv new.$$ token; sync .";
    let failing = failing(&args, &["sh", "-c", script]);
    assert_eq!(failing, (set(&[]), set(&[])));
}

#[test]
fn what_a_client_kept_is_what_it_sends_to_the_server() {
    let load = ["--load", "curl -s -b jar {server}/", "--delete", "rm -f jar"];
    let scenarios =
        "honesty::saved_loads,deletion::absent_after_delete,permissions::nobody_reaches";
    let args = [&["--serve", "--scenario", scenarios], &load[..]].concat();
    // The jar is made with the umask's mode; the rest is as it should be.
    let curl = ["curl", "-s", "-c", "jar", "{server}/"];
    assert_eq!(failing(&args, &curl).0, set(&["permissions::nobody_reaches"]));
    // One that never sends what it kept is seen before anything is tested.
    let load = ["check", "--serve", "--load", "curl -s {server}/", "--"];
    let done = interloper(&[&load[..], &curl[..]].concat());
    assert_eq!(done.code, Some(3), "{done:?}");
    assert!(done.out.contains("load of what was"), "{}", done.out);
}

#[test]
fn an_input_file_leaves_nothing_behind_that_the_command_does_not() {
    let args = ["--file", "token = {secret}\n", "--load", "cat token", "--delete", "rm -f token"];
    let args = [&args[..], &["--scenario", USUAL]].concat();
    let careful = "umask 077; sed 's/token = //' \"$1\" > token.new && mv token.new token";
    let (serious, other) = failing(&args, &["sh", "-c", careful, "sh", "{file}"]);
    assert_eq!((serious, other), (set(&[]), set(&[])));
    let lax = "sed 's/token = //' \"$1\" > token";
    let (serious, _) = failing(&args, &["sh", "-c", lax, "sh", "{file}"]);
    assert!(serious.contains("permissions::nobody_reaches"), "{serious:?}");
}

#[test]
fn a_server_where_the_loopback_is_the_hosts_is_a_skip() {
    let tier = if root() { "uids" } else { "predicted" };
    let serve = ["check", "--tier", tier, "--serve", "--", "curl", "-s", "-c", "jar", "{server}/"];
    let done = interloper(&serve);
    assert_eq!(done.code, Some(4), "{done:?}");
    assert!(done.out.contains("SKIP") && done.out.contains("loopback"), "{}", done.out);
}

#[test]
fn a_finding_of_a_command_is_replayed_from_its_file() {
    let dir = dir("command-replay");
    let results = dir.join("results");
    let to = results.to_str().unwrap();
    let scenario = ["--scenario", "permissions::nobody_reaches", "--umask", "0022", "--save", to];
    let command = ["--stdin", "{secret}", "--name", "mytool", "--", "sh", "-c", "cat > token"];
    let done = interloper(&[&["check"], &scenario[..], &command[..]].concat());
    assert_eq!(done.code, Some(1), "{done:?}");
    let files = fs::read_dir(&results).unwrap().map(|entry| entry.unwrap().path());
    let replay = files.into_iter().find(|path| path.to_string_lossy().ends_with(".replay.json"));
    let replay = replay.unwrap();
    assert!(replay.to_string_lossy().contains("mytool"), "{replay:?}");
    let done = interloper(&["replay", replay.to_str().unwrap()]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.out.contains("reproduced:"), "{}", done.out);
}

#[test]
fn a_command_that_cannot_be_a_store_is_answered_with_what_it_lacks() {
    let wrong: [(&[&str], &str); 8] = [
        (&["--", "sh", "-c", "true"], "write {secret} where it goes"),
        (&["--serve", "--", "sh", "-c", "echo {secret}"], "no command names {server}"),
        (&["--", "curl", "{server}", "{secret}"], "give --serve"),
        (&["--", "no-such-program-x", "{secret}"], "no program \"no-such-program-x\" on PATH"),
        (&["--load", "'a", "--", "sh", "-c", "{secret}"], "a quote is not closed"),
        (&["--env", "TOKEN", "--", "sh", "-c", "{secret}"], "NAME=VALUE"),
        (&["--load", "cat token"], "-- <CMD>"),
        (&["--driver", "sh x", "--", "sh", "-c", "{secret}"], "cannot be used with"),
    ];
    for (args, said) in wrong {
        let done = interloper(&[&["check"], args].concat());
        assert_eq!(done.code, Some(2), "{args:?}: {done:?}");
        assert!(done.err.contains(said), "{args:?}: {}", done.err);
    }
}

#[test]
fn a_command_that_fails_says_its_last_words() {
    let args = ["trace", "save", "--", "sh", "-c", "echo no such realm >&2; exit 3 # {secret}"];
    let done = interloper(&args);
    assert_ne!(done.code, Some(0), "{done:?}");
    let said = done.out + &done.err;
    assert!(said.contains("exit status: 3") && said.contains("no such realm"), "{said}");
}

#[test]
fn a_manifest_of_commands_is_a_store_by_name() {
    let scenarios = "permissions::nobody_reaches,honesty::saved_loads,honesty::replaced";
    let args = ["check", "curl", "--scenario", scenarios, "--umask", "0022", "--format", "json"];
    let done = interloper(&args);
    assert_eq!(done.code, Some(1), "{done:?}");
    let run: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(run["stores"][0]["name"], "curl");
    assert!(
        run["stores"][0]["version"].as_str().unwrap().starts_with(|c: char| c.is_ascii_digit())
    );
    let failing = run["results"].as_array().unwrap().iter().filter(|r| r["verdict"] == "fail");
    let failing: Vec<&str> = failing.map(|result| result["scenario"].as_str().unwrap()).collect();
    assert_eq!(failing, ["permissions::nobody_reaches"]);
}
