//! A project's `interloper.toml`, `explain`, `--max-fail` and `--color`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use crate::kit::{Done, command, dir, interloper, run};

/// Runs the command in a directory.
fn within(dir: &Path, args: &[&str]) -> Done {
    let mut command = command(args);
    command.current_dir(dir);
    run(command)
}

#[test]
fn a_check_takes_what_it_is_not_told_from_the_file_of_the_project() {
    let dir = dir("project");
    let below = dir.join("src/deep");
    fs::create_dir_all(&below).unwrap();
    let file = dir.join("interloper.toml");
    let text = "targets = ['cookie_store', 'hardened']\nscenario = ['permissions::nobody_reaches']\numask = ['0022']\n";
    fs::write(&file, text).unwrap();
    let done = within(&below, &["check", "--list"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(done.out.lines().count(), 2, "{}", done.out);
    assert!(done.err.contains(file.to_str().unwrap()), "{}", done.err);

    // Its paths are relative to it, those of the command line to the working directory.
    fs::write(&file, format!("{text}known = ['known.toml']\n")).unwrap();
    let done = within(&below, &["check", "--output", "run.json"]);
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.err.contains("known.toml"), "{}", done.err);
    let write = ["check", "--no-config", "cookie_store", "--write-known", "../../known.toml"];
    let one = ["--scenario", "permissions::nobody_reaches", "--umask", "0022"];
    assert_eq!(within(&below, &[&write[..], &one].concat()).code, Some(1));
    let done = within(&below, &["check", "--output", "run.json"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(below.join("run.json").exists());

    // A program of the command line is looked for where the user is, and not beside the file.
    fs::write(below.join("driver.sh"), "exit 7\n").unwrap();
    let done = within(&below, &["check", "--driver", "sh driver.sh"]);
    assert!(done.out.contains("exited with status 7"), "{done:?}");

    // What is named on the command line replaces what is tested.
    let done = within(&below, &["check", "sqlite/file", "--list"]);
    assert_eq!(done.out, "sqlite/file permissions::nobody_reaches\n");
}

#[test]
fn a_project_file_that_others_can_write_or_that_is_wrong_is_refused() {
    let dir = dir("untrusted");
    let file = dir.join("interloper.toml");
    for (text, mode, says) in [
        ("driver = 'sh -c true'", 0o666, "everybody can write to it"),
        ("drivr = 'x'", 0o644, "unknown field `drivr`"),
        ("umask = ['0888']", 0o644, "umask = \"0888\""),
        ("targets = [", 0o644, "interloper.toml"),
    ] {
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let done = within(&dir, &["check", "--list"]);
        assert_eq!(done.code, Some(2), "{text}: {done:?}");
        assert!(done.err.contains(says) && done.err.contains("--no-config"), "{}", done.err);
        assert_eq!(within(&dir, &["check", "--list", "--no-config"]).code, Some(0));
    }
}

#[test]
fn a_finding_is_explained_from_its_token_and_told_whole_from_its_run() {
    let dir = dir("explain");
    let check = ["check", "cookie_store", "--scenario", "permissions::nobody_reaches"];
    let more = ["--umask", "0022", "--format", "json", "--save", dir.to_str().unwrap()];
    let done = interloper(&[&check[..], &more].concat());
    let record: Value = serde_json::from_str(&done.out).unwrap();
    let finding = &record["results"][0]["findings"][0];
    let (token, print) = (&finding["replay"], &finding["fingerprint"]);
    let (token, print) = (token.as_str().unwrap(), print.as_str().unwrap());

    let done = interloper(&["explain", token]);
    assert_eq!(done.code, Some(0), "{done:?}");
    for part in
        ["does not hold", "read-secret", "mode-of-the-umask", "0600", "CWE-276", "[[known]]"]
    {
        assert!(done.out.contains(part), "{part}: {}", done.out);
    }
    for word in [token, print] {
        let done = interloper(&["explain", word, dir.to_str().unwrap()]);
        assert_eq!(done.code, Some(0), "{done:?}");
        assert!(done.out.contains("◀ secret readable"), "{}", done.out);
        assert!(done.out.contains("Its root cause"), "{}", done.out);
    }
    // The entry that it prints is one that --known takes.
    let done = interloper(&["explain", token]);
    let entry: Vec<&str> = done.out.lines().skip_while(|l| !l.contains("[[known]]")).collect();
    let known = dir.join("known.toml");
    fs::write(&known, entry.join("\n")).unwrap();
    let done = interloper(
        &[&check[..], &["--umask", "0022", "--known", known.to_str().unwrap()]].concat(),
    );
    assert_eq!(done.code, Some(0), "{done:?}");

    for (args, says) in [
        (&["explain", print][..], "RUN.json"),
        (&["explain", "0123456789abcdef", dir.to_str().unwrap()], "no such finding"),
        (&["explain", "nothing"], "replay token"),
    ] {
        let done = interloper(args);
        assert_eq!(done.code, Some(2), "{done:?}");
        assert!(done.err.contains(says), "{}", done.err);
    }
}

#[test]
fn a_run_ends_with_as_many_findings_as_were_asked_for() {
    let args = ["check", "cookie_store", "--scenario", "permissions", "--jobs", "1"];
    let done = interloper(&[&args[..], &["--max-fail", "1", "--format", "json"]].concat());
    assert_eq!(done.code, Some(1), "{done:?}");
    let record: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(record["interrupted"]["by"], "--max-fail 1");
    let results = record["results"].as_array().unwrap();
    let failed = results.iter().filter(|result| result["verdict"] == "fail").count();
    assert_eq!(failed, 1, "{results:?}");
}

#[test]
fn colours_are_printed_when_they_are_asked_for() {
    for (when, coloured) in [("always", true), ("never", false), ("auto", false)] {
        let done = interloper(&["scenarios", "permissions", "--color", when]);
        assert_eq!(done.out.contains('\x1b'), coloured, "{when}");
    }
}
