//! The search: seeds first, then changes of what showed something new.

use std::collections::VecDeque;

use interloper_engine::{
    CaseResult, Explored, Explorer, Lab, Result, SavedInput, SearchNews, SearchOrder, SearchState,
    Shape, StoryGuards,
};

use super::behaviour::News;
use super::exercise::{Depth, Exercise, Seen};
use super::input::FuzzInput;
use super::minimise::minimise;
use super::mutate::{Mutator, USUAL, grown};
use super::progress::{EACH, PATIENCE, Progress};
use super::scale::{self, Ladder, Runs, usual_ladders};
use super::seeds;
use super::subject::{Baseline, Subject};

/// One in so many inputs is followed by a save, though it showed nothing new.
const FULL: usize = 64;
/// One in so many inputs is followed by a ladder: by one of those that every search climbs, and when these are done.
const LADDERS: [usize; 2] = [6, 48];
/// The longest input that is kept, in bytes.
const KEPT: usize = USUAL;
/// Processor time of a load that is worth an input with more of the same, in nanoseconds, and the length up to which it is.
const SLOW: (u64, usize) = (12_000_000, 128 << 10);

/// Begins a search.
pub(super) fn begin(order: &SearchOrder) -> Box<dyn Explorer<FuzzInput>> {
    Box::new(Search {
        progress: Progress::new(order),
        queue: VecDeque::new(),
        ladder: None,
        usual: VecDeque::new(),
        runs: Runs::default(),
        primed: false,
        mutator: Mutator { words: Vec::new() },
        slowest: SLOW.0,
    })
}

struct Search {
    progress: Progress,
    /// Inputs that are tried as they are.
    queue: VecDeque<Trial>,
    /// The ladder that is being climbed.
    ladder: Option<Ladder>,
    /// Ladders that every search climbs.
    usual: VecDeque<Ladder>,
    runs: Runs,
    primed: bool,
    mutator: Mutator,
    /// Processor time of the slowest load, in nanoseconds.
    slowest: u64,
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
        self.progress.begin(lab);
        let shape = Shape::plain();
        let subject = Subject::new(lab, &shape)?;
        if !self.primed {
            self.prime(lab, &subject)?;
        }
        let mut baseline = self.start(lab, &subject)?;
        let mut tried = 0;
        while !self.progress.is_done() {
            let Trial { input, changes, is_rung } = self.next();
            let full = !is_rung && self.progress.random.below(FULL) == 0;
            let (seen, new) = lab.aside(|lab| {
                let mut exercise =
                    Exercise { lab, subject: &subject, baseline: &mut baseline, shape: &shape };
                let mut seen =
                    exercise.run(&input, if full { Depth::Full } else { Depth::Load })?;
                self.progress.executions += 1;
                let new = self.progress.behaviours.add(&seen.words, &seen.lines);
                if new == News::Answer && !full && !seen.dirty {
                    let more = exercise.run(&input, Depth::Full)?;
                    seen.harms.extend(more.harms);
                    seen.dirty = true;
                }
                Ok((seen, new))
            })?;
            // A long one would cost many short ones, each time that it is chosen.
            if new > News::Nothing && input.bytes.len() <= KEPT {
                self.progress.keep(&input, seen.loads, changes, news)?;
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
            if self.progress.is_suspect(&suspicions, changes) {
                // With more of the same it hangs for whoever has more patience, too.
                let more =
                    self.progress.suspect.contains("hang").then(|| grown(&input.bytes)).flatten();
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
            self.progress.report(news)?;
        }
        Ok(Explored::Done)
    }

    fn changes(&self) -> u32 {
        self.progress.changes
    }

    fn learn(&mut self, causes: &[String]) {
        self.progress.learn(causes);
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
            let seen = lab.aside(|lab| {
                let mut baseline = subject.begin(lab)?;
                let mut exercise =
                    Exercise { lab, subject: &subject, baseline: &mut baseline, shape: &shape };
                exercise.run(&input, Depth::Full)
            })?;
            Ok(seen.harms.iter().any(|harm| harm.cause == cause))
        })?;
        Ok(FuzzInput { file: input.file, bytes })
    }

    fn state(&self) -> SearchState {
        self.progress.state()
    }

    fn saved(&self, input: &FuzzInput) -> SavedInput {
        input.saved()
    }
}

impl Search {
    /// Gathers what the search begins with.
    fn prime(&mut self, lab: &mut Lab<'_>, subject: &Subject) -> CaseResult<()> {
        let own = seeds::written(lab, subject)?;
        self.mutator.words = seeds::words(&own, &subject.marker.display().to_string());
        self.usual = usual_ladders(&own);
        for input in &own {
            self.progress.corpus.add(input.clone(), true, 0);
        }
        let saved: Vec<FuzzInput> =
            self.progress.order.inputs.iter().map(FuzzInput::read).collect();
        let trial = |input| Trial { input, changes: 0, is_rung: false };
        self.queue.extend(own.into_iter().chain(saved).map(trial));
        self.primed = true;
        Ok(())
    }

    /// Puts the sandbox back, with a new process.
    fn start(&mut self, lab: &mut Lab<'_>, subject: &Subject) -> CaseResult<Baseline> {
        let baseline = subject.begin(lab)?;
        self.progress.watch(lab)?;
        Ok(baseline)
    }

    /// Returns the next input.
    fn next(&mut self) -> Trial {
        if let Some(trial) = self.queue.pop_front() {
            return trial;
        }
        let one_in = LADDERS[usize::from(self.usual.is_empty())];
        if self.ladder.is_none() && self.progress.random.below(one_in) == 0 {
            self.ladder = self.usual.pop_front().or_else(|| {
                let (input, changes) = self.progress.choose();
                Some(scale::ladder(&input, changes + 1, &mut self.progress.random))
            });
        }
        if let Some(ladder) = &mut self.ladder {
            if let Some(input) = ladder.next() {
                return Trial { input, changes: ladder.changes, is_rung: true };
            }
            self.ladder = None;
        }
        let (chosen, before) = self.progress.choose();
        let Progress { corpus, random, .. } = &mut self.progress;
        let (input, more) = self.mutator.mutate(&chosen, corpus, random);
        Trial { input, changes: before.saturating_add(more), is_rung: false }
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
        if !is_slow || self.progress.knows("hang") {
            return;
        }
        self.slowest = seen.nanos.max(self.slowest * 3 / 2);
        if let Some(bytes) = grown(&input.bytes) {
            let input = FuzzInput { file: input.file, bytes };
            self.queue.push_front(Trial { input, changes: changes + 1, is_rung: false });
        }
    }
}
