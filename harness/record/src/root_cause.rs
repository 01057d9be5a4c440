//! Root causes: what several findings of one store have in common, told once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::lookup::{FindingRef, findings};
use crate::{Event, Run, Severity, StepEvent};

/// What lets several findings of a store in: one change ends them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RootCause {
    /// Its name, in kebab-case: `mode-of-the-umask`.
    pub id: String,
    /// The store.
    pub store: String,
    /// A sentence that says what the store does.
    pub sentence: String,
    /// The remedy, in a sentence.
    pub fix: String,
    /// The first system call at which others got something, if one of the findings shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The fingerprints of its findings, the worst first.
    pub findings: Vec<String>,
}

/// What a catalogue says of a sort of root causes.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Its name, in kebab-case.
    pub id: &'static str,
    /// A sentence that says what a store of it does.
    pub sentence: &'static str,
    /// The remedy, in a sentence.
    pub fix: &'static str,
}

/// Groups the findings of a run by store and family; the worst root cause first, then the one with most findings.
pub fn root_causes(run: &Run, family: impl Fn(&str, &str) -> Family) -> Vec<RootCause> {
    let mut groups: BTreeMap<(&str, &str), (Family, Vec<FindingRef<'_>>)> = BTreeMap::new();
    for found in findings(run) {
        let of = family(&found.result.scenario, &found.finding.cause);
        let group = groups.entry((&found.result.store, of.id)).or_insert((of, Vec::new()));
        group.1.push(found);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, (_, found))| std::cmp::Reverse((worst(found), found.len())));
    let one =
        |((store, _), (family, found)): ((&str, &str), (Family, Vec<FindingRef<'_>>))| RootCause {
            id: family.id.into(),
            store: store.into(),
            sentence: family.sentence.into(),
            fix: family.fix.into(),
            step: found.iter().find_map(first_open_step),
            findings: found.iter().map(|found| found.finding.fingerprint.clone()).collect(),
        };
    groups.into_iter().map(one).collect()
}

/// Returns the findings of a root cause, the worst first.
pub fn findings_of<'a>(run: &'a Run, cause: &RootCause) -> Vec<FindingRef<'a>> {
    let of_it = |found: &FindingRef<'_>| {
        found.result.store == cause.store && cause.findings.contains(&found.finding.fingerprint)
    };
    findings(run).into_iter().filter(of_it).collect()
}

/// Adds the root causes of another run: the findings of one that both have are joined.
pub(crate) fn join(all: &mut Vec<RootCause>, more: Vec<RootCause>) {
    for cause in more {
        let same = |known: &&mut RootCause| (&known.store, &known.id) == (&cause.store, &cause.id);
        let Some(known) = all.iter_mut().find(same) else {
            all.push(cause);
            continue;
        };
        known.step = known.step.take().or(cause.step);
        for finding in cause.findings {
            if !known.findings.contains(&finding) {
                known.findings.push(finding);
            }
        }
    }
}

fn worst(found: &[FindingRef<'_>]) -> Option<Severity> {
    found.iter().map(|found| found.finding.severity).max()
}

/// Returns the first step of a story after which somebody else could do something with what it is about.
fn first_open_step(found: &FindingRef<'_>) -> Option<String> {
    let open = |event: &Event| match event {
        Event::Step(StepEvent { call, others, .. })
            if others.iter().any(|one| one.access.contains(['r', 'w', 'x'])) =>
        {
            Some(call.clone())
        }
        _ => None,
    };
    found.finding.story.iter().find_map(open)
}
