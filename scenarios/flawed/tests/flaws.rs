//! Each flaw shows, without the harness, where the store it was made from does not.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod common;
mod shows;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use common::{Home, Put, is_root, session};
use interloper_driver::Session;
use interloper_flawed::{flaws, make};
use rustix::fs::Mode;
use shows::{ENDS_THE_PROCESS, ROOT_ALONE, named, opened, shows};

#[test]
fn each_flaw_shows_and_the_hardened_store_does_none_of_it() {
    rustix::process::umask(Mode::from_raw_mode(0o022));
    for (flaw, does) in shows() {
        if ROOT_ALONE.contains(flaw) && !is_root() {
            continue;
        }
        for (name, due) in [(format!("flawed-{flaw}"), true), ("hardened-plain".into(), false)] {
            let home = Home::new(Put::Dir);
            let mut store = opened(named(&name), &home.at());
            assert_eq!(store.hello().name, name);
            assert_eq!(does(&home, &mut store), due, "{flaw} in {name}");
        }
    }
}

#[test]
fn each_flawed_store_works_otherwise() {
    for entry in flaws().filter(|entry| !entry.refuses) {
        for put in [Put::Default, Put::Dir] {
            let home = Home::new(put);
            let plain = Session { headers: Vec::new(), ..session("canary") };
            opened(entry.store(), &home.at()).save("alpha", &plain).unwrap();
            let mut store = opened(entry.store(), &home.at());
            assert_eq!(store.load("alpha").unwrap(), Some(plain), "{}", entry.name);
            store.save("alpha", &session("update")).unwrap();
            store.delete("alpha").unwrap();
            assert_eq!(store.load("beta").unwrap(), None, "{}", entry.name);
        }
    }
}

#[test]
fn the_table_is_in_order() {
    let kebab = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let id = |id: &&str| id.split("::").count() == 2;
    let mut names = BTreeSet::new();
    for entry in flaws() {
        assert!(kebab(entry.name) && names.insert(entry.name), "{}", entry.name);
        assert!(!entry.sentence.is_empty() && !entry.sentence.ends_with('.'));
        assert!(!entry.cwe.is_empty() && entry.cwe.iter().all(|id| id.starts_with("CWE-")));
        assert!(
            entry.cves.iter().all(|id| ["CVE-", "RUSTSEC-"].iter().any(|by| id.starts_with(by)))
        );
        assert!(!entry.caught_by.is_empty(), "{} proves nothing", entry.name);
        assert!(entry.caught_by.iter().chain(entry.may_fail).all(id));
        assert!(make(entry.name).is_some());
    }
    let shown: BTreeSet<&str> = shows().map(|(name, _)| *name).collect();
    // What is wrong only between two system calls shows only to who stops there.
    let stepped = |name: &&str| {
        let entry = flaws().find(|entry| entry.name == *name);
        entry.is_some_and(|entry| entry.caught_by.iter().all(|id| is_stepped(id)))
    };
    let elsewhere = |name: &&str| stepped(name) || ENDS_THE_PROCESS.contains(name);
    let without: Vec<&&str> =
        names.iter().filter(|name| !shown.contains(**name) && !elsewhere(name)).collect();
    assert!(without.is_empty(), "each flaw has a line here: {without:?}");
    assert!(shown.is_subset(&names), "{:?}", shown.difference(&names));
    assert!(make("no-such-flaw").is_none());
}

fn is_stepped(id: &str) -> bool {
    ["exposure::", "faults::", "planting::", "concurrency::"]
        .iter()
        .any(|area| id.starts_with(area))
}

#[test]
fn no_flaw_changes_more_than_15_lines() {
    let mut changes = 0;
    for area in [
        "concurrency",
        "corruption",
        "deletion",
        "doors",
        "encryption",
        "execution",
        "exposure",
        "faults",
        "honesty",
        "identifiers",
        "permissions",
        "planting",
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/flaws").join(area);
        let text = fs::read_to_string(path.with_extension("rs")).unwrap();
        for block in text.split("\nimpl Steps for ").skip(1) {
            let (change, _) = block.split_once("\n}\n").unwrap();
            let lines = change.lines().skip(1).filter(|line| !line.trim().starts_with("//"));
            assert!(lines.count() <= 15, "{change}");
            changes += 1;
        }
    }
    // Two are ways of the server in `served_apart.rs`, which is no change to a step.
    assert_eq!(changes + 2, flaws().count());
}
