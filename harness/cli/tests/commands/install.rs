//! What a store needs and cannot be had.

use std::process::Command;

use crate::kit::{INTERLOPER, command, dir, root, run};

/// The lines of a complaint: one, after what was begun.
fn complaint(err: &str) -> &str {
    let lines: Vec<&str> = err.lines().filter(|line| !line.contains("installing")).collect();
    assert_eq!(lines.len(), 1, "{err}");
    lines[0]
}

#[test]
fn a_missing_runtime_is_said_with_the_way_out() {
    let mut command = command(&["check", "cookiejar-lwp"]);
    command.env("PATH", "/nonexistent");
    let done = run(command);
    assert_eq!(done.code, Some(4), "{done:?}");
    assert!(complaint(&done.err).contains("apt-get install python3"), "{}", done.err);
}

#[test]
fn a_store_in_another_language_says_what_its_runtime_needs() {
    for (store, packages) in [
        ("session-file-store", "nodejs npm"),
        ("gorilla-filesystem", "golang-go"),
        ("tower-sessions", "cargo"),
        ("php-files", "php-cli"),
        ("cgi-session-file", "ruby"),
    ] {
        let mut command = command(&["check", store]);
        command.env("PATH", "/nonexistent");
        let done = run(command);
        assert_eq!(done.code, Some(4), "{done:?}");
        let said = complaint(&done.err);
        assert!(said.contains(store) && said.contains("apt-get install"), "{said}");
        assert!(said.contains(packages), "{said}");
    }
}

#[test]
fn every_store_is_listed_with_what_this_host_lacks_for_it() {
    let mut command = command(&["stores", "--format", "json"]);
    command.env("PATH", "/nonexistent");
    let done = run(command);
    assert_eq!(done.code, Some(0), "{done:?}");
    let all: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    let store = |name: &str| {
        let mut all = all.as_array().unwrap().iter();
        all.find(|store| store["name"] == name).unwrap_or_else(|| panic!("{name}")).clone()
    };
    assert_eq!(store("hardened")["state"], "bundled");
    assert!(store("hardened")["needs"].is_null());
    for name in ["cookiejar-lwp", "httpie", "session-file-store", "gorilla-filesystem", "php-files"]
    {
        let store = store(name);
        assert!(store["needs"].as_str().unwrap().contains("apt-get install"), "{store}");
        assert!(store["homepage"].as_str().unwrap().starts_with("https://"), "{store}");
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_named() {
    let mut command = command(&["stores", "install", "httpie"]);
    command.env("XDG_CACHE_HOME", "/proc/none");
    let done = run(command);
    // Without Python there is nothing to write.
    assert!(matches!(done.code, Some(3 | 4)), "{done:?}");
    if done.code == Some(3) {
        let said = complaint(&done.err);
        assert!(said.contains("/proc/none") && said.contains("XDG_CACHE_HOME"), "{said}");
    }
}

#[test]
fn a_full_disk_is_said_and_leaves_nothing() {
    if !root() {
        eprintln!("left out: only root can mount a small disk");
        return;
    }
    let cache = dir("full");
    let mut command = Command::new("unshare");
    // Enough for an empty environment, not enough for pip. What is left there is listed at the end.
    let script = "mount -t tmpfs -o size=2m none \"$1\" || exit 77; \"$2\" check httpie; code=$?; \
                  ls -A \"$1/interloper/stores\"; exit $code";
    command.args(["-m", "sh", "-c", script, "sh"]).arg(&cache).arg(INTERLOPER);
    command.env("XDG_CACHE_HOME", &cache);
    let done = run(command);
    if matches!(done.code, Some(1 | 77 | 4)) && !done.err.contains("full") {
        eprintln!("left out: no mount namespace, or no Python with venv here: {}", done.err);
        return;
    }
    assert_eq!(done.code, Some(3), "{done:?}");
    let said = complaint(&done.err);
    assert!(said.contains("disk is full") && said.contains("free"), "{said}");
    assert_eq!(done.out.trim(), ".lock", "{done:?}");
}
