//! The workers of a run: several sandboxes at once, and one order of results whatever the scheduling.
//!
//! A supervisor serves one store. So a thread keeps to the store it has a worker for until nothing is left to do there; the other
//! stores' units wait for other threads, or for this one later. What a unit comes to does not depend on which thread ran it, or when.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use interloper_driver::{Hello, Place};
use interloper_engine::record::{ScenarioResult, StoreInfo, Verdict};
use interloper_engine::{Error, Plan, Scenario, StoreSpec, Tier, Worker};

use super::{Progress, Subject};
use crate::stores::unreachable;

/// What a run is to do.
#[derive(Clone)]
pub(crate) struct Orders<'a> {
    /// The scenarios, in the order of the catalogue.
    pub(crate) scenarios: &'a [&'static Scenario],
    /// How much of each.
    pub(crate) plan: &'a Plan,
    /// The places asked for; none for all that a store has.
    pub(crate) places: &'a [Place],
    /// How other users are played.
    pub(crate) tier: Tier,
    /// How many sandboxes run at once.
    pub(crate) jobs: usize,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Ran {
    /// The stores, in the order in which they were asked for.
    pub(crate) stores: Vec<StoreInfo>,
    /// The results: by store, place and scenario.
    pub(crate) results: Vec<ScenarioResult>,
}

/// One scenario on one store at one place.
#[derive(Clone, Copy)]
struct Unit {
    /// Where its result goes.
    slot: usize,
    store: usize,
    place: Place,
    scenario: &'static Scenario,
}

/// A store that was asked what it is.
struct Greeted {
    hello: Result<Hello, (Verdict, String)>,
    /// The worker that asked, for whoever comes first.
    idle: Mutex<Option<Worker>>,
}

/// Runs everything, and gives a result for everything that was selected.
pub(crate) fn run(orders: &Orders<'_>, subjects: &[Subject]) -> Ran {
    let greeted = greet(orders, subjects);
    let mut ran = Ran::default();
    let mut units = Vec::new();
    let mut slots: Vec<Option<ScenarioResult>> = Vec::new();
    for (store, (subject, greeted)) in subjects.iter().zip(&greeted).enumerate() {
        ran.stores.push(info(subject, greeted.hello.as_ref().ok()));
        let places = places(orders, greeted.hello.as_ref().ok());
        for place in &places {
            for scenario in orders.scenarios {
                units.push(Unit { slot: slots.len(), store, place: *place, scenario });
                slots.push(None);
            }
        }
        let why = match &greeted.hello {
            Err(why) => why.clone(),
            Ok(_) => (Verdict::Error, "its hello names no place it can be tested in".to_owned()),
        };
        if places.is_empty() {
            // There is no place to speak of, and every scenario was asked for.
            for scenario in orders.scenarios {
                slots.push(Some(untested(scenario, subject.name(), "-", &why)));
            }
        }
    }
    let progress = Progress::begin(
        subjects
            .iter()
            .enumerate()
            .map(|(n, subject)| (subject, units.iter().filter(|unit| unit.store == n).count()))
            .map(|(subject, results)| (subject.name().to_owned(), results)),
    );
    let queue = Mutex::new(Queue::new(subjects.len(), units));
    let results = Mutex::new(slots);
    std::thread::scope(|scope| {
        for _ in 0..orders.jobs.max(1) {
            scope.spawn(|| work(orders, subjects, &greeted, &queue, &results, &progress));
        }
    });
    drop(progress);
    // Nothing can be missing here; were it, the report would find that out by the number of results.
    ran.results = take(&results).iter_mut().filter_map(Option::take).collect();
    ran
}

/// Whoever panicked while holding a lock left what it guards whole: each holds it for one assignment.
fn take<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks every store what it is, several at once: runtimes take their time to start.
fn greet(orders: &Orders<'_>, subjects: &[Subject]) -> Vec<Greeted> {
    let next = Mutex::new(0);
    let greeted: Vec<Mutex<Option<Greeted>>> = subjects.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..orders.jobs.clamp(1, subjects.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let n = {
                        let mut next = take(&next);
                        *next += 1;
                        *next - 1
                    };
                    let Some(subject) = subjects.get(n) else { break };
                    // The first are begun with; a sandbox for each of many stores would be more than a host has.
                    let keep = n < orders.jobs.max(1);
                    *take(&greeted[n]) = Some(greet_one(subject, orders.tier, keep));
                }
            });
        }
    });
    let lost = || Greeted {
        hello: Err((Verdict::Error, "the harness lost what it said".to_owned())),
        idle: Mutex::new(None),
    };
    greeted.into_iter().map(|cell| take(&cell).take().unwrap_or_else(lost)).collect()
}

fn greet_one(subject: &Subject, tier: Tier, keep: bool) -> Greeted {
    let spec = match subject {
        Subject::Ready(spec) => spec,
        Subject::Absent { verdict, reason, .. } => {
            let hello = Err((*verdict, reason.clone()));
            return Greeted { hello, idle: Mutex::new(None) };
        }
    };
    let asked = Worker::start_in(spec, tier).and_then(|mut worker| {
        let hello = worker.hello()?;
        Ok((worker, hello))
    });
    match asked {
        Ok((worker, hello)) => {
            Greeted { hello: Ok(hello), idle: Mutex::new(keep.then_some(worker)) }
        }
        Err(error) => {
            let hello = Err((Verdict::Error, explain(&error, spec, tier)));
            Greeted { hello, idle: Mutex::new(None) }
        }
    }
}

/// Why a driver does not start, with the usual cause where it is one of the usual ones.
pub(crate) fn explain(error: &Error, spec: &StoreSpec, tier: Tier) -> String {
    let why = match error {
        // The supervisor says so, too.
        Error::Driver(why) => why.strip_prefix("driver: ").unwrap_or(why).to_owned(),
        other => other.to_string(),
    };
    match unreachable(spec, tier) {
        Some(hint) => format!("{why}; {hint}"),
        None => why,
    }
}

/// The places to test a store in. One it does not have is asked for all the same, and answered `unsupported`.
fn places(orders: &Orders<'_>, hello: Option<&Hello>) -> Vec<Place> {
    let Some(hello) = hello else { return Vec::new() };
    match orders.places {
        [] => hello.places.clone(),
        asked => asked.to_vec(),
    }
}

fn info(subject: &Subject, hello: Option<&Hello>) -> StoreInfo {
    let source = match subject {
        Subject::Ready(spec) => spec.source.clone(),
        Subject::Absent { .. } => None,
    };
    let hello = hello.cloned().unwrap_or_else(|| Hello::new("", ""));
    StoreInfo {
        name: subject.name().to_owned(),
        version: hello.version,
        runtime: hello.runtime,
        source,
        places: hello.places.iter().map(ToString::to_string).collect(),
        promises: hello.promises.iter().map(ToString::to_string).collect(),
    }
}

fn untested(
    scenario: &Scenario,
    store: &str,
    place: &str,
    (verdict, reason): &(Verdict, String),
) -> ScenarioResult {
    ScenarioResult {
        scenario: scenario.id.into(),
        store: store.into(),
        place: place.into(),
        verdict: *verdict,
        reason: Some(reason.clone()),
        predicted: false,
        tested: 0,
        refused: 0,
        millis: 0,
        findings: Vec::new(),
        notes: Vec::new(),
    }
}

/// The life of one thread: units, for as long as there are any.
fn work(
    orders: &Orders<'_>,
    subjects: &[Subject],
    greeted: &[Greeted],
    queue: &Mutex<Queue>,
    results: &Mutex<Vec<Option<ScenarioResult>>>,
    progress: &Progress,
) {
    let mut at: Option<(usize, Worker)> = None;
    let mut last = None;
    loop {
        let Some(unit) = take(queue).next(last) else { return };
        last = Some(unit.store);
        let Subject::Ready(spec) = &subjects[unit.store] else { continue };
        if at.as_ref().is_none_or(|(store, _)| *store != unit.store) {
            // The old sandbox goes before the new one comes.
            at = None;
        }
        let worker = match at.take() {
            Some((_, worker)) => Ok(worker),
            None => match take(&greeted[unit.store].idle).take() {
                Some(worker) => Ok(worker),
                None => Worker::start_in(spec, orders.tier),
            },
        };
        let (place, scenario) = (unit.place.as_str(), unit.scenario);
        progress.at(&spec.name, place, scenario.id, None);
        let ran = worker.and_then(|mut worker| {
            let result = worker.run(scenario.id, unit.place, orders.plan, |done, total| {
                progress.at(&spec.name, place, scenario.id, Some((done, total)));
            })?;
            Ok((worker, result))
        });
        let result = match ran {
            Ok((worker, result)) => {
                at = Some((unit.store, worker));
                result
            }
            // The worker is gone with its sandbox; the next unit gets a new one.
            Err(error) => {
                let why = explain(&error, spec, orders.tier);
                untested(scenario, &spec.name, place, &(Verdict::Error, why))
            }
        };
        progress.done(&result);
        take(results)[unit.slot] = Some(result);
    }
}

/// What is left to do, store by store.
struct Queue {
    lanes: Vec<VecDeque<Unit>>,
    /// How many threads were last given work of each store.
    threads: Vec<usize>,
}

impl Queue {
    fn new(stores: usize, units: Vec<Unit>) -> Queue {
        let mut lanes = vec![VecDeque::new(); stores];
        for unit in units {
            lanes[unit.store].push_back(unit);
        }
        Queue { lanes, threads: vec![0; stores] }
    }

    /// The next unit for a thread that has a worker of this store, or of none.
    fn next(&mut self, current: Option<usize>) -> Option<Unit> {
        if let Some(store) = current {
            if let Some(unit) = self.lanes[store].pop_front() {
                return Some(unit);
            }
            self.threads[store] -= 1;
        }
        // Where the most is left for each thread that is there already; the first of equals.
        let share = |store: &usize| self.lanes[*store].len() / (self.threads[*store] + 1);
        let waiting = (0..self.lanes.len()).filter(|store| !self.lanes[*store].is_empty());
        let store = waiting.rev().max_by_key(share)?;
        self.threads[store] += 1;
        self.lanes[store].pop_front()
    }
}
