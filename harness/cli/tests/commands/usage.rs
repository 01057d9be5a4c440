//! What is typed wrong: exit code 2, and a line that says what to type instead.

use std::fs;

use crate::kit::{dir, interloper};

#[test]
fn what_is_typed_wrong_is_said_in_a_line() {
    let dir = dir("usage");
    let known = dir.join("known.toml");
    fs::write(&known, "# a comment\n\n[[known]]\nstore = \"httpie\"\nscenario = \"*\"\n").unwrap();
    let known = known.to_str().unwrap();
    let table: [(&[&str], &[&str]); 19] = [
        (&["check", "--no-such-flag"], &["--no-such-flag"]),
        (&["chekc"], &["chekc", "check"]),
        (&["check", "hardend"], &["hardend", "did you mean \"hardened\"?"]),
        (&["check", "--scenario", "permisions::*"], &["permisions::*", "selects none"]),
        (&["check", "--partition", "5/4"], &["5/4", "PART/OF"]),
        (
            &["check", "--partition", "2/2", "--scenario", "deletion::purge"],
            &["--partition 2/2 has no scenario: 1 selected"],
        ),
        (&["check", "--umask", "0888"], &["0888", "octal"]),
        (&["check", "--seed", "x"], &["64 bits"]),
        (&["check", "--tier", "best"], &["namespaces", "uids", "predicted"]),
        (&["check", "--known", known], &["known.toml:3", "reason"]),
        (&["check", "--known", "no-such-file.toml"], &["no-such-file.toml"]),
        (&["check", "--output", "/no/such/dir/x.json"], &["/no/such/dir/x.json"]),
        (&["check", "--driver", "no-such-program-x"], &["no-such-program-x", "PATH"]),
        (&["trace", "hardened", "sve"], &["sve", "save, update, load, rotate, purge and delete"]),
        (&["trace", "hardend"], &["hardend", "did you mean \"hardened\"?"]),
        (&["trace", "save"], &["name a store", "interloper stores"]),
        (&["trace", "hardened", "--umask", "all"], &["octal", "a trace is of one"]),
        (&["replay", "nonsense"], &["nonsense", "token"]),
        (&["report", "no-such-run.json"], &["no-such-run.json"]),
    ];
    for (args, words) in table {
        let done = interloper(args);
        assert_eq!(done.code, Some(2), "{args:?}: {done:?}");
        assert_eq!(done.out, "", "{args:?}");
        for word in words {
            assert!(done.err.contains(word), "{args:?} lacks {word:?}: {}", done.err);
        }
    }
}

#[test]
fn alone_it_says_what_it_is_and_what_to_try() {
    let done = interloper(&[]);
    assert_eq!(done.code, Some(0), "{done:?}");
    for word in
        ["interloper check", "interloper trace", "interloper scenarios", "tier ", "help check"]
    {
        assert!(done.out.contains(word), "lacks {word:?}: {}", done.out);
    }
    assert!(!done.out.contains('\u{1b}'), "colours where no terminal is: {}", done.out);
}

#[test]
fn the_help_of_check_names_every_exit_code_and_an_example() {
    let done = interloper(&["help", "check"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    for word in ["Exit codes:", "\n  4  ", "interloper check --driver", "--write-known"] {
        assert!(done.out.contains(word), "lacks {word:?}: {}", done.out);
    }
}

#[test]
fn the_catalogue_is_listed_explained_and_written_for_machines() {
    let done = interloper(&["scenarios", "permissions::nobody_reaches"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.contains("CWE-276"), "{}", done.out);
    let done = interloper(&["scenarios", "--format", "json"]);
    let all: Vec<serde_json::Value> = serde_json::from_str(&done.out).unwrap();
    assert!(all.iter().any(|one| one["id"] == "permissions::nobody_reaches"));
    let done = interloper(&["stores", "--format", "json"]);
    let all: Vec<serde_json::Value> = serde_json::from_str(&done.out).unwrap();
    assert!(all.iter().any(|one| one["name"] == "httpie" && one["version"].is_string()));
}

#[test]
fn completions_and_the_manual_name_every_command() {
    let commands = ["check", "trace", "replay", "report", "compare", "doctor"];
    for shell in ["bash", "zsh", "fish"] {
        let done = interloper(&["completions", shell]);
        assert_eq!(done.code, Some(0), "{done:?}");
        assert!(commands.iter().all(|command| done.out.contains(command)), "{shell}");
        assert!(done.out.contains("new-since"), "{shell}");
    }
    let done = interloper(&["man"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.starts_with(".ie") || done.out.contains(".TH interloper"), "{}", done.out);
    assert!(commands.iter().all(|command| done.out.contains(&format!(".TH interloper-{command}"))));
    assert_eq!(interloper(&["completions", "cmd.exe"]).code, Some(2));
}
