//! Every call seen once, in order, with its path, flags, mode and umask: one table for both backends and every language.

use std::path::Path;

use nix::errno::Errno;

use super::held::{Call, Program, ProgramRun, make_home};
use super::programs::Language;
use crate::access::tests::others::in_child;
use crate::stepper::{Hold, Release, Step};

/// A program, and the calls of each of its threads.
struct ExpectedCalls {
    name: &'static str,
    threads: fn() -> Vec<Vec<String>>,
}

/// The same in every language, but for what [`common`] takes off.
const KNOWN: [ExpectedCalls; 4] = [
    ExpectedCalls { name: "plain", threads: plain },
    ExpectedCalls { name: "threads", threads: || several("t") },
    ExpectedCalls { name: "children", threads: || several("c") },
    ExpectedCalls { name: "spawned", threads: || several("p") },
];

/// What is one language's to show, exactly as it is.
const ONLY_C: [ExpectedCalls; 5] = [
    ExpectedCalls { name: "forms", threads: forms },
    ExpectedCalls { name: "signals", threads: signals },
    ExpectedCalls { name: "interrupted", threads: interrupted },
    ExpectedCalls { name: "exec_in_thread", threads: exec_in_thread },
    ExpectedCalls { name: "stopped", threads: stopped },
];

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn plain() -> Vec<Vec<String>> {
    vec![lines(
        r#"
        mkdir("~/d", 0750) & 027
        chdir("~/d")
        open("~/d/a", O_WRONLY|O_CREAT|O_EXCL, 0640) & 027
        write(N ~/d/a, 5 bytes)
        fsync(N ~/d/a)
        close(N ~/d/a)
        rename("~/d/a", "~/d/b")
        chmod("~/d/b", 0600)
        symlink("b", "~/d/s")
        open("~/d/b", O_RDONLY)
        read(N ~/d/b, up to 16 bytes)
        close(N ~/d/b)
        unlink("~/d/b")
        "#,
    )]
}

fn files(dir: &str, who: usize) -> Vec<String> {
    let file = |n| {
        [
            format!("open(\"~/{dir}/{who}-{n}\", O_WRONLY|O_CREAT|O_EXCL, 0600) & 022"),
            format!("write(N ~/{dir}/{who}-{n}, 3 bytes)"),
            format!("close(N ~/{dir}/{who}-{n})"),
        ]
    };
    (0..20).flat_map(file).collect()
}

fn several(dir: &str) -> Vec<Vec<String>> {
    let first = vec![format!("mkdir(\"~/{dir}\", 0700) & 022")];
    std::iter::once(first).chain((0..3).map(|who| files(dir, who))).collect()
}

fn forms() -> Vec<Vec<String>> {
    vec![lines(
        r#"
        mkdir("~/f", 0755) & 077
        open("~/f", O_RDONLY|O_DIRECTORY)
        open("~/f/x", O_RDWR|O_CREAT|O_EXCL, 0666) & 077
        ftruncate(N ~/f/x, 4096)
        open("~/f/x", O_RDONLY|O_NOFOLLOW, RESOLVE_BENEATH)
        close(N ~/f/x)
        chmod("~/f/x", 0640, AT_SYMLINK_NOFOLLOW)
        open("~/f/x", O_RDONLY)
        close(N ~/f/x)
        mkdir("~/f/y", 0711) & 077
        unlink("~/f/y", AT_REMOVEDIR)
        mmap(…, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, N ~/f/x, 0)
        close(N ~/f/x)
        close(N ~/f)
        "#,
    )]
}

fn signals() -> Vec<Vec<String>> {
    let mut calls = lines(r#"open("~/g", O_WRONLY|O_CREAT|O_EXCL, 0600) & 022"#);
    calls.extend(std::iter::repeat_n("write(N ~/g, 3 bytes)".to_owned(), 20));
    calls.push("close(N ~/g)".into());
    vec![calls]
}

fn interrupted() -> Vec<Vec<String>> {
    let reader = r#"
        mknod("~/q", S_IFIFO|0600, 0) & 022
        open("~/q", O_RDONLY)
        read(N ~/q, up to 16 bytes)
        close(N ~/q)
    "#;
    let writer = r#"
        open("~/q", O_WRONLY)
        write(N ~/q, 3 bytes)
        close(N ~/q)
    "#;
    vec![lines(reader), lines(writer)]
}

fn exec_in_thread() -> Vec<Vec<String>> {
    let mut calls = vec!["mkdir(\"~/p\", 0700) & 022".to_owned()];
    calls.extend(files("p", 0));
    vec![calls]
}

fn stopped() -> Vec<Vec<String>> {
    vec![vec!["mkdir(\"~/c\", 0700) & 022".into()], files("c", 0)]
}

/// What languages and machines spell differently: which of two calls a function is, close-on-exec, and the numbers of descriptors.
fn common(call: &Call) -> String {
    let (name, rest) = call.text.split_once('(').unwrap_or_default();
    let name = match name {
        "openat" | "openat2" => "open",
        "mkdirat" => "mkdir",
        "mknodat" => "mknod",
        "renameat" | "renameat2" => "rename",
        "unlinkat" => "unlink",
        "symlinkat" => "symlink",
        "fchmodat" | "fchmodat2" => "chmod",
        "pwrite64" => "write",
        "pread64" => "read",
        other => other,
    };
    let rest = rest.replace("|O_CLOEXEC", "");
    // A descriptor is a number, then where it leads.
    let mut words: Vec<String> = rest.split(' ').map(str::to_owned).collect();
    for index in 1..words.len() {
        if words[index].starts_with("~/") && words[index - 1].parse::<u32>().is_ok() {
            words[index - 1] = "N".into();
        }
    }
    let umask = call.umask.map_or_else(String::new, |umask| format!(" & 0{:02o}", umask.bits()));
    format!("{name}({}{umask}", words.join(" "))
}

/// Compares what was seen with the table; what is wrong.
fn compare(ran: &ProgramRun, known: &ExpectedCalls, hold: Hold) -> Result<(), String> {
    if ran.status != 0 {
        return Err(format!("ended with wait status {:#x} and said {:?}", ran.status, ran.said));
    }
    // Which thread comes first is chance.
    let sorted = |mut threads: Vec<Vec<String>>| {
        threads.sort();
        threads
    };
    let mut seen: Vec<Vec<String>> =
        ran.calls.values().map(|calls| calls.iter().map(common).collect()).collect();
    // The kernel makes a call again that a handler interrupted, and asks again: a listener cannot tell that from a call made twice.
    if hold == Hold::Notify && known.name == "interrupted" {
        seen.iter_mut().for_each(Vec::dedup);
    }
    let seen = sorted(seen);
    let wanted = sorted((known.threads)());
    for (seen, wanted) in seen.iter().zip(&wanted) {
        if seen != wanted {
            return Err(format!("saw\n  {}\nfor\n  {}", seen.join("\n  "), wanted.join("\n  ")));
        }
    }
    if seen.len() != wanted.len() {
        return Err(format!("saw {} threads for {}", seen.len(), wanted.len()));
    }
    for call in ran.calls.values().flatten() {
        let right = match (hold, call.result) {
            (Hold::Notify, result) => result.is_none(),
            (Hold::Trace, Some(result)) => {
                // A read gives the 5 bytes or the 3 that are there, and the others what they say or a descriptor.
                let bytes = |n| call.text.contains(&format!(", {n} bytes)")) && result == n;
                result >= 0
                    && (!call.text.starts_with("write") || bytes(3) || bytes(5))
                    && (!call.text.starts_with("close") || result == 0)
            }
            (Hold::Trace, None) | (Hold::Answer, _) => false,
        };
        // The kernel may be older than the call.
        let unknown = call.text.starts_with("fchmodat2") && call.result == Some(-38);
        if !right && !unknown {
            return Err(format!("{} gave {:?}", call.text, call.result));
        }
    }
    Ok(())
}

/// Runs a program anew, in a process of one thread.
pub(super) fn run(
    language: Language,
    hold: Hold,
    argv: &[String],
    how: impl Fn(&Step) -> Release,
) -> Result<ProgramRun, String> {
    let home = tempfile::tempdir().map_err(|error| error.to_string())?;
    let layout = make_home(home.path());
    in_child(|| {
        Program::start(hold, &layout, argv.to_vec(), language.environment())?.go_through(how)
    })
}

/// What a program is started with; nothing where this host has not got the language, which must not pass unseen in CI.
pub(super) fn command(language: Language, dir: &Path, name: &str) -> Option<Vec<String>> {
    match language.command(dir, name) {
        Ok(command) => Some(command),
        Err(why) if std::env::var_os("CI").is_some() => panic!("{language:?}: {why}"),
        Err(why) => {
            eprintln!("not tested: {language:?}: {why}");
            None
        }
    }
}

fn conforms(language: Language, hold: Hold, all: &[ExpectedCalls]) {
    let dir = tempfile::tempdir().unwrap();
    for known in all {
        // It has no fork.
        if language == Language::Node && known.name == "children" {
            continue;
        }
        let Some(argv) = command(language, dir.path(), known.name) else { return };
        // One thread dies while another takes its number: what is seen of it in between is chance.
        let times = if known.name == "exec_in_thread" { 50 } else { 1 };
        for _ in 0..times {
            let seen = run(language, hold, &argv, |_| Release::Continue);
            if let Err(why) = seen.and_then(|ran| compare(&ran, known, hold)) {
                panic!("{language:?} {} by {hold:?}: {why}", known.name);
            }
        }
    }
    let Some(argv) = command(language, dir.path(), "fails") else { return };
    let injected = run(language, hold, &argv, |step| {
        if step.changes { Release::Fail(Errno::EIO) } else { Release::Continue }
    });
    let ran = injected.unwrap();
    assert_eq!(ran.said.trim(), "5", "{language:?} by {hold:?} did not see the error");
    if hold == Hold::Trace {
        assert!(ran.calls.values().flatten().any(|call| call.result == Some(-5)), "{ran:?}");
    }
}

/// Two waiting for one lock: the second is in its call while the first goes through its own.
fn waits_for_a_lock(hold: Hold) {
    let dir = tempfile::tempdir().unwrap();
    let Some(argv) = command(Language::C, dir.path(), "locks") else { return };
    let ran = run(Language::C, hold, &argv, |_| Release::Continue).unwrap();
    assert_eq!(ran.status, 0, "{}", ran.said);
    let wanted = lines(
        r#"
        open("~/l", O_RDWR|O_CREAT, 0600) & 022
        flock(N ~/l, LOCK_EX)
        write(N ~/l, 3 bytes)
        flock(N ~/l, LOCK_UN)
        close(N ~/l)
        "#,
    );
    assert_eq!(ran.calls.len(), 2);
    for calls in ran.calls.values() {
        assert_eq!(calls.iter().map(common).collect::<Vec<_>>(), wanted);
    }
}

/// A close that is made to fail.
fn closes_all_the_same(hold: Hold) {
    let dir = tempfile::tempdir().unwrap();
    let Some(argv) = command(Language::C, dir.path(), "closes") else { return };
    let first = std::cell::Cell::new(true);
    let fail = |step: &Step| match step.name == "close" && first.replace(false) {
        true => Release::Fail(Errno::EIO),
        false => Release::Continue,
    };
    let ran = run(Language::C, hold, &argv, fail).unwrap();
    assert_eq!(
        ran.said.trim(),
        "5 1 1",
        "its error, a descriptor for nothing, a lock that is free"
    );
    if hold == Hold::Trace {
        assert!(ran.calls.values().flatten().any(|call| call.result == Some(-5)), "{ran:?}");
    }
}

macro_rules! over_both {
    ($($name:ident: $check:expr;)*) => {
        mod notified {
            use super::*;
            $(#[test] fn $name() { ($check)(Hold::Notify) })*
        }
        mod traced {
            use super::*;
            $(#[test] fn $name() { ($check)(Hold::Trace) })*
        }
    };
}

over_both! {
    c: |hold| conforms(Language::C, hold, &KNOWN);
    c_in_all_forms: |hold| conforms(Language::C, hold, &ONLY_C);
    python: |hold| conforms(Language::Python, hold, &KNOWN);
    node: |hold| conforms(Language::Node, hold, &KNOWN);
    rust: |hold| conforms(Language::Rust, hold, &KNOWN);
    locks: waits_for_a_lock;
    close: closes_all_the_same;
}
