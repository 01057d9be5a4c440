//! The end of a scan ahead of its end, and what is seen of it meanwhile.

use std::time::{Duration, Instant};

use crate::output::{note, stderr_is_terminal};
use crate::run::Stop;

/// Entries between two looks at the clock.
const EVERY: u64 = 1024;

/// The limits of a scan: entries, a signal, a time.
pub(crate) struct Limits<'a> {
    stop: &'a Stop,
    entries: u64,
    next: u64,
    said: Instant,
    began: Instant,
    ended: Option<String>,
}

impl<'a> Limits<'a> {
    pub(crate) fn new(stop: &'a Stop, entries: u64) -> Limits<'a> {
        let now = Instant::now();
        Limits { stop, entries, next: EVERY, said: now, began: now, ended: None }
    }

    /// Returns whether the scan goes on after so many entries, and says now and then how far it is.
    pub(crate) fn go_on(&mut self, seen: u64) -> bool {
        if self.ended.is_some() {
            return false;
        }
        if seen >= self.entries {
            self.ended = Some(format!("--max-entries {}", self.entries));
            return false;
        }
        if seen < self.next {
            return true;
        }
        self.next = seen + EVERY;
        self.say(seen);
        self.ended = self.stop.by();
        self.ended.is_none()
    }

    fn say(&mut self, seen: u64) {
        let patience = Duration::from_secs(if stderr_is_terminal() { 2 } else { 10 });
        if self.said.elapsed() >= patience {
            self.said = Instant::now();
            note(&format!("{seen} names after {} s", self.began.elapsed().as_secs()));
        }
    }

    /// Returns what ended the scan early.
    pub(crate) fn ended(&self) -> Option<&str> {
        self.ended.as_deref()
    }
}
