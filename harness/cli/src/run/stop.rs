//! What ends a run early: a signal, or the end of its time.
//!
//! The first one ends the workers, and the run reports what is finished. A second signal ends the program as the signal always does.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use interloper_engine::{Worker, WorkerHandle};
use nix::sys::signal::Signal;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::output::note;

/// Whether a run has to end, and the workers that have to be ended for that.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    state: Mutex<State>,
    changed: Condvar,
    /// Whether there is nothing left to end: a signal then ends the program.
    finished: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    by: Option<String>,
    next: u64,
    workers: BTreeMap<u64, WorkerHandle>,
}

/// A worker that is ended with the run; dropping this forgets it.
#[derive(Debug)]
pub(crate) struct WorkerGuard<'a> {
    stop: &'a Stop,
    id: u64,
}

impl Stop {
    /// Ends the run; the first reason stays.
    pub(crate) fn end(&self, by: &str) {
        let mut state = self.state();
        state.by.get_or_insert_with(|| by.to_owned());
        state.workers.values().for_each(WorkerHandle::end);
        self.changed.notify_all();
    }

    /// What ended the run.
    pub(crate) fn by(&self) -> Option<String> {
        self.state().by.clone()
    }

    /// Whether the run has to end.
    pub(crate) fn is_set(&self) -> bool {
        self.state().by.is_some()
    }

    /// The same, or will be soon: what interrupts this program may interrupt its sandboxes too, and they may be faster.
    pub(crate) fn is_set_within(&self, patience: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.state(), patience, |s| s.by.is_none());
        waited.map_or_else(|poisoned| poisoned.into_inner().0.by.is_some(), |(s, _)| s.by.is_some())
    }

    /// Says that the run has ended by itself or otherwise, and gives what ended it early.
    pub(crate) fn finish(&self) -> Option<String> {
        self.finished.store(true, Ordering::Relaxed);
        self.by()
    }

    /// Says that there is more to end after all.
    pub(crate) fn go_on(&self) {
        self.finished.store(false, Ordering::Relaxed);
    }

    /// Ends this worker with the run.
    ///
    /// # Errors
    /// When there are no descriptors left.
    pub(crate) fn watch(&self, worker: &Worker) -> interloper_engine::Result<WorkerGuard<'_>> {
        let handle = worker.handle()?;
        let mut state = self.state();
        if state.by.is_some() {
            handle.end();
        }
        let id = state.next;
        state.next += 1;
        state.workers.insert(id, handle);
        Ok(WorkerGuard { stop: self, id })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the run at a signal, and after `timeout`.
    pub(crate) fn on_signals_and(self: &Arc<Stop>, timeout: Option<&Timeout>) {
        self.on_signals();
        self.after(timeout);
    }

    /// Ends the run at a signal.
    ///
    /// A signal that is ignored stays ignored: a shell starts jobs in the background of a script with SIGINT ignored.
    pub(crate) fn on_signals(self: &Arc<Stop>) {
        let signals = [SIGINT, SIGTERM].into_iter().filter(|signal| !is_ignored(*signal));
        if let Ok(mut signals) = Signals::new(signals) {
            let stop = Arc::clone(self);
            std::thread::spawn(move || signals.forever().for_each(|signal| stop.on_signal(signal)));
        }
    }

    /// Ends the run after `timeout`, from now on.
    pub(crate) fn after(self: &Arc<Stop>, timeout: Option<&Timeout>) {
        if let Some(timeout) = timeout.cloned() {
            let stop = Arc::clone(self);
            std::thread::spawn(move || {
                std::thread::sleep(timeout.after);
                stop.end(&format!("--timeout {timeout}"));
            });
        }
    }

    fn on_signal(&self, signal: i32) {
        if self.finished.load(Ordering::Relaxed) || self.is_set() {
            let _ = signal_hook::low_level::emulate_default_handler(signal);
            return;
        }
        let name = Signal::try_from(signal).map_or("a signal", Signal::as_str);
        self.end(name);
        note(&format!("{name}: reporting what is finished; a second one ends this at once"));
    }
}

impl Drop for WorkerGuard<'_> {
    fn drop(&mut self) {
        self.stop.state().workers.remove(&self.id);
    }
}

/// Whether this program was started with a signal ignored, proc_pid_status(5).
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask >> (signal - 1) & 1 == 1
}

/// How long a run may take, as `--timeout` says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Timeout {
    after: Duration,
    text: String,
}

impl fmt::Display for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Timeout {
    type Err = String;

    fn from_str(text: &str) -> Result<Timeout, String> {
        let wrong = || "a time is a whole number with its unit: 90s, 10m or 2h".to_owned();
        let (number, unit) =
            text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
        let each = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            _ => return Err(wrong()),
        };
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = number.parse::<u64>().ok().filter(|n| digits && *n > 0);
        let seconds = seconds.and_then(|n| n.checked_mul(each)).ok_or_else(wrong)?;
        Ok(Timeout { after: Duration::from_secs(seconds), text: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_number_and_a_unit() {
        let after = |text: &str| text.parse::<Timeout>().map(|timeout| timeout.after.as_secs());
        assert_eq!(after("90s"), Ok(90));
        assert_eq!(after("10m"), Ok(600));
        assert_eq!(after("2h"), Ok(7200));
        for wrong in
            ["", "s", "90", "0s", "-1s", "+1s", "1d", "1.5m", "10é", "99999999999999999999h"]
        {
            assert!(after(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_first_reason_stays() {
        let stop = Stop::default();
        assert!(!stop.is_set() && !stop.is_set_within(Duration::ZERO));
        stop.end("SIGINT");
        stop.end("--timeout 1s");
        assert_eq!(stop.finish().as_deref(), Some("SIGINT"));
        assert!(stop.is_set_within(Duration::ZERO));
    }
}
