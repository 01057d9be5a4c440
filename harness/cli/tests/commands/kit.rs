//! Running the command, with a deadline.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The command under test.
pub(crate) const INTERLOPER: &str = env!("CARGO_BIN_EXE_interloper");

/// What came of a command.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A directory of one test, below the target directory.
pub(crate) fn dir(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("commands").join(name);
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    dir
}

/// Runs `interloper` with a cache of the tests' own.
pub(crate) fn interloper(args: &[&str]) -> Done {
    run(command(args))
}

/// Returns what a trace came to; `None` if this host cannot hold a store's calls, which is said.
pub(crate) fn traced(args: &[&str]) -> Option<Done> {
    let done = interloper(&[&["trace"], args].concat());
    if done.code == Some(4) && done.err.contains("this host refuses") {
        eprintln!("left out: {}", done.err);
        return None;
    }
    assert_eq!(done.code, Some(0), "{done:?}");
    Some(done)
}

pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(INTERLOPER);
    command.args(args).env("XDG_CACHE_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"));
    command
}

/// Runs a command to its end, or for ten minutes: a machine may be busy.
pub(crate) fn run(mut command: Command) -> Done {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let n = RUNS.fetch_add(1, Ordering::Relaxed);
    // A runner may give each test a process of its own.
    let dir = dir(&format!("run-{}-{n}", std::process::id()));
    let (out, err) = (dir.join("out"), dir.join("err"));
    command.stdin(Stdio::null());
    command.stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap());
    let mut child = command.spawn().unwrap();
    let done = ended(&mut child, Duration::from_secs(600));
    let text = |path: &Path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
    let (out, err) = (text(&out), text(&err));
    let _ = fs::remove_dir_all(&dir);
    assert!(done, "it did not end within ten minutes\n{out}\n{err}");
    let code = child.wait().unwrap().code();
    Done { code, out, err }
}

/// Waits for a process; kills it when it is late.
pub(crate) fn ended(child: &mut Child, patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}

/// A driver that is a shell script.
pub(crate) fn script(dir: &Path, name: &str, text: &str) -> String {
    let path = dir.join(format!("{name}.sh"));
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    // Whatever the umask of whoever runs the tests.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Returns the command of a driver of these tests in Python, beside the kit and the careful store in a directory of its own, which the sandbox
/// has to show.
pub(crate) fn python(dir: &Path, file: &str) -> String {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = here.join("tests/commands");
    let kit = here.join("../driver/python/interloper_driver.py");
    for from in [tests.join(file), tests.join("careful.py"), kit] {
        fs::copy(&from, dir.join(from.file_name().unwrap())).unwrap();
    }
    format!("python3 {}/{file}", dir.display())
}

/// The processes with this word in their arguments.
pub(crate) fn processes(word: &str) -> Vec<String> {
    let entries = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let pids = entries.filter(|entry| {
        entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit())
    });
    pids.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(word) && !line.contains(" check "))
        .collect()
}

/// Whether these tests run as root.
pub(crate) fn root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Returns the scenarios of a run that have this verdict.
pub(crate) fn with(run: &Value, verdict: &str) -> BTreeSet<String> {
    let results = run["results"].as_array().unwrap().iter();
    let results = results.filter(|result| result["verdict"] == verdict);
    results.map(|result| result["scenario"].as_str().unwrap().to_owned()).collect()
}

/// Returns what is said of a manifest with this text, which is a usage error.
pub(crate) fn usage(option: &str, file: &Path, text: &str) -> String {
    fs::write(file, text).unwrap();
    let done = interloper(&["check", option, file.to_str().unwrap()]);
    assert_eq!(done.code, Some(2), "{done:?}");
    done.err
}

/// Replays the finding of a scenario by its file and by its token; returns what the latter says, or nothing if this host has no sandbox
/// for it, which is said.
pub(crate) fn replays(option: &str, manifest: &str, scenario: &str) -> Option<String> {
    let kept = dir(&format!("replay-{}", scenario.replace(':', "-"))).join("kept");
    let kept = kept.to_str().unwrap();
    let done = interloper(&["check", option, manifest, "--save", kept, "--scenario", scenario]);
    if left_out(&done) {
        return None;
    }
    assert_eq!(done.code, Some(1), "{done:?}");
    let files = fs::read_dir(kept).unwrap().map(|entry| entry.unwrap().path());
    let replay = files.into_iter().find(|path| path.to_string_lossy().contains("replay.json"));
    let replay = replay.unwrap();
    let done = interloper(&["replay", replay.to_str().unwrap()]);
    assert_eq!(done.code, Some(1), "{done:?}");
    let file: Value = serde_json::from_str(&fs::read_to_string(replay).unwrap()).unwrap();
    let done = interloper(&["replay", file["token"].as_str().unwrap(), option, manifest]);
    assert_eq!(done.code, Some(1), "{done:?}");
    Some(done.out)
}

/// Returns whether this host has no sandbox with a network of its own, which is said.
pub(crate) fn left_out(done: &Done) -> bool {
    let without = "only tier namespaces keeps to itself";
    let without = done.out.contains(without) || done.err.contains(without);
    if without {
        eprintln!("left out: {}", done.err);
    }
    without
}
