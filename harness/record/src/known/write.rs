//! A known-failure file from what a run found.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entry, Glob};
use crate::{Run, ScenarioResult, Severity, Verdict};

/// The comment above the entries.
const HEAD: &str = "\
# Known failures: these findings do not fail a run, and an entry that no longer holds does.
# A reason copied from its finding says what happens; say instead why it is accepted, and until when.
";

/// The store, scenario and cause of findings that make one entry.
type Key<'a> = (&'a str, &'a str, &'a str);

/// Returns the text of a known-failure file that lists what this run found.
///
/// It has one entry for each cause, sorted, so that the file changes only if the findings do. Findings that are known
/// already keep their reason; the reason of the others is the finding's sentence. The setup is left out if the
/// cause was found at every setup that its scenario ran at. `info` findings never fail a run and are not listed, nor are documented ones.
pub fn write_known(run: &Run) -> String {
    let mut entries: BTreeMap<Key<'_>, BTreeMap<&str, &str>> = BTreeMap::new();
    for result in &run.results {
        let listed = result.findings.iter().filter(|f| f.documented.is_none());
        for finding in listed.filter(|f| f.severity > Severity::Info) {
            let key = (result.store.as_str(), result.scenario.as_str(), finding.cause.as_str());
            let reason = finding.known.as_deref().unwrap_or(&finding.sentence);
            entries.entry(key).or_default().entry(&result.setup).or_insert(reason);
        }
    }
    let mut text = HEAD.to_owned();
    for (key, setups) in entries {
        let ran: BTreeSet<&str> = run.results.iter().filter(|r| ran(r, key)).map(setup).collect();
        let everywhere = ran.iter().all(|setup| setups.contains_key(setup));
        // One entry speaks for all setups only if it has one reason for all.
        let reasons: BTreeSet<&str> = setups.values().copied().collect();
        match (everywhere, reasons.first()) {
            (true, Some(reason)) if reasons.len() == 1 => entry(&mut text, key, None, reason),
            _ => setups.iter().for_each(|(setup, why)| entry(&mut text, key, Some(setup), why)),
        }
    }
    text
}

fn setup(result: &ScenarioResult) -> &str {
    &result.setup
}

/// Returns whether this result is of the entry's scenario, and could have had its finding.
fn ran(result: &ScenarioResult, (store, scenario, _): Key<'_>) -> bool {
    let same = result.store == store && result.scenario == scenario;
    same && result.verdict != Verdict::Unsupported
}

fn entry(text: &mut String, (store, scenario, cause): Key<'_>, setup: Option<&str>, reason: &str) {
    let entry = Entry {
        line: 0,
        store: store.to_owned(),
        setup: setup.map(str::to_owned),
        scenario: Glob::exactly(scenario),
        cause: Some(Glob::exactly(cause)),
        // Reports print a reason in one line, and reading refuses any other.
        reason: reason.split_whitespace().collect::<Vec<_>>().join(" "),
    };
    text.push_str(&format!("\n{entry}"));
}
