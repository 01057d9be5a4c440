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
use crate::record::{
    CallRole, Change, ChangedCall, Changes, Family, Mends, OtherDesign, Rule, ScenarioResult,
    Together, TriedChange, Verdict,
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
struct Target<'a> {
    result: &'a ScenarioResult,
    cause: &'a str,
    fingerprint: &'a str,
    token: &'a str,
    family: &'static str,
}

/// A scenario in a setup.
type Place = (String, String);

/// What was found there under changes: the fingerprints, each with its cause; `None` if it says nothing.
type Found = Option<BTreeMap<String, String>>;

struct Search<'a, 'c> {
    crew: &'a Crew<'c>,
    catalogue: &'a Catalogue,
    results: Vec<&'a ScenarioResult>,
    targets: Vec<Target<'a>>,
    say: &'a dyn Fn(&str),
    /// The targets that a candidate ends, by their cases.
    ends: Vec<BTreeSet<usize>>,
    /// Calls that were changed, by rule.
    calls: BTreeMap<CallRole, String>,
    /// What was found under which changes.
    runs: BTreeMap<(Changes, Place), Found>,
    dropped: BTreeSet<usize>,
    untried: Vec<String>,
}

/// A chosen candidate, and the targets that are gone with it.
struct Pick {
    candidate: usize,
    gone: BTreeSet<usize>,
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
fn unchanged() -> Changes {
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
        (self.say)(&format!("mends: {candidates} changes, {} cases", tasks.len()));
        self.ends = vec![BTreeSet::new(); candidates];
        for ((c, n), outcome) in which.into_iter().zip(self.crew.work(tasks)) {
            if let TaskResult::Replayed(replayed) = &outcome {
                for ChangedCall { at, call } in &replayed.changed {
                    self.calls.entry(*at).or_insert_with(|| call.clone());
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
            let under = self.prefix(&picks, picks.len()).and(&changes(&candidates[c]));
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
            picks.push(Pick { candidate: c, gone });
        }
    }

    /// Returns the first picks together.
    fn prefix(&self, picks: &[Pick], count: usize) -> Changes {
        let each = picks.iter().take(count).map(|pick| &self.catalogue.candidates[pick.candidate]);
        each.fold(Changes::default(), |all, candidate| all.and(&changes(candidate)))
    }

    /// Runs scenarios under changes, where that was not done yet.
    fn run(&mut self, under: &Changes, places: &[Place]) {
        let new = |place: &&Place| !self.runs.contains_key(&(under.clone(), (*place).clone()));
        let places: Vec<Place> = places.iter().filter(new).cloned().collect();
        let tasks = places.iter().map(|(scenario, setup)| task(under, scenario, setup)).collect();
        for (place, outcome) in places.into_iter().zip(self.crew.work(tasks)) {
            self.runs.insert((under.clone(), place), found(&outcome));
        }
    }

    fn before(&self, (scenario, setup): &Place) -> Option<&ScenarioResult> {
        self.results.iter().find(|r| r.scenario == *scenario && r.setup == *setup).copied()
    }

    /// Returns what was not there before: the place of each, and its cause. It must be there a second time, and not without the changes.
    fn new_under(&mut self, under: &Changes, places: &[Place]) -> Vec<(Place, String)> {
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
    fn culprit(&self, picks: &[Pick], place: &Place, cause: &str) -> usize {
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
    fn gone_under(&self, under: &Changes, places: &[Place]) -> BTreeSet<usize> {
        let is_gone = |target: &Target<'_>| {
            let place = (target.result.scenario.clone(), target.result.setup.clone());
            let found = self.runs.get(&(under.clone(), place.clone()));
            places.contains(&place)
                && matches!(found, Some(Some(found)) if !found.contains_key(target.fingerprint))
        };
        (0..self.targets.len()).filter(|n| is_gone(&self.targets[*n])).collect()
    }

    fn fingerprints(&self, targets: &BTreeSet<usize>) -> Vec<String> {
        targets.iter().map(|n| self.targets[*n].fingerprint.to_owned()).collect()
    }

    /// Returns the picks as a list of calls: what is changed at one call is one change.
    fn told(&self, picks: &[Pick]) -> Vec<TriedChange> {
        let mut told: Vec<(CallRole, TriedChange)> = Vec::new();
        for pick in picks {
            let candidate = &self.catalogue.candidates[pick.candidate];
            let Some(at) = candidate.rules.first().map(|rule| rule.at) else { continue };
            let gone = self.fingerprints(&pick.gone);
            match told.iter_mut().find(|(known, _)| *known == at) {
                Some((_, change)) => {
                    change.changes = change.changes.and(&changes(candidate));
                    change.gone.extend(gone);
                }
                None => {
                    let call = self.calls.get(&at).cloned();
                    let changes = changes(candidate);
                    told.push((at, TriedChange { call, change: String::new(), changes, gone }));
                }
            }
        }
        for (_, change) in &mut told {
            change.change = change.changes.to_string();
        }
        told.into_iter().map(|(_, change)| change).collect()
    }

    /// Tries what can be done without a change to the store.
    fn surroundings(&mut self) -> Vec<TriedChange> {
        let mut told = Vec::new();
        for surrounding in self.catalogue.surroundings {
            let under = Changes {
                umask: surrounding.umask.map(interloper_driver::Umask::of),
                home: surrounding.home,
                ..Changes::default()
            };
            let of_it = |t: &&Target<'_>| self.catalogue.of_surroundings.contains(&t.family);
            let places: BTreeSet<Place> =
                self.targets.iter().filter(of_it).filter_map(|t| tested(t.result)).collect();
            let places: Vec<Place> = places.into_iter().collect();
            (self.say)(&format!("mends: {} results under {under}", places.len()));
            self.run(&under, &places);
            let gone = self.gone_under(&under, &places);
            told.push(TriedChange {
                call: None,
                change: surrounding.words.into(),
                changes: under,
                gone: self.fingerprints(&gone),
            });
        }
        told.extend(self.other_setups());
        told
    }

    /// Returns what another setup of the store spares: the run itself has it.
    fn other_setups(&self) -> Vec<TriedChange> {
        let setups: BTreeSet<&str> = self.results.iter().map(|r| r.setup.as_str()).collect();
        let mut told = Vec::new();
        for setup in setups {
            let spared = |target: &Target<'_>| {
                let there = (target.result.scenario.clone(), setup.to_owned());
                target.result.setup != setup
                    && self.before(&there).is_some_and(|there| {
                        tested(there).is_some()
                            && !there.findings.iter().any(|f| f.cause == target.cause)
                    })
            };
            let gone: Vec<String> = self
                .targets
                .iter()
                .filter(|target| spared(target))
                .map(|target| target.fingerprint.to_owned())
                .collect();
            if !gone.is_empty() {
                let change = format!("setup {setup} in place of the others");
                told.push(TriedChange { change, gone, ..TriedChange::default() });
            }
        }
        told
    }

    /// Returns what no change of a call ended, by family.
    fn designs(&self, mends: &Mends) -> Vec<OtherDesign> {
        let gone = mends.together.as_ref().map(|together| together.gone.as_slice());
        let gone = gone.unwrap_or_default();
        let mut designs: Vec<OtherDesign> = Vec::new();
        for target in &self.targets {
            if gone.iter().any(|gone| gone == target.fingerprint) {
                continue;
            }
            let fingerprint = target.fingerprint.to_owned();
            match designs.iter_mut().find(|design| design.cause == target.family) {
                Some(design) => design.findings.push(fingerprint),
                None => designs.push(OtherDesign {
                    cause: target.family.into(),
                    design: (self.catalogue.design)(target.family).into(),
                    findings: vec![fingerprint],
                }),
            }
        }
        designs.sort_by_key(|design| std::cmp::Reverse(design.findings.len()));
        designs
    }
}

/// Stands for the cause of a scenario that tests nothing any more.
const SAYS_NOTHING: &str = "nothing tested";

fn task(under: &Changes, scenario: &str, setup: &str) -> Task {
    Task::Run { changes: under.clone(), scenario: scenario.into(), setup: setup.into() }
}

/// Returns where a result is of, if it says anything.
fn tested(result: &ScenarioResult) -> Option<Place> {
    let says = matches!(result.verdict, Verdict::Pass | Verdict::Fail) && result.tested > 0;
    says.then(|| (result.scenario.clone(), result.setup.clone()))
}

/// Returns what a run found.
fn found(outcome: &TaskResult) -> Found {
    match outcome {
        TaskResult::Ran(result) => {
            tested(result)?;
            let each = result.findings.iter().map(|f| (f.fingerprint.clone(), f.cause.clone()));
            Some(each.collect())
        }
        TaskResult::Replayed(_) | TaskResult::Failed(_) => None,
    }
}
