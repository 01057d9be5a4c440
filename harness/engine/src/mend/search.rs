//! Which changes are tried, and which are recommended.
//!
//! 1. Each finding's case is run again with its calls held and not changed: one that does not happen then is not taken for gone later.
//! 2. Each is run again under each candidate that could help its family. A case that the store refused says nothing.
//! 3. The candidate that ends most findings is put on top of those chosen. The scenarios of the findings that it ended are run as a
//!    whole, because a case names steps, and a change may have moved them; a finding is gone when that no longer has it.
//!    So are those by which a store is seen to work. A candidate under which anything new is found is dropped.
//! 4. At the end everything that was selected is run under all that were chosen.

use std::collections::{BTreeMap, BTreeSet};

use super::crew::{Crew, Task, TaskResult};
use super::whole::tested;
use crate::record::{
    CallRole, Change, ChangedCall, Changes, Family, Mends, Rule, ScenarioResult, Together,
};

/// A change that may be recommended.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// The rules.
    pub rules: &'static [Rule],
    /// The families of findings that it could end.
    pub families: &'static [&'static str],
    /// Whether it is tried only on what no other ends.
    pub last: bool,
}

/// A change to the surroundings of a store.
#[derive(Clone, Copy, Debug)]
pub struct Surrounding {
    /// What an administrator does, in a clause.
    pub words: &'static str,
    /// The umask, in octal.
    pub umask: Option<u16>,
    /// The mode of the home.
    pub home: Option<u16>,
}

/// What a catalogue says of mends.
#[derive(Clone, Copy)]
pub struct Catalogue {
    /// The candidates, the smallest first.
    pub candidates: &'static [Candidate],
    /// What can be done without a change to the store.
    pub surroundings: &'static [Surrounding],
    /// The families that surroundings could end.
    pub of_surroundings: &'static [&'static str],
    /// Returns the family of a finding, by scenario and cause.
    pub family: fn(&str, &str) -> Family,
    /// Returns the design that a family needs if no change of a call ends it.
    pub design: fn(&str) -> &'static str,
    /// Scenarios by which a store is seen to work.
    pub works: &'static [&'static str],
}

/// How often the search begins again without what broke something.
const ROUNDS: usize = 4;

/// A finding that is to go.
pub(super) struct Target<'a> {
    pub(super) result: &'a ScenarioResult,
    pub(super) cause: &'a str,
    pub(super) fingerprint: &'a str,
    token: &'a str,
    pub(super) family: &'static str,
}

/// A scenario in a setup.
pub(super) type Place = (String, String);

/// What was found there under changes: the fingerprints, each with its cause; `None` if it says nothing.
pub(super) type Found = Option<BTreeMap<String, String>>;

pub(super) struct Search<'a, 'c> {
    pub(super) crew: &'a Crew<'c>,
    pub(super) catalogue: &'a Catalogue,
    pub(super) results: Vec<&'a ScenarioResult>,
    pub(super) targets: Vec<Target<'a>>,
    pub(super) say: &'a dyn Fn(&str),
    /// The targets that a candidate ends, by their cases.
    ends: Vec<BTreeSet<usize>>,
    /// Calls that were changed, by rule.
    pub(super) calls: BTreeMap<CallRole, String>,
    /// What was found under which changes.
    pub(super) runs: BTreeMap<(Changes, Place), Found>,
    dropped: BTreeSet<usize>,
    untried: Vec<String>,
}

/// A chosen candidate, and the targets that are gone with it.
pub(super) struct Pick {
    pub(super) candidate: usize,
    pub(super) changes: Changes,
    pub(super) gone: BTreeSet<usize>,
}

/// Tries to mend the findings of one store; `results` are those of a run, and `say` hears what is being done.
pub fn search(
    store: &str,
    results: &[ScenarioResult],
    catalogue: &Catalogue,
    crew: &Crew<'_>,
    say: &dyn Fn(&str),
) -> Mends {
    let results: Vec<_> = results.iter().filter(|result| result.store == store).collect();
    let mut targets = Vec::new();
    for result in &results {
        targets.extend(result.findings.iter().map(|finding| Target {
            result,
            cause: &finding.cause,
            fingerprint: &finding.fingerprint,
            token: &finding.replay,
            family: (catalogue.family)(&result.scenario, &finding.cause).id,
        }));
    }
    let of = targets.len();
    let mut mends = Mends { store: store.into(), of, ..Mends::default() };
    if of == 0 {
        return mends;
    }
    let mut search = Search {
        crew,
        catalogue,
        results,
        targets,
        say,
        ends: Vec::new(),
        calls: BTreeMap::new(),
        runs: BTreeMap::new(),
        dropped: BTreeSet::new(),
        untried: Vec::new(),
    };
    search.try_cases();
    let picks = search.choose(&mut mends);
    mends.changes = search.told(&picks);
    mends.surroundings = search.surroundings();
    mends.designs = search.designs(&mends);
    mends.untried = search.untried;
    mends
}

/// Changes that change nothing: the calls are held by ptrace as they are where something is changed.
pub(super) fn unchanged() -> Changes {
    // No call that only reads makes anything with a mode.
    let rule = Rule { at: CallRole::ReadFile, change: Change::PrivateMode };
    Changes { rules: vec![rule], ..Changes::default() }
}

fn changes(candidate: &Candidate) -> Changes {
    Changes { rules: candidate.rules.to_vec(), ..Changes::default() }
}

impl Search<'_, '_> {
    /// Runs the case of each target again, under each candidate.
    fn try_cases(&mut self) {
        let count = self.targets.len();
        (self.say)(&format!("mends: {count} findings, run again without a change"));
        let replay = |changes: &Changes, n: usize| Task::Replay {
            changes: changes.clone(),
            token: self.targets[n].token.into(),
        };
        let tasks = (0..count).map(|n| replay(&unchanged(), n)).collect();
        let again = self.crew.work(tasks);
        let happens: Vec<bool> = again
            .iter()
            .zip(&self.targets)
            .map(|(again, target)| self.shows(again, target) == Some(true))
            .collect();
        let mut tasks = Vec::new();
        let mut which = Vec::new();
        for (c, candidate) in self.catalogue.candidates.iter().enumerate() {
            for (n, target) in self.targets.iter().enumerate() {
                if happens[n] && candidate.families.contains(&target.family) {
                    tasks.push(replay(&changes(candidate), n));
                    which.push((c, n));
                }
            }
        }
        let candidates = self.catalogue.candidates.len();
        if let Some(why) = all_failed(&again) {
            self.ends = vec![BTreeSet::new(); candidates];
            self.untried.push(format!("every change: {why}"));
            return;
        }
        (self.say)(&format!("mends: {candidates} changes, {} cases", tasks.len()));
        self.ends = vec![BTreeSet::new(); candidates];
        for ((c, n), outcome) in which.into_iter().zip(self.crew.work(tasks)) {
            if let TaskResult::Replayed(replayed) = &outcome {
                for ChangedCall { at, call } in &replayed.changed {
                    self.calls.insert(*at, call.clone());
                }
                if !replayed.changed.is_empty()
                    && self.shows(&outcome, &self.targets[n]) == Some(false)
                {
                    self.ends[c].insert(n);
                }
            }
        }
        for (target, again) in self.targets.iter().zip(&again) {
            if let TaskResult::Failed(why) = again {
                self.untried.push(format!("{}: {why}", target.result.scenario));
            } else if self.shows(again, target) != Some(true) {
                let Target { result, cause, .. } = target;
                self.untried.push(format!(
                    "{} [{cause}] at {}: its case alone does not show it again",
                    result.scenario, result.setup
                ));
            }
        }
        self.untried.sort();
        self.untried.dedup();
    }

    /// Returns whether a case shows a finding; `None` if it says nothing.
    fn shows(&self, outcome: &TaskResult, target: &Target<'_>) -> Option<bool> {
        match outcome {
            TaskResult::Replayed(replayed) => {
                let found = replayed.found.iter().any(|(cause, _)| cause == target.cause);
                (found || replayed.refused.is_none()).then_some(found)
            }
            TaskResult::Ran(_) | TaskResult::Failed(_) => None,
        }
    }

    /// Chooses candidates until none ends anything more, and runs everything under all of them.
    fn choose(&mut self, mends: &mut Mends) -> Vec<Pick> {
        for _ in 0..ROUNDS {
            let mut picks = self.choose_some();
            if picks.is_empty() {
                return picks;
            }
            let all = self.prefix(&picks, picks.len());
            let places: Vec<Place> = self.results.iter().filter_map(|r| tested(r)).collect();
            (self.say)(&format!("mends: {} results under {all}", places.len()));
            self.run(&all, &places);
            let new = self.new_under(&all, &places);
            if let Some(culprit) =
                new.first().map(|(place, what)| self.culprit(&picks, place, what))
            {
                self.dropped.insert(picks[culprit].candidate);
                continue;
            }
            let gone = self.gone_under(&all, &places);
            for pick in &mut picks {
                pick.gone.retain(|n| gone.contains(n));
            }
            picks.retain(|pick| !pick.gone.is_empty());
            let fingerprints = self.fingerprints(&gone);
            mends.together =
                Some(Together { results: places.len(), gone: fingerprints, new: Vec::new() });
            return picks;
        }
        self.untried.push("changes that were tried broke something in every combination".into());
        Vec::new()
    }

    /// Returns changes without the rules that these targets do not need; the first, which are the smallest, are kept rather than others.
    fn thinned(&self, all: &Changes, claimed: &BTreeSet<usize>) -> Changes {
        let mut thin = all.clone();
        for rule in all.rules.iter().rev() {
            if thin.rules.len() == 1 {
                break;
            }
            let mut without = thin.clone();
            without.rules.retain(|kept| kept != rule);
            let replay = |n: &usize| Task::Replay {
                changes: without.clone(),
                token: self.targets[*n].token.into(),
            };
            let outcomes = self.crew.work(claimed.iter().map(replay).collect());
            let ends = |(n, outcome): (&usize, &TaskResult)| {
                self.shows(outcome, &self.targets[*n]) == Some(false)
            };
            if claimed.iter().zip(&outcomes).all(ends) {
                thin = without;
            }
        }
        thin
    }

    fn choose_some(&mut self) -> Vec<Pick> {
        let mut picks: Vec<Pick> = Vec::new();
        let mut covered = BTreeSet::new();
        let mut ends = self.ends.clone();
        let mut refused = self.dropped.clone();
        loop {
            let gain = |c: usize| ends[c].difference(&covered).count();
            let open = |c: &usize| !refused.contains(c) && gain(*c) > 0;
            let candidates = self.catalogue.candidates;
            let first = (0..candidates.len()).filter(|c| !candidates[*c].last).filter(open);
            let last = (0..candidates.len()).filter(|c| candidates[*c].last).filter(open);
            // The first of equals is the smallest.
            let best = |all: Vec<usize>| all.into_iter().rev().max_by_key(|c| gain(*c));
            let Some(c) = best(first.collect()).or_else(|| best(last.collect())) else {
                return picks;
            };
            let claimed: BTreeSet<usize> = ends[c].difference(&covered).copied().collect();
            let own = self.thinned(&changes(&candidates[c]), &claimed);
            let under = self.prefix(&picks, picks.len()).and(&own);
            (self.say)(&format!("mends: {} findings under {under}", claimed.len()));
            let mut places: BTreeSet<Place> =
                claimed.iter().filter_map(|n| tested(self.targets[*n].result)).collect();
            let works = |r: &&&ScenarioResult| self.catalogue.works.contains(&&*r.scenario);
            places.extend(self.results.iter().filter(works).filter_map(|r| tested(r)));
            let places: Vec<Place> = places.into_iter().collect();
            self.run(&under, &places);
            if !self.new_under(&under, &places).is_empty() {
                refused.insert(c);
                self.dropped.insert(c);
                continue;
            }
            let gone: BTreeSet<usize> =
                self.gone_under(&under, &places).difference(&covered).copied().collect();
            // What is still there though its case is not was only moved.
            ends[c] = gone.clone();
            self.ends[c].retain(|n| !claimed.contains(n) || gone.contains(n));
            if gone.is_empty() {
                refused.insert(c);
                continue;
            }
            covered.extend(gone.iter().copied());
            picks.push(Pick { candidate: c, changes: own, gone });
        }
    }
}

/// Returns why none of several tasks could be done, where none was.
fn all_failed(outcomes: &[TaskResult]) -> Option<&str> {
    let why = |outcome: &'_ TaskResult| matches!(outcome, TaskResult::Failed(_));
    match outcomes.first()? {
        TaskResult::Failed(first) if outcomes.iter().all(why) => Some(first),
        _ => None,
    }
}
