//! Every step of an operation is shown, with who had what after it.

use std::fs;

use serde_json::Value;

use crate::kit::{dir, interloper, python, traced};

#[test]
fn a_save_of_the_reference_store_shows_no_window() {
    let Some(done) = traced(&["hardened", "save", "--setup", "dir", "--umask", "0000"]) else {
        return;
    };
    let first = done.out.lines().next().unwrap();
    for word in ["hardened", " · dir · umask 0000 · home 0755 · ", "save(\"alpha\", {one secret})"]
    {
        assert!(first.contains(word), "lacks {word:?}: {first}");
    }
    for word in ["→ ok", "every step (exhaustive)", "groupmate  stranger", "<new#1>", "fsync("] {
        assert!(done.out.contains(word), "lacks {word:?}: {}", done.out);
    }
    for word in ["SECRET", "kept fd", "never closed", "\u{1b}"] {
        assert!(!done.out.contains(word), "has {word:?}: {}", done.out);
    }
    for line in done.out.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[test]
fn a_store_that_follows_the_umask_shows_its_window() {
    let Some(done) = traced(&["cookie_store", "save", "--setup", "file"]) else { return };
    let write = done.out.lines().find(|line| line.contains("write(")).unwrap();
    assert!(write.starts_with("  ┌") && write.ends_with("SECRET     SECRET"), "{write}");
    assert!(done.out.contains("never closed: groupmate and stranger have"), "{}", done.out);
    // A private home closes it.
    let private = ["cookie_store", "save", "--setup", "file", "--umask", "0077"];
    let Some(done) = traced(&private) else { return };
    assert!(!done.out.contains("SECRET"), "{}", done.out);
}

#[test]
fn the_json_numbers_the_steps_of_every_operation_from_one() {
    let path = dir("trace").join("trace.json");
    let to = path.to_str().unwrap();
    let Some(done) = traced(&["hardened", "--format", "json", "--output", to]) else { return };
    // Whoever names a file for machines still sees something.
    assert!(done.out.starts_with("hardened"), "{}", done.out);
    let traces: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(traces["format"], 2);
    let traces = traces["traces"].as_array().unwrap();
    let operations: Vec<&str> = traces.iter().map(|t| t["operation"].as_str().unwrap()).collect();
    assert_eq!(operations, ["save", "update", "load", "rotate", "purge", "delete"]);
    for trace in traces {
        assert_eq!(trace["store"], "hardened");
        assert_eq!(trace["umask"], "0022");
        // Whatever it lists, and whatever names it makes up.
        assert_eq!(trace["exhaustive"], true, "{}", trace["operation"]);
        let steps = trace["steps"].as_array().unwrap();
        assert!(!steps.is_empty());
        for (n, step) in steps.iter().enumerate() {
            assert_eq!(step["number"], n + 1);
            assert!(step["call"].as_str().unwrap().contains('('));
            assert_eq!(step["windows"].as_array().unwrap().len(), 0, "{step}");
        }
    }
}

#[test]
fn the_step_that_does_it_is_the_rename_of_one_and_the_write_of_another() {
    let by = |store: &str, operation: &str| -> Option<(String, Value)> {
        let done = traced(&[store, operation, "--format", "json"])?;
        let traces: Value = serde_json::from_str(&done.out).unwrap();
        let trace = &traces["traces"][0];
        let commit = trace["commit"].clone();
        let step = commit["step"].as_u64().map(|step| &trace["steps"][step as usize - 1]["name"]);
        Some((step.and_then(Value::as_str).unwrap_or_default().to_owned(), commit))
    };
    let Some((name, commit)) = by("hardened", "update") else { return };
    assert!(name.starts_with("rename"), "{name}");
    assert_eq!(
        (&commit["before"], &commit["after"]),
        (&"the old session".into(), &"the new session".into())
    );
    let Some((name, commit)) = by("cookie_store", "update") else { return };
    assert_eq!((&*name, &commit["before"]), ("write", &"err corrupt".into()));
    // A load changes nothing.
    let Some((name, commit)) = by("hardened", "load") else { return };
    assert_eq!((&*name, commit), ("", Value::Null));
}

#[test]
fn a_secret_is_seen_in_each_of_two_files_with_one_inode_number() {
    let dir = dir("same-inode");
    let driver = python(&dir, "same_inode.py");
    let bind = dir.to_str().unwrap();
    // It writes to /tmp, which is the sandbox's own in this tier only.
    let tier = ["--tier", "namespaces"];
    let args = [&["--driver", &driver, "--bind", bind, "save", "--format", "json"], &tier[..]];
    let args = args.concat();
    let Some(done) = traced(&args) else { return };
    let traces: Value = serde_json::from_str(&done.out).unwrap();
    let trace = &traces["traces"][0];
    assert_eq!(trace["answer"]["status"], "ok", "{trace}");
    let steps = trace["steps"].as_array().unwrap();
    for step in &steps[steps.len() - 2..] {
        assert!(step["call"].as_str().unwrap().contains("write"), "{step}");
        let others = step["others"].as_array().unwrap();
        assert!(!others.is_empty() && others.iter().all(|other| other["secret"] == true), "{step}");
    }
}

#[test]
fn what_a_store_refuses_is_said_and_is_no_trace() {
    let done = interloper(&["trace", "hardened", "save", "--setup", "file"]);
    assert_eq!(done.code, Some(4), "{done:?}");
    assert_eq!(done.out, "");
    assert_eq!(done.err.lines().count(), 1, "{}", done.err);
    assert!(done.err.contains("has no setup file"), "{}", done.err);
}

#[test]
fn its_help_says_how_to_read_it() {
    let done = interloper(&["help", "trace"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    for word in ["interloper trace httpie save", "update", "kept fd", "┌ │ └", "\n  4  ", "--home"]
    {
        assert!(done.out.contains(word), "lacks {word:?}: {}", done.out);
    }
}
