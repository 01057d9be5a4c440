//! Progress of a search: its order and its time, what it has seen and kept, and which causes it suspects, has found, or leaves alone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use interloper_engine::{CaseResult, Lab, Random, Result, SearchNews, SearchOrder, SearchState};

use super::behaviour::Behaviours;
use super::corpus::Corpus;
use super::input::FuzzInput;

/// Number of inputs that one process tries.
pub(super) const EACH: u32 = 256;
/// After how many suspects of one cause that a fresh process did not confirm the cause is left alone.
const DOUBTS: u32 = 6;
/// Processor time of an operation after which it is suspected to hang.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);
/// Interval between two reports of the state.
const REPORT: Duration = Duration::from_millis(500);

/// Progress of a search.
pub(super) struct Progress {
    pub(super) order: SearchOrder,
    pub(super) random: Random,
    pub(super) corpus: Corpus,
    pub(super) behaviours: Behaviours,
    /// Number of inputs that were tried.
    pub(super) executions: u64,
    /// Causes of the last suspect.
    pub(super) suspect: BTreeSet<String>,
    /// Number of changes between what the search began with and the last suspect.
    pub(super) changes: u32,
    began: Option<Instant>,
    reported: Option<Instant>,
    /// Flag that the kit is asked for lines: until it says that it has none.
    asks_lines: bool,
    /// Causes that were found.
    known: BTreeSet<String>,
    /// Number of suspects of each cause that were not confirmed.
    doubts: BTreeMap<String, u32>,
    unconfirmed: u64,
}

impl Progress {
    /// Returns that of a search which has not begun.
    pub(super) fn new(order: &SearchOrder) -> Progress {
        Progress {
            order: order.clone(),
            random: Random::new(order.seed),
            corpus: Corpus::default(),
            behaviours: Behaviours::default(),
            executions: 0,
            suspect: BTreeSet::new(),
            changes: 0,
            began: None,
            reported: None,
            asks_lines: true,
            known: BTreeSet::new(),
            doubts: BTreeMap::new(),
            unconfirmed: 0,
        }
    }

    /// Begins the search's time, or goes on with it.
    pub(super) fn begin(&mut self, lab: &mut Lab<'_>) {
        self.began.get_or_insert_with(Instant::now);
        lab.set_patience(PATIENCE);
    }

    /// Returns whether all inputs of the order were tried, or its time is over.
    pub(super) fn is_done(&self) -> bool {
        let late = |seconds| {
            self.began.is_some_and(|began| began.elapsed() >= Duration::from_secs(seconds))
        };
        self.order.cases.is_some_and(|cases| self.executions >= cases)
            || self.order.seconds.is_some_and(late)
    }

    /// Asks a new process which places of its code run.
    pub(super) fn watch(&mut self, lab: &mut Lab<'_>) -> CaseResult<()> {
        if self.asks_lines {
            self.asks_lines = lab.watch_lines()?;
            self.behaviours.counts_lines |= self.asks_lines;
        }
        Ok(())
    }

    /// Keeps an input that showed something new.
    pub(super) fn keep(
        &mut self,
        input: &FuzzInput,
        loads: bool,
        changes: u32,
        news: &mut dyn FnMut(SearchNews) -> Result<()>,
    ) -> CaseResult<()> {
        self.corpus.add(input.clone(), loads, changes);
        Ok(news(SearchNews::Kept(input.saved()))?)
    }

    /// Returns an input to change, with the number of changes behind it; an empty one if there is none.
    pub(super) fn choose(&mut self) -> (FuzzInput, u32) {
        let chosen = self.corpus.choose(&mut self.random);
        chosen.unwrap_or_else(|| (FuzzInput { file: 0, bytes: Vec::new() }, 0))
    }

    /// Returns whether a cause was found.
    pub(super) fn knows(&self, cause: &str) -> bool {
        self.known.contains(cause)
    }

    /// Returns whether an input shows a cause that was not found yet; a fresh process has to confirm it.
    pub(super) fn is_suspect(&mut self, causes: &[&str], changes: u32) -> bool {
        let new = causes.iter().filter(|cause| {
            !self.known.contains(**cause)
                && self.doubts.get(**cause).is_none_or(|doubts| *doubts < DOUBTS)
        });
        self.suspect = new.map(|cause| (*cause).to_owned()).collect();
        if !self.suspect.is_empty() {
            self.changes = changes;
        }
        !self.suspect.is_empty()
    }

    /// Takes note of the causes that a fresh process confirmed.
    pub(super) fn learn(&mut self, causes: &[String]) {
        let confirmed = self.suspect.iter().any(|cause| causes.contains(cause));
        self.unconfirmed += u64::from(!confirmed);
        for cause in std::mem::take(&mut self.suspect) {
            if !causes.contains(&cause) {
                *self.doubts.entry(cause).or_default() += 1;
            }
        }
        self.known.extend(causes.iter().cloned());
    }

    /// Reports the state, if the last report is some time ago.
    pub(super) fn report(
        &mut self,
        news: &mut dyn FnMut(SearchNews) -> Result<()>,
    ) -> CaseResult<()> {
        if self.reported.is_some_and(|last| last.elapsed() <= REPORT) {
            return Ok(());
        }
        self.reported = Some(Instant::now());
        Ok(news(SearchNews::State(self.state()))?)
    }

    /// Returns the numbers of a search.
    pub(super) fn state(&self) -> SearchState {
        SearchState {
            executions: self.executions,
            corpus: self.corpus.len() as u64,
            behaviours: self.behaviours.count(),
            lines: self.behaviours.lines(),
            unconfirmed: self.unconfirmed,
        }
    }
}
