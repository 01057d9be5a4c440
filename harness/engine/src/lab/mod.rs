//! The laboratory of one case: a fresh sandbox, a driver, the probers, and a record of what was done and found.

mod clock;
mod evidence;
mod life;
mod limits;
mod operate;
mod parent_dir;
mod plant;
mod power;
mod prepare;
mod rehearse;
mod request;
mod snapshot;
mod stepping;
mod through;
mod tree;
mod unseen;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use interloper_driver::{Hello, Operation, Place};

use crate::canary::Mint;
use crate::driver::{DriverKey, Leave, Observation};
use crate::error::Error;
use crate::paths::text;
use crate::plan::Plan;
use crate::principal::Principal;
use crate::record::{Severity, StoryLine};
use crate::residue::Search;
use crate::stepper::{Hold, Step, below_home};
use crate::tree::Tree;
use crate::worker_state::WorkerState;

pub use clock::Clock;
pub use evidence::{NodeAccess, Residue};
pub use life::IdReply;
pub use operate::{Loaded, Reply};
pub use parent_dir::ParentDir;
pub use power::{DiskState, PowerLoss, PowerLosses};
pub use rehearse::{NameNormalizer, Rehearsal};
pub use request::Request;
pub use stepping::{Resume, StopEvent};
pub use through::{Completion, SteppedRun};
pub use watch::{OperationTrace, View};

/// Why a case ends before its check does.
#[derive(Debug)]
pub enum Abort {
    /// The store refused what the case needs: the case does not count.
    Ineffective(String),
    /// The store cannot be asked this.
    Unsupported(String),
    /// The host cannot show this.
    Skip(String),
    /// The driver died, hung or answered nonsense.
    Driver(Observation),
    /// The driver failed at what the harness needs for itself, or a prober was lost: the case is run again in a sandbox made anew.
    Trouble(String),
    /// The store uses more time than a scenario has.
    OutOfBudget(String),
    /// The harness broke.
    Harness(Error),
}

impl From<Error> for Abort {
    fn from(error: Error) -> Abort {
        match error {
            Error::Lost { .. } => Abort::Trouble(error.to_string()),
            other => Abort::Harness(other),
        }
    }
}

impl From<Observation> for Abort {
    fn from(seen: Observation) -> Abort {
        match seen {
            Observation::Trouble(what) => Abort::Trouble(what),
            other => Abort::Driver(other),
        }
    }
}

/// What a step of a case gives, or why the case ends there.
pub type CaseResult<T> = Result<T, Abort>;

/// Something that must not be, seen in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What tells this cause from the scenario's others: a few words in kebab case; it never changes.
    pub cause: String,
    /// What happened, in a sentence.
    pub sentence: String,
    /// How bad, where it is not the scenario's severity.
    pub severity: Option<Severity>,
    /// Who got something that is not theirs.
    pub principals: Vec<Principal>,
    /// What the kernel said, one fact a line.
    pub evidence: Vec<String>,
    /// What led to it, where that is less than the whole case.
    pub story: Vec<StoryLine>,
}

impl Violation {
    /// A violation with the scenario's own severity, that concerns no other principal.
    pub fn new(cause: impl Into<String>, sentence: impl Into<String>) -> Violation {
        Violation {
            cause: cause.into(),
            sentence: sentence.into(),
            severity: None,
            principals: Vec::new(),
            evidence: Vec::new(),
            story: Vec::new(),
        }
    }

    /// Who got something.
    pub fn by(mut self, principals: impl IntoIterator<Item = Principal>) -> Violation {
        self.principals.extend(principals);
        self.principals.sort_unstable();
        self.principals.dedup();
        self
    }

    /// How bad.
    pub fn severity(mut self, severity: Severity) -> Violation {
        self.severity = Some(severity);
        self
    }

    /// What led to it, where that is less than the whole case.
    pub fn story(mut self, story: Vec<StoryLine>) -> Violation {
        self.story = story;
        self
    }

    /// A fact.
    pub fn evidence(mut self, fact: impl Into<String>) -> Violation {
        self.evidence.push(fact.into());
        self
    }
}

/// What a case is set in: the same for every scenario.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) umask: u16,
    pub(crate) home: u16,
    pub(crate) place: Place,
    pub(crate) run_as: Principal,
}

/// How many of the ways in which two operations can take turns were run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Schedules {
    pub(crate) tried: u64,
    pub(crate) known: u64,
    pub(crate) sampled: bool,
}

/// A case while it runs.
pub struct Lab<'a> {
    worker: &'a mut WorkerState,
    setting: Setting,
    mint_seed: u64,
    mint: Mint,
    search: Rc<Search>,
    hello: Hello,
    plan: Plan,
    baseline: Tree,
    /// Which of the drivers the next operation goes to.
    client: u8,
    /// Whether, and how, the drivers' calls are held.
    hold: Option<Hold>,
    /// Whether drivers take turns, so that a call that waits is told.
    turns: bool,
    /// Whether steps that write say with which flags their descriptor was opened.
    reads_flags: bool,
    /// The drivers that serve this case, and where each has the store open.
    open_stores: BTreeMap<DriverKey, OpenStore>,
    /// The directory of other people's that the store is in, where it is not in the home.
    parent_dir: Option<ParentDir>,
    read_only: bool,
    /// How far the store's clock was moved on, in seconds.
    ahead: i64,
    pub(crate) story: Vec<StoryLine>,
    pub(crate) violations: Vec<Violation>,
    pub(crate) saved: bool,
    pub(crate) outcomes: BTreeMap<String, u64>,
    /// What is worth telling of the scenario though it is no finding.
    pub(crate) remarks: BTreeSet<String>,
    pub(crate) steps_tested: u64,
    pub(crate) steps_tried: u64,
    pub(crate) steps_known: u64,
    /// Whether every step of every operation was tried, and two runs had the same ones.
    pub(crate) exhaustive: bool,
    pub(crate) schedules: Schedules,
}

impl<'a> Lab<'a> {
    /// Sets a case up: empties the sandbox and makes the homes and the parent directory anew.
    pub(crate) fn new(
        worker: &'a mut WorkerState,
        setting: Setting,
        plan: &Plan,
        mint_seed: u64,
    ) -> CaseResult<Lab<'a>> {
        let mint = Mint::new(mint_seed);
        let hello = worker.hello(setting.run_as)?.clone();
        worker.reset(u32::from(setting.home))?;
        let mut lab = Lab {
            search: worker.search(mint_seed),
            mint,
            mint_seed,
            worker,
            setting,
            hello,
            plan: plan.clone(),
            baseline: Tree::default(),
            client: 0,
            hold: None,
            turns: false,
            reads_flags: false,
            open_stores: BTreeMap::new(),
            parent_dir: None,
            read_only: false,
            ahead: 0,
            story: Vec::new(),
            violations: Vec::new(),
            saved: false,
            outcomes: BTreeMap::new(),
            remarks: BTreeSet::new(),
            steps_tested: 0,
            steps_tried: 0,
            steps_known: 0,
            exhaustive: true,
            schedules: Schedules::default(),
        };
        lab.make_parent()?;
        lab.baseline = lab.tree()?;
        Ok(lab)
    }

    /// What the driver said its store is.
    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    /// How much is asked of the scenario.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Where the store is put.
    pub fn place(&self) -> Place {
        self.setting.place
    }

    /// Who runs the store.
    pub fn runs(&self) -> Principal {
        self.setting.run_as
    }

    /// Those who must not get at what the store keeps.
    pub fn others(&self) -> &'static [Principal] {
        self.setting.run_as.others()
    }

    /// Makes the canaries of this case.
    pub fn mint(&self) -> &Mint {
        &self.mint
    }

    /// The home directory of whoever runs the store.
    pub fn home(&self) -> PathBuf {
        self.worker.layout().home(self.setting.run_as)
    }

    /// Reports something that must not be. The same cause is reported once for a case, with everybody it concerns.
    pub fn report(&mut self, violation: Violation) {
        if let Some(same) = self.violations.iter_mut().find(|v| v.cause == violation.cause) {
            same.principals.extend(violation.principals);
            same.principals.sort_unstable();
            same.principals.dedup();
            // A few facts convince; a thousand hide each other.
            let room = 8_usize.saturating_sub(same.evidence.len());
            same.evidence.extend(violation.evidence.into_iter().take(room));
            return;
        }
        self.violations.push(violation);
    }

    /// Adds a fact to what was reported under a cause.
    pub fn add_evidence(&mut self, cause: &str, fact: impl Into<String>) {
        if let Some(violation) = self.violations.iter_mut().find(|v| v.cause == cause) {
            violation.evidence.push(fact.into());
        }
    }

    /// How many causes were reported so far.
    pub fn violation_count(&self) -> usize {
        self.violations.len()
    }

    /// How many lines the story has.
    pub fn checkpoint(&self) -> usize {
        self.story.len()
    }

    /// What was told after the story's first lines: the part that a violation is about.
    pub fn story_since(&self, length: usize) -> Vec<StoryLine> {
        self.story.get(length..).unwrap_or_default().to_vec()
    }

    /// Leaves out of the story what came after its first lines.
    pub fn rollback(&mut self, length: usize) {
        self.story.truncate(length);
    }

    /// Leaves out of the story what was only done to compare with.
    pub fn clear_story(&mut self) {
        self.story.clear();
    }

    /// Leaves a variation that showed nothing out of the story: the first line that names it, and all after it.
    pub fn rollback_damage(&mut self, did: &str) {
        if let Some(at) = self.story.iter().rposition(|line| line.did == did) {
            self.story.truncate(at);
        }
    }

    /// Has the store closed, and ends the processes that had it open: what it held back is written.
    ///
    /// # Errors
    /// When the processes cannot be ended.
    pub fn finish_store(&mut self) -> CaseResult<()> {
        self.finish(Leave::Close)
    }

    /// Counts what one pass over many variations tested, beyond the case itself.
    pub fn count_step(&mut self, outcome: &str) {
        self.steps_tested += 1;
        *self.outcomes.entry(outcome.to_owned()).or_default() += 1;
    }

    /// Counts how many steps of an operation were looked at, and whether those were all.
    pub fn count_steps(&mut self, rehearsal: &Rehearsal, tried: usize) {
        self.steps_tried += tried as u64;
        self.steps_known += rehearsal.steps.len() as u64;
        let mapped = rehearsal.steps.iter().any(|step| step.mapped);
        let whole = rehearsal.repeats && rehearsal.unseen.is_none() && !mapped;
        self.exhaustive &= whole && tried == rehearsal.steps.len();
    }

    /// Counts how many of the ways in which two operations can take turns were run, and whether two runs of each have the same steps.
    pub fn count_schedules(&mut self, tried: u64, known: u64, repeats: bool) {
        self.schedules.tried += tried;
        self.schedules.known += known;
        self.schedules.sampled |= !repeats || tried < known;
    }

    /// Adds a line to the story that the harness itself did something.
    pub fn record(&mut self, did: impl Into<String>, result: impl Into<String>) {
        let (did, result) = (did.into(), result.into());
        self.story.push(StoryLine { did, result, others: Vec::new(), mark: None });
    }

    /// Gives the story's last line another result.
    pub fn amend(&mut self, result: impl Into<String>) {
        if let Some(line) = self.story.last_mut() {
            line.result = result.into();
        }
    }

    /// Tells of something that is no finding, once for the scenario.
    pub fn add_note(&mut self, what: impl Into<String>) {
        self.remarks.insert(what.into());
    }

    /// A path as a story prints it: below the home directory as `~/…`.
    pub fn display_path(&self, path: &Path) -> String {
        text(below_home(&self.home(), path))
    }

    /// Whose driver the next operation goes to.
    fn key(&self) -> DriverKey {
        // What `advance` moves needs no driver of its own.
        let ahead = if self.hello.can_do(Operation::Advance) { 0 } else { self.ahead };
        DriverKey { principal: self.setting.run_as, client: self.client, hold: self.hold, ahead }
    }

    /// Ends the case's processes.
    pub(crate) fn finish(&mut self, leave: Leave) -> CaseResult<()> {
        for (key, open_store) in std::mem::take(&mut self.open_stores) {
            // Nothing is open that could be closed.
            let leave = open_store.open_at.as_ref().map_or(Leave::Kill, |_| leave);
            self.worker.end(key, leave)?;
        }
        Ok(())
    }

    /// Counts what the drivers used.
    ///
    /// # Errors
    /// [`Abort::OutOfBudget`] where that is more than a scenario has.
    pub(crate) fn count_used(&mut self) -> CaseResult<()> {
        match self.worker.is_within_budget() {
            true => Ok(()),
            false => Err(Abort::OutOfBudget(format!(
                "its operations ran and slept for more than {} s",
                self.plan.budget().as_secs()
            ))),
        }
    }
}

/// A driver that serves a case.
#[derive(Clone, Debug, Default)]
struct OpenStore {
    /// The path the store is open at; the outer option says whether it is open.
    open_at: Option<Option<PathBuf>>,
    /// The request that is stepped.
    asked: Option<Request>,
    /// Where the store is being opened for it.
    opening: Option<Option<PathBuf>>,
    /// The step that it is held at.
    held: Option<Step>,
}
