//! Drivers that do their worst: each gets a verdict, and nothing of it is left.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::kit::{command, dir, ended, interloper, processes, root, script};

/// Runs a driver; it must come to a result, an exit code, and an end.
fn comes_to(name: &str, text: &str, words: &[&str]) {
    let dir = dir(&format!("hostile-{name}"));
    let driver = script(&dir, name, text);
    let done =
        interloper(&["check", "--driver", &driver, "--scenario", "permissions::nobody_reaches"]);
    // In tier predicted it may take the supervisor along, which is no trouble of a driver.
    let code = done.code.unwrap();
    assert!(code == 2 || name == "kills" && code == 3, "{done:?}");
    assert!(done.out.contains("ERROR") && done.out.contains(&format!("exit {code}")), "{done:?}");
    // Lines are folded where they are long.
    let out: Vec<&str> = done.out.split_whitespace().collect();
    let out = out.join(" ");
    for word in words {
        assert!(out.contains(word), "lacks {word:?}: {out}");
    }
    nothing_is_left(&driver);
}

pub(crate) fn nothing_is_left(driver: &str) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !processes(driver).is_empty() {
        assert!(Instant::now() < deadline, "left: {:?}", processes(driver));
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn one_that_ends_at_once() {
    comes_to("ends", "echo goodbye >&2; exit 7", &["exited with status 7", "goodbye"]);
}

#[test]
fn one_that_prints_garbage() {
    comes_to("garbage", "read -r line <&3; echo 'no JSON' >&4; sleep 600", &["not an answer"]);
}

#[test]
fn one_that_answers_a_gigabyte() {
    comes_to("gigabyte", "read -r line <&3; head -c 1073741824 /dev/zero >&4", &["16 MiB"]);
}

#[test]
fn one_that_never_answers() {
    comes_to("silent", "sleep 600", &["no answer to hello"]);
}

#[test]
fn one_that_forks_without_end() {
    if !root() {
        eprintln!("left out: an ordinary user's processes are bounded by what the user may have");
        return;
    }
    comes_to("forks", "f() { while :; do f & done; }; f; sleep 600", &[]);
}

#[test]
fn one_that_kills_its_parent() {
    // Never as root: in a sandbox it is not, and outside one it must not.
    comes_to("kills", "[ $(id -u) = 0 ] && exit 9; kill -9 $PPID; exit 8", &[]);
}

#[test]
fn an_interrupt_leaves_nothing() {
    let dir = dir("interrupt");
    let driver = script(&dir, "waits", "sleep 600");
    let tiers: &[&str] = if root() { &["namespaces", "uids"] } else { &["predicted"] };
    for tier in tiers {
        let plain = command(&["check", "--driver", &driver, "--tier", tier]);
        // A job in the background of a script ignores interrupts, and so do its children: signal(7).
        let mut child = std::process::Command::new("env");
        child.arg("--default-signal=INT").arg(plain.get_program()).args(plain.get_args());
        let mut child = child.stderr(std::process::Stdio::null()).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while processes(&driver).is_empty() {
            // A host that refuses the tier has nothing to interrupt.
            if child.try_wait().unwrap().is_some() {
                break;
            }
            assert!(Instant::now() < deadline, "the driver was not started in tier {tier}");
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = kill(Pid::from_raw(child.id() as i32), Signal::SIGINT);
        assert!(ended(&mut child, Duration::from_secs(10)), "an interrupt did not end it");
        nothing_is_left(&driver);
    }
}
