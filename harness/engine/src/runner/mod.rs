//! Running a scenario: cases, shrinking, findings.

mod attempt;
mod cases;
mod check;
mod replay;
mod report;
mod search;
mod shrink;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use interloper_driver::{Medium, Setup, SetupName, Target, Umask};
use proptest::strategy::{Strategy, ValueTree};

use crate::error::Error;
use crate::lab::{Abort, CaseResult, Lab, Setting, Tally};
use crate::plan::{COMMON_UMASKS, Plan, Sweep};
use crate::principal::Principal;
use crate::record::{AttemptKind, Matrix, Reading, ScenarioResult, Verdict};
use crate::sandbox::Tier;
use crate::scenario::{Check, Input, Need, Scenario};
use crate::shape::Shape;
use crate::tree::NodeKind;
use crate::worker_state::WorkerState;

use attempt::{CaseOutcome, Death};
use cases::{strategy, test_runner};
use replay::Expected;
use shrink::Reproducer;

pub use replay::Replayed;
pub use search::{Explored, Explorer, SavedInput, Search, SearchNews, SearchOrder, SearchState};

/// After how many cases, each of which the driver died in, the others are left out; a third of that where it hung.
const ENOUGH_DEATHS: u64 = 16;

/// Umask and mode of the home of a case that only looks what a save makes.
const COMMON_UMASK: Umask = COMMON_UMASKS[0];
const COMMON_HOME: u16 = 0o755;

/// Runner of one scenario on one store at one place.
pub struct Runner<'a> {
    worker: &'a mut WorkerState,
    scenario: &'static Scenario,
    setup: SetupName,
    plan: &'a Plan,
    progress: &'a mut dyn FnMut(u64, u64),
    causes: BTreeMap<String, CauseRecord>,
    tested: u64,
    refused: u64,
    /// Number of cases that counted.
    effective: u64,
    refusals: BTreeMap<String, u64>,
    outcomes: BTreeMap<(AttemptKind, String), u64>,
    remarks: BTreeSet<String>,
    steps: Tally,
    schedules: Tally,
    saves: u64,
    readings: Vec<Reading>,
    effective_umasks: Vec<Umask>,
    expected: Option<Expected>,
}

/// Smallest case and matrix of one cause.
#[derive(Clone)]
struct CauseRecord {
    reproducer: Reproducer,
    matrix: Matrix,
}

impl CauseRecord {
    fn is_hang(&self) -> bool {
        self.reproducer.violation.is_hang
    }
}

impl<'a> Runner<'a> {
    pub(crate) fn new(
        worker: &'a mut WorkerState,
        scenario: &'static Scenario,
        setup: SetupName,
        plan: &'a Plan,
        progress: &'a mut dyn FnMut(u64, u64),
    ) -> Runner<'a> {
        Runner {
            worker,
            scenario,
            setup,
            plan,
            progress,
            causes: BTreeMap::new(),
            tested: 0,
            refused: 0,
            effective: 0,
            refusals: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            remarks: BTreeSet::new(),
            steps: Tally::default(),
            schedules: Tally::default(),
            saves: 0,
            readings: Vec::new(),
            effective_umasks: Vec::new(),
            expected: None,
        }
    }

    /// Runs the scenario and gives its result, whatever happens.
    pub(crate) fn result(self) -> ScenarioResult {
        let (budget, property) = (self.plan.budget(), self.scenario.property);
        self.result_of(budget, |runner| property.run(runner))
    }

    /// Runs what `run` does within a budget, and gives its result, whatever happens.
    fn result_of(
        mut self,
        budget: Duration,
        run: impl FnOnce(&mut Runner<'a>) -> CaseResult<()>,
    ) -> ScenarioResult {
        let began = Instant::now();
        self.worker.set_budget(budget);
        let stop = self.allowed().and_then(|()| run(&mut self)).err();
        let mut result = ScenarioResult {
            scenario: self.scenario.id.into(),
            store: self.worker.spec().name.clone(),
            setup: self.setup.to_string(),
            verdict: Verdict::Pass,
            reason: None,
            predicted: self.worker.tier() == Tier::Predicted,
            tested: self.tested,
            refused: self.refused,
            millis: 0,
            findings: Vec::new(),
            readings: std::mem::take(&mut self.readings),
            coverage: self.coverage(),
            notes: self.notes(),
        };
        result.findings = self.findings();
        (result.verdict, result.reason) = match stop {
            Some(Abort::Unsupported(why)) => (Verdict::Unsupported, Some(why)),
            Some(Abort::Skip(why)) => (Verdict::Skip, Some(why)),
            Some(Abort::Ineffective(why)) => (Verdict::Skip, Some(why)),
            Some(Abort::Driver(seen)) => (Verdict::Error, Some(seen.clause().to_owned())),
            Some(Abort::Harness(error)) => (Verdict::Error, Some(error.to_string())),
            Some(Abort::Trouble(why)) => (Verdict::Error, Some(format!("twice: {why}"))),
            // What was found until then stands.
            Some(Abort::OutOfBudget(_)) if !result.findings.is_empty() => (Verdict::Fail, None),
            Some(Abort::OutOfBudget(why)) => {
                (Verdict::Skip, Some(format!("ended after {} cases: {why}", self.tested)))
            }
            None if !result.findings.is_empty() => (Verdict::Fail, None),
            None if self.tested == 0 => (Verdict::Skip, Some(self.why_nothing_counted())),
            None if self.refused_most() => (Verdict::Skip, Some(self.why_few_counted())),
            None => (Verdict::Pass, None),
        };
        result.millis = began.elapsed().as_millis() as u64;
        result
    }

    fn allowed(&mut self) -> CaseResult<()> {
        let hello = self.worker.hello(Principal::Owner)?.clone();
        let setup = self.set_up()?;
        if let Some(why) = self.scenario.unsupported_by(&hello, &setup) {
            return Err(Abort::Unsupported(why));
        }
        if self.scenario.needs.contains(&Need::Files)
            && hello.medium == Medium::Server
            && !self.makes_files(&setup)?
        {
            let why = "needs a store that keeps files; a save made none in the sandbox";
            return Err(Abort::Unsupported(why.into()));
        }
        let tier = self.worker.tier();
        for need in self.scenario.needs {
            let enough = match need {
                Need::Processes => tier != Tier::Predicted,
                Need::Namespaces => tier == Tier::Namespaces,
                Need::Steps => {
                    let can = self.worker.can_step(self.scenario.run_as);
                    can.map_err(Abort::cannot_step)?;
                    true
                }
                _ => true,
            };
            if !enough {
                return Err(Abort::Skip(format!(
                    "needs {}; this run has tier {tier} (see `interloper doctor`)",
                    need.words()
                )));
            }
        }
        Ok(())
    }

    /// Returns whether a save makes files in the sandbox, as a server's may: that is seen, whatever the medium is called.
    fn makes_files(&mut self, setup: &Setup) -> CaseResult<bool> {
        if let Some(known) = self.worker.makes_files(&setup.name) {
            return Ok(known);
        }
        let setting = Setting {
            umask: COMMON_UMASK,
            home: COMMON_HOME,
            setup: setup.clone(),
            run_as: self.scenario.run_as,
        };
        let mut lab = Lab::new(self.worker, setting, self.plan, self.plan.seed)?;
        match lab.save("alpha", 0, &Shape::plain()) {
            Ok(_) | Err(Abort::Driver(_)) => {}
            Err(stop) => return Err(stop),
        }
        lab.finish_store()?;
        let files = lab.made()?.iter().any(|node| node.kind == NodeKind::File);
        self.worker.set_makes_files(setup.name.clone(), files);
        Ok(files)
    }

    /// Returns the setup as hello describes it.
    fn set_up(&mut self) -> CaseResult<Setup> {
        let setup = self.worker.hello(Principal::Owner)?.setup(&self.setup).cloned();
        setup.ok_or_else(|| Abort::Unsupported(format!("needs place {}", self.setup)))
    }

    /// Returns the target that is tested.
    fn target(&self) -> Target {
        Target::new(&self.worker.spec().name, self.setup.clone())
    }

    /// Runs every case of a scenario.
    pub(crate) fn explore<X: Input>(&mut self, check: &Check<X>) -> CaseResult<()> {
        let umasks = self.plan.umasks(self.scenario.sweep);
        let total = umasks.len() as u64;
        let (mut deaths, mut all_died) = (0_u64, true);
        for (index, umask) in umasks.into_iter().enumerate() {
            let mut proptest = test_runner(self.seed_of(index as u64));
            // One set of canaries for the run: the sandbox is empty when a case begins, and what searches for them is made once.
            let mint_seed = self.plan.seed;
            let cases = strategy(self.plan, check, umask, self.scenario.sweep);
            let mut tree = cases.new_tree(&mut proptest).map_err(|reason| {
                Abort::Harness(Error::Untrustworthy(format!("no case: {reason}")))
            })?;
            let case = tree.current();
            let mut case_outcome = self.run_case(check, &case, mint_seed)?;
            self.confirm_hangs(check, &case, mint_seed, &mut case_outcome)?;
            self.count(&case_outcome, case.umask);
            for violation in &case_outcome.violations {
                if !self.causes.contains_key(&violation.cause) {
                    let reproducer = if violation.is_hang {
                        None
                    } else {
                        self.shrink(check, &mut tree, &violation.cause, mint_seed)?
                    };
                    let reproducer = match reproducer {
                        Some(reproducer) => reproducer,
                        None => self.reproducer_of(&case, violation, &case_outcome, mint_seed)?,
                    };
                    // A smaller case may be under another umask, and what is told must be in the matrix.
                    let mut matrix = Matrix::default();
                    matrix.add(
                        reproducer.umask,
                        reproducer.violation.principals.iter().map(|one| one.as_str()),
                    );
                    self.causes.insert(violation.cause.clone(), CauseRecord { reproducer, matrix });
                }
                if let Some(found) = self.causes.get_mut(&violation.cause) {
                    found
                        .matrix
                        .add(case.umask, violation.principals.iter().map(|one| one.as_str()));
                }
            }
            (self.progress)(index as u64 + 1, total);
            if let Some(why) = case_outcome.out_of_budget {
                return Err(Abort::OutOfBudget(why));
            }
            // A store whose driver dies in every case dies in the others too, and each costs a start, or a budget.
            deaths += match case_outcome.died {
                Some(Death::Other) => 1,
                Some(Death::Hang) => ENOUGH_DEATHS.div_ceil(3),
                None => 0,
            };
            all_died &= case_outcome.died.is_some();
            if all_died && deaths >= ENOUGH_DEATHS && index as u64 + 1 < total {
                let tried = index + 1;
                let what = format!("ended after {tried} of {total} cases: in each the driver died");
                self.remarks.insert(what);
                break;
            }
            // The umask makes no difference to a hang.
            if self.scenario.sweep == Sweep::One
                && self.causes.values().any(|cause| cause.is_hang())
            {
                break;
            }
        }
        Ok(())
    }

    fn count(&mut self, case_outcome: &CaseOutcome, umask: Umask) {
        for (outcome, count) in &case_outcome.outcomes {
            *self.outcomes.entry(outcome.clone()).or_default() += count;
        }
        self.remarks.extend(case_outcome.remarks.iter().cloned());
        self.saves += u64::from(case_outcome.saved);
        // Every case reads the same vectors.
        if !case_outcome.readings.is_empty() {
            self.readings.clone_from(&case_outcome.readings);
        }
        self.steps.add(case_outcome.steps);
        self.schedules.add(case_outcome.schedules);
        match &case_outcome.refused {
            Some(why) => {
                self.refused += 1;
                *self.refusals.entry(why.clone()).or_default() += 1;
            }
            None => {
                self.effective += 1;
                self.tested += 1 + case_outcome.variations;
                if let Err(at) = self.effective_umasks.binary_search(&umask) {
                    self.effective_umasks.insert(at, umask);
                }
            }
        }
    }

    /// Returns the seed of a case, so that the n-th case is the same whatever the others do.
    fn seed_of(&self, index: u64) -> u64 {
        let mut hash = self.plan.seed ^ 0x9e37_79b9_7f4a_7c15;
        for byte in self.scenario.id.bytes().chain(index.to_le_bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            hash ^= hash >> 29;
        }
        hash
    }
}
