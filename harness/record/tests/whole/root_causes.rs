//! Findings with one root cause are one entry, in every setup and scenario.

use interloper_record::{Family, Severity, Verdict, findings_of, merge, root_causes};

use crate::fixture::{empty, finding, result, with};

const MODE: Family = Family { id: "mode", sentence: "it follows the umask", fix: "0600" };
const OTHER: Family = Family { id: "other", sentence: "something else", fix: "see there" };

fn family(scenario: &str, cause: &str) -> Family {
    if scenario.starts_with("permissions::") && cause.starts_with("read") { MODE } else { OTHER }
}

fn tested() -> interloper_record::Run {
    let mut run = empty();
    let fail = |setup: &str, scenario: &str, cause: &str, severity| {
        let mut finding = finding(cause, severity);
        finding.fingerprint = format!("{setup} {scenario} {cause}");
        with(result("store", setup, scenario, Verdict::Fail), vec![finding])
    };
    run.results = vec![
        fail("file", "permissions::a", "read", Severity::Low),
        fail("dir", "permissions::b", "read-secret", Severity::Medium),
        fail("file", "permissions::b", "write", Severity::Low),
        fail("file", "faults::crash", "torn", Severity::High),
    ];
    run
}

#[test]
fn the_worst_comes_first_and_then_the_one_with_most_findings() {
    let mut run = tested();
    run.root_causes = root_causes(&run, family);
    let ids: Vec<&str> = run.root_causes.iter().map(|cause| cause.id.as_str()).collect();
    assert_eq!(ids, ["other", "mode"]);
    let setups: Vec<&str> =
        findings_of(&run, &run.root_causes[1]).iter().map(|f| f.result.setup.as_str()).collect();
    assert_eq!(setups, ["dir", "file"]);
}

#[test]
fn runs_that_are_merged_have_each_cause_once() {
    let (mut first, mut second) = (tested(), tested());
    let rest = second.results.split_off(1);
    first.results = rest;
    for run in [&mut first, &mut second] {
        run.root_causes = root_causes(run, family);
    }
    let whole = merge(vec![first, second], &["permissions::a"]).unwrap();
    let of = |id: &str| whole.root_causes.iter().filter(|cause| cause.id == id).collect::<Vec<_>>();
    assert_eq!(of("mode").len(), 1);
    assert_eq!(of("mode")[0].findings.len(), 2);
    assert_eq!(findings_of(&whole, of("mode")[0]).len(), 2);
}
