//! Setups that a driver names, and drivers of another version of the protocol.

use serde_json::Value;

use crate::kit::{Done, dir, interloper, python};

/// A check of one scenario on the driver with this word, with further arguments.
fn check(name: &str, word: &str, more: &[&str]) -> Done {
    let driver = format!("{} {word}", python(&dir(&format!("setups-{name}")), "setups.py"));
    let scenario = ["--scenario", "permissions::mode_owner_only", "--umask", "0022"];
    interloper(
        &[&["check", "--driver", &driver, "--allow", "skip,predicted"], &scenario[..], more]
            .concat(),
    )
}

/// The setup, the verdict and the reason of each result.
fn verdicts(done: &Done) -> Vec<(String, String, String)> {
    let run: Value = serde_json::from_str(&done.out).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let results = run["results"].as_array().unwrap().iter();
    results.map(|one| (text(&one["setup"]), text(&one["verdict"]), text(&one["reason"]))).collect()
}

#[test]
fn every_setup_that_hello_names_is_tested_with_its_parameters() {
    let done = check("named", "named", &["--format", "json"]);
    let setups: Vec<(String, String)> =
        verdicts(&done).into_iter().map(|(setup, verdict, _)| (setup, verdict)).collect();
    let passed = |name: &str| (name.to_owned(), "pass".to_owned());
    assert_eq!(setups, [passed("plain"), passed("with-end"), passed("shared")], "{done:?}");
}

#[test]
fn one_setup_is_chosen_by_its_name_and_a_name_that_nobody_has_is_refused() {
    let done = check("one", "named", &["--format", "json", "--setup", "with-end"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(verdicts(&done)[0].0, "with-end");
    let done = check("none", "named", &["--setup", "with-and"]);
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.err.contains("with-and") && done.err.contains("with-end"), "{}", done.err);
    let done = check("slash", "named", &["--setup", "a/b"]);
    assert_eq!(done.code, Some(2), "{done:?}");
}

#[test]
fn a_target_is_a_store_in_one_setup() {
    let narrow = ["--scenario", "deletion::residue", "--allow", "skip,predicted"];
    let of =
        |target: &str, more: &[&str]| interloper(&[&["check", target], &narrow[..], more].concat());
    let done = of("hardened/dir", &["--format", "json"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let setups: Vec<String> = verdicts(&done).into_iter().map(|(setup, ..)| setup).collect();
    assert_eq!(setups, ["dir"]);
    let done = of("hardened/nowhere", &[]);
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.err.contains("nowhere") && done.err.contains("dir"), "{}", done.err);
    // Another store of the run has it, which says nothing of this one.
    let done = of("sqlite/default", &["hardened/default"]);
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.err.contains("sqlite has no setup default"), "{}", done.err);
    let done = of("hardened/dir", &["--profile", "protocol"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.contains("dir: save") && !done.out.contains("default: "), "{}", done.out);
    let done = of("hardened/dir", &["--list"]);
    assert_eq!(done.out, "hardened/dir deletion::residue\n");
    let done = interloper(&["trace", "hardened/nowhere", "save"]);
    assert_eq!(done.code, Some(4), "{done:?}");
    let done = of("hardened/dir", &["--setup", "dir"]);
    assert_eq!(done.code, Some(2), "{done:?}");
}

#[test]
fn a_directory_that_its_caller_makes_is_there_before_the_store_is_opened() {
    let done = check("caller", "made-by-caller", &["--format", "json"]);
    let (setup, verdict, _) = verdicts(&done).remove(0);
    assert_eq!((setup.as_str(), verdict.as_str()), ("plain", "pass"), "{done:?}");
}

#[test]
fn a_driver_of_protocol_1_is_told_what_to_change() {
    for (word, says) in [("hello-1", "its hello is of protocol 1"), ("refuses-2", "protocol 1")] {
        let done = check(word, word, &["--format", "json"]);
        assert_eq!(done.code, Some(2), "{done:?}");
        let run: Value = serde_json::from_str(&done.out).unwrap();
        assert_eq!(run["troubles"].as_array().map(Vec::len), Some(1), "{done:?}");
        let what = run["troubles"][0]["what"].as_str().unwrap();
        for words in [says, "this program speaks protocol 2", "`setups`"] {
            assert!(what.contains(words), "{words}: {what}");
        }
    }
}
