//! What `interloper init` writes runs as it stands.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::kit::{Done, command, dir, left_out, run, with};

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

/// Returns the scenarios with a verdict in the run of a directory's check.
fn results(dir: &Path, verdict: &str) -> Option<BTreeSet<String>> {
    let done = within(dir, &["check", "--format", "json"]);
    if left_out(&done) {
        return None;
    }
    let run = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"));
    assert_eq!(with(&run, "error").len(), 0, "{}", done.out);
    Some(with(&run, verdict))
}

#[test]
fn the_client_that_is_written_keeps_the_protocol_and_fails_what_urllib_fails() {
    let dir = begun("client");
    let done = within(&dir, &["check", "--profile", "protocol"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.starts_with("client\n"), "{done:?}");
    let Some(failing) = results(&dir, "fail") else { return };
    let expected = [
        "downgrade_auth",
        "host_only",
        "public_suffix",
        "redirect_auth",
        "redirect_cookie",
        "secure_overwritten",
    ];
    assert_eq!(failing, expected.map(|id| format!("clients::{id}")).into());
}

/// Puts the client of a kit's page beside its kit; `None` if this host lacks the library that it uses, which is said.
fn client(language: &str, file: &str, needs: &[&str]) -> Option<PathBuf> {
    let uses = Command::new(needs[0]).args(&needs[1..]).output();
    let here = uses.is_ok_and(|output| output.status.success());
    assert!(here || std::env::var_os("CI").is_none(), "{needs:?}: ci/install brings it");
    if !here {
        eprintln!("left out: this host has not what {needs:?} needs");
        return None;
    }
    let dir = begun_in(language, &format!("init-client-{language}"));
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("../driver").join(language);
    fs::copy(template.join("template").join(file), dir.join(file)).unwrap();
    Some(dir)
}

/// Checks what the client of a kit fails, with its driver started so.
fn fails(dir: &Path, driver: &str, expected: &[&str]) {
    fs::write(dir.join("interloper.toml"), format!("driver = \"{driver}\"\n")).unwrap();
    let done = within(dir, &["check", "--profile", "protocol"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let Some(failing) = results(dir, "fail") else { return };
    let expected = expected.iter().map(|id| format!("clients::{id}")).collect();
    assert_eq!(failing, expected, "{driver}");
}

#[test]
fn the_client_of_the_kit_for_php_fails_what_curl_fails() {
    let curl = ["php", "-r", "exit(extension_loaded('curl') ? 0 : 1);"];
    let Some(dir) = client("php", "client.php", &curl) else { return };
    fails(&dir, "php client.php", &["given_cookie"]);
}

#[test]
fn the_client_of_the_kit_for_ruby_fails_what_the_gem_fails() {
    let gem = ["ruby", "-e", "require 'http-cookie'"];
    let Some(dir) = client("ruby", "client.rb", &gem) else { return };
    fails(&dir, "ruby client.rb", &["secure_overwritten"]);
}

#[test]
fn the_client_of_the_kit_for_go_fails_what_net_http_fails() {
    let Some(dir) = client("go", "client.go", &["go", "version"]) else { return };
    fs::remove_file(dir.join("driver.go")).unwrap();
    builds(&dir);
    let expected = ["deleted", "public_suffix", "redirect_auth", "secure_overwritten"];
    fails(&dir, "./driver", &expected);
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
    builds(&dir);
    keeps_the_protocol(&dir);
}

/// Makes a driver in Go as `init` says it.
fn builds(dir: &Path) {
    let mut build = Command::new("go");
    build.args(["build", "-o", "driver", "."]).current_dir(dir);
    build.env("GOFLAGS", "").env("GOPROXY", "off").env("GO111MODULE", "on");
    let done = run(build);
    assert_eq!(done.code, Some(0), "{done:?}");
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
