//! Findings that the documentation of the software announces.

use interloper_record::documented::{Announcement, Documentation};
use interloper_record::known::write_known;
use interloper_record::{Exit, Policy, Run, Severity, Verdict};

use crate::fixture::{empty, finding, result, store, with};

const CATALOGUE: [&str; 2] = ["lifecycle::logout", "lifecycle::identity"];

fn announced(setup: Option<&str>, cause: &str) -> Documentation {
    let announcement = Announcement {
        setup: setup.map(str::to_owned),
        scenario: "lifecycle::logout".into(),
        cause: Some(cause.into()),
        page: "https://x.test/sessions".into(),
        says: "a logout ends no session".into(),
    };
    assert_eq!(announcement.wrong(), None);
    let announcements = vec![announcement];
    Documentation { file: "subject.toml".into(), store: "flask".into(), announcements }
}

/// A run of two setups, in which a logout ends no session.
fn run() -> Run {
    let fail = |setup| {
        let result = result("flask", setup, "lifecycle::logout", Verdict::Fail);
        with(result, vec![finding("alive", Severity::Medium)])
    };
    let stores = vec![store("flask", "3.1.3", &["defaults", "hardened"])];
    Run { stores, results: vec![fail("defaults"), fail("hardened")], ..empty() }
}

#[test]
fn what_is_announced_stays_and_does_not_fail() {
    let mut run = run();
    assert_eq!(Policy::default().judge(&run).exit, Exit::Findings);
    announced(None, "alive").apply(&mut run, &CATALOGUE);
    let findings: Vec<_> = run.results.iter().flat_map(|result| &result.findings).collect();
    assert_eq!(findings.len(), 2);
    for finding in findings {
        let documented = finding.documented.as_ref().unwrap();
        assert_eq!(documented.page, "https://x.test/sessions");
        assert_eq!(documented.to_string(), "a logout ends no session (https://x.test/sessions)");
        assert!(finding.known.is_none() && !finding.is_new());
    }
    let outcome = Policy::default().judge(&run);
    assert_eq!(outcome.exit, Exit::Clean, "{}", outcome.words());
    assert!(outcome.words().ends_with("passed or is documented"), "{}", outcome.words());
    assert!(!write_known(&run).contains("[[known]]"), "{}", write_known(&run));
}

#[test]
fn an_announcement_for_one_setup_excuses_no_other() {
    let mut run = run();
    announced(Some("defaults"), "alive").apply(&mut run, &CATALOGUE);
    assert!(run.results[0].findings[0].documented.is_some());
    assert!(run.results[1].findings[0].is_new());
    assert_eq!(Policy::default().judge(&run).exit, Exit::Findings);
}

#[test]
fn an_announcement_that_no_longer_holds_fails_the_run() {
    let mut run = run();
    announced(None, "another").apply(&mut run, &CATALOGUE);
    assert!(run.results.iter().flat_map(|result| &result.findings).all(|one| one.is_new()));
    assert_eq!(run.stale.len(), 1);
    assert_eq!(run.stale[0].file, "subject.toml");
    assert_eq!(run.stale[0].why, "this cause was not found, only alive: remove the entry");
}
