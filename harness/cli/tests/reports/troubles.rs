//! What kept a store from being tested, and runs that were ended early: once in every format, with an exit code.

use interloper_record::{
    Allow, Exit, Interrupted, Policy, Run, Severity, Trouble, TroubleKind, Verdict,
};
use serde_json::Value;

use crate::fixture::{empty, finding, result, store, with};
use crate::junit::valid;
use crate::render::render;
use crate::report::Format;
use crate::sarif::faults;

const KINDS: [TroubleKind; 7] = [
    TroubleKind::Start,
    TroubleKind::Application,
    TroubleKind::Protocol,
    TroubleKind::Host,
    TroubleKind::Install,
    TroubleKind::Harness,
    TroubleKind::Output,
];

fn trouble(kind: TroubleKind) -> Trouble {
    let store = (kind != TroubleKind::Output).then(|| "mine".to_owned());
    let what = format!("MARK-{} it ended; last words: \u{1b}[31mgoodbye", kind.as_str());
    Trouble { kind, store, what, details: vec!["dir: list: it answered no list".into()] }
}

/// A store that passed, and this trouble.
fn run(kind: TroubleKind) -> Run {
    let mut run = empty();
    run.stores = vec![store("sound", "1.0.0", &["file"]), store("mine", "", &[])];
    run.results = vec![result("sound", "file", "permissions::nobody_reaches", Verdict::Pass)];
    run.troubles = vec![trouble(kind)];
    run
}

fn interrupted(mut run: Run) -> Run {
    run.troubles.clear();
    run.interrupted = Some(Interrupted { by: "SIGINT".into(), done: 1, of: 79 });
    run
}

#[test]
fn a_trouble_is_shown_once_in_every_format() {
    for kind in KINDS {
        for format in [Format::Human, Format::Json, Format::Junit, Format::Sarif] {
            let text = render(&run(kind), format, &Policy::default());
            let mark = format!("MARK-{}", kind.as_str());
            assert_eq!(text.matches(&mark).count(), 1, "{kind:?} {format:?}: {text}");
            assert!(!text.contains("\u{1b}[31mgoodbye"), "{kind:?} {format:?}: {text}");
        }
    }
}

#[test]
fn a_trouble_decides_the_exit_code_unless_something_worse_does() {
    let exit = |run: &Run| Policy::default().judge(run).exit;
    for kind in KINDS {
        let wanted = match kind {
            TroubleKind::Start | TroubleKind::Application => Exit::Usage,
            TroubleKind::Host => Exit::Untested,
            _ => Exit::Broken,
        };
        assert_eq!(exit(&run(kind)), wanted, "{kind:?}");
        let mut found = run(kind);
        let fail = result("sound", "file", "deletion::canaries_gone", Verdict::Fail);
        found.results.push(with(fail, vec![finding("cause", Severity::High)]));
        assert_eq!(exit(&found), Exit::Findings, "{kind:?}");
        let words = Policy::default().judge(&found).words();
        assert!(words.contains("; also "), "{kind:?}: {words}");
    }
    let mut both = run(TroubleKind::Start);
    both.troubles.push(trouble(TroubleKind::Protocol));
    assert_eq!(exit(&both), Exit::Broken);
    // What the host cannot is accepted as a skip is; nothing else is.
    let lenient = Policy { allow: vec![Allow::Skip], ..Policy::default() };
    assert_eq!(lenient.judge(&run(TroubleKind::Host)).exit, Exit::Clean);
    assert_eq!(lenient.judge(&run(TroubleKind::Start)).exit, Exit::Usage);
}

#[test]
fn a_run_of_nothing_but_a_trouble_says_that_once() {
    let mut run = run(TroubleKind::Start);
    run.results.clear();
    let words = Policy::default().judge(&run).words();
    assert_eq!(words, "1 driver cannot be started");
}

#[test]
fn an_interrupted_run_says_how_far_it_came() {
    let run = interrupted(run(TroubleKind::Start));
    let words = "interrupted after 1 of 79 results (SIGINT)";
    let policy = Policy { allow: vec![Allow::Skip, Allow::Predicted], ..Policy::default() };
    assert_eq!(policy.judge(&run).exit, Exit::Untested);
    assert_eq!(policy.judge(&run).words(), words);
    for format in [Format::Human, Format::Junit, Format::Sarif] {
        let text = render(&run, format, &policy);
        assert!(text.contains(words), "{format:?}: {text}");
    }
    let record: Value = serde_json::from_str(&render(&run, Format::Json, &policy)).unwrap();
    assert_eq!(record["interrupted"]["done"], 1);
}

#[test]
fn the_schemas_take_troubles_and_interruptions() {
    let mut all = interrupted(run(TroubleKind::Start));
    all.troubles = KINDS.map(trouble).to_vec();
    let policy = Policy::default();
    assert_eq!(valid("troubles.xml", &render(&all, Format::Junit, &policy)), Ok(()));
    let log: Value = serde_json::from_str(&render(&all, Format::Sarif, &policy)).unwrap();
    assert_eq!(faults(&log), [""; 0]);
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"].as_array().map(Vec::len), Some(8));
}

#[test]
fn merged_runs_keep_troubles_and_what_is_missing() {
    let (whole, cut) = (run(TroubleKind::Protocol), interrupted(run(TroubleKind::Start)));
    let mut other = cut.clone();
    other.results[0].scenario = "deletion::canaries_gone".into();
    let merged = interloper_record::merge(vec![whole, cut, other], &[""; 0]).unwrap();
    assert_eq!(merged.troubles, [trouble(TroubleKind::Protocol)]);
    let missing = merged.interrupted.map(|ended| ended.of - ended.done);
    assert_eq!(missing, Some(156));
}
