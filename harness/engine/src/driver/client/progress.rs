//! Whether a driver that does not answer still can: judged by what its threads do, not by the clock.
//!
//! The kernel's facts (proc_pid_stat(5), proc_pid_syscall(5), proc_pid_status(5)):
//!
//! - a thread that waits for the processor is `R`, however busy the machine is; one that sleeps is `S`, and `/proc/TID/syscall` has the
//!   call that it sleeps in, with its arguments, and so whether that call ends by itself;
//! - each time a thread goes to sleep of its own accord, `voluntary_ctxt_switches` counts it: a thread that woke between two looks shows;
//! - processor time passes only while a thread runs, so it is the same on a busy machine.
//!
//! So, while an answer is waited for:
//!
//! 1. look at every thread below the supervisor now and then, and compare with the look before;
//! 2. if one runs, or woke, or sleeps in a call that ends by itself, the driver is *slow*: its processor time and the time that it slept
//!    are counted against its budget, and no other time is;
//! 3. if all sleep in calls that only another could end, and nothing changed for several looks, it is *stuck*: nobody is left to end them.

use std::time::{Duration, Instant};

use super::super::threads::{Doing, Look, Thread, ticks_of};

/// Budget of a driver for one request before it is called slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Budget {
    /// Processor time of it and of everything that it started, what has left it for another parent too.
    pub(crate) cpu: Duration,
    /// Time in which it sleeps in calls that end by themselves.
    pub(crate) asleep: Duration,
}

/// Upper limit of the whole wait, including the wait for a processor: beyond it the machine is at fault.
const STARVED: Duration = Duration::from_secs(120);
/// Number of looks in a row that must show the same sleeping threads.
const SAME: u32 = 4;
/// The time between looks at first, and after those.
const LOOKS: [(u32, Duration); 2] =
    [(12, Duration::from_millis(8)), (u32::MAX, Duration::from_millis(40))];

/// State of a driver that has not answered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It may still answer.
    Possible,
    /// It cannot: all of it sleeps, as this clause says.
    Stuck(String),
    /// Its budget is used up, as this clause says.
    Slow(String),
    /// The machine gave it no time.
    Starved,
}

/// Watches a driver from the moment of a request on.
#[derive(Debug)]
pub(super) struct Watch {
    budget: Budget,
    began: Instant,
    /// Time of the next look.
    due: Instant,
    looks: u32,
    /// The last look, and when it was; nothing where something happened since.
    last: Option<(Look, Instant)>,
    /// Number of looks in a row without a change.
    same: u32,
    /// The processor time of all that lived at the last look, in clock ticks.
    ticks: Option<u64>,
    /// The processor time since the first look, in clock ticks.
    spent: u64,
    asleep: Duration,
}

impl Watch {
    pub(super) fn new(budget: Budget) -> Watch {
        let now = Instant::now();
        Watch {
            budget,
            began: now,
            due: now + LOOKS[0].1,
            looks: 0,
            last: None,
            same: 0,
            ticks: None,
            spent: 0,
            asleep: Duration::ZERO,
        }
    }

    /// Returns the time to wait for an event before the next look.
    pub(super) fn until_look(&self) -> Duration {
        self.due.saturating_duration_since(Instant::now())
    }

    /// Returns whether it is time for a look.
    pub(super) fn is_due(&self) -> bool {
        self.until_look().is_zero()
    }

    /// Pauses the watch: the driver is held, and the time that passes is not its own.
    pub(super) fn pause(&mut self) {
        self.same = 0;
        self.last = None;
    }

    /// Sets the time of the next look: soon at first, since most stuck drivers are stuck at once.
    fn schedule(&mut self, now: Instant) {
        let mut before = 0_u32;
        let later = LOOKS.iter().find(|(count, _)| {
            before = before.saturating_add(*count);
            self.looks < before
        });
        self.due = now + later.map_or(LOOKS[0].1, |(_, time)| *time);
    }

    /// Returns the processor time that was used so far, and the time asleep on timers.
    pub(super) fn used(&self) -> Duration {
        self.cpu() + self.asleep
    }

    fn cpu(&self) -> Duration {
        clock_ticks(self.spent)
    }

    /// Looks, and judges. `serving` is the process that has the request.
    pub(super) fn judge(&mut self, serving: i32) -> Progress {
        let (look, now) = (Look::take(serving), Instant::now());
        self.looks = self.looks.saturating_add(1);
        self.schedule(now);
        // The sum shrinks where a process ends that nobody of these waited for.
        self.spent += look.ticks.saturating_sub(self.ticks.unwrap_or(look.ticks));
        self.ticks = Some(look.ticks);
        if let Some((last, then)) = self.last.take() {
            self.same = if last.threads == look.threads { self.same + 1 } else { 0 };
            if look.sleeps_on_a_timer() {
                self.asleep += now.saturating_duration_since(then);
            }
        }
        let stuck = self.stuck_in(&look);
        self.last = Some((look, now));
        if let Some(clause) = stuck {
            return Progress::Stuck(clause);
        }
        if self.cpu() > self.budget.cpu {
            let cpu = self.budget.cpu.as_secs();
            return Progress::Slow(format!("it used more than {cpu} s of processor time"));
        }
        if self.asleep > self.budget.asleep {
            let asleep = self.budget.asleep.as_secs();
            return Progress::Slow(format!("it slept for more than {asleep} s"));
        }
        match self.began.elapsed() > STARVED {
            true => Progress::Starved,
            false => Progress::Possible,
        }
    }

    /// Returns the call or wait in which the driver is stuck; `None` if it is not.
    fn stuck_in(&self, look: &Look) -> Option<String> {
        if self.same < SAME || look.threads.values().any(|thread| thread.doing == Doing::Runs) {
            return None;
        }
        // Whoever waits at a file is not woken by a timer of its own process: runtimes have threads that look around now and then.
        // Another process may take its lock off, though.
        let mut own = look.threads.values().filter(|thread| look.serving.contains(&thread.process));
        let at_file = own.clone().find(|thread| thread.doing == Doing::WaitsAtFile);
        let thread = at_file.or_else(|| own.next())?;
        let woken = |other: &Thread| {
            other.doing == Doing::Timer && (at_file.is_none() || other.process != thread.process)
        };
        if look.threads.values().any(woken) {
            return None;
        }
        Some(match thread.doing {
            Doing::Stopped => "its process was stopped by a signal".to_owned(),
            _ => format!("it sleeps in {}, which nobody ends", thread.call_name()),
        })
    }
}

/// Converts clock ticks as /proc counts them, 100 a second on every system that Linux runs on (`_SC_CLK_TCK`).
fn clock_ticks(ticks: u64) -> Duration {
    Duration::from_millis(ticks.saturating_mul(10))
}

/// Returns the processor time that a process, its threads and what it started have used.
pub(crate) fn processor_time(process: i32) -> Duration {
    clock_ticks(ticks_of(process))
}
