//! Two runs beside each other.

use interloper_record::{Policy, Run, Severity, Verdict, compare, mark_old};

use crate::fixture::{empty, finding, result, with};

fn run(of: &[(&str, &str, Severity)]) -> Run {
    let mut run = empty();
    for (scenario, cause, severity) in of {
        let mut one = finding(cause, *severity);
        one.fingerprint = format!("{scenario} {cause}");
        run.results.push(with(result("store", "file", scenario, Verdict::Fail), vec![one]));
    }
    run
}

#[test]
fn what_is_new_gone_changed_and_no_longer_tested_is_told_apart() {
    let earlier = run(&[
        ("a::a", "same", Severity::Low),
        ("a::b", "worse", Severity::Low),
        ("a::c", "gone", Severity::High),
        ("a::d", "unknown", Severity::High),
    ]);
    let mut later = run(&[
        ("a::a", "same", Severity::Low),
        ("a::b", "worse", Severity::High),
        ("a::e", "new", Severity::Medium),
    ]);
    later.results.push(result("store", "file", "a::c", Verdict::Pass));
    later.results.push(result("store", "file", "a::d", Verdict::Skip));
    let comparison = compare(&earlier, &later);
    let causes = |found: &[interloper_record::lookup::FindingRef<'_>]| {
        found.iter().map(|found| found.finding.cause.clone()).collect::<Vec<_>>()
    };
    assert_eq!(causes(&comparison.new), ["new"]);
    assert_eq!(causes(&comparison.gone), ["gone"]);
    assert_eq!(causes(&comparison.untested), ["unknown"]);
    assert_eq!(comparison.changed[0].1, Severity::Low);
    assert_eq!(comparison.same, 1);
}

#[test]
fn what_an_earlier_run_has_does_not_fail_a_later_one() {
    let earlier = run(&[("a::a", "old", Severity::High)]);
    let mut later = run(&[("a::a", "old", Severity::High), ("a::b", "new", Severity::Low)]);
    mark_old(&mut later, &earlier, "monday.json");
    let policy = Policy::default();
    let findings = || later.results.iter().flat_map(|result| &result.findings);
    assert!(findings().all(|finding| !policy.fails(finding)));
    assert_eq!(findings().next().unwrap().known.as_deref(), Some("found in monday.json"));
    assert_eq!(findings().nth(1).unwrap().known, None);
}
