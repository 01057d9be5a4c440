//! Runs that are ended early: what is finished is reported and saved, and nothing is left.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::hostile::nothing_is_left;
use crate::kit::{INTERLOPER, command, dir, ended, python};

/// A run of one store that is quick and one that is very slow, which saves into `results`.
struct Slow {
    dir: std::path::PathBuf,
    child: Child,
}

impl Slow {
    fn start(name: &str, more: &[&str]) -> Slow {
        let dir = dir(name);
        let driver = format!("{} slow", python(&dir, "protocols.py"));
        let results = dir.join("results");
        let check = ["check", "hardened", "--driver", &driver, "--jobs", "1"];
        let scenario = ["--scenario", "permissions::nobody_reaches"];
        let save = ["--allow", "predicted", "--save", results.to_str().unwrap()];
        let plain = command(&[&check[..], &scenario, &save, more].concat());
        // A job in the background of a script ignores interrupts, and so do its children: signal(7).
        let mut command = Command::new("env");
        command.args(["--default-signal=INT", "--default-signal=TERM"]);
        command.arg(plain.get_program()).args(plain.get_args()).stdin(Stdio::null());
        command.stdout(File::create(dir.join("out")).unwrap());
        command.stderr(File::create(dir.join("err")).unwrap());
        Slow { child: command.spawn().unwrap(), dir }
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.dir.join(name)).unwrap()
    }

    /// Waits until the quick store is done.
    fn half_done(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !self.text("err").contains("hardened: 2 pass") {
            let ended = self.child.try_wait().unwrap();
            let late = Instant::now() > deadline;
            assert!(ended.is_none() && !late, "{ended:?}: {}", self.text("err"));
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for its end, and gives its exit code and its record.
    fn end(&mut self) -> (Option<i32>, Value) {
        assert!(ended(&mut self.child, Duration::from_secs(30)), "it did not end");
        nothing_is_left(&self.dir.join("protocols.py").display().to_string());
        let code = self.child.wait().unwrap().code();
        let record = fs::read(self.dir.join("results/run.json")).unwrap();
        (code, serde_json::from_slice(&record).unwrap())
    }
}

#[test]
fn a_signal_ends_a_run_with_a_report_of_what_is_finished() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let mut slow = Slow::start(&format!("interrupt-{}", signal.as_str()), &[]);
        slow.half_done();
        kill(Pid::from_raw(slow.child.id() as i32), signal).unwrap();
        let (code, run) = slow.end();
        let (out, err) = (slow.text("out"), slow.text("err"));
        assert_eq!(code, Some(4), "{out}\n{err}");
        assert!(out.contains("PASS"), "{out}");
        let words = format!("interrupted after 2 of 4 results ({})", signal.as_str());
        assert!(out.contains(&words), "{out}");
        assert!(err.contains("a second one ends this at once"), "{err}");
        assert_eq!(run["results"].as_array().map(Vec::len), Some(2));
        assert_eq!(run["interrupted"]["by"], signal.as_str());
        assert_eq!(run["interrupted"]["of"], 4);
    }
}

#[test]
fn a_signal_before_the_first_scenario_has_a_report_too() {
    let dir = dir("interrupt-early");
    let known = dir.join("known.toml");
    nix::unistd::mkfifo(&known, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let check = ["check", "hardened", "--scenario", "permissions", "--known"];
    let plain = command(&[&check[..], &[known.to_str().unwrap()]].concat());
    let mut command = Command::new("env");
    command.arg("--default-signal=INT").arg(plain.get_program()).args(plain.get_args());
    command.stdout(File::create(dir.join("out")).unwrap());
    let mut child = command.stderr(File::create(dir.join("err")).unwrap()).spawn().unwrap();
    // This opens when the command does: it has begun, and has not yet looked at what is to be run.
    let writer = File::options().write(true).open(&known).unwrap();
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
    let text = |name: &str| fs::read_to_string(dir.join(name)).unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !text("err").contains("SIGINT") {
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none() && Instant::now() < deadline, "{ended:?}: {}", text("err"));
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(writer);
    assert!(ended(&mut child, Duration::from_secs(60)), "it did not end");
    assert_eq!(child.wait().unwrap().code(), Some(4), "{}", text("err"));
    assert!(text("out").contains("interrupted after 0 of"), "{}", text("out"));
}

#[test]
fn a_run_that_takes_too_long_ends_with_a_report_of_what_is_finished() {
    let mut slow = Slow::start("interrupt-timeout", &["--timeout", "5s"]);
    let (code, run) = slow.end();
    assert_eq!(code, Some(4), "{}", slow.text("err"));
    assert!(slow.text("out").contains("(--timeout 5s)"), "{}", slow.text("out"));
    assert_eq!(run["interrupted"]["by"], "--timeout 5s");
}

#[test]
fn an_interrupt_that_was_ignored_at_the_start_stays_ignored() {
    let done = {
        let mut command = Command::new("env");
        let plain = command_of_a_second();
        command.arg("--ignore-signal=INT").arg(plain.get_program()).args(plain.get_args());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        while child.try_wait().unwrap().is_none() {
            // Before that it is `env`, which is about to ignore the signal.
            let line = fs::read(format!("/proc/{}/cmdline", child.id())).unwrap_or_default();
            if line.starts_with(INTERLOPER.as_bytes()) {
                let _ = kill(Pid::from_raw(child.id() as i32), Signal::SIGINT);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        child.wait().unwrap()
    };
    assert_eq!(done.code(), Some(0), "{done:?}");
}

fn command_of_a_second() -> Command {
    command(&["check", "hardened", "--scenario", "permissions", "--allow", "skip,predicted"])
}

#[test]
fn a_second_interrupt_ends_it_at_once() {
    let dir = dir("interrupt-twice");
    let driver = format!("{} slow", python(&dir, "protocols.py"));
    let stores = ["check", "flawed:*", "--driver", &driver, "--format", "json"];
    let plain = command(&[&stores[..], &["--scenario", "permissions::nobody_reaches"]].concat());
    let err = dir.join("err");
    let mut command = Command::new("env");
    command.arg("--default-signal=INT").arg(plain.get_program()).args(plain.get_args());
    command.args(["--umask", "0022,0002"]).stderr(File::create(&err).unwrap());
    // Nobody reads the report, and it is longer than a pipe: without a second signal this would not end.
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(90);
    let flawed = |text: &str| text.lines().filter(|l| l.contains("s of work")).count() >= 70;
    while !flawed(&fs::read_to_string(&err).unwrap()) {
        assert!(Instant::now() < deadline, "{}", fs::read_to_string(&err).unwrap());
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = Pid::from_raw(child.id() as i32);
    let deadline = Instant::now() + Duration::from_secs(30);
    while child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline, "it did not end");
        let _ = kill(pid, Signal::SIGINT);
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(child.wait().unwrap().signal(), Some(Signal::SIGINT as i32));
    nothing_is_left(&dir.join("protocols.py").display().to_string());
}
