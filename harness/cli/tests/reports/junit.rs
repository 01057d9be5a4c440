//! JUnit XML, held against the schema that CI servers use.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use interloper_record::{Allow, Exit, Policy, Run, Severity, Verdict};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus};

use crate::fixture::{because, empty, finding, result, rich, with};
use crate::render::render;
use crate::report::Format;

/// Whether the schema takes the file; the reasons, if not.
pub(crate) fn valid(name: &str, xml: &str) -> Result<(), String> {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, xml).expect("the target directory can be written");
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/junit-10.xsd");
    assert!(schema.is_file(), "{} is missing", schema.display());
    let output = Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema"])
        .args([&schema, &path])
        .output()
        .unwrap_or_else(|error| {
            panic!(
                "cannot run xmllint: {error}\n\
                 This test holds the JUnit report against its schema and has no weaker form. Install it:\n  \
                 Debian, Ubuntu: apt-get install libxml2-utils    Fedora: dnf install libxml2    \
                 Alpine: apk add libxml2-utils    macOS has it"
            )
        });
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

fn cases(xml: &str) -> Vec<TestCase> {
    let report = quick_junit::Report::deserialize_from_str(xml).expect("the report reads back");
    report.test_suites.into_iter().flat_map(|suite| suite.test_cases).collect()
}

/// One letter for each test case: `.` passed, `F`, `E`, `s`.
fn letters(run: &Run, policy: &Policy) -> String {
    cases(&render(run, Format::Junit, policy))
        .iter()
        .map(|case| match &case.status {
            TestCaseStatus::Success { .. } => '.',
            TestCaseStatus::Skipped { .. } => 's',
            TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, .. } => 'F',
            TestCaseStatus::NonSuccess { kind: NonSuccessKind::Error, .. } => 'E',
        })
        .collect()
}

#[test]
fn the_schema_takes_every_report() {
    let allow = vec![Allow::Skip, Allow::Predicted];
    let tolerant = Policy { fail_on: Severity::High, allow };
    for (name, run) in [("junit-rich.xml", rich()), ("junit-empty.xml", empty())] {
        for policy in [Policy::default(), tolerant.clone()] {
            let xml = render(&run, Format::Junit, &policy);
            assert_eq!(valid(name, &xml), Ok(()), "{xml}");
        }
    }
}

#[test]
fn the_schema_is_able_to_refuse() {
    let xml = render(&rich(), Format::Junit, &Policy::default());
    let xml = xml.replacen("<testcase ", "<testcase invented=\"1\" ", 1);
    assert!(valid("junit-wrong.xml", &xml).unwrap_err().contains("invented"));
}

#[test]
fn a_rich_run_as_test_cases() {
    insta::assert_snapshot!(render(&rich(), Format::Junit, &Policy::default()));
}

#[test]
fn a_case_is_red_exactly_where_the_run_is() {
    let base = |verdict| result("s", "file", "area::subject", verdict);
    let found = |severity, known: Option<&str>| {
        let mut finding = finding("cause", severity);
        finding.known = known.map(Into::into);
        with(base(Verdict::Fail), vec![finding])
    };
    let predicted = || {
        let mut result = base(Verdict::Pass);
        result.predicted = true;
        result
    };
    let fails_without_a_finding = base(Verdict::Fail);
    let table = [
        (base(Verdict::Pass), "."),
        (found(Severity::High, None), "F"),
        (found(Severity::Low, None), "."),
        (found(Severity::High, Some("accepted")), "s"),
        (because(base(Verdict::Error), "broke"), "E"),
        (because(base(Verdict::Skip), "no root"), "s"),
        (predicted(), "s"),
        (fails_without_a_finding, "E"),
    ];
    for (result, expected) in table {
        let mut run = empty();
        run.results = vec![result];
        let letters = letters(&run, &Policy::default());
        let letters = letters.strip_suffix('E').filter(|_| letters.len() > 1).unwrap_or(&letters);
        assert_eq!(letters, expected, "{:?}", run.results);
        let exit = Policy::default().judge(&run).exit;
        let red = matches!(exit, Exit::Findings | Exit::Broken);
        assert_eq!(letters.contains(['F', 'E']), red, "exit {}", exit.code());
    }
}

#[test]
fn a_run_that_tested_nothing_is_not_green() {
    assert_eq!(letters(&empty(), &Policy::default()), "E");
    let mut run = empty();
    run.results = vec![because(result("s", "file", "a::b", Verdict::Unsupported), "no purge")];
    assert_eq!(letters(&run, &Policy::default()), "sE");
    run.results = vec![because(result("s", "file", "a::b", Verdict::Skip), "no strace")];
    let tolerant = Policy { allow: vec![Allow::Skip], ..Policy::default() };
    assert_eq!(letters(&run, &tolerant), "sE");
}

#[test]
fn what_xml_cannot_hold_does_not_reach_it() {
    let mut run = empty();
    let mut found = finding("cause", Severity::High);
    found.sentence = "]]> <failure> & \u{0} \u{1b}[31m \u{fffe} é".into();
    run.results = vec![with(result("s", "file", "a::b", Verdict::Fail), vec![found])];
    let xml = render(&run, Format::Junit, &Policy::default());
    assert_eq!(valid("junit-hostile.xml", &xml), Ok(()), "{xml}");
}
