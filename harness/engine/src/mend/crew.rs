//! Sandboxes that run cases and scenarios under changes, several at once.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::{Mutex, MutexGuard, PoisonError};

use interloper_driver::SetupName;

use crate::driver::StoreSpec;
use crate::error::Result;
use crate::plan::Plan;
use crate::record::{Changes, ScenarioResult};
use crate::runner::Replayed;
use crate::sandbox::Tier;
use crate::worker::Worker;

/// Takes note of a worker for as long as what it gives is kept.
pub type Watch<'a> = dyn Fn(&Worker) -> Result<Box<dyn Debug + Send + 'a>> + Sync + 'a;

/// Several sandboxes of one store.
pub struct Crew<'a> {
    spec: StoreSpec,
    tier: Tier,
    plan: &'a Plan,
    seats: Vec<Mutex<Option<Seat<'a>>>>,
    watch: &'a Watch<'a>,
}

/// A sandbox, and what keeps it in view.
struct Seat<'a> {
    worker: Worker,
    _guard: Box<dyn Debug + Send + 'a>,
}

/// Something to run under changes.
#[derive(Clone, Debug)]
pub(super) enum Task {
    /// The case of a finding's token.
    Replay { changes: Changes, token: String },
    /// A scenario in a setup.
    Run { changes: Changes, scenario: String, setup: String },
}

/// Result of a task.
#[derive(Debug)]
pub(super) enum TaskResult {
    Replayed(Box<Replayed>),
    Ran(Box<ScenarioResult>),
    /// It could not be run, for this reason.
    Failed(String),
}

impl Task {
    fn changes(&self) -> &Changes {
        match self {
            Task::Replay { changes, .. } | Task::Run { changes, .. } => changes,
        }
    }
}

/// What is left to do. Other changes need other drivers, so a worker keeps to its own for as long as there is work under them.
struct Queue {
    left: VecDeque<(usize, Task)>,
    /// The changes that workers are at, one for each.
    at: Vec<Changes>,
}

impl Queue {
    /// The next task for a worker that was at these changes.
    fn next(&mut self, last: Option<Changes>) -> Option<(usize, Task)> {
        let under = |changes: &Changes| self.left.iter().position(|(_, t)| t.changes() == changes);
        let same = last.as_ref().and_then(under);
        if let Some(place) = last.and_then(|last| self.at.iter().position(|at| *at == last)) {
            self.at.swap_remove(place);
        }
        let others = || self.left.iter().position(|(_, task)| !self.at.contains(task.changes()));
        let (n, task) = self.left.remove(same.or_else(others).unwrap_or_default())?;
        self.at.push(task.changes().clone());
        Some((n, task))
    }
}

impl<'a> Crew<'a> {
    /// Makes a crew of so many; a sandbox is made when there is work for it, and `watch` hears of each.
    pub fn new(
        spec: StoreSpec,
        tier: Tier,
        plan: &'a Plan,
        jobs: usize,
        watch: &'a Watch<'a>,
    ) -> Crew<'a> {
        let seats = (0..jobs.max(1)).map(|_| Mutex::new(None)).collect();
        Crew { spec, tier, plan, seats, watch }
    }

    /// Does tasks, and gives their results in the same order.
    pub(super) fn work(&self, tasks: Vec<Task>) -> Vec<TaskResult> {
        let results: Vec<Mutex<Option<TaskResult>>> =
            tasks.iter().map(|_| Mutex::new(None)).collect();
        let queue =
            Mutex::new(Queue { left: tasks.into_iter().enumerate().collect(), at: Vec::new() });
        std::thread::scope(|scope| {
            for seat in &self.seats {
                let (queue, results) = (&queue, &results);
                scope.spawn(move || {
                    let mut last = None;
                    loop {
                        let Some((n, task)) = lock(queue).next(last.take()) else { break };
                        *lock(&results[n]) = Some(self.run(&mut lock(seat), &task));
                        last = Some(task.changes().clone());
                    }
                });
            }
        });
        let undone = || TaskResult::Failed("it was not run".into());
        results.iter().map(|result| lock(result).take().unwrap_or_else(undone)).collect()
    }

    fn run(&self, seat: &mut Option<Seat<'a>>, task: &Task) -> TaskResult {
        self.attempt(seat, task).unwrap_or_else(|error| {
            // Whatever became of the worker, the next task gets a new one.
            *seat = None;
            TaskResult::Failed(error.to_string())
        })
    }

    fn attempt(&self, seat: &mut Option<Seat<'a>>, task: &Task) -> Result<TaskResult> {
        let worker = match seat {
            Some(seat) => &mut seat.worker,
            None => {
                let worker = Worker::start_in(&self.spec, self.tier)?;
                let guard = (self.watch)(&worker)?;
                &mut seat.insert(Seat { worker, _guard: guard }).worker
            }
        };
        match task {
            Task::Replay { changes, token } => {
                let replayed = worker.replay_under(changes, token)?;
                Ok(TaskResult::Replayed(Box::new(replayed)))
            }
            Task::Run { changes, scenario, setup } => {
                let setup = setup_name(setup)?;
                let ran = worker.run_under(changes, scenario, &setup, self.plan, |_, _| {})?;
                Ok(TaskResult::Ran(Box::new(ran)))
            }
        }
    }
}

fn setup_name(word: &str) -> Result<SetupName> {
    word.parse().map_err(|_| crate::Error::Job(format!("{word:?} is no name of a setup")))
}

/// Whoever panicked while holding a lock left what it guards whole: each holds it for one assignment, or for a worker that is dropped.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
