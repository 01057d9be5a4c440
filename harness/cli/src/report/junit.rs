//! JUnit XML: one suite for each store in each setup, one test case for each scenario.
//!
//! The format has four answers and a run has more. A test case is red exactly where a run with that result alone would
//! exit with 1 or 3; what was not tested is skipped:
//!
//! | result | test case |
//! |---|---|
//! | findings that fail the run | `failure`, with the findings as text |
//! | `error`, or a record that contradicts itself | `error` |
//! | only known findings | `skipped`, `known: …` |
//! | only documented findings, or those and known ones | `skipped`, `documented: …` |
//! | `skip`, `unsupported`, predicted without `--allow predicted` | `skipped`, with the reason |
//! | findings below `--fail-on` | passes, with the findings as `system-out` |
//!
//! What belongs to no result has a suite of its own: known-failure entries that no longer hold, what kept a store from being tested (once,
//! an `error`; `skipped` if the host cannot), a run that was interrupted, and one that tested nothing, which would otherwise be an empty
//! and green file.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use interloper_record::lookup::{
    FindingRef, contradiction, interruption_clause, label, parts, plural, scenario, store, tested,
    trouble_sentence,
};
use interloper_record::{
    Allow, Finding, Outcome, Policy, Run, ScenarioResult, TroubleKind, Verdict, describe,
};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::Report;
use super::human::{clean, plain};
use super::time::utc;

/// Writes JUnit XML.
pub(crate) struct Junit {
    policy: Policy,
}

impl Junit {
    /// Creates a writer with this policy for what fails.
    pub(crate) fn new(policy: Policy) -> Junit {
        Junit { policy }
    }
}

impl Report for Junit {
    fn write(&self, run: &Run, out: &mut dyn Write) -> io::Result<()> {
        let mut by_setup: BTreeMap<(&str, &str), Vec<&ScenarioResult>> = BTreeMap::new();
        for result in &run.results {
            by_setup.entry((&result.store, &result.setup)).or_default().push(result);
        }
        by_setup.values_mut().for_each(|results| results.sort_by_key(|result| &result.scenario));
        let mut report = quick_junit::Report::new("interloper");
        report.set_time(Duration::from_millis(run.millis));
        for ((store, setup), results) in by_setup {
            report.add_test_suite(self.suite(run, store, setup, &results));
        }
        let own = self.own_suite(run);
        if own.tests > 0 {
            report.add_test_suite(own);
        }
        let xml = report.to_string().map_err(io::Error::other)?;
        // The schema that CI servers check against has no such attribute on the root; on the suites it has.
        let root_only = format!(" skipped=\"{}\"", report.skipped);
        out.write_all(xml.replacen(&root_only, "", 1).as_bytes())
    }
}

impl Junit {
    fn suite(&self, run: &Run, name: &str, setup: &str, results: &[&ScenarioResult]) -> TestSuite {
        let mut suite = TestSuite::new(clean(&format!("{name}.{setup}")));
        let millis = results.iter().map(|result| result.millis).sum();
        suite.set_time(Duration::from_millis(millis));
        suite.extra.insert("timestamp".into(), utc(run.started).into());
        let (host, asked) = (&run.host, &run.asked);
        let sum = |of: fn(&ScenarioResult) -> u64| results.iter().map(|r| of(r)).sum::<u64>();
        let store = store(run, name);
        let properties = [
            ("interloper", run.interloper.clone()),
            ("store", label(run, name)),
            ("runtime", store.map(|store| store.runtime.clone()).unwrap_or_default()),
            ("setup", setup.to_owned()),
            ("tier", host.tier.clone()),
            ("kernel", host.kernel.clone()),
            ("profile", asked.profile.clone()),
            ("seed", asked.seed.to_string()),
            ("tested", sum(|result| result.tested).to_string()),
            ("refused", sum(|result| result.refused).to_string()),
        ];
        for (key, value) in properties {
            suite.add_property((key, clean(&value).as_str()));
        }
        suite.add_test_cases(results.iter().map(|result| self.case(run, result)));
        suite
    }

    fn case(&self, run: &Run, result: &ScenarioResult) -> TestCase {
        let (area, subject) = parts(&result.scenario);
        let mut case = TestCase::new(clean(subject), self.status(run, result));
        let setup = clean(&format!("{}.{}", result.store, result.setup));
        case.set_classname(if area.is_empty() {
            setup
        } else {
            format!("{setup}.{}", clean(area))
        });
        case.set_time(Duration::from_millis(result.millis));
        let mut out: Vec<String> = self.findings_that_pass(run, result);
        let coverage = describe::coverage(&result.coverage);
        out.extend(result.notes.iter().chain(&coverage).map(|note| clean(note)));
        if tested(result) {
            let predicted = if result.predicted { ", predicted from modes" } else { "" };
            out.push(format!("{} tested, {} refused{predicted}", result.tested, result.refused));
        }
        if !out.is_empty() {
            case.set_system_out(out.join("\n\n"));
        }
        case
    }

    fn status(&self, run: &Run, result: &ScenarioResult) -> TestCaseStatus {
        let failing: Vec<&Finding> =
            result.findings.iter().filter(|finding| self.policy.fails(finding)).collect();
        let reason = result.reason.as_deref().unwrap_or("no reason was recorded");
        if let Some(worst) = failing.iter().max_by_key(|finding| finding.severity) {
            let text = failing.iter().map(|finding| self.text(run, result, finding));
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(clean(&kind(run, result, worst)));
            status.set_message(clean(&sentences(&failing)));
            status.set_description(text.collect::<Vec<_>>().join("\n\n"));
            return status;
        }
        if let Some(what) = contradiction(result) {
            return error("record", &format!("the record {what}"));
        }
        match result.verdict {
            Verdict::Error => error("harness", reason),
            Verdict::Skip => skipped(&format!("skip: {reason}")),
            Verdict::Unsupported => skipped(&format!("unsupported: {reason}")),
            Verdict::Fail if result.findings.iter().all(|finding| !finding.is_new()) => {
                let mut reasons: Vec<String> = result.findings.iter().filter_map(excuse).collect();
                reasons.dedup();
                skipped(&reasons.join("; "))
            }
            _ if result.predicted && !self.policy.allows(Allow::Predicted) => {
                skipped("predicted: access was computed from modes, not tried")
            }
            _ => TestCaseStatus::success(),
        }
    }

    /// Returns the findings of a case that its status does not report: known and documented ones, and ones below `--fail-on`.
    fn findings_that_pass(&self, run: &Run, result: &ScenarioResult) -> Vec<String> {
        let quiet = result.findings.iter().filter(|finding| !self.policy.fails(finding));
        quiet.map(|finding| self.text(run, result, finding)).collect()
    }

    fn text(&self, run: &Run, result: &ScenarioResult, finding: &Finding) -> String {
        plain(run, FindingRef { result, finding }, &self.policy)
    }

    /// Returns the suite of what belongs to no result.
    fn own_suite(&self, run: &Run) -> TestSuite {
        let mut suite = TestSuite::new("interloper");
        for stale in &run.stale {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type("stale");
            let words = format!("{}: {}: {}", stale.file, stale.pattern, stale.why);
            status.set_message(clean(&stale.why));
            status.set_description(clean(&words));
            let mut case = TestCase::new(clean(&stale.pattern), status);
            case.set_classname("interloper.known");
            suite.add_test_case(case);
        }
        for trouble in &run.troubles {
            let words = trouble_sentence(trouble);
            let mut status = match trouble.kind {
                TroubleKind::Host => skipped(&format!("skip: {words}")),
                kind => error(kind.as_str(), &words),
            };
            if !trouble.details.is_empty() && trouble.kind != TroubleKind::Host {
                status.set_description(clean(&trouble.details.join("\n")));
            }
            let name = trouble.store.as_deref().unwrap_or("report");
            let mut case = TestCase::new(clean(name), status);
            case.set_classname(format!("interloper.{}", trouble.kind.as_str()));
            suite.add_test_case(case);
        }
        if let Some(interrupted) = &run.interrupted {
            let status = error("interrupted", &interruption_clause(interrupted));
            let mut case = TestCase::new("ran_to_its_end", status);
            case.set_classname("interloper.run");
            suite.add_test_case(case);
        }
        if Outcome::tested_nothing(run) {
            let words = self.policy.judge(run).words();
            let mut case = TestCase::new("tests_something", error("untested", &words));
            case.set_classname("interloper.run");
            suite.add_test_case(case);
        }
        suite
    }
}

/// Returns why a finding is no failure.
fn excuse(finding: &Finding) -> Option<String> {
    let documented = finding.documented.as_ref().map(|one| format!("documented: {one}"));
    documented.or_else(|| finding.known.as_ref().map(|reason| format!("known: {reason}")))
}

/// Returns the type of a failure: the worst severity and its weaknesses.
fn kind(run: &Run, result: &ScenarioResult, worst: &Finding) -> String {
    let cwe = scenario(run, &result.scenario).map(|scenario| scenario.cwe.join(" "));
    format!("{} {}", worst.severity, cwe.unwrap_or_default()).trim_end().to_owned()
}

fn sentences(findings: &[&Finding]) -> String {
    match findings {
        [only] => only.told(),
        [first, rest @ ..] => {
            let more = plural(rest.len(), "more finding", "more findings");
            format!("{} (and {more})", first.told())
        }
        [] => String::new(),
    }
}

fn error(kind: &str, message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type(kind);
    status.set_message(clean(message));
    status
}

fn skipped(message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(clean(message));
    status
}
