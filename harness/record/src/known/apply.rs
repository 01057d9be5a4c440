//! Which findings a list names, and which of its entries no longer hold.
//!
//! An entry is stale only if the run is evidence against it. That is one of these:
//!
//! - no scenario of the catalogue has a name that its pattern matches: it never holds, on any store;
//! - everything it names ran, on kernel evidence, and nothing it names was found;
//! - what it names ran on its store, which has no setup of the entry's name.
//!
//! A run of another store, of other scenarios, or of fewer umasks or setups says nothing about an entry: what the
//! entry's finding had may be what was left out. Neither do results that were skipped, predicted, unsupported or errors.

use super::{Entry, KnownFailures};
use crate::{Finding, Run, ScenarioResult, Stale, Verdict};
use interloper_driver::Umask;

impl KnownFailures {
    /// Marks the findings that a file lists as known, and adds its entries that no longer hold to `run.stale`.
    ///
    /// `catalogue` is the id of every scenario there is, whether it was selected or not. A finding that an
    /// earlier file listed keeps that file's reason.
    pub fn apply(&self, run: &mut Run, catalogue: &[impl AsRef<str>]) {
        self.mark(run, catalogue, |finding, _, entry| {
            finding.known.get_or_insert_with(|| entry.reason.clone());
        });
    }

    /// Calls `mark` for each finding that an entry lists, with the entry and its number, and adds the entries that no longer hold to `run.stale`.
    pub(crate) fn mark(
        &self,
        run: &mut Run,
        catalogue: &[impl AsRef<str>],
        mark: impl Fn(&mut Finding, usize, &Entry),
    ) {
        let mut stale = Vec::new();
        for (number, entry) in self.entries.iter().map(Against).enumerate() {
            let mut matched = false;
            for result in run.results.iter_mut().filter(|result| entry.names(result)) {
                for finding in result.findings.iter_mut().filter(|f| entry.names_cause(f)) {
                    matched = true;
                    mark(finding, number, entry.0);
                }
            }
            // What was not run any more may have shown what the entry lists.
            let why = match matched || run.interrupted.is_some() {
                true => None,
                false => entry.why_stale(run, catalogue),
            };
            stale.extend(why.map(|why| Stale {
                file: match entry.0.line {
                    0 => self.file.display().to_string(),
                    line => format!("{}:{line}", self.file.display()),
                },
                pattern: entry.pattern(),
                why,
            }));
        }
        run.stale.extend(stale);
    }
}

/// An entry, held against a run.
#[derive(Clone, Copy)]
struct Against<'a>(&'a Entry);

impl Against<'_> {
    /// Returns whether the entry is about this result, its place included.
    fn names(&self, result: &ScenarioResult) -> bool {
        self.names_anywhere(result)
            && self.0.setup.as_ref().is_none_or(|setup| *setup == result.setup)
    }

    /// Returns whether the entry is about this result, whatever its place.
    fn names_anywhere(&self, result: &ScenarioResult) -> bool {
        self.0.store == result.store && self.0.scenario.matches(&result.scenario)
    }

    /// Returns the setups of the entry's store that were not tested.
    fn untested<'r>(&self, run: &'r Run) -> &'r [String] {
        let store = run.stores.iter().find(|store| store.name == self.0.store);
        store.map_or(&[], |store| &store.untested)
    }

    fn names_cause(&self, finding: &Finding) -> bool {
        self.0.cause.as_ref().is_none_or(|cause| cause.matches(&finding.cause))
    }

    /// Returns the entry in one line.
    fn pattern(&self) -> String {
        let parts = [
            Some(self.0.store.clone()),
            self.0.setup.clone(),
            Some(self.0.scenario.to_string()),
            self.0.cause.as_ref().map(ToString::to_string),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// Returns why an entry that matched no finding has to go, if this run is evidence of that.
    fn why_stale(&self, run: &Run, catalogue: &[impl AsRef<str>]) -> Option<String> {
        let ids = catalogue.iter().map(AsRef::as_ref);
        let ids: Vec<&str> = ids.filter(|id| self.0.scenario.matches(id)).collect();
        if ids.is_empty() {
            return Some("no scenario has a name like this: mend the pattern or remove it".into());
        }
        let anywhere: Vec<&ScenarioResult> =
            run.results.iter().filter(|result| self.names_anywhere(result)).collect();
        let here: Vec<&ScenarioResult> =
            anywhere.iter().copied().filter(|result| self.names(result)).collect();
        if here.is_empty() {
            return self.why_nowhere(run, &anywhere, &ids);
        }
        let umasks = &run.asked.umasks;
        let all_umasks =
            umasks.is_empty() || Umask::COMMON.iter().all(|common| umasks.contains(common));
        // An entry for every setup may hold in one that was left out.
        let all_setups = self.0.setup.is_some() || self.untested(run).is_empty();
        let complete = ids.iter().all(|id| here.iter().any(|result| result.scenario == *id));
        if !all_umasks || !all_setups || !complete || !here.iter().all(|result| is_evidence(result))
        {
            return None;
        }
        // What is unsupported tests nothing: an entry about nothing else stays, it may hold where it is supported.
        if here.iter().all(|result| result.verdict == Verdict::Unsupported) {
            return None;
        }
        let mut others: Vec<&str> =
            here.iter().flat_map(|result| &result.findings).map(|f| f.cause.as_str()).collect();
        others.sort_unstable();
        others.dedup();
        Some(match others.is_empty() {
            true => format!("it passed at {}: remove the entry", setups(&here)),
            false => {
                format!("this cause was not found, only {}: remove the entry", others.join(", "))
            }
        })
    }

    /// Returns why an entry is stale if everything that it names was tested, but not at its place.
    fn why_nowhere(&self, run: &Run, anywhere: &[&ScenarioResult], ids: &[&str]) -> Option<String> {
        let complete = ids.iter().all(|id| anywhere.iter().any(|result| result.scenario == *id));
        let setup = self.0.setup.as_deref()?;
        if self.untested(run).iter().any(|untested| untested == setup) {
            return None;
        }
        (complete && anywhere.iter().all(|result| is_evidence(result))).then(|| {
            let (store, setups) = (&self.0.store, setups(anywhere));
            format!("{store} was tested at {setups}, it has no setup {setup}: mend the entry")
        })
    }
}

/// Returns whether a result can show that something no longer fails.
fn is_evidence(result: &ScenarioResult) -> bool {
    match result.verdict {
        Verdict::Pass | Verdict::Fail => !result.predicted,
        // It does not speak against the rest of what the entry names.
        Verdict::Unsupported => true,
        Verdict::Skip | Verdict::Error => false,
    }
}

fn setups(results: &[&ScenarioResult]) -> String {
    let mut setups: Vec<&str> = results.iter().map(|result| result.setup.as_str()).collect();
    setups.sort_unstable();
    setups.dedup();
    setups.join(", ")
}
