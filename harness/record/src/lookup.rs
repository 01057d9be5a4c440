//! Names and order: what every writer looks up in a record.

use crate::{
    Finding, Interrupted, Run, ScenarioInfo, ScenarioResult, StoreInfo, Trouble, TroubleKind,
    Verdict,
};

/// A finding, with the result it belongs to.
#[derive(Clone, Copy)]
pub struct FindingRef<'a> {
    /// The result.
    pub result: &'a ScenarioResult,
    /// The finding.
    pub finding: &'a Finding,
}

impl<'a> FindingRef<'a> {
    fn key(&self) -> (&'a str, &'a str, &'a str, &'a str) {
        let (result, finding) = (self.result, self.finding);
        (&result.scenario, &result.store, &result.setup, &finding.cause)
    }
}

/// Returns the findings of a run: the worst first, then by scenario, store, setup and cause.
///
/// The order is the same in every run with the same findings, so that reports compare.
pub fn findings(run: &Run) -> Vec<FindingRef<'_>> {
    let mut all: Vec<FindingRef<'_>> = run
        .results
        .iter()
        .flat_map(|result| {
            result.findings.iter().map(move |finding| FindingRef { result, finding })
        })
        .collect();
    all.sort_by(|a, b| {
        let worst = b.finding.severity.cmp(&a.finding.severity);
        worst.then_with(|| a.key().cmp(&b.key()))
    });
    all
}

/// Returns the scenario of a result, as the record describes it.
pub fn scenario<'a>(run: &'a Run, id: &str) -> Option<&'a ScenarioInfo> {
    run.scenarios.iter().find(|scenario| scenario.id == id)
}

/// Returns the store of a result, as the record describes it.
pub fn store<'a>(run: &'a Run, name: &str) -> Option<&'a StoreInfo> {
    run.stores.iter().find(|store| store.name == name)
}

/// Returns a store with its version: `httpie 3.2.4`.
pub fn label(run: &Run, name: &str) -> String {
    match store(run, name) {
        // Merging names two versions of one store `httpie@3.2.4` and `httpie@3.2.5`; once is enough.
        Some(store) if store.version.is_empty() || name.contains('@') => name.to_owned(),
        Some(store) => format!("{name} {}", store.version),
        None => name.to_owned(),
    }
}

/// Returns the area and the subject of a scenario's id.
pub fn parts(id: &str) -> (&str, &str) {
    id.split_once("::").unwrap_or(("", id))
}

/// Returns whether a result says anything about its store: its verdict is `pass` or `fail`.
pub fn tested(result: &ScenarioResult) -> bool {
    matches!(result.verdict, Verdict::Pass | Verdict::Fail)
}

/// Returns why a result contradicts itself, if it does.
///
/// The engine never writes these. A record is a file, though, and a report must not make a green line of a broken one.
pub fn contradiction(result: &ScenarioResult) -> Option<&'static str> {
    match result.verdict {
        Verdict::Pass if !result.findings.is_empty() => Some("says pass and has findings"),
        Verdict::Pass if result.tested == 0 => Some("says pass without an effective case"),
        Verdict::Fail if result.findings.is_empty() => Some("says fail without a finding"),
        _ => None,
    }
}

/// Returns a number with its noun: `1 finding`, `2 findings`.
pub fn plural(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// Describes a trouble in a sentence that names its store.
pub fn trouble_sentence(trouble: &Trouble) -> String {
    let what = &trouble.what;
    let about = match trouble.kind {
        TroubleKind::Start => "its driver cannot be started: ",
        TroubleKind::Application => "the application cannot be tested: ",
        TroubleKind::Client => "the client cannot be tested: ",
        TroubleKind::Protocol => "its driver breaks the protocol, so nothing of it was tested: ",
        TroubleKind::Harness => "the harness broke: ",
        TroubleKind::Host | TroubleKind::Install | TroubleKind::Output => "",
    };
    match &trouble.store {
        // What cannot be installed is named there already.
        Some(store) if !about.is_empty() || !what.contains(store.as_str()) => {
            format!("{store}: {about}{what}")
        }
        _ => format!("{about}{what}"),
    }
}

/// Describes in a clause how far an interrupted run came.
pub fn interruption_clause(interrupted: &Interrupted) -> String {
    let Interrupted { by, done, of } = interrupted;
    format!("interrupted after {done} of {of} results ({by})")
}
