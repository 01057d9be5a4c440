//! Searching for cases: inputs that feedback leads to, and a fresh process to confirm each.
//!
//! A search tries many inputs in one process, so that one costs little. What looks wrong there may be an earlier input's doing. So:
//!
//! 1. the explorer tries inputs in one laboratory until one shows a cause that is not known yet;
//! 2. the case of that input is run as `check` and `replay` run it, in a sandbox of its own; what does not show there is no finding;
//! 3. the input is made smaller, each try in a fresh process, for as long as the cause shows;
//! 4. the finding is sent at once, so that a search which is interrupted has it.

use serde::{Deserialize, Serialize};

use super::shrink::Reproducer;
use super::{COMMON_HOME, COMMON_UMASK, CaseOutcome, CauseRecord, Runner};
use crate::driver::Leave;
use crate::error::Result;
use crate::lab::{Abort, CaseResult, Lab, Setting};
use crate::plan::{Plan, Profile};
use crate::record::{AttemptKind, Evidence, Finding, Matrix, ScenarioResult};
use crate::scenario::{Case, Check, Input, Property};
use crate::shape::Shape;

/// What a search is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchOrder {
    /// Seed for all random choices.
    pub seed: u64,
    /// Number of inputs to try; `None` for as many as there is time for.
    pub cases: Option<u64>,
    /// Time for the search, in seconds; `None` for as long as the inputs take.
    pub seconds: Option<u64>,
    /// Inputs to begin with, beside those that the store itself writes.
    pub inputs: Vec<SavedInput>,
}

impl SearchOrder {
    /// Returns the plan of the cases that confirm what is found: the canaries are the same in all of them.
    pub(crate) fn plan(&self) -> Plan {
        Plan { seed: self.seed, profile: Profile::Quick, umasks: Vec::new(), cases: None }
    }
}

/// An input that was kept as a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedInput {
    /// Name of the file.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// News of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SearchNews {
    /// How far it is.
    State(SearchState),
    /// An input that showed a behaviour which no other had shown.
    Kept(SavedInput),
    /// A finding, confirmed and minimised, and the input that shows it.
    Found(Box<Finding>, SavedInput),
}

/// State of a search.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchState {
    /// Number of inputs that were tried.
    pub executions: u64,
    /// Number of inputs that showed something new.
    pub corpus: u64,
    /// Number of behaviours seen.
    pub behaviours: u64,
    /// Number of lines of the store's code seen; `None` if its kit does not say.
    pub lines: Option<u64>,
    /// Number of suspects that a fresh process did not confirm.
    pub unconfirmed: u64,
}

/// Result of exploring.
pub enum Explored<X> {
    /// This input shows a cause that is not known yet.
    Suspect(X),
    /// The order is done.
    Done,
}

/// The search of one scenario: it chooses inputs, and keeps what it learns from one laboratory to the next.
pub trait Explorer<X: Input> {
    /// Tries inputs until one is suspect, or the order is done.
    ///
    /// # Errors
    /// When the case cannot be set up, or the harness broke.
    fn explore(
        &mut self,
        lab: &mut Lab<'_>,
        news: &mut dyn FnMut(SearchNews) -> Result<()>,
    ) -> CaseResult<Explored<X>>;

    /// Returns the number of changes between what the search began with and the last suspect.
    fn changes(&self) -> u32;

    /// Takes note of what a fresh process showed for the last suspect.
    fn learn(&mut self, causes: &[String]);

    /// Makes an input smaller for as long as it shows the cause.
    ///
    /// # Errors
    /// When the harness broke.
    fn minimise(&mut self, lab: &mut Lab<'_>, input: &X, cause: &str) -> CaseResult<X>;

    /// Returns the state of the search.
    fn state(&self) -> SearchState;

    /// Returns an input as it is kept in a file.
    fn saved(&self, input: &X) -> SavedInput;
}

/// A property whose cases are searched for; `check` replays those that were saved.
pub struct Search<X: Input> {
    /// One case.
    pub check: Check<X>,
    /// Returns the input that a file has.
    pub read: fn(&SavedInput) -> X,
    /// Begins a search.
    pub explorer: fn(&SearchOrder) -> Box<dyn Explorer<X>>,
}

impl<X: Input> Property for Search<X> {
    fn run(&self, runner: &mut Runner<'_>) -> CaseResult<()> {
        runner.run_saved(self)
    }

    fn replay(&self, runner: &mut Runner<'_>, bytes: &[u8]) -> CaseResult<()> {
        runner.replay_case(&self.check, bytes)
    }

    fn search(
        &self,
        runner: &mut Runner<'_>,
        order: &SearchOrder,
        news: &mut dyn FnMut(SearchNews) -> Result<()>,
    ) -> CaseResult<()> {
        runner.search_with(&self.check, &mut *(self.explorer)(order), news)
    }
}

impl<'a> Runner<'a> {
    /// Searches, and gives the result, whatever happens.
    pub(crate) fn search(
        self,
        order: &SearchOrder,
        news: &mut dyn FnMut(SearchNews) -> Result<()>,
    ) -> ScenarioResult {
        let property = self.scenario.property;
        let budget = std::time::Duration::MAX;
        self.result_of(budget, |runner| property.search(runner, order, news))
    }

    /// Runs the inputs that were saved for this store.
    fn run_saved<X: Input>(&mut self, search: &Search<X>) -> CaseResult<()> {
        let inputs = self.worker.inputs().to_vec();
        if inputs.is_empty() {
            let why = "needs inputs that a search saved for this store (interloper fuzz)";
            return Err(Abort::Unsupported(why.into()));
        }
        let total = inputs.len() as u64;
        for (n, input) in inputs.iter().enumerate() {
            let case = case_of((search.read)(input));
            let (mint_seed, check) = (self.plan.seed, &search.check);
            let mut outcome = self.run_case(check, &case, mint_seed)?;
            self.confirm_hangs(check, &case, mint_seed, &mut outcome)?;
            self.count(&outcome, case.umask);
            for violation in &outcome.violations {
                if !self.causes.contains_key(&violation.cause) {
                    let reproducer = self.reproducer_of(&case, violation, &outcome, mint_seed)?;
                    self.insert(reproducer);
                }
            }
            (self.progress)(n as u64 + 1, total);
        }
        Ok(())
    }

    fn search_with<X: Input>(
        &mut self,
        check: &Check<X>,
        explorer: &mut dyn Explorer<X>,
        news: &mut dyn FnMut(SearchNews) -> Result<()>,
    ) -> CaseResult<()> {
        loop {
            let explored = self.in_lab(|lab| explorer.explore(lab, news))?;
            news(SearchNews::State(explorer.state()))?;
            let Explored::Suspect(input) = explored else { break };
            for (cause, reproducer, input) in self.confirm(check, explorer, input)? {
                let record = self.insert(reproducer);
                let found = self.finding(cause, record);
                news(SearchNews::Found(Box::new(found), explorer.saved(&input)))?;
            }
        }
        let SearchState { executions, corpus, unconfirmed, .. } = explorer.state();
        // Each is one input in a sandbox that held a saved session.
        self.tested += executions;
        self.effective += executions;
        if executions > 0 {
            self.effective_umasks = vec![COMMON_UMASK];
        }
        let outcomes = [
            ("inputs that showed something new", corpus),
            ("suspects that a fresh process did not confirm", unconfirmed),
        ];
        for (what, count) in outcomes.into_iter().filter(|(_, count)| *count > 0) {
            self.outcomes.insert((AttemptKind::Variation, what.to_owned()), count);
        }
        Ok(())
    }

    /// Runs a suspect in a sandbox of its own; gives each new cause with its smallest input.
    fn confirm<X: Input>(
        &mut self,
        check: &Check<X>,
        explorer: &mut dyn Explorer<X>,
        input: X,
    ) -> CaseResult<Vec<(String, Reproducer, X)>> {
        let mint_seed = self.plan.seed;
        let case = case_of(input.clone());
        let mut outcome = self.run_case(check, &case, mint_seed)?;
        self.confirm_hangs(check, &case, mint_seed, &mut outcome)?;
        let causes: Vec<String> =
            outcome.violations.iter().map(|violation| violation.cause.clone()).collect();
        explorer.learn(&causes);
        let inputs = explorer.state().executions;
        let evidence = Evidence::Search { inputs, changes: explorer.changes() };
        let mut found = Vec::new();
        for violation in &outcome.violations {
            let cause = &violation.cause;
            if self.causes.contains_key(cause) {
                continue;
            }
            let small = self.in_lab(|lab| explorer.minimise(lab, &input, cause))?;
            let is_smaller = explorer.saved(&small).bytes != explorer.saved(&input).bytes;
            let small_case = case_of(small.clone());
            let again = is_smaller.then(|| self.run_case(check, &small_case, mint_seed));
            let again = again.transpose()?;
            let same = |again: &CaseOutcome| {
                again.violations.iter().find(|other| other.cause == *cause).cloned()
            };
            let (mut reproducer, shown) = match again.as_ref().and_then(|a| Some((a, same(a)?))) {
                Some((again, violation)) => {
                    (self.reproducer_of(&small_case, &violation, again, mint_seed)?, small)
                }
                // It takes the whole of it.
                None => (self.reproducer_of(&case, violation, &outcome, mint_seed)?, input.clone()),
            };
            reproducer.violation.evidence.push(evidence.clone());
            found.push((cause.clone(), reproducer, shown));
        }
        Ok(found)
    }

    fn insert(&mut self, reproducer: Reproducer) -> CauseRecord {
        let mut matrix = Matrix::default();
        matrix
            .add(reproducer.umask, reproducer.violation.principals.iter().map(|one| one.as_str()));
        let cause = reproducer.violation.cause.clone();
        let record = CauseRecord { reproducer, matrix };
        self.causes.insert(cause, record.clone());
        record
    }

    /// Runs in a laboratory of its own. Where the driver fails at what the harness needs for itself, all is made anew, once.
    fn in_lab<T>(&mut self, mut run: impl FnMut(&mut Lab<'_>) -> CaseResult<T>) -> CaseResult<T> {
        let mut tries = 0;
        loop {
            let setting = Setting {
                umask: COMMON_UMASK,
                home: COMMON_HOME,
                setup: self.set_up()?,
                run_as: self.scenario.run_as,
            };
            let mut lab = Lab::new(self.worker, setting, self.plan, self.plan.seed)?;
            let outcome = run(&mut lab);
            let remarks = std::mem::take(&mut lab.remarks);
            lab.finish(Leave::Kill)?;
            self.remarks.extend(remarks);
            match outcome {
                Err(Abort::Trouble(_)) if tries == 0 => {
                    tries += 1;
                    self.worker.renew()?;
                }
                Err(Abort::Driver(seen)) => {
                    let why = format!("with a session that nobody damaged, {}", seen.clause());
                    return Err(Abort::Ineffective(why));
                }
                outcome => return outcome,
            }
        }
    }
}

/// Returns the case of an input.
fn case_of<X>(input: X) -> Case<X> {
    Case { umask: COMMON_UMASK, home: COMMON_HOME, session: Shape::plain(), input }
}
