//! Requests to a server whose calls are held: one that is held at a step, and others beside it.
//!
//! The kernel's facts: a thread that is held by a filter or a tracer is in no state that shows whether it would go on; every other thread
//! of the server runs freely. A thread that is woken is `R` at once, however long it then waits for a processor (proc_pid_stat(5)). So a
//! request beside a held one either is answered, or it stands still:
//!
//! 1. leave out the held thread, and those that wait for connections;
//! 2. if another runs or woke since the last look, the request may be answered yet;
//! 3. if all of them sleep in calls that only another ends, and did for several looks, it waits for the held one: for a lock, or for the
//!    only thread that there is;
//! 4. if one of them sleeps on a timer, as event loops do, that takes longer: one that tries again after a while wakes before.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::super::threads::{Doing, Look, Thread};
use super::Driver;
use crate::http::{Exchange, HttpError, HttpResponse};
use crate::stepper::{Release, Step};

/// Interval between two looks at a server's threads.
const LOOK: Duration = Duration::from_millis(8);
/// Number of looks in a row that must show the same sleeping threads.
const SAME: u32 = 5;
/// Time for which they must, if one of them sleeps on a timer. Programs that try again do so after less.
const TIMED: Duration = Duration::from_millis(500);
/// Upper limit of the looks for which what a server does after its answers is waited for.
const LOOKS: u32 = 250;

/// Next event of a request whose steps are held.
#[derive(Debug)]
pub(crate) enum Served {
    /// It is held at a step, and nothing of that has happened.
    Held(Box<Step>),
    /// It was answered.
    Answered(HttpResponse),
}

/// Outcome of a request beside one that is held.
#[derive(Debug)]
pub(crate) enum Beside {
    /// It was answered.
    Answered(HttpResponse),
    /// It waits for the one that is held.
    Waits,
}

impl Driver {
    /// Begins a request to the server: the next step is its first.
    pub(crate) fn begin_request(&mut self) {
        let (serving, driver) = (self.pid(), self.host_pid());
        if let Some(stepper) = &mut self.stepper {
            stepper.begin_request(serving, driver);
        }
    }

    /// Goes on with a request until its next step, or to its answer.
    ///
    /// # Errors
    /// When the server does not answer.
    pub(crate) fn serve_to_step(&mut self, exchange: &mut Exchange) -> Result<Served, HttpError> {
        self.stepping = true;
        let next = self.next_served(exchange);
        self.stepping = false;
        next
    }

    fn next_served(&mut self, exchange: &mut Exchange) -> Result<Served, HttpError> {
        let mut patience = self.patience();
        loop {
            if let Some(response) = exchange.proceed()? {
                return Ok(Served::Answered(response));
            }
            match patience.driver.held.take() {
                // Its end: it comes a second time where the stepper sees results.
                Some(step) if step.result.is_some() => patience.driver.let_go(&step)?,
                Some(step) => return Ok(Served::Held(Box::new(step))),
                None => {
                    let (socket, events) = exchange.needs();
                    let at_most = patience.watch.until_look();
                    patience.poll(Some((socket, events)), at_most)?;
                }
            }
        }
    }

    /// Lets a held step be made.
    pub(crate) fn let_go(&mut self, step: &Step) -> Result<(), HttpError> {
        let released = self.release(step, Release::Continue);
        released.map_err(|error| HttpError::Late(error.to_string()))
    }

    /// Waits for the answer to a request beside one that is held, or until it is seen to wait for that.
    ///
    /// # Errors
    /// When the server does not answer.
    pub(crate) fn serve_beside(
        &mut self,
        exchange: &mut Exchange,
        held: Option<i32>,
    ) -> Result<Beside, HttpError> {
        let serving = self.pid();
        let mut patience = self.patience();
        let mut still = Standstill::default();
        let mut due = Instant::now() + LOOK;
        loop {
            if let Some(response) = exchange.proceed()? {
                return Ok(Beside::Answered(response));
            }
            let (socket, events) = exchange.needs();
            match patience.poll(Some((socket, events)), LOOK) {
                Ok(_) => {}
                // What it does instead is seen once nothing is held any more.
                Err(HttpError::Late(_)) => return Ok(Beside::Waits),
                Err(error) => return Err(error),
            }
            if Instant::now() >= due {
                if still.look(serving, held) {
                    return Ok(Beside::Waits);
                }
                due = Instant::now() + LOOK;
            }
        }
    }

    /// Lets the server do what it does after its answers, until all of its threads sleep.
    ///
    /// # Errors
    /// When the machine gives it no time.
    pub(crate) fn settle(&mut self) -> Result<(), HttpError> {
        let serving = self.pid();
        let mut patience = self.patience();
        let mut quiet = 0;
        for _ in 0..LOOKS {
            patience.poll(None, Duration::from_millis(1))?;
            let runs = own(serving, None).values().any(|thread| thread.doing == Doing::Runs);
            quiet = if runs { 0 } else { quiet + 1 };
            if quiet > 1 {
                break;
            }
        }
        Ok(())
    }
}

/// Record of a server's threads, which shows when they stand still.
#[derive(Debug)]
struct Standstill {
    last: BTreeMap<i32, Thread>,
    /// Number of looks in a row that were the same.
    same: u32,
    since: Instant,
}

impl Default for Standstill {
    fn default() -> Standstill {
        Standstill { last: BTreeMap::new(), same: 0, since: Instant::now() }
    }
}

impl Standstill {
    /// Looks; whether they do.
    fn look(&mut self, serving: i32, held: Option<i32>) -> bool {
        self.judge(own(serving, held), Instant::now())
    }

    fn judge(&mut self, mut threads: BTreeMap<i32, Thread>, now: Instant) -> bool {
        threads.retain(|_, thread| !thread.accepts());
        let runs = threads.values().any(|thread| thread.doing == Doing::Runs);
        if runs || self.last != threads {
            *self = Standstill { last: threads, same: 0, since: now };
            return false;
        }
        self.same += 1;
        let timed = threads.values().any(|thread| thread.doing == Doing::Timer);
        self.same >= SAME && (!timed || now.saturating_duration_since(self.since) >= TIMED)
    }
}

/// Returns the threads of a process and of what it started, but for one.
fn own(serving: i32, held: Option<i32>) -> BTreeMap<i32, Thread> {
    let Look { threads, serving, .. } = Look::take(serving);
    let own = |(number, thread): &(i32, Thread)| {
        serving.contains(&thread.process) && Some(*number) != held
    };
    threads.into_iter().filter(own).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threads(doing: Doing) -> BTreeMap<i32, Thread> {
        BTreeMap::from([(7, Thread::sample(doing))])
    }

    #[test]
    fn a_request_that_sleeps_on_a_lock_waits_and_one_on_a_timer_only_after_a_while() {
        let now = Instant::now();
        let (mut lock, mut timer) = (Standstill::default(), Standstill::default());
        for _ in 0..SAME {
            assert!(!lock.judge(threads(Doing::WaitsAtFile), now));
            assert!(!timer.judge(threads(Doing::Timer), now));
        }
        assert!(lock.judge(threads(Doing::WaitsAtFile), now));
        assert!(!timer.judge(threads(Doing::Timer), now), "it may wake yet");
        assert!(timer.judge(threads(Doing::Timer), now + TIMED));
    }

    #[test]
    fn a_thread_that_runs_is_no_standstill_however_long_it_takes() {
        let mut still = Standstill::default();
        let later = Instant::now() + 100 * TIMED;
        assert!((0..10 * SAME).all(|_| !still.judge(threads(Doing::Runs), later)));
    }
}
