//! A trace, laid out.

use interloper_engine::Workload;
use interloper_record::{Access, Commit, Holder, TRACE_FORMAT, Trace, TraceStep, Traces};

use crate::report::trace::{human, json};

fn step(number: u32, call: &str, mode: &str, access: &str, windows: &[(&str, bool)]) -> TraceStep {
    let other = |principal: &str| Access {
        principal: principal.into(),
        access: access.into(),
        secret: false,
    };
    TraceStep {
        number,
        name: call.split('(').next().unwrap_or_default().into(),
        call: call.into(),
        umask: None,
        thread: 1,
        mode: (!mode.is_empty()).then(|| mode.into()),
        others: if access.is_empty() {
            vec![]
        } else {
            ["groupmate", "stranger"].map(other).into()
        },
        windows: windows
            .iter()
            .map(|(who, kept)| Holder { principal: (*who).into(), kept: *kept })
            .collect(),
    }
}

fn trace(steps: Vec<TraceStep>) -> Trace {
    Trace {
        store: "httpie".into(),
        version: "3.2.4".into(),
        setup: "file".into(),
        umask: "0022".into(),
        home: "0755".into(),
        tier: "namespaces".into(),
        predicted: false,
        operation: Workload::Save,
        call: r#"save("alpha", {one secret})"#.into(),
        answer: interloper_record::AnswerEvent::Ok,
        exhaustive: true,
        unseen: None,
        principals: vec!["groupmate".into(), "stranger".into()],
        before: vec![],
        steps,
        commit: None,
        started: vec![],
    }
}

/// A window that is closed, and one that is not.
fn closed_and_open() -> Traces {
    let both = [("groupmate", false), ("stranger", false)];
    let mut first = trace(vec![
        step(1, r#"mkdir("~/sessions", 0700)"#, "drwx------", "", &[]),
        step(
            2,
            r#"openat("~/sessions/<new#1>", O_WRONLY|O_CREAT|O_TRUNC|O_NOFOLLOW|O_CLOEXEC, 0666)"#,
            "-rw-r--r--",
            "r",
            &[],
        ),
        step(3, "write(5 ~/sessions/<new#1>, 546 bytes)", "-rw-r--r--", "r", &both),
        step(
            4,
            r#"fsetxattr(5 ~/sessions/<new#1>, "user.a-rather-long-name-of-an-attribute", 12 bytes)"#,
            "-rw-r--r--",
            "r",
            &both,
        ),
        step(5, r#"unlink("~/sessions/<new#1>")"#, "", "", &[]),
        step(6, "openat(\"~/a\u{1b}[31m\", O_RDONLY)", "-rw-------", "-", &[]),
    ]);
    first.steps[1].umask = Some("0002".into());
    first.commit = Some(Commit {
        step: 5,
        before: "err corrupt".into(),
        after: "the new session".into(),
        loads: 4,
    });
    first.started = vec![vec!["/bin/sh".into(), "-c".into(), "<secret>".into()]];
    let mut second = trace(vec![
        step(
            1,
            r#"chmod("~/sessions/alpha.json", 0600)"#,
            "-rw-------",
            "-",
            &[("stranger", true)],
        ),
        step(
            2,
            "write(5 ~/sessions/alpha.json, 546 bytes)",
            "-rw-------",
            "-",
            &[("stranger", true)],
        ),
    ]);
    second.operation = Workload::Update;
    second.before = vec![Holder { principal: "stranger".into(), kept: false }];
    second.steps[1].thread = 2;
    second.exhaustive = false;
    second.predicted = true;
    Traces { format: TRACE_FORMAT, interloper: "0.1.0".into(), traces: vec![first, second] }
}

fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[test]
fn windows_are_bracketed_and_long_calls_keep_to_their_column() {
    insta::assert_snapshot!(plain(&human(&closed_and_open(), 100)));
}

#[test]
fn lines_fit_and_nothing_reaches_the_terminal_that_it_would_obey() {
    for width in [72, 80, 100, 140] {
        let text = human(&closed_and_open(), width);
        assert!(!text.contains("\u{1b}[31m\""), "{text}");
        for line in plain(&text).lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
            assert_eq!(line.trim_end(), line, "no spaces at the end");
        }
    }
}

#[test]
fn an_operation_without_steps_says_so() {
    let traces = Traces { traces: vec![trace(vec![])], ..closed_and_open() };
    assert!(plain(&human(&traces, 100)).contains("no step: no call"));
}

#[test]
fn the_json_is_the_record() {
    let traces = closed_and_open();
    let read: Traces = serde_json::from_str(&json(&traces).unwrap()).unwrap();
    assert_eq!(read, traces);
}
