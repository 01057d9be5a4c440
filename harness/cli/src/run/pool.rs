//! The workers of a run: several sandboxes at once, and one order of results whatever the scheduling.
//!
//! A supervisor serves one store. So a thread keeps to the store it has a worker for until nothing is left to do there; the other
//! stores' units wait for other threads, or for this one later. What a unit comes to does not depend on which thread ran it, or when.
//!
//! There are more workers than processors, since stores sleep: a database that waits for a lock, a save that waits for a planted FIFO.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use interloper_driver::{Hello, Setup, SetupName};
use interloper_engine::{Plan, Scenario, Tier, Worker};
use interloper_record::{Interrupted, ScenarioResult, StoreInfo, Trouble, Verdict};

use super::corpus::regressions;
use super::greet::{GreetedStore, explain, greet};
use super::queue::{Queue, Unit};
use super::stop::WorkerGuard;
use super::{Progress, Stop, Subject, Timings};
use crate::failure::Failure;

/// How long the signal that ended a sandbox may be on its way to this program.
pub(crate) const GRACE: Duration = Duration::from_millis(300);

/// More workers than that at once wait for each other.
const MAX_EXTRA_JOBS: usize = 8;

/// What a run is to do.
#[derive(Clone)]
pub(crate) struct Orders<'a> {
    /// The scenarios, in the order of the catalogue.
    pub(crate) scenarios: &'a [&'static Scenario],
    /// How much of each.
    pub(crate) plan: &'a Plan,
    /// The setups of `--setup`, for stores whose target names none; empty for all that a store has.
    pub(crate) setups: &'a [SetupName],
    /// How other users are played.
    pub(crate) tier: Tier,
    /// How many sandboxes run at once.
    pub(crate) jobs: usize,
    /// The directory of inputs that are replayed; `None` for the one beside each driver.
    pub(crate) corpus: Option<&'a Path>,
    /// What ends the run, if it is not to find everything.
    pub(crate) limit: Option<Limit<'a>>,
}

/// As many findings as `--max-fail` asks for.
#[derive(Clone, Copy)]
pub(crate) struct Limit<'a> {
    /// How many end the run.
    pub(crate) at: usize,
    /// Counts those of a result that fail the run.
    pub(crate) count: &'a (dyn Fn(&ScenarioResult) -> usize + Sync),
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct RunOutcome {
    /// The stores, in the order in which they were asked for.
    pub(crate) stores: Vec<StoreInfo>,
    /// The results: by store, setup and scenario.
    pub(crate) results: Vec<ScenarioResult>,
    /// What kept stores from being tested.
    pub(crate) troubles: Vec<Trouble>,
    /// How far it came, if it was ended early.
    pub(crate) interrupted: Option<Interrupted>,
    /// What the workers did all the time.
    pub(crate) timings: Timings,
}

/// Returns how many sandboxes run at once by default: half as many again as there are processors, or a few more on a large machine.
///
/// Some sleep, as databases do at their locks; those that do not slow each other down when there are more.
pub(crate) fn default_jobs() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    (processors + processors.div_ceil(2)).min(processors + MAX_EXTRA_JOBS)
}

/// Runs everything, and gives a result for everything that was selected, or says why there is none.
///
/// # Errors
/// When two stores of the run call themselves the same.
pub(crate) fn run(
    orders: &Orders<'_>,
    subjects: &[Subject],
    stop: &Stop,
) -> Result<RunOutcome, Failure> {
    let began = Instant::now();
    let greeted = greet(orders, subjects, stop);
    distinct(&greeted)?;
    named(orders, &greeted)?;
    let mut ran = RunOutcome::default();
    let mut units = Vec::new();
    let mut slots: Vec<Option<ScenarioResult>> = Vec::new();
    let mut unasked = 0;
    for (store, greeted) in greeted.iter().enumerate() {
        ran.stores.push(info(greeted, &subjects[store]));
        match (&greeted.trouble, &greeted.hello) {
            (Some(trouble), _) => ran.troubles.push(trouble.clone()),
            // Nobody knows its setups yet: as many as were asked for, or one.
            (None, None) => unasked += orders.scenarios.len() * greeted.setups.len().max(1),
            (None, Some(hello)) => {
                // Where none of those that are asked for is about it, each says so.
                let fits = |scenario: &&&Scenario| scenario.is_about(hello);
                let any = orders.scenarios.iter().any(|scenario| fits(&scenario));
                for setup in setups(greeted, hello) {
                    for scenario in orders.scenarios.iter().filter(|one| !any || fits(one)) {
                        let setup = setup.clone();
                        units.push(Unit { slot: slots.len(), store, setup, scenario });
                        slots.push(None);
                    }
                }
            }
        }
    }
    let of = slots.len() + unasked;
    let expected = |store| units.iter().filter(|unit| unit.store == store).count();
    let progress = Progress::begin(
        greeted.iter().enumerate().map(|(n, greeted)| (greeted.name.clone(), expected(n))),
    );
    let work = Work {
        orders,
        greeted: &greeted,
        queue: Mutex::new(Queue::new(subjects.len(), units)),
        results: Mutex::new(slots),
        progress: &progress,
        timings: Mutex::new(Timings::begin(orders.jobs, began)),
        failures: AtomicUsize::new(0),
        stop,
    };
    std::thread::scope(|scope| {
        for _ in 0..orders.jobs.max(1) {
            scope.spawn(|| work.run_units());
        }
    });
    ran.results = lock(&work.results).iter_mut().filter_map(Option::take).collect();
    ran.timings = lock(&work.timings).clone().end();
    drop(progress);
    let by = stop.finish().filter(|_| ran.results.len() < of);
    let done = ran.results.len() as u64;
    ran.interrupted = by.map(|by| Interrupted { by, done, of: of as u64 });
    Ok(ran)
}

/// Whoever panicked while holding a lock left what it guards whole: each holds it for one assignment.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Refuses two stores of one name: nobody could tell their findings apart.
pub(super) fn distinct(greeted: &[GreetedStore]) -> Result<(), Failure> {
    for (n, store) in greeted.iter().enumerate() {
        if greeted[..n].iter().any(|other| other.name == store.name) {
            return Err(Failure::Usage(format!(
                "two stores of this run are called {:?}: give the one that --driver starts another name with --name",
                store.name
            )));
        }
    }
    Ok(())
}

/// Refuses a target whose store has no such setup, and a name after `--setup` that no store of the run has, unless it is one that stores
/// usually have.
pub(super) fn named(orders: &Orders<'_>, greeted: &[GreetedStore]) -> Result<(), Failure> {
    // Without --setup these are what targets name.
    let of_targets = greeted.iter().filter(|_| orders.setups.is_empty());
    for (store, hello) in of_targets.filter_map(|store| Some((store, store.hello.as_ref()?))) {
        if let Some(name) = store.setups.iter().find(|name| hello.setup(name).is_none()) {
            let has: Vec<&str> = hello.setups.iter().map(|setup| &*setup.name).collect();
            return Err(Failure::Usage(format!(
                "{} has no setup {name}; it has {}",
                store.name,
                has.join(", ")
            )));
        }
    }
    let usual = [Setup::home().name, Setup::file().name, Setup::dir().name];
    let hellos = greeted.iter().map(|greeted| greeted.hello.as_ref());
    let Some(hellos) = hellos.collect::<Option<Vec<&Hello>>>() else { return Ok(()) };
    let unknown = |name: &&SetupName| {
        !usual.contains(name) && hellos.iter().all(|hello| hello.setup(name).is_none())
    };
    match orders.setups.iter().find(unknown) {
        Some(name) => {
            let names: BTreeSet<&str> =
                hellos.iter().flat_map(|hello| &hello.setups).map(|setup| &*setup.name).collect();
            let names: Vec<&str> = names.into_iter().collect();
            Err(Failure::Usage(format!(
                "no store of this run has a setup {name}; --setup takes {}",
                names.join(", ")
            )))
        }
        None => Ok(()),
    }
}

/// The setups to test a store in. One it does not have is asked for all the same, and answered `unsupported`.
pub(super) fn setups(greeted: &GreetedStore, hello: &Hello) -> Vec<SetupName> {
    match &greeted.setups[..] {
        [] => hello.setups.iter().map(|setup| setup.name.clone()).collect(),
        asked => asked.to_vec(),
    }
}

pub(super) fn info(greeted: &GreetedStore, subject: &Subject) -> StoreInfo {
    let source = match subject {
        Subject::Ready { spec, .. } => spec.source.clone(),
        Subject::Absent { .. } => None,
    };
    let tested = greeted.hello.as_ref().map(|hello| setups(greeted, hello));
    let unknown = || Hello { runtime: String::new(), ..Hello::new("", "") };
    let hello = greeted.hello.clone().unwrap_or_else(unknown);
    let tested = tested.unwrap_or_default();
    let untested = hello.setups.iter().map(|setup| &setup.name);
    let untested = untested.filter(|name| !tested.contains(name)).map(ToString::to_string);
    StoreInfo {
        name: greeted.name.clone(),
        version: hello.version,
        runtime: hello.runtime,
        source,
        setups: tested.iter().map(ToString::to_string).collect(),
        untested: untested.collect(),
        promises: hello.promises.iter().map(ToString::to_string).collect(),
    }
}

/// The result of a unit whose worker broke.
pub(super) fn broken(scenario: &Scenario, store: &str, setup: &str, why: String) -> ScenarioResult {
    ScenarioResult {
        scenario: scenario.id.into(),
        store: store.into(),
        setup: setup.into(),
        verdict: Verdict::Error,
        reason: Some(why),
        predicted: false,
        tested: 0,
        refused: 0,
        millis: 0,
        coverage: Default::default(),
        readings: Vec::new(),
        findings: Vec::new(),
        notes: Vec::new(),
    }
}

/// What the threads of a run share.
struct Work<'a> {
    orders: &'a Orders<'a>,
    greeted: &'a [GreetedStore],
    queue: Mutex<Queue>,
    results: Mutex<Vec<Option<ScenarioResult>>>,
    progress: &'a Progress,
    timings: Mutex<Timings>,
    /// How many findings that fail the run there are.
    failures: AtomicUsize,
    stop: &'a Stop,
}

/// A worker of a thread, ended with the run.
struct AssignedWorker<'a> {
    store: usize,
    worker: Worker,
    _guard: WorkerGuard<'a>,
}

impl<'a> Work<'a> {
    /// The life of one thread: units, for as long as there are any.
    fn run_units(&self) {
        let mut at: Option<AssignedWorker<'_>> = None;
        let mut last = None;
        while !self.stop.is_set() {
            let Some(unit) = lock(&self.queue).next(last) else { return };
            last = Some(unit.store);
            let began = Instant::now();
            let Some(result) = self.run_unit(&unit, &mut at) else { return };
            lock(&self.timings).add(&result, began.elapsed());
            self.progress.done(&result);
            self.look_at_limit(&result);
            lock(&self.results)[unit.slot] = Some(result);
        }
    }

    /// Ends the run if this result has the last finding that was asked for.
    fn look_at_limit(&self, result: &ScenarioResult) {
        let Some(Limit { at, count }) = self.orders.limit else { return };
        let found = count(result);
        if self.failures.fetch_add(found, Ordering::Relaxed) + found >= at {
            self.stop.end(&format!("--max-fail {at}"));
        }
    }

    /// Runs one unit; `None` if the run was ended meanwhile.
    fn run_unit(&self, unit: &Unit, at: &mut Option<AssignedWorker<'a>>) -> Option<ScenarioResult> {
        let spec = self.greeted[unit.store].spec.as_ref()?;
        let (setup, scenario) = (&*unit.setup, unit.scenario);
        self.progress.at(&spec.name, setup, scenario.id, None);
        let ran = self.assign_worker(unit.store, at).and_then(|mut assigned| {
            let result = assigned.worker.run(
                scenario.id,
                &unit.setup,
                self.orders.plan,
                |done, total| {
                    self.progress.at(&spec.name, setup, scenario.id, Some((done, total)));
                },
            )?;
            Ok((assigned, result))
        });
        match ran {
            Ok((assigned, result)) => {
                *at = Some(assigned);
                Some(result)
            }
            // The worker is gone with its sandbox; the next unit gets a new one.
            Err(_) if self.stop.is_set_within(GRACE) => None,
            Err(error) => {
                let why = explain(&error, spec, self.orders.tier);
                Some(broken(scenario, &spec.name, setup, why))
            }
        }
    }

    /// A worker of this store: the one that the thread has, the one that greeted the store, or a new one.
    fn assign_worker(
        &self,
        store: usize,
        at: &mut Option<AssignedWorker<'a>>,
    ) -> interloper_engine::Result<AssignedWorker<'a>> {
        match at.take() {
            Some(assigned) if assigned.store == store => return Ok(assigned),
            // The old sandbox goes before the new one comes.
            other => drop(other),
        }
        let greeted = &self.greeted[store];
        let idle = lock(&greeted.idle).take();
        let mut worker = match (idle, &greeted.spec) {
            (Some(worker), _) => worker,
            (None, Some(spec)) => Worker::start_in(spec, self.orders.tier)?,
            (None, None) => return Err(interloper_engine::Error::Job("nothing to start".into())),
        };
        let guard = self.stop.watch(&worker)?;
        let source = greeted.spec.as_ref().and_then(|spec| spec.source.as_deref());
        // What cannot be read was said before the run; a directory beside a driver may have gone since.
        let inputs = regressions(self.orders.corpus, source).unwrap_or_default();
        if !inputs.is_empty() {
            worker.give_inputs(inputs)?;
        }
        Ok(AssignedWorker { store, worker, _guard: guard })
    }
}
