//! Searches: one target after the other, each by several sandboxes at once that share nothing, so that each tries the same inputs again.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use interloper_driver::SetupName;
use interloper_engine::{Error, Scenario, SearchNews, SearchOrder, SearchState, StoreSpec, Worker};
use interloper_record::{
    Attempt, Finding, Interrupted, ScenarioResult, Severity, Trouble, TroubleKind, Verdict,
};

use super::corpus::CorpusDir;
use super::greet::{GreetedStore, explain, greet};
use super::pool::{GRACE, Orders, RunOutcome, broken, distinct, info, lock, named, setups};
use super::{Stop, Subject};
use crate::failure::Failure;
use crate::output::{complain, note};

/// How often a line says how far a search is.
const TICK: Duration = Duration::from_secs(5);

/// What a search is to do, beyond the orders of a run.
#[derive(Clone, Debug)]
pub(crate) struct SearchPlan<'a> {
    /// Seed for all random choices.
    pub(crate) seed: u64,
    /// Number of inputs for each target.
    pub(crate) cases: Option<u64>,
    /// Time for each target, in seconds.
    pub(crate) seconds: Option<u64>,
    /// The corpus that was named.
    pub(crate) corpus: Option<&'a Path>,
    /// Causes of which the first that is found ends the run.
    pub(crate) until: &'a [String],
}

/// Searches every target that was asked for.
///
/// # Errors
/// When two stores of the run call themselves the same, or none has a setup that was named.
pub(crate) fn search(
    orders: &Orders<'_>,
    subjects: &[Subject],
    plan: &SearchPlan<'_>,
    stop: &Stop,
) -> Result<RunOutcome, Failure> {
    let greeted = greet(orders, subjects, stop);
    distinct(&greeted)?;
    named(orders, &greeted)?;
    let mut ran = RunOutcome::default();
    let mut of = 0;
    for (store, subject) in greeted.iter().zip(subjects) {
        ran.stores.push(info(store, subject));
        ran.troubles.extend(store.trouble.clone());
        let (Some(hello), Some(spec), None) = (&store.hello, &store.spec, &store.trouble) else {
            continue;
        };
        // The sandbox that asked makes room for those that search.
        drop(lock(&store.idle).take());
        for setup in setups(store, hello) {
            of += 1;
            if stop.is_set() {
                continue;
            }
            let target = Target { orders, plan, store, spec, setup: &setup, stop };
            ran.results.push(target.search(&mut ran.troubles));
        }
    }
    let by = stop.finish();
    let done = ran.results.len() as u64;
    ran.interrupted = by.map(|by| Interrupted { by, done: done.saturating_sub(1), of });
    Ok(ran)
}

/// A store in a setup, and everything that a search of it needs.
struct Target<'a> {
    orders: &'a Orders<'a>,
    plan: &'a SearchPlan<'a>,
    store: &'a GreetedStore,
    spec: &'a StoreSpec,
    setup: &'a SetupName,
    stop: &'a Stop,
}

/// What the sandboxes of one target have in common: what they came upon, and nothing that they go by.
struct Shared {
    began: Instant,
    last: Instant,
    /// State of each sandbox.
    states: Vec<SearchState>,
    /// The findings by cause, each with the length of its input.
    found: BTreeMap<String, (usize, Finding)>,
    corpus: Option<CorpusDir>,
}

impl Target<'_> {
    /// Returns the scenario whose cases are searched for: the one that is about such a thing.
    fn scenario(&self) -> &'static Scenario {
        let hello = self.store.hello.as_ref();
        let about =
            |scenario: &&&'static Scenario| hello.is_none_or(|hello| scenario.is_about(hello));
        self.orders.scenarios.iter().find(about).unwrap_or(&self.orders.scenarios[0])
    }

    fn search(&self, troubles: &mut Vec<Trouble>) -> ScenarioResult {
        let (store, setup) = (&self.store.name, &**self.setup);
        let corpus = CorpusDir::of(self.plan.corpus, store, setup);
        let inputs = match corpus.as_ref().map(CorpusDir::read).transpose() {
            Ok(inputs) => inputs.unwrap_or_default(),
            Err(error) => {
                complain(&format!("the corpus of {store} cannot be read: {error}"));
                Vec::new()
            }
        };
        let jobs = self.orders.jobs.max(1);
        let (began, last) = (Instant::now(), Instant::now());
        let states = vec![SearchState::default(); jobs];
        let shared = Mutex::new(Shared { began, last, states, found: BTreeMap::new(), corpus });
        let results: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..jobs)
                .map(|job| {
                    let order = self.order(job, jobs, inputs.clone());
                    let shared = &shared;
                    scope.spawn(move || self.search_one(job, &order, shared))
                })
                .collect();
            threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
        });
        let shared = shared.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(corpus) = &shared.corpus {
            corpus.prune();
        }
        self.merge(results, &shared, troubles)
    }

    /// Returns the order of one sandbox: its share of the inputs, and a seed of its own.
    fn order(
        &self,
        job: usize,
        jobs: usize,
        inputs: Vec<interloper_engine::SavedInput>,
    ) -> SearchOrder {
        let (job, jobs) = (job as u64, jobs as u64);
        SearchOrder {
            seed: self.plan.seed.wrapping_add(job.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            cases: self.plan.cases.map(|cases| cases / jobs + u64::from(job < cases % jobs)),
            seconds: self.plan.seconds,
            inputs,
        }
    }

    /// Searches in one sandbox; the error is what ended it.
    fn search_one(
        &self,
        job: usize,
        order: &SearchOrder,
        shared: &Mutex<Shared>,
    ) -> Result<ScenarioResult, String> {
        let searched = Worker::start_in(self.spec, self.orders.tier).and_then(|mut worker| {
            let _guard = self.stop.watch(&worker)?;
            worker
                .search(self.scenario().id, self.setup, order, |news| self.hear(job, news, shared))
        });
        searched.map_err(|error: Error| explain(&error, self.spec, self.orders.tier))
    }

    fn hear(&self, job: usize, news: SearchNews, shared: &Mutex<Shared>) {
        let mut shared = lock(shared);
        match news {
            SearchNews::State(state) => {
                shared.states[job] = state;
                if shared.last.elapsed() >= TICK {
                    shared.last = Instant::now();
                    note(&self.line(&shared));
                }
            }
            SearchNews::Kept(input) => {
                if let Some(Err(error)) = shared.corpus.as_ref().map(|corpus| corpus.add(&input)) {
                    complain(&error.to_string());
                    shared.corpus = None;
                }
            }
            SearchNews::Found(finding, input) => {
                let kept = shared.corpus.as_ref().map(|corpus| corpus.add_find(&input));
                let place = match kept {
                    Some(Ok(path)) => format!("; its input is {}", path.display()),
                    Some(Err(error)) => format!("; {error}"),
                    None => String::new(),
                };
                if self.plan.until.contains(&finding.cause) {
                    self.stop.end(&format!("--until {}", finding.cause));
                }
                let known = shared.found.get(&finding.cause).map(|(length, _)| *length);
                if known.is_none() {
                    let (severity, sentence) = (finding.severity, &finding.sentence);
                    let (store, setup) = (&self.store.name, self.setup);
                    note(&format!("{severity:6} {store} · {setup}: {sentence}{place}"));
                }
                if known.is_none_or(|length| input.bytes.len() < length) {
                    shared.found.insert(finding.cause.clone(), (input.bytes.len(), *finding));
                }
            }
        }
    }

    /// Returns a line that says how far the search is.
    fn line(&self, shared: &Shared) -> String {
        let total = total(&shared.states);
        let seconds = shared.began.elapsed().as_secs_f64();
        let lines = total.lines.map_or_else(String::new, |lines| format!(", {lines} lines"));
        format!(
            "{} · {}: {} inputs in {seconds:.0} s ({:.0} a second), {} kept, {} behaviours{lines}, {} found",
            self.store.name,
            self.setup,
            total.executions,
            total.executions as f64 / seconds.max(0.001),
            total.corpus,
            total.behaviours,
            shared.found.len()
        )
    }

    /// Makes one result of those of all sandboxes.
    fn merge(
        &self,
        results: Vec<Result<ScenarioResult, String>>,
        shared: &Shared,
        troubles: &mut Vec<Trouble>,
    ) -> ScenarioResult {
        let scenario = self.scenario();
        note(&self.line(shared));
        let mut merged = broken(scenario, &self.store.name, self.setup, String::new());
        (merged.verdict, merged.reason) = (Verdict::Pass, None);
        merged.millis = shared.began.elapsed().as_millis() as u64;
        merged.tested = total(&shared.states).executions;
        let mut attempts: Vec<Attempt> = Vec::new();
        for result in results {
            match result {
                Ok(result) => {
                    merged.predicted |= result.predicted;
                    merged.refused += result.refused;
                    merged.notes.extend(result.notes);
                    let graver = matches!(result.verdict, Verdict::Error)
                        || !matches!(merged.verdict, Verdict::Error);
                    if !matches!(result.verdict, Verdict::Pass | Verdict::Fail) && graver {
                        (merged.verdict, merged.reason) = (result.verdict, result.reason);
                    }
                    for attempt in result.coverage.attempts {
                        let same = |other: &&mut Attempt| other.what == attempt.what;
                        match attempts.iter_mut().find(same) {
                            Some(other) => other.count += attempt.count,
                            None => attempts.push(attempt),
                        }
                    }
                }
                // What ended it is said of the whole run.
                Err(_) if self.stop.is_set_within(GRACE) => {}
                Err(why) => {
                    let kind = TroubleKind::Harness;
                    let store = Some(self.store.name.clone());
                    troubles.push(Trouble { kind, store, what: why.clone(), details: Vec::new() });
                    (merged.verdict, merged.reason) = (Verdict::Error, Some(why));
                }
            }
        }
        merged.coverage.attempts = attempts;
        merged.notes.push(match total(&shared.states).lines {
            Some(lines) => format!("feedback: answers, and {lines} places of the store's code"),
            None => "feedback: answers; the store's kit does not say which lines ran".into(),
        });
        merged.notes.sort();
        merged.notes.dedup();
        merged.findings = shared.found.values().map(|(_, finding)| finding.clone()).collect();
        merged.findings.sort_by(|a, b| {
            let by = |finding: &Finding| -> Severity { finding.severity };
            by(b).cmp(&by(a)).then_with(|| a.cause.cmp(&b.cause))
        });
        if !merged.findings.is_empty() {
            (merged.verdict, merged.reason) = (Verdict::Fail, None);
        } else if merged.verdict == Verdict::Pass && merged.tested == 0 {
            let why = "ended before its first input".into();
            (merged.verdict, merged.reason) = (Verdict::Skip, Some(why));
        }
        merged
    }
}

/// Returns the sum of what the sandboxes did; of lines and behaviours, which they share, the most that one saw.
fn total(states: &[SearchState]) -> SearchState {
    let mut total = SearchState::default();
    for state in states {
        total.executions += state.executions;
        total.corpus += state.corpus;
        total.unconfirmed += state.unconfirmed;
        total.behaviours = total.behaviours.max(state.behaviours);
        total.lines = total.lines.max(state.lines);
    }
    total
}
