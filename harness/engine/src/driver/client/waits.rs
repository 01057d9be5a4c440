//! Drivers that wait: for each other, or for the harness.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use nix::errno::Errno;

use super::super::status::sleeps_in;
use super::Driver;
use crate::http::Sites;

/// The call that a driver was let go into from a step.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Released {
    /// Whether a wait in the call is reported: if two drivers take turns, one may wait for what only the other can do.
    pub(super) watched: bool,
    /// The thread and the call's number.
    pub(super) call: Option<(i32, i32)>,
    /// Number of looks in a row that saw the thread asleep in the call.
    pub(super) asleep: u8,
}

/// Interval between two looks at the thread.
pub(super) const LOOK: Duration = Duration::from_millis(2);

impl Driver {
    /// Sets whether a call that waits is reported, from the next step on.
    pub(crate) fn watch_calls(&mut self, watched: bool) {
        self.released = Released { watched, ..Released::default() };
    }

    /// Sets the sites that are served while its answer is waited for.
    pub(crate) fn attach_sites(&mut self, sites: Option<Rc<RefCell<Sites>>>) {
        self.sites = sites;
    }

    /// Sets whether a step that writes reports the flags of its descriptor, from the next step on.
    pub(crate) fn read_flags(&mut self, read: bool) {
        if let Some(stepper) = &mut self.stepper {
            stepper.reads_flags = read;
        }
    }

    /// Sets whether the targets of descriptors are cached until names may have changed, from the next step on.
    pub(crate) fn keep_paths(&mut self, keep: bool) {
        if let Some(stepper) = &mut self.stepper {
            stepper.keep_paths(keep);
        }
    }

    /// Returns whether it was seen twice in a row asleep in the call that it was let go into.
    pub(super) fn is_blocked(&mut self) -> bool {
        let Some((thread, number)) = self.released.call.filter(|_| self.released.watched) else {
            return false;
        };
        let waits = self.lines.is_empty() && self.held.is_none();
        let asleep = waits && sleeps_in(thread) == Some(number);
        self.released.asleep = if asleep { self.released.asleep + 1 } else { 0 };
        self.released.asleep >= 2
    }

    /// Gives the driver what was sent before anybody waits for the answer, as much of it as the pipe takes.
    pub(crate) fn flush(&mut self) {
        let Some(pending) = &mut self.pending else { return };
        while let Some(rest) = pending.line.get(pending.sent..).filter(|rest| !rest.is_empty()) {
            match nix::unistd::write(&self.spawned.requests, rest) {
                Ok(sent) => pending.sent += sent,
                Err(Errno::EINTR) => {}
                // That it is gone is told when its answer is waited for.
                Err(_) => return,
            }
        }
    }

    /// Lets its calls pass for a while, with nothing asked.
    pub(crate) fn run_unheld(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while self.pending.is_none() && Instant::now() < until {
            if self.wait(until.saturating_duration_since(Instant::now()), false).is_err() {
                return;
            }
        }
    }
}
