//! Two runs beside each other: what is new, what is gone, what can no longer be said.

use std::collections::BTreeSet;

use crate::lookup::{FindingRef, findings, tested};
use crate::{Run, Severity};

/// The difference between two runs.
pub struct Comparison<'a> {
    /// Findings of the later run that the earlier one does not have.
    pub new: Vec<FindingRef<'a>>,
    /// Findings of both whose severity differs: the later one, and the severity it had.
    pub changed: Vec<(FindingRef<'a>, Severity)>,
    /// Findings of the earlier run that the later one does not have, although it tested the scenario.
    pub gone: Vec<FindingRef<'a>>,
    /// Findings of the earlier run whose scenario the later one did not test in that setup.
    pub untested: Vec<FindingRef<'a>>,
    /// The number of findings that both have.
    pub same: usize,
}

/// Compares two runs. A finding is the same if its fingerprint is: scenario, target and cause.
pub fn compare<'a>(earlier: &'a Run, later: &'a Run) -> Comparison<'a> {
    let (old, now) = (findings(earlier), findings(later));
    let by = |all: &[FindingRef<'a>], fingerprint: &str| {
        all.iter().find(|found| found.finding.fingerprint == fingerprint).copied()
    };
    let mut comparison = Comparison {
        new: Vec::new(),
        changed: Vec::new(),
        gone: Vec::new(),
        untested: Vec::new(),
        same: 0,
    };
    for found in &now {
        match by(&old, &found.finding.fingerprint) {
            None => comparison.new.push(*found),
            Some(before) if before.finding.severity != found.finding.severity => {
                comparison.changed.push((*found, before.finding.severity));
            }
            Some(_) => comparison.same += 1,
        }
    }
    let gone = old.into_iter().filter(|found| by(&now, &found.finding.fingerprint).is_none());
    for found in gone {
        match was_tested(later, &found) {
            true => comparison.gone.push(found),
            false => comparison.untested.push(found),
        }
    }
    comparison
}

/// Marks the findings that an earlier run has, so that they do not fail this one; `name` says which run that is.
pub fn mark_old(run: &mut Run, earlier: &Run, name: &str) {
    let old: BTreeSet<&str> =
        findings(earlier).iter().map(|found| found.finding.fingerprint.as_str()).collect();
    for finding in run.results.iter_mut().flat_map(|result| &mut result.findings) {
        if finding.known.is_none() && old.contains(finding.fingerprint.as_str()) {
            finding.known = Some(format!("found in {name}"));
        }
    }
}

fn was_tested(run: &Run, found: &FindingRef<'_>) -> bool {
    let of = found.result;
    run.results.iter().any(|result| {
        (&result.store, &result.setup, &result.scenario) == (&of.store, &of.setup, &of.scenario)
            && tested(result)
    })
}
