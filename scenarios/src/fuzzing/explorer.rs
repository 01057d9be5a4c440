//! The search: seeds first, then changes of what showed something new.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use interloper_engine::{
    CaseResult, Explored, Explorer, Lab, Random, Result, SavedInput, SearchNews, SearchOrder,
    SearchState, Shape,
};

use super::behaviour::{Behaviours, News};
use super::corpus::Corpus;
use super::exercise::{Depth, Exercise, Seen};
use super::input::FuzzInput;
use super::minimise::minimise;
use super::mutate::{Mutator, USUAL, grown};
use super::scale::{self, Ladder, Runs, usual_ladders};
use super::seeds;
use super::subject::{Baseline, Subject};

/// Number of inputs that one process tries.
const EACH: u32 = 256;
/// One in so many inputs is followed by a save, though it showed nothing new.
const FULL: usize = 64;
/// After how many suspects of one cause that a fresh process did not confirm the cause is left alone.
const DOUBTS: u32 = 6;
/// Processor time of an operation after which it is suspected to hang.
const PATIENCE: Duration = Duration::from_secs(1);
/// Interval between two reports of the state.
const REPORT: Duration = Duration::from_millis(500);
/// One in so many inputs is followed by a ladder: by one of those that every search climbs, and when these are done.
const LADDERS: [usize; 2] = [6, 48];
/// The longest input that is kept, in bytes.
const KEPT: usize = USUAL;
/// Processor time of a load that is worth an input with more of the same, in nanoseconds, and the length up to which it is.
const SLOW: (u64, usize) = (12_000_000, 128 << 10);

/// Begins a search.
pub(super) fn begin(order: &SearchOrder) -> Box<dyn Explorer<FuzzInput>> {
    Box::new(Search {
        order: order.clone(),
        random: Random::new(order.seed),
        began: None,
        queue: VecDeque::new(),
        ladder: None,
        usual: VecDeque::new(),
        runs: Runs::default(),
        changes: 0,
        primed: false,
        mutator: Mutator { words: Vec::new() },
        corpus: Corpus::default(),
        behaviours: Behaviours::default(),
        asks_lines: true,
        executions: 0,
        known: BTreeSet::new(),
        suspect: BTreeSet::new(),
        doubts: BTreeMap::new(),
        unconfirmed: 0,
        slowest: SLOW.0,
        reported: None,
    })
}

struct Search {
    order: SearchOrder,
    random: Random,
    began: Option<Instant>,
    /// Inputs that are tried as they are.
    queue: VecDeque<Trial>,
    /// The ladder that is being climbed.
    ladder: Option<Ladder>,
    /// Ladders that every search climbs.
    usual: VecDeque<Ladder>,
    runs: Runs,
    /// Number of changes between what the search began with and the last suspect.
    changes: u32,
    primed: bool,
    mutator: Mutator,
    corpus: Corpus,
    behaviours: Behaviours,
    /// Whether the kit is asked for lines: until it says that it has none.
    asks_lines: bool,
    executions: u64,
    /// Causes that were found.
    known: BTreeSet<String>,
    /// Causes of the last suspect.
    suspect: BTreeSet<String>,
    /// Number of suspects of each cause that were not confirmed.
    doubts: BTreeMap<String, u32>,
    unconfirmed: u64,
    /// Processor time of the slowest load, in nanoseconds.
    slowest: u64,
    reported: Option<Instant>,
}

/// An input whose turn it is.
struct Trial {
    input: FuzzInput,
    /// Number of changes between what the search began with and this input.
    changes: u32,
    /// Flag that it is a rung of the ladder.
    is_rung: bool,
}

impl Explorer<FuzzInput> for Search {
    fn explore(
        &mut self,
        lab: &mut Lab<'_>,
        news: &mut dyn FnMut(SearchNews) -> Result<()>,
    ) -> CaseResult<Explored<FuzzInput>> {
        self.began.get_or_insert_with(Instant::now);
        lab.set_patience(PATIENCE);
        let shape = Shape::plain();
        let subject = Subject::new(lab, &shape)?;
        if !self.primed {
            self.prime(lab, &subject)?;
        }
        let mut baseline = self.start(lab, &subject)?;
        let mut tried = 0;
        while !self.is_done() {
            let Trial { input, changes, is_rung } = self.next();
            let full = !is_rung && self.random.below(FULL) == 0;
            let story = lab.checkpoint();
            let mut exercise =
                Exercise { lab, subject: &subject, baseline: &mut baseline, shape: &shape };
            let mut seen = exercise.run(&input, if full { Depth::Full } else { Depth::Load })?;
            self.executions += 1;
            let new = self.behaviours.add(&seen.words, &seen.lines);
            if new == News::Answer && !full && !seen.dirty {
                let more = exercise.run(&input, Depth::Full)?;
                seen.harms.extend(more.harms);
                seen.dirty = true;
            }
            lab.rollback(story);
            // A long one would cost many short ones, each time that it is chosen.
            if new > News::Nothing && input.bytes.len() <= KEPT {
                self.corpus.add(input.clone(), seen.loads, changes);
                news(SearchNews::Kept(input.saved()))?;
            }
            if new > News::Nothing && self.ladder.is_none() {
                self.ladder = self.runs.ladder(&input, changes);
            }
            let mut suspicions: Vec<&str> = seen.harms.iter().map(|harm| harm.cause).collect();
            if is_rung {
                suspicions.extend(self.climb(&seen));
            } else {
                self.grow(&input, changes, &seen);
            }
            if self.is_suspect(&suspicions) {
                self.changes = changes;
                // With more of the same it hangs for whoever has more patience, too.
                let more = self.suspect.contains("hang").then(|| grown(&input.bytes)).flatten();
                let bytes = more.unwrap_or_else(|| input.bytes.clone());
                return Ok(Explored::Suspect(FuzzInput { file: input.file, bytes }));
            }
            tried += 1;
            if seen.dirty || tried % EACH == 0 {
                baseline = self.start(lab, &subject)?;
            } else {
                let (node, bytes) = subject.file(input.file);
                if subject.files.len() > 1 {
                    lab.overwrite(&node.path, bytes)?;
                }
            }
            if self.reported.is_none_or(|last| last.elapsed() > REPORT) {
                self.reported = Some(Instant::now());
                news(SearchNews::State(self.state()))?;
            }
        }
        Ok(Explored::Done)
    }

    fn changes(&self) -> u32 {
        self.changes
    }

    fn learn(&mut self, causes: &[String]) {
        let confirmed = self.suspect.iter().any(|cause| causes.contains(cause));
        self.unconfirmed += u64::from(!confirmed);
        for cause in std::mem::take(&mut self.suspect) {
            if !causes.contains(&cause) {
                *self.doubts.entry(cause).or_default() += 1;
            }
        }
        self.known.extend(causes.iter().cloned());
    }

    fn minimise(
        &mut self,
        lab: &mut Lab<'_>,
        input: &FuzzInput,
        cause: &str,
    ) -> CaseResult<FuzzInput> {
        lab.set_patience(PATIENCE);
        let shape = Shape::plain();
        let subject = Subject::new(lab, &shape)?;
        let slow = matches!(cause, "hang" | "memory" | "slow");
        let bytes = minimise(&input.bytes, slow, |bytes| {
            let input = FuzzInput { file: input.file, bytes: bytes.to_vec() };
            let story = lab.checkpoint();
            let mut baseline = subject.begin(lab)?;
            let mut exercise =
                Exercise { lab, subject: &subject, baseline: &mut baseline, shape: &shape };
            let seen = exercise.run(&input, Depth::Full)?;
            lab.rollback(story);
            Ok(seen.harms.iter().any(|harm| harm.cause == cause))
        })?;
        Ok(FuzzInput { file: input.file, bytes })
    }

    fn state(&self) -> SearchState {
        SearchState {
            executions: self.executions,
            corpus: self.corpus.len() as u64,
            behaviours: self.behaviours.count(),
            lines: self.behaviours.lines(),
            unconfirmed: self.unconfirmed,
        }
    }

    fn saved(&self, input: &FuzzInput) -> SavedInput {
        input.saved()
    }
}

impl Search {
    /// Returns whether all inputs of the order were tried, or its time is over.
    fn is_done(&self) -> bool {
        let late = |seconds| {
            self.began.is_some_and(|began| began.elapsed() >= Duration::from_secs(seconds))
        };
        self.order.cases.is_some_and(|cases| self.executions >= cases)
            || self.order.seconds.is_some_and(late)
    }

    /// Gathers what the search begins with.
    fn prime(&mut self, lab: &mut Lab<'_>, subject: &Subject) -> CaseResult<()> {
        let own = seeds::written(lab, subject)?;
        self.mutator.words = seeds::words(&own, &subject.marker.display().to_string());
        self.usual = usual_ladders(&own);
        for input in &own {
            self.corpus.add(input.clone(), true, 0);
        }
        let saved: Vec<FuzzInput> = self.order.inputs.iter().map(FuzzInput::read).collect();
        let trial = |input| Trial { input, changes: 0, is_rung: false };
        self.queue.extend(own.into_iter().chain(saved).map(trial));
        self.primed = true;
        Ok(())
    }

    /// Puts the sandbox back, with a new process.
    fn start(&mut self, lab: &mut Lab<'_>, subject: &Subject) -> CaseResult<Baseline> {
        let baseline = subject.begin(lab)?;
        if self.asks_lines {
            self.asks_lines = lab.watch_lines()?;
            self.behaviours.counts_lines |= self.asks_lines;
        }
        Ok(baseline)
    }

    /// Returns the next input.
    fn next(&mut self) -> Trial {
        if let Some(trial) = self.queue.pop_front() {
            return trial;
        }
        let one_in = LADDERS[usize::from(self.usual.is_empty())];
        if self.ladder.is_none() && self.random.below(one_in) == 0 {
            self.ladder = self.usual.pop_front().or_else(|| {
                let (input, changes) = self.choose();
                Some(scale::ladder(&input, changes + 1, &mut self.random))
            });
        }
        if let Some(ladder) = &mut self.ladder {
            if let Some(input) = ladder.next() {
                return Trial { input, changes: ladder.changes, is_rung: true };
            }
            self.ladder = None;
        }
        let (chosen, before) = self.choose();
        let (input, more) = self.mutator.mutate(&chosen, &self.corpus, &mut self.random);
        Trial { input, changes: before.saturating_add(more), is_rung: false }
    }

    fn choose(&mut self) -> (FuzzInput, u32) {
        let chosen = self.corpus.choose(&mut self.random);
        chosen.unwrap_or_else(|| (FuzzInput { file: 0, bytes: Vec::new() }, 0))
    }

    /// Tells the ladder what its last rung took; gives the cause if that is out of proportion.
    fn climb(&mut self, seen: &Seen) -> Option<&'static str> {
        // Without an answer there is no time to compare.
        if seen.nanos == 0 {
            self.ladder = None;
        }
        let steep = self.ladder.as_mut().is_some_and(|ladder| ladder.took(seen.nanos));
        steep.then_some("slow")
    }

    /// Has more of the same tried where a load took long: what is quadratic shows by that.
    fn grow(&mut self, input: &FuzzInput, changes: u32, seen: &Seen) {
        let is_slow = seen.nanos > self.slowest && input.bytes.len() <= SLOW.1;
        if !is_slow || self.known.contains("hang") {
            return;
        }
        self.slowest = seen.nanos.max(self.slowest * 3 / 2);
        if let Some(bytes) = grown(&input.bytes) {
            let input = FuzzInput { file: input.file, bytes };
            self.queue.push_front(Trial { input, changes: changes + 1, is_rung: false });
        }
    }

    /// Returns whether an input shows a cause that was not found yet; a fresh process has to confirm it.
    fn is_suspect(&mut self, causes: &[&str]) -> bool {
        let new = causes.iter().filter(|cause| {
            !self.known.contains(**cause)
                && self.doubts.get(**cause).is_none_or(|doubts| *doubts < DOUBTS)
        });
        self.suspect = new.map(|cause| (*cause).to_owned()).collect();
        !self.suspect.is_empty()
    }
}
