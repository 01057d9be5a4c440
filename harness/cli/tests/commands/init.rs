//! What `interloper init` writes runs as it stands.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::kit::{Done, command, dir, run};

/// Runs `interloper` in a directory.
fn within(dir: &Path, args: &[&str]) -> Done {
    let mut command = command(args);
    command.current_dir(dir);
    run(command)
}

/// Whether a program is on PATH; CI has every one.
pub(crate) fn has(program: &str, argument: &str) -> bool {
    let here = Command::new(program).arg(argument).output().is_ok();
    let missing = format!("{program} is not here: ci/install brings it");
    assert!(here || std::env::var_os("CI").is_none(), "{missing}");
    if !here {
        eprintln!("left out: this host has no {program}");
    }
    here
}

/// Begins a test in an empty directory.
fn begun(what: &str) -> PathBuf {
    begun_in(what, &format!("init-{what}"))
}

/// Begins a test in an empty directory of this name.
fn begun_in(what: &str, name: &str) -> PathBuf {
    let dir = dir(name);
    let done = within(&dir, &["init", what]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.contains("wrote ./interloper.toml"), "{done:?}");
    assert!(done.out.contains("\n  interloper check"), "{done:?}");
    dir
}

/// Tries the driver that was written.
fn keeps_the_protocol(dir: &Path) {
    let done = within(dir, &["check", "--profile", "protocol"]);
    assert_eq!(done.code, Some(0), "{}: {done:?}", dir.display());
    assert!(done.out.starts_with("files\n"), "{done:?}");
}

#[test]
fn a_driver_that_an_interpreter_runs_keeps_the_protocol_as_it_is_written() {
    for (what, program) in
        [("python", "python3"), ("node", "node"), ("php", "php"), ("ruby", "ruby")]
    {
        let dir = begun(what);
        if has(program, "--version") {
            keeps_the_protocol(&dir);
        }
    }
}

#[test]
fn the_commands_that_are_written_keep_what_they_are_given() {
    for what in ["shell", "command"] {
        let done = within(&begun(what), &["check", "--scenario", "honesty::saved_loads"]);
        assert_eq!(done.code, Some(0), "{what}: {done:?}");
    }
}

#[test]
fn the_application_that_is_written_has_the_flaws_that_it_names_and_no_other() {
    let dir = begun("application");
    let done = within(&dir, &["check", "--scenario", "lifecycle::identity"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let done = within(&dir, &["check", "--format", "json"]);
    assert_eq!(done.code, Some(1), "{done:?}");
    let run: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    let results = run["results"].as_array().unwrap().iter();
    let failing = results.filter(|result| result["verdict"] == "fail");
    let mut failing: Vec<&str> = failing.filter_map(|result| result["scenario"].as_str()).collect();
    failing.sort_unstable();
    assert_eq!(failing, ["cookies::http_only", "lifecycle::logout"]);
}

#[test]
fn the_driver_in_go_is_made_as_init_says_and_keeps_the_protocol() {
    let dir = begun("go");
    if !has("go", "version") {
        return;
    }
    let mut build = Command::new("go");
    build.args(["build", "-o", "driver", "."]).current_dir(&dir);
    build.env("GOFLAGS", "").env("GOPROXY", "off").env("GO111MODULE", "on");
    let done = run(build);
    assert_eq!(done.code, Some(0), "{done:?}");
    keeps_the_protocol(&dir);
}

#[test]
fn the_driver_in_rust_is_made_as_init_says_and_keeps_the_protocol() {
    let dir = begun("rust");
    // The crates of the workspace, which are here already.
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    fs::copy(lock, dir.join("Cargo.lock")).unwrap();
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--offline"]).current_dir(&dir);
    build.env_remove("CARGO_TARGET_DIR").env_remove("RUSTFLAGS");
    let done = run(build);
    assert_eq!(done.code, Some(0), "{done:?}");
    keeps_the_protocol(&dir);
}

#[test]
fn init_overwrites_nothing() {
    let dir = begun_in("php", "init-twice");
    let driver = dir.join("driver.php");
    fs::write(&driver, "mine").unwrap();
    let done = within(&dir, &["init", "php"]);
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.err.contains("driver.php is there already"), "{done:?}");
    assert_eq!(fs::read_to_string(&driver).unwrap(), "mine");
    // One file that is there is enough for none to be written.
    let done = within(&dir, &["init", "ruby"]);
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.err.contains("interloper.toml is there already"), "{done:?}");
    assert!(!dir.join("driver.rb").exists());
    let done = within(&dir, &["init", "ruby", "below/here"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.contains("cd below/here"), "{done:?}");
    assert!(dir.join("below/here/driver.rb").is_file());
}
