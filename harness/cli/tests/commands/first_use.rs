//! What goes wrong the first time somebody uses it, and is said in a line.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::kit::{INTERLOPER, command, dir, interloper, python, root, run};

const SCENARIO: [&str; 4] =
    ["--scenario", "permissions::mode_owner_only", "--allow", "skip,predicted"];

#[test]
fn a_driver_file_that_is_not_there_is_said_in_a_line() {
    let done = interloper(&["check", "--driver", "python3 no-such-driver.py"]);
    assert_eq!(done.code, Some(2), "{done:?}");
    assert_eq!(done.out, "", "{done:?}");
    assert!(done.err.contains("no-such-driver.py: No such file"), "{}", done.err);
    assert_eq!(done.err.trim().lines().count(), 1, "{}", done.err);
}

#[test]
fn a_store_is_called_what_its_driver_says_unless_there_is_a_name() {
    let dir = dir("names");
    let driver = python(&dir, "protocols.py");
    for (more, name) in [(&[][..], "files"), (&["--name", "mine"], "mine")] {
        let check = ["check", "--driver", &driver, "--setup", "dir", "--format", "json"];
        let done = interloper(&[&check[..], &["--umask", "0022"], &SCENARIO, more].concat());
        let run: Value = serde_json::from_str(&done.out).unwrap();
        assert_eq!(run["stores"][0]["name"], name, "{done:?}");
        assert_eq!(run["stores"][0]["version"], "1.0.0");
        assert_eq!(run["results"][0]["store"], name);
    }
    let done = interloper(&["check", "--driver", &driver, "--name", "a b"]);
    assert_eq!(done.code, Some(2), "{done:?}");
    let done = interloper(&["check", "hardened", "--name", "mine"]);
    assert_eq!(done.code, Some(2), "{done:?}");
}

#[test]
fn a_finding_of_a_driver_that_names_itself_is_replayed_from_its_file() {
    let dir = dir("names-replay");
    let driver = format!("{} idle-delete", python(&dir, "protocols.py"));
    let results = dir.join("results");
    let check = ["check", "--driver", &driver, "--setup", "dir", "--scenario", "deletion"];
    let done = interloper(&[&check[..], &["--save", results.to_str().unwrap()]].concat());
    assert_eq!(done.code, Some(1), "{done:?}");
    let files = fs::read_dir(&results).unwrap().filter_map(Result::ok).map(|entry| entry.path());
    let file = files.into_iter().find(|path| path.to_string_lossy().ends_with(".replay.json"));
    let file = file.unwrap();
    assert!(file.file_name().unwrap().to_string_lossy().starts_with("files-dir-"), "{file:?}");
    let done = interloper(&["replay", file.to_str().unwrap()]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(!done.err.contains("is run on"), "{}", done.err);
}

#[test]
fn two_stores_of_one_name_are_refused_with_the_way_out() {
    let dir = dir("names-twice");
    let driver = python(&dir, "protocols.py");
    let text = fs::read_to_string(dir.join("protocols.py")).unwrap();
    fs::write(dir.join("protocols.py"), text.replace("\"files\"", "\"hardened\"")).unwrap();
    let check = ["check", "hardened", "--driver", &driver];
    let done = interloper(&[&check[..], &SCENARIO].concat());
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.err.contains("--name"), "{}", done.err);
    let done = interloper(&[&check[..], &["--name", "hardened"]].concat());
    assert_eq!(done.code, Some(2), "{done:?}");
    let done =
        interloper(&[&check[..], &["--name", "mine", "--umask", "0022"], &SCENARIO].concat());
    assert_eq!(done.code, Some(0), "{done:?}");
}

#[test]
fn the_format_follows_from_the_name_of_the_output() {
    let dir = dir("formats");
    let beginnings = [("x.sarif", "{"), ("x.json", "{"), ("x.xml", "<?xml"), ("x.txt", "PASS")];
    for (name, begins) in beginnings {
        let file = dir.join(name);
        let check = ["check", "hardened", "--umask", "0022", "-o", file.to_str().unwrap()];
        let done = interloper(&[&check[..], &SCENARIO].concat());
        assert_eq!(done.code, Some(0), "{done:?}");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.trim_start().starts_with(begins), "{name}: {text}");
    }
    let log: Value = serde_json::from_slice(&fs::read(dir.join("x.sarif")).unwrap()).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let left = fs::read_dir(&dir).unwrap().count();
    assert_eq!(left, beginnings.len(), "nothing else is beside them");
}

#[test]
fn a_report_that_cannot_be_written_is_printed_and_is_no_success() {
    for name in ["/dev/full", "/proc/self/none.json"] {
        let check = ["check", "hardened", "--umask", "0022", "--format", "json", "-o", name];
        let done = interloper(&[&check[..], &SCENARIO].concat());
        match name {
            // Nobody can know before it is written to.
            "/dev/full" => {
                assert_eq!(done.code, Some(3), "{done:?}");
                assert!(done.out.contains("PASS") && done.out.contains("exit 3"), "{}", done.out);
                assert!(!done.out.contains("exit 0"), "{}", done.out);
                assert!(done.err.contains("/dev/full: No space left"), "{}", done.err);
            }
            _ => {
                assert_eq!(done.code, Some(2), "{done:?}");
                assert_eq!(done.out, "", "it is said before anything is run");
            }
        }
    }
}

#[test]
fn a_full_disk_is_said_before_the_run() {
    if !root() {
        eprintln!("left out: only root can mount a small disk");
        return;
    }
    let dir = dir("full-output");
    let script = "mount -t tmpfs -o size=16k none \"$1\" || exit 77; \
                  \"$2\" check hardened -o \"$1/x.sarif\"; code=$?; ls -A \"$1\"; exit $code";
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", script, "sh"]).arg(&dir).arg(INTERLOPER);
    let done = run(command);
    if matches!(done.code, Some(1 | 77)) {
        eprintln!("left out: no mount namespace here: {}", done.err);
        return;
    }
    assert_eq!(done.code, Some(2), "{done:?}");
    assert_eq!(done.out, "", "nothing was run, and nothing is left: {done:?}");
    assert!(done.err.contains("x.sarif") && done.err.contains("free space"), "{}", done.err);
}

#[test]
fn what_has_no_end_is_not_read_to_its_end() {
    for args in [["report", "/dev/zero"], ["replay", "/dev/zero"]] {
        let done = interloper(&args);
        assert_eq!(done.code, Some(2), "{done:?}");
        assert!(done.err.contains("/dev/zero"), "{}", done.err);
    }
}

#[test]
fn what_a_killed_install_left_is_swept_unless_one_goes_on() {
    let cache = dir("sweep");
    let stores = cache.join("interloper/stores");
    let left = stores.join(".unfinished-httpie-1");
    fs::create_dir_all(left.join("bin")).unwrap();
    fs::write(left.join("bin/python"), "").unwrap();
    let check = |prefix: &[&str]| {
        let plain = command(&[&["check", "hardened", "--umask", "0022"][..], &SCENARIO].concat());
        let mut command = Command::new(prefix.first().copied().unwrap_or("env"));
        command.args(prefix.iter().skip(1)).arg(plain.get_program()).args(plain.get_args());
        command.env("XDG_CACHE_HOME", &cache);
        let done = run(command);
        assert_eq!(done.code, Some(0), "{done:?}");
    };
    // Somebody holds the lock: it may be theirs.
    let lock = stores.join(".lock");
    fs::write(&lock, "").unwrap();
    check(&["flock", lock.to_str().unwrap()]);
    assert!(left.exists(), "it belongs to whoever holds the lock");
    check(&[]);
    assert!(!left.exists(), "nobody installs, so nobody needs it");
}

#[test]
fn scenarios_can_be_left_out_and_listed() {
    let done = interloper(&["check", "hardened", "--scenario", "deletion", "--list"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.lines().all(|line| line.starts_with("hardened deletion::")), "{}", done.out);
    let all = done.out.lines().count();
    let less = ["check", "hardened", "--scenario", "deletion", "--exclude", "*::purge", "--list"];
    let done = interloper(&less);
    assert_eq!(done.out.lines().count(), all - 1, "{}", done.out);
    let done = interloper(&["check", "hardened", "--exclude", "*", "--list"]);
    assert_eq!(done.code, Some(2), "{done:?}");
    let done = interloper(&["check", "hardened", "--exclude", "no::such", "--list"]);
    assert_eq!(done.code, Some(2), "{done:?}");
}

#[test]
fn a_list_has_the_scenarios_of_each_kind_alone() {
    let areas = |args: &[&str]| {
        let done = interloper(&[&["check"], args, &["--list"]].concat());
        assert_eq!(done.code, Some(0), "{done:?}");
        let ids = done.out.lines().filter_map(|line| line.split_once(' ').map(|(_, id)| id));
        let mut areas: Vec<&str> = ids.filter_map(|id| id.split("::").next()).collect();
        areas.dedup();
        areas.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let about_applications = ["lifecycle", "cookies", "seizure", "parsers"];
    assert_eq!(areas(&["flask"]), about_applications);
    assert_eq!(areas(&["hardened-app"]), about_applications);
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/notes/app.toml");
    assert_eq!(areas(&["--app", example]), about_applications);
    for name in ["hardened-client", "client-curl", "flawed:ignores-path"] {
        assert_eq!(areas(&[name]), ["clients"], "{name}");
    }
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/fetch/client.toml");
    assert_eq!(areas(&["--client", example]), ["clients"]);
    let of_a_store = areas(&["hardened"]);
    assert!(of_a_store.contains(&"deletion".into()), "{of_a_store:?}");
    for area in ["cookies", "clients"] {
        assert!(!of_a_store.contains(&area.into()), "{of_a_store:?}");
    }
    // The kind of a driver is what it answers.
    let driver = python(&dir("list"), "protocols.py");
    assert_eq!(areas(&["--driver", &driver]), of_a_store);
    // What is about another kind alone is asked for, and answered with `unsupported`.
    assert_eq!(areas(&["hardened", "--scenario", "cookies"]), ["cookies"]);
}

#[test]
fn findings_and_stores_are_said_while_a_run_goes_on() {
    let check = ["check", "cookie_store", "--umask", "0022"];
    let done = interloper(&[&check[..], &["--scenario", "permissions::nobody_reaches"]].concat());
    assert_eq!(done.code, Some(1), "{done:?}");
    let finding = |line: &str| line.contains("cookie_store · ") && line.contains("nobody_reaches:");
    assert!(done.err.lines().any(finding), "{}", done.err);
    assert!(done.err.contains("cookie_store: "), "{}", done.err);
}

#[test]
fn a_name_that_nobody_has_in_a_known_file_is_refused_with_its_line() {
    let file = dir("known-names").join("known.toml");
    let path = file.to_str().unwrap();
    let check = |entry: &str, more: &[&str]| {
        fs::write(&file, format!("# a comment\n[[known]]\n{entry}\nreason = \"x\"\n")).unwrap();
        let args = ["check", "hardened", "--known", path, "--scenario", "deletion::residue"];
        interloper(&[&args[..], more].concat())
    };
    for (entry, says) in [
        ("store = \"hardend\"\nscenario = \"*\"", "there is no store \"hardend\""),
        ("store = \"hardened\"\nscenario = \"delition::*\"", "no scenario has a name like"),
    ] {
        let done = check(entry, &[]);
        assert_eq!(done.code, Some(2), "{done:?}");
        assert!(done.err.contains(&format!("{path}:2: {says}")), "{}", done.err);
    }
    // One that was tested in one of its setups says nothing of the others.
    let entry = "store = \"hardened\"\nscenario = \"deletion::residue\"";
    for (more, code) in [(&["--setup", "dir"][..], 0), (&["--umask", "0022"][..], 0), (&[], 1)] {
        let done = check(entry, &[&["--allow", "skip,predicted"], more].concat());
        assert_eq!(done.code, Some(code), "{more:?} {done:?}");
    }
}
