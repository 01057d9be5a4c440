//! Hostile drivers by the dozen, `hostile.py`: each run ends by itself with the verdict that is true, nothing of it is left, and the harness
//! stays small.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::hostile::nothing_is_left;
use crate::kit::{Done, command, dir, python, root};

/// Memory that the harness may have at once, in KiB.
const MEMORY: u64 = 1 << 20;
/// Uids from here on are nobody's but a sandbox's.
const SANDBOX_UIDS: u32 = 100_000;

/// A misbehaviour, the exit code of a run with it, and what the report says.
type Expected = (&'static str, i32, &'static str);

const SCENARIOS: [&str; 2] = ["permissions::side_files", "exposure::no_window"];
/// Those whose every step takes long: one scenario that does not step is enough.
const LONG: [&str; 8] = [
    "bombs",
    "calls_for_ever",
    "close_runs_for_ever",
    "digs_3000_deep",
    "leaves_a_daemon_at_work_and_waits",
    "makes_10000_files",
    "runs_for_ever",
    "sleeps_a_little_each_time",
];

/// Runs the command to its end; what came of it, and the most memory that a process of the harness's had, in KiB.
fn checked(dir: &Path, driver: &str) -> (Done, u64) {
    let is_long = LONG.iter().any(|name| driver.ends_with(name));
    let scenarios = if is_long { SCENARIOS[0].to_owned() } else { SCENARIOS.join(",") };
    let narrow = ["--umask", "0022", "--setup", "file", "--scenario", &scenarios];
    let mut command = command(&[&["check", "--driver", driver][..], &narrow].concat());
    let (out, err) = (dir.join("out"), dir.join("err"));
    command.stdin(Stdio::null());
    command.stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap());
    let mut child = command.spawn().unwrap();
    let (code, memory) = ended(&mut child);
    let text = |path: &Path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
    (Done { code, out: text(&out), err: text(&err) }, memory)
}

/// Waits for the end of the harness, ten minutes at the most, and looks at its processes meanwhile.
fn ended(child: &mut Child) -> (Option<i32>, u64) {
    let deadline = Instant::now() + Duration::from_secs(600);
    let mut memory = 0;
    loop {
        memory = peaks(child.id()).into_iter().fold(memory, u64::max);
        if let Some(status) = child.try_wait().unwrap() {
            return (status.code(), memory);
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            return (None, memory);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The peaks of the resident memory of a process and of its descendants that are the harness's, in KiB: VmHWM, proc_pid_status(5).
fn peaks(process: u32) -> Vec<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name));
    if !field("Name:").is_some_and(|name| name.trim().starts_with("interloper")) {
        return Vec::new();
    }
    let peak = field("VmHWM:").and_then(|text| text.split_whitespace().next()?.parse().ok());
    let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten();
    let children =
        tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("children")).ok());
    let children: Vec<u32> = children
        .flat_map(|text| {
            text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()
        })
        .collect();
    peak.into_iter().chain(children.into_iter().flat_map(peaks)).collect()
}

/// Returns what is in the directories for temporary files that can only be the harness's or a store's.
fn temporary() -> BTreeSet<PathBuf> {
    let entries = ["/tmp", "/dev/shm"].map(|dir| fs::read_dir(dir).into_iter().flatten());
    let entries = entries.into_iter().flatten().filter_map(Result::ok);
    let is_of_a_sandbox = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("interloper-")
            || fs::symlink_metadata(path).is_ok_and(|data| data.uid() >= SANDBOX_UIDS)
    };
    entries.map(|entry| entry.path()).filter(is_of_a_sandbox).collect()
}

/// Other tests run sandboxes meanwhile: what stays is what is left.
fn no_new_file_stays(before: &BTreeSet<PathBuf>) {
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut new: BTreeSet<PathBuf> = &temporary() - before;
    while !new.is_empty() {
        assert!(Instant::now() < deadline, "left: {new:?}");
        std::thread::sleep(Duration::from_millis(100));
        new.retain(|path| path.symlink_metadata().is_ok());
    }
}

/// Checks each of these drivers; all that go wrong are told together.
fn all_end_truly(group: &str, table: &[Expected]) {
    if !root() {
        eprintln!(
            "left out: outside of namespaces these do to the user what they do to the sandbox"
        );
        return;
    }
    let dir = dir(&format!("sixty-{group}"));
    let python = python(&dir, "hostile.py");
    let before = temporary();
    let mut wrong = Vec::new();
    for (name, code, says) in table {
        let driver = format!("{python} {name}");
        let (done, memory) = checked(&dir, &driver);
        let words = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
        if done.code != Some(*code) || !words.contains(says) || words.contains("BROKE OUT") {
            wrong.push(format!("{name}: wants exit {code} and {says:?}: {done:?}"));
        }
        // What a store prints or calls its files is no command to a terminal.
        let both = done.out.chars().chain(done.err.chars());
        if both.clone().any(|c| c.is_control() && c != '\n') {
            wrong.push(format!("{name}: a control character: {done:?}"));
        }
        if memory > MEMORY {
            wrong.push(format!("{name}: the harness had {memory} KiB"));
        }
        nothing_is_left(&driver);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.contains("interloper"), "{mounts}");
    no_new_file_stays(&before);
}

const BREACH: &str = "its driver breaks the protocol, so nothing of it was tested";
const SOUND: &str = "everything selected ran on kernel evidence and passed";

#[test]
fn hellos() {
    all_end_truly(
        "hello",
        &[
            ("hello_none", 2, "no answer to hello: it sleeps in pause(2), which nobody ends"),
            ("hello_slept", 2, "no answer to hello: it slept for more than 15 s"),
            ("hello_garbage", 2, "hello was answered with something that is not an answer"),
            ("hello_half_a_line", 2, "no answer to hello: it sleeps in pause(2)"),
            ("hello_wrong_number", 2, "hello was answered with number 7 instead of 0"),
            (
                "hello_wrong_types",
                2,
                "hello was answered with something that is no hello: invalid type",
            ),
            ("hello_unknown_words", 2, "unknown variant `teleport`"),
            ("hello_too_long", 2, "an answer is longer than 16 MiB"),
            ("hello_twice", 0, SOUND),
            ("hello_after_hanging_up", 3, "it closed its requests during fork and lives on"),
            ("hello_claims_everything", 3, BREACH),
            ("hello_application_without_requests", 2, "hello.application is missing"),
            ("ends_at_once", 2, "it exited with status 0 during hello"),
            ("ends_after_hello", 3, "it exited with status 0 during fork"),
        ],
    );
}

#[test]
fn forks() {
    all_end_truly(
        "fork",
        &[
            ("fork_unanswered", 3, "no answer to fork: it sleeps in pause(2)"),
            ("fork_names_itself", 3, "which is not its child"),
            ("fork_names_pid_1", 3, "fork was answered with 1, which is not its child"),
            ("fork_names_a_prober", 3, "fork was answered with 4, which is not its child"),
            ("fork_names_a_negative_pid", 3, "fork was answered with -1, which is not its child"),
            ("fork_names_a_text", 3, "fork was answered with something that is no pid"),
            ("fork_names_a_huge_pid", 3, "fork was answered with something that is no pid"),
            ("fork_is_refused", 3, "fork was answered with io: no more"),
            ("fork_answered_by_the_parent", 3, "no answer to open: it slept for more than 6 s"),
            ("fork_answered_twice", 0, SOUND),
            ("fork_makes_two_children", 3, "no answer to open: it sleeps in pause(2)"),
            ("fork_ends_at_once", 3, "it exited with status 0 during fork"),
            ("fork_ends_the_parent", 3, "it exited with status 3 during fork"),
            ("forks_at_every_request", 3, BREACH),
        ],
    );
}

#[test]
fn answers() {
    const NO_ANSWER: &str = "load was answered with something that is not an answer";
    all_end_truly(
        "answers",
        &[
            ("open_never_answers", 3, "no answer to open: it sleeps in pause(2)"),
            ("open_crashes", 3, "it was killed by SIGABRT during open"),
            ("open_is_refused", 3, "it answered io: OSError: [Errno 5] not today"),
            ("save_wrong_number", 3, "save was answered with number 1099511627776 instead of"),
            ("save_both", 3, "save was answered with neither or both of ok and err"),
            ("save_neither", 3, "save was answered with neither or both of ok and err"),
            ("save_half_a_line", 1, "no answer to save: it sleeps in pause(2)"),
            ("save_answered_before_it_works", 0, SOUND),
            ("answers_of_15_mib", 0, SOUND),
            ("load_no_session", 3, "load was answered with something that is no session"),
            ("load_deep", 3, NO_ANSWER),
            ("load_nan", 3, NO_ANSWER),
            ("load_huge_number", 3, NO_ANSWER),
            ("load_lone_surrogates", 3, NO_ANSWER),
            ("load_not_utf8", 3, NO_ANSWER),
            ("writes_into_its_requests", 0, SOUND),
            ("replaces_its_pipes", 1, "it exited with status 0 during save"),
            ("floods_empty_lines", 2, "hello was answered with more than 16 MiB of lines"),
            ("floods_old_answers", 3, "fork was answered with more than 16 MiB of lines"),
            ("floods_between_its_steps", 3, "save was answered with more than 16 MiB of lines"),
        ],
    );
}

#[test]
fn processor_time() {
    const SLOW: &str = "no answer to save: it used more than 3 s of processor time";
    all_end_truly(
        "processor-time",
        &[
            ("runs_for_ever", 1, SLOW),
            ("calls_for_ever", 1, SLOW),
            ("sleeps_a_little_each_time", 0, SOUND),
            ("close_runs_for_ever", 0, SOUND),
        ],
    );
}

#[test]
fn waits() {
    all_end_truly(
        "waits",
        &[
            ("closes_its_answers", 1, "no answer to save: it slept for more than 6 s"),
            ("waits_at_its_fifo", 1, "it sleeps in openat(2), which nobody ends"),
            ("locks_itself_out", 1, "it sleeps in fcntl(2), which nobody ends"),
            ("waits_at_a_futex", 1, "it sleeps in futex(2), which nobody ends"),
            ("pauses", 1, "it sleeps in pause(2), which nobody ends"),
            ("stops_itself", 1, "its process was stopped by a signal"),
            ("stops_its_parent", 3, "the child's end is told, after SIGKILL: no event came"),
            ("close_unanswered", 0, SOUND),
            ("close_crashes", 0, SOUND),
            ("lives_on_after_close", 0, SOUND),
            ("once_close_never_ends", 0, SOUND),
        ],
    );
}

#[test]
fn leftovers() {
    all_end_truly(
        "leftovers",
        &[
            ("ends_its_group", 1, "it was killed by SIGTERM during save"),
            ("asks_everything_to_end", 1, "it was killed by SIGTERM during"),
            ("leaves_a_daemon", 0, SOUND),
            ("leaves_a_deaf_daemon", 0, SOUND),
            ("leaves_a_daemon_with_its_answers", 0, SOUND),
            ("leaves_a_daemon_at_work_and_waits", 1, "no answer to save: it used more than 3 s"),
            ("bombs", 1, "no answer to save: it used more than 3 s"),
        ],
    );
}

#[test]
fn amounts() {
    const SAVE_FAILED: &str = "file: save: it answered io: OSError:";
    all_end_truly(
        "amounts",
        &[
            ("makes_10000_files", 0, SOUND),
            ("digs_3000_deep", 0, SOUND),
            ("fills_the_disk", 3, SAVE_FAILED),
            ("makes_a_sparse_tebibyte", 3, "the store holds more than 256 MiB"),
            ("eats_memory", 1, "it had more than 2048 MiB in memory"),
            ("eats_shared_memory", 1, "it had more than 2048 MiB in memory"),
            ("names_with_escapes", 0, SOUND),
            ("prints_escapes", 3, "\\u{1b}]0;owned"),
            ("prints_a_gigabyte", 0, SOUND),
            ("changes_its_limits", 3, SAVE_FAILED),
            ("shuts_its_home", 3, "file: save: it answered denied: PermissionError"),
            ("replaces_its_directory_by_a_link", 3, SAVE_FAILED),
            ("removes_its_directory", 4, "save was answered with absent: FileNotFoundError"),
            ("tries_the_walls", 0, SOUND),
            ("types_into_the_terminal", 0, SOUND),
        ],
    );
}
