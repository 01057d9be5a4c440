//! Several records as one.
//!
//! Only duplicates are dropped. If two records differ in a field that a record has once, the merged record has both values. If two
//! records mean different stores by one name, the version becomes part of the name.

use std::collections::BTreeMap;
use std::fmt;

use crate::known::Glob;
use crate::root_cause;
use crate::{HostInfo, Interrupted, Run, RunConfig, StoreInfo};

/// The entry of `left_out` of a run that was not of the whole catalogue.
pub const NOT_SELECTED: &str = "the scenarios that were not selected";

/// Why records cannot be merged.
#[derive(Debug, PartialEq, Eq)]
pub enum MergeError {
    /// No record was given.
    Nothing,
    /// The records have two layouts.
    Formats(u32, u32),
}

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MergeError::Nothing => f.write_str("no run record to report on: name at least one"),
            MergeError::Formats(a, b) => write!(
                f,
                "run records of formats {a} and {b} cannot be merged: run the older check again, or report on each alone"
            ),
        }
    }
}

impl std::error::Error for MergeError {}

/// Merges records into one.
///
/// `catalogue` is the id of every scenario there is: runs of parts of it may together be one of the whole.
///
/// # Errors
/// When there is no record, or when their formats differ.
pub fn merge(runs: Vec<Run>, catalogue: &[impl AsRef<str>]) -> Result<Run, MergeError> {
    let mut runs = runs;
    // The latest first: where a scenario is described twice, its description is the one to keep.
    runs.sort_by_key(|run| std::cmp::Reverse(run.started));
    let format = runs.first().ok_or(MergeError::Nothing)?.format;
    if let Some(other) = runs.iter().find(|run| run.format != format) {
        let (a, b) = (format.min(other.format), format.max(other.format));
        return Err(MergeError::Formats(a, b));
    }
    if runs.len() == 1 {
        return runs.pop().ok_or(MergeError::Nothing);
    }
    add_versions_to_names(&mut runs);
    let mut merged = Run {
        format,
        interloper: join_distinct(runs.iter().map(|run| run.interloper.as_str())),
        started: runs.iter().map(|run| run.started).min().unwrap_or_default(),
        millis: runs.iter().map(|run| run.millis).sum(),
        host: hosts(&runs),
        asked: asked(&runs, catalogue),
        stores: Vec::new(),
        scenarios: Vec::new(),
        results: Vec::new(),
        root_causes: Vec::new(),
        mends: Vec::new(),
        stale: Vec::new(),
        troubles: Vec::new(),
        interrupted: interrupted(&runs),
    };
    for run in runs {
        for store in run.stores {
            add_store(&mut merged.stores, store);
        }
        for scenario in run.scenarios {
            if merged.scenarios.iter().all(|known| known.id != scenario.id) {
                merged.scenarios.push(scenario);
            }
        }
        add_new(&mut merged.results, run.results);
        root_cause::join(&mut merged.root_causes, run.root_causes);
        // A store that was tried in two runs has two lists, of the findings of each.
        add_new(&mut merged.mends, run.mends);
        add_new(&mut merged.stale, run.stale);
        add_new(&mut merged.troubles, run.troubles);
    }
    merged.stores.sort_by(|a, b| a.name.cmp(&b.name));
    merged.scenarios.sort_by(|a, b| a.id.cmp(&b.id));
    // Stable, so that of two results for the same the later run's stays first.
    merged
        .results
        .sort_by(|a, b| (&a.store, &a.setup, &a.scenario).cmp(&(&b.store, &b.setup, &b.scenario)));
    Ok(merged)
}

/// Returns how far the runs came together, if one of them was interrupted.
fn interrupted(runs: &[Run]) -> Option<Interrupted> {
    let ended: Vec<&Interrupted> = runs.iter().filter_map(|run| run.interrupted.as_ref()).collect();
    if ended.is_empty() {
        return None;
    }
    let done = runs.iter().map(|run| run.results.len() as u64).sum();
    let missing: u64 = ended.iter().map(|ended| ended.of.saturating_sub(ended.done)).sum();
    let by = join_distinct(ended.iter().map(|ended| ended.by.as_str()));
    Some(Interrupted { by, done, of: done + missing })
}

/// Joins the distinct values, in their order.
fn join_distinct<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let mut distinct: Vec<&str> = Vec::new();
    add_new(&mut distinct, values);
    distinct.join(", ")
}

fn add_new<T: PartialEq>(all: &mut Vec<T>, more: impl IntoIterator<Item = T>) {
    for item in more {
        if !all.contains(&item) {
            all.push(item);
        }
    }
}

fn hosts(runs: &[Run]) -> HostInfo {
    let mut settings: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (key, value) in runs.iter().flat_map(|run| &run.host.settings) {
        add_new(settings.entry(key.clone()).or_default(), [value.as_str()]);
    }
    HostInfo {
        tier: join_distinct(runs.iter().map(|run| run.host.tier.as_str())),
        kernel: join_distinct(runs.iter().map(|run| run.host.kernel.as_str())),
        settings: settings.into_iter().map(|(key, values)| (key, values.join(", "))).collect(),
    }
}

fn asked(runs: &[Run], catalogue: &[impl AsRef<str>]) -> RunConfig {
    let mut left_out = Vec::new();
    for run in runs {
        add_new(&mut left_out, run.asked.left_out.iter().cloned());
    }
    let mut scenarios = all_or_union(runs, |asked| &asked.scenarios);
    let selected = |id: &str| scenarios.iter().any(|word| Glob::new(word).selects(id));
    if scenarios.is_empty() || catalogue.iter().all(|id| selected(id.as_ref())) {
        scenarios.clear();
        left_out.retain(|sentence| sentence != NOT_SELECTED);
    }
    let mut seeds: Vec<u64> = Vec::new();
    add_new(&mut seeds, runs.iter().map(|run| run.asked.seed));
    // The record has room for one seed; every replay token has its own, so none is lost to who wants to see a case again.
    if seeds.len() > 1 {
        let seeds: Vec<String> = seeds.iter().map(u64::to_string).collect();
        left_out.push(format!("a common seed: the merged runs used {}", seeds.join(", ")));
    }
    RunConfig {
        seed: seeds.first().copied().unwrap_or_default(),
        profile: join_distinct(runs.iter().map(|run| run.asked.profile.as_str())),
        umasks: all_or_union(runs, |asked| &asked.umasks),
        scenarios,
        left_out,
    }
}

/// Returns the union of a list of each run; an empty list asks for everything, and so does the union then.
fn all_or_union<T: Clone + PartialEq>(runs: &[Run], of: impl Fn(&RunConfig) -> &Vec<T>) -> Vec<T> {
    let mut union = Vec::new();
    for run in runs {
        let list = of(&run.asked);
        if list.is_empty() {
            return Vec::new();
        }
        add_new(&mut union, list.iter().cloned());
    }
    union
}

/// Adds a store, or its places and promises to the same store tested before.
fn add_store(stores: &mut Vec<StoreInfo>, store: StoreInfo) {
    match stores.iter_mut().find(|known| known.name == store.name) {
        None => stores.push(store),
        Some(known) => {
            // A driver that did not answer has no version; one that did, in another run, has.
            if known.version.is_empty() {
                (known.version, known.runtime) = (store.version, store.runtime);
            }
            add_new(&mut known.setups, store.setups);
            add_new(&mut known.untested, store.untested);
            let StoreInfo { setups, untested, .. } = known;
            untested.retain(|setup| !setups.contains(setup));
            add_new(&mut known.promises, store.promises);
        }
    }
}

/// Adds the version to the names of different stores that share a name.
///
/// Results have only the name of their store; without this, a finding in 3.2.4 would stand under 3.2.5.
fn add_versions_to_names(runs: &mut [Run]) {
    let mut variants: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let answered = |store: &&StoreInfo| !store.version.is_empty();
    for store in runs.iter().flat_map(|run| &run.stores).filter(answered) {
        let variant = (store.version.clone(), store.runtime.clone());
        add_new(variants.entry(store.name.clone()).or_default(), [variant]);
    }
    for run in runs {
        let mut renamed: BTreeMap<String, String> = BTreeMap::new();
        for store in run.stores.iter_mut().filter(|store| !store.version.is_empty()) {
            let Some(among) = variants.get(&store.name).filter(|among| among.len() > 1) else {
                continue;
            };
            let mut name = format!("{}@{}", store.name, store.version);
            if among.iter().filter(|(version, _)| *version == store.version).count() > 1 {
                name.push_str(&format!(" ({})", store.runtime));
            }
            renamed.insert(std::mem::replace(&mut store.name, name.clone()), name);
        }
        for result in &mut run.results {
            if let Some(name) = renamed.get(&result.store) {
                result.store.clone_from(name);
            }
        }
        for mends in &mut run.mends {
            if let Some(name) = renamed.get(&mends.store) {
                mends.store.clone_from(name);
            }
        }
        for cause in &mut run.root_causes {
            if let Some(name) = renamed.get(&cause.store) {
                cause.store.clone_from(name);
            }
        }
    }
}
