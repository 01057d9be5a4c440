//! Scenarios as a whole under changes: what is gone, what is new, and what brought it.

use std::collections::BTreeSet;

use super::crew::{Task, TaskResult};
use super::search::{Found, Pick, Place, Search, Target, unchanged};
use crate::record::{Changes, ScenarioResult, Verdict};

impl Search<'_, '_> {
    /// Returns the first picks together.
    pub(super) fn prefix(&self, picks: &[Pick], count: usize) -> Changes {
        let each = picks.iter().take(count);
        each.fold(Changes::default(), |all, pick| all.and(&pick.changes))
    }

    /// Runs scenarios under changes, where that was not done yet.
    pub(super) fn run(&mut self, under: &Changes, places: &[Place]) {
        let new = |place: &&Place| !self.runs.contains_key(&(under.clone(), (*place).clone()));
        let places: Vec<Place> = places.iter().filter(new).cloned().collect();
        let tasks = places.iter().map(|(scenario, setup)| task(under, scenario, setup)).collect();
        for (place, outcome) in places.into_iter().zip(self.crew.work(tasks)) {
            self.runs.insert((under.clone(), place), found(&outcome));
        }
    }

    pub(super) fn before(&self, (scenario, setup): &Place) -> Option<&ScenarioResult> {
        self.results.iter().find(|r| r.scenario == *scenario && r.setup == *setup).copied()
    }

    /// Returns what was not there before: the place of each, and its cause. It must be there a second time, and not without the changes.
    pub(super) fn new_under(&mut self, under: &Changes, places: &[Place]) -> Vec<(Place, String)> {
        let mut new = Vec::new();
        for place in places {
            let Some(before) = self.before(place) else { continue };
            let known = |cause: &String| before.findings.iter().any(|f| f.cause == *cause);
            match self.runs.get(&(under.clone(), place.clone())) {
                Some(Some(found)) => {
                    let causes: Vec<String> = found.values().cloned().collect();
                    new.extend(
                        causes.into_iter().filter(|c| !known(c)).map(|c| (place.clone(), c)),
                    );
                }
                _ => new.push((place.clone(), SAYS_NOTHING.into())),
            }
        }
        new.retain(|(place, cause)| {
            let again = |under: &Changes| {
                let tasks = vec![task(under, &place.0, &place.1)];
                let outcome = self.crew.work(tasks);
                match outcome.first().map(found) {
                    Some(Some(found)) => found.values().any(|found| found == cause),
                    _ => cause == SAYS_NOTHING,
                }
            };
            again(under) && !again(&unchanged())
        });
        new
    }

    /// Returns the pick with which something new came.
    pub(super) fn culprit(&self, picks: &[Pick], place: &Place, cause: &str) -> usize {
        let has = |count: usize| {
            let tasks = vec![task(&self.prefix(picks, count), &place.0, &place.1)];
            match self.crew.work(tasks).first().map(found) {
                Some(Some(found)) => found.values().any(|found| found == cause),
                _ => true,
            }
        };
        (1..picks.len()).find(|count| has(*count)).unwrap_or(picks.len()) - 1
    }

    /// Returns the targets that are gone in what was run.
    pub(super) fn gone_under(&self, under: &Changes, places: &[Place]) -> BTreeSet<usize> {
        let is_gone = |target: &Target<'_>| {
            let place = (target.result.scenario.clone(), target.result.setup.clone());
            let found = self.runs.get(&(under.clone(), place.clone()));
            places.contains(&place)
                && matches!(found, Some(Some(found)) if !found.contains_key(target.fingerprint))
        };
        (0..self.targets.len()).filter(|n| is_gone(&self.targets[*n])).collect()
    }

    pub(super) fn fingerprints(&self, targets: &BTreeSet<usize>) -> Vec<String> {
        targets.iter().map(|n| self.targets[*n].fingerprint.to_owned()).collect()
    }
}

/// Stands for the cause of a scenario that tests nothing any more.
const SAYS_NOTHING: &str = "nothing tested";

fn task(under: &Changes, scenario: &str, setup: &str) -> Task {
    Task::Run { changes: under.clone(), scenario: scenario.into(), setup: setup.into() }
}

/// Returns where a result is of, if it says anything.
pub(super) fn tested(result: &ScenarioResult) -> Option<Place> {
    let says = matches!(result.verdict, Verdict::Pass | Verdict::Fail) && result.tested > 0;
    says.then(|| (result.scenario.clone(), result.setup.clone()))
}

/// Returns what a run found.
pub(super) fn found(outcome: &TaskResult) -> Found {
    match outcome {
        TaskResult::Ran(result) => {
            tested(result)?;
            let each = result.findings.iter().map(|f| (f.fingerprint.clone(), f.cause.clone()));
            Some(each.collect())
        }
        TaskResult::Replayed(_) | TaskResult::Failed(_) => None,
    }
}
