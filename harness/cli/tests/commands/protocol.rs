//! Drivers that break the protocol: each breach is seen, and a run has one verdict for it.

use serde_json::Value;

use crate::kit::{Done, dir, interloper, python, script};

/// The profile `protocol` on the driver with this flaw, and further arguments.
fn tried(name: &str, flaw: &str, more: &[&str]) -> Done {
    let driver = format!("{} {flaw}", python(&dir(&format!("protocol-{name}")), "protocols.py"));
    interloper(&[&["check", "--driver", &driver, "--profile", "protocol"], more].concat())
}

/// The lines that say that something is wrong, each in one line.
fn wrong(done: &Done) -> Vec<String> {
    let words: Vec<&str> = done.out.split_whitespace().collect();
    let text = words.join(" ").replace(" wrong ", "\nwrong ").replace(" ok ", "\nok ");
    text.lines().filter(|line| line.starts_with("wrong")).map(ToOwned::to_owned).collect()
}

#[test]
fn a_driver_that_keeps_the_protocol_is_told_so() {
    let done = tried("sound", "", &[]);
    assert_eq!(done.code, Some(0), "{done:?}");
    for op in ["save", "load", "delete", "create", "rotate", "list", "purge", "advance", "close"] {
        for setup in ["default", "dir"] {
            assert!(done.out.contains(&format!("  ok    {setup}: {op}")), "{op}: {}", done.out);
        }
    }
}

#[test]
fn commands_keep_the_protocol_and_need_no_version() {
    let tool = ["--stdin", "{secret}", "--load", "cat token", "--delete", "rm -f token"];
    let check = ["check", "--profile", "protocol"];
    let save = ["--", "sh", "-c", "cat > token"];
    let done = interloper(&[&check[..], &tool, &save].concat());
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.contains("the driver keeps the protocol"), "{done:?}");
}

#[test]
fn each_operation_that_hello_names_is_tried() {
    for op in ["save", "load", "delete", "create", "rotate", "list", "purge", "advance", "close"] {
        let done = tried(op, op, &["--setup", "dir"]);
        assert_eq!(done.code, Some(1), "{done:?}");
        let wrong = wrong(&done);
        let is_said =
            |line: &String| line.contains(&format!("dir: {op}")) && line.contains("TypeError");
        assert!(wrong.iter().any(is_said), "{op}: {wrong:?}");
    }
}

#[test]
fn answers_of_another_type_and_an_idle_delete_are_wrong() {
    let cases = [
        ("session", "something that is no session"),
        ("number", "something that is no id"),
        ("text", "something that is no list of ids"),
        ("idle-delete", "the session still loads"),
    ];
    for (flaw, words) in cases {
        let done = tried(flaw, flaw, &["--setup", "dir"]);
        assert_eq!(done.code, Some(1), "{done:?}");
        assert!(wrong(&done).iter().any(|line| line.contains(words)), "{flaw}: {done:?}");
    }
}

#[test]
fn the_pid_and_the_event_of_a_child_are_looked_at() {
    let cases = [
        ("pid", "which is not its child"),
        ("silent", "no event came"),
        ("status", "the event says status 0 and the wait status is 9"),
    ];
    for (flaw, words) in cases {
        let done = tried(flaw, flaw, &["--setup", "dir"]);
        assert_eq!(done.code, Some(1), "{done:?}");
        assert!(wrong(&done).iter().any(|line| line.contains(words)), "{flaw}: {done:?}");
    }
}

#[test]
fn only_the_places_that_are_asked_for_are_tried() {
    let done = tried("setup-sound", "only-dir", &["--setup", "default"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(!done.out.contains("dir:"), "{}", done.out);
    let done = tried("setup-broken", "only-dir", &["--setup", "dir"]);
    assert_eq!(done.code, Some(1), "{done:?}");
    let done = tried("setup-absent", "", &["--setup", "file"]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.out.contains("hello does not name it"), "{}", done.out);
}

#[test]
fn a_breach_is_one_verdict_and_other_stores_go_on() {
    let dir = dir("protocol-catalogue");
    let driver = format!("{} purge", python(&dir, "protocols.py"));
    let results = dir.join("results");
    let check = ["check", "hardened", "--driver", &driver, "--scenario", "permissions"];
    let save =
        ["--umask", "0022", "--allow", "skip,predicted", "--save", results.to_str().unwrap()];
    let done = interloper(&[&check[..], &save].concat());
    assert_eq!(done.code, Some(3), "{done:?}");
    assert_eq!(done.out.matches("ERROR").count(), 1, "{}", done.out);
    assert!(done.out.contains("files: its driver breaks the protocol"), "{}", done.out);
    assert!(done.out.contains("28 pass"), "{}", done.out);
    let text = std::fs::read(results.join("run.json")).unwrap();
    let run: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(run["troubles"].as_array().map(Vec::len), Some(1));
    assert_eq!(run["troubles"][0]["kind"], "protocol");
    assert_eq!(run["stores"][1]["version"], "1.0.0");
    let stores = run["results"].as_array().unwrap().iter().map(|result| &result["store"]);
    assert!(stores.into_iter().all(|store| store == "hardened"));
}

#[test]
fn what_only_the_catalogue_can_judge_is_left_to_it() {
    let driver = format!("{} idle-delete", python(&dir("protocol-idle"), "protocols.py"));
    let check = ["check", "--driver", &driver, "--scenario", "deletion", "--setup", "dir"];
    let done = interloper(&[&check[..], &["--allow", "skip,predicted"]].concat());
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(!done.out.contains("ERROR"), "{}", done.out);
}

#[test]
fn no_flaw_of_a_store_is_taken_for_a_breach_of_its_driver() {
    let names = ["check", "flawed:*", "hardened", "sqlite", "cookie_store"];
    let few = ["--scenario", "permissions::mode_owner_only", "--umask", "0022", "--format", "json"];
    let done = interloper(&[&names[..], &few].concat());
    let run: Value = serde_json::from_str(&done.out).unwrap();
    assert!(run["stores"].as_array().unwrap().len() > 50, "{done:?}");
    assert_eq!(run["troubles"], Value::Null, "{done:?}");
}

#[test]
fn a_driver_that_cannot_start_is_said_once_with_its_last_words() {
    let import = format!("{} import", python(&dir("protocol-import"), "protocols.py"));
    let syntax = dir("protocol-syntax").join("syntax.py");
    std::fs::write(&syntax, "def serve(:\n").unwrap();
    let syntax = format!("python3 {}", syntax.display());
    let ends = script(&dir("protocol-ends"), "ends", "echo goodbye >&2; exit 7");
    let cases = [
        (&import, "ModuleNotFoundError"),
        (&syntax, "SyntaxError"),
        (&ends, "last words: goodbye"),
    ];
    for (driver, words) in cases {
        let done = interloper(&["check", "--driver", driver]);
        assert_eq!(done.code, Some(2), "{done:?}");
        assert_eq!(done.out.matches("ERROR").count(), 1, "{}", done.out);
        assert_eq!(done.out.matches(words).count(), 1, "{}", done.out);
        assert!(done.out.contains("exit 2"), "{}", done.out);
    }
    let done = interloper(&["check", "hardened", "--driver", &ends, "--scenario", "permissions"]);
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.out.contains("28 pass"), "the others go on: {}", done.out);
}
