//! The laboratory of one case: a fresh sandbox, a driver, the probers, and a record of what was done and found.

mod app;
mod client;
mod clock;
mod doors;
mod evidence;
mod ids;
mod ingredients;
mod life;
mod limits;
mod measure;
mod operate;
mod parent_dir;
mod plant;
mod power;
mod prepare;
mod rehearse;
mod request;
mod server;
mod snapshot;
mod stepping;
mod story;
mod tally;
mod through;
mod trace_story;
mod tree;
mod unseen;
mod verdict;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use interloper_driver::{Hello, Medium, Open, Operation, Setup, Umask};

use crate::canary::Mint;
use crate::driver::{DriverKey, Leave};
use crate::paths::text;
use crate::plan::Plan;
use crate::principal::Principal;
use crate::record::{AttemptKind, Reading};
use crate::residue::Search;
use crate::stepper::{Hold, Step, below_home};
use crate::tree::Tree;
use crate::worker_state::WorkerState;

pub use app::{Actor, App, AppVerb, Besides, Landed, Prepared, Reached, Seen, Underway};
pub use client::{Client, Fetch, Fetched};
pub use clock::Clock;
pub use evidence::{NodeAccess, Residue};
pub use life::IdReply;
pub use measure::Memory;
pub use operate::{Loaded, Reply, Sent, no_answer};
pub use parent_dir::ParentDir;
pub use power::{DiskState, PowerLoss, PowerLosses};
pub use rehearse::{NameNormalizer, Rehearsal};
pub use request::Request;
pub use stepping::{Resume, StopEvent};
pub use story::{Mark, Story, StoryGuards};
pub(crate) use tally::Tally;
pub use through::{Completion, SteppedRun};
pub use verdict::{Abort, CaseResult, Violation};
pub use watch::{OperationTrace, View};

/// Setting of a case, the same for every scenario.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) umask: Umask,
    pub(crate) home: u16,
    pub(crate) setup: Setup,
    pub(crate) run_as: Principal,
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
    /// Client id of the driver that gets the next operation.
    client: u8,
    /// Number of times that an application was started anew.
    starts: u8,
    /// Whether, and how, the drivers' calls are held.
    hold: Option<Hold>,
    /// Whether drivers take turns, so that a call that waits is reported.
    turns: bool,
    /// Whether steps that write say with which flags their descriptor was opened.
    reads_flags: bool,
    /// The drivers that serve this case, and where each has the store open.
    open_stores: BTreeMap<DriverKey, OpenStore>,
    /// The directory of other people's that the store is in, where it is not in the home.
    parent_dir: Option<ParentDir>,
    read_only: bool,
    /// The ids that the store is sent for those that the scenario chose.
    ids: ids::FormedIds,
    /// Processor time for an operation, if that is less than usual.
    patience: Option<Duration>,
    /// Seconds by which the store's clock was moved on.
    ahead: i64,
    pub(crate) story: Story,
    pub(crate) saved: bool,
    pub(crate) outcomes: BTreeMap<(AttemptKind, String), u64>,
    /// Notes about the scenario that are no findings.
    pub(crate) remarks: BTreeSet<String>,
    /// Readings of a parser, of each vector.
    pub(crate) readings: Vec<Reading>,
    pub(crate) steps_tested: u64,
    /// What the case tests by, if it tests by variations: without one it does not count.
    pub(crate) varies: Option<&'static str>,
    /// Steps that were tried; a sample unless every step of every operation was, and two runs had the same ones.
    pub(crate) steps: Tally,
    pub(crate) schedules: Tally,
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
            starts: 0,
            hold: None,
            turns: false,
            reads_flags: false,
            open_stores: BTreeMap::new(),
            parent_dir: None,
            read_only: false,
            ids: ids::FormedIds::default(),
            patience: None,
            ahead: 0,
            story: Story::default(),
            saved: false,
            outcomes: BTreeMap::new(),
            remarks: BTreeSet::new(),
            readings: Vec::new(),
            steps_tested: 0,
            varies: None,
            steps: Tally::default(),
            schedules: Tally::default(),
        };
        lab.make_parent()?;
        lab.baseline = lab.tree()?;
        Ok(lab)
    }

    /// Returns the driver's answer to `hello`.
    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    /// Returns the plan of the run.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Returns the setup of the store.
    pub fn setup(&self) -> &Setup {
        &self.setting.setup
    }

    /// Returns the principal that runs the store.
    pub fn runs(&self) -> Principal {
        self.setting.run_as
    }

    /// Returns the principals that must not get at what the store keeps.
    pub fn others(&self) -> &'static [Principal] {
        self.setting.run_as.others()
    }

    /// Makes the canaries of this case.
    pub fn mint(&self) -> &Mint {
        &self.mint
    }

    /// Returns the home directory of whoever runs the store.
    pub fn home(&self) -> PathBuf {
        self.worker.layout().home(self.setting.run_as)
    }

    /// Has the store closed, and ends the processes that had it open, and its server: what it held back is written.
    ///
    /// A store in memory stays open: the end of its process is the end of its sessions, and that is no finding.
    ///
    /// # Errors
    /// When the processes cannot be ended.
    pub fn finish_store(&mut self) -> CaseResult<()> {
        match self.hello.medium {
            Medium::Memory => Ok(()),
            _ => {
                self.finish(Leave::Close)?;
                self.end_servers(Leave::Close)
            }
        }
    }

    /// Counts what one pass over many variations tested, beyond the case itself.
    pub fn count_step(&mut self, outcome: &str) {
        self.count_attempt(AttemptKind::Variation, outcome);
    }

    /// Says that the case tests by its variations: a case with none of them does not count, because a pass would say nothing. `what` names
    /// them, in the plural: `payloads for its format`.
    pub fn expect_variations(&mut self, what: &'static str) {
        self.varies = Some(what);
    }

    /// Counts a variation that could not be tried, with the reason.
    pub fn count_untried(&mut self, why: &str) {
        *self.outcomes.entry((AttemptKind::Refused, why.to_owned())).or_default() += 1;
    }

    /// Counts one of the things that were tried in this case, by what it is.
    pub fn count_attempt(&mut self, kind: AttemptKind, what: &str) {
        self.steps_tested += 1;
        *self.outcomes.entry((kind, what.to_owned())).or_default() += 1;
    }

    /// Keeps what a parser made of a vector for the record.
    pub fn keep_reading(&mut self, reading: Reading) {
        self.readings.push(reading);
    }

    /// Counts how many steps of an operation were looked at, and whether those were all.
    pub fn count_steps(&mut self, rehearsal: &Rehearsal, tried: usize) {
        let mapped = rehearsal.steps.iter().any(|step| step.mapped);
        let whole = rehearsal.repeats && rehearsal.unseen.is_none() && !mapped;
        let known = rehearsal.steps.len();
        self.steps.count(tried as u64, known as u64, whole && tried == known);
    }

    /// Counts how many of the ways in which two operations can take turns were run, and whether two runs of each have the same steps.
    pub fn count_schedules(&mut self, tried: u64, known: u64, repeats: bool) {
        self.schedules.count(tried, known, repeats && tried >= known);
    }

    /// Formats a path for a story: below the home directory as `~/…`.
    pub fn display_path(&self, path: &Path) -> String {
        text(below_home(&self.home(), path))
    }

    /// Returns the key of the driver that gets the next operation.
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
    /// Request that opens the store for it.
    opening: Option<Open>,
    /// The step that it is held at.
    held: Option<Step>,
}
