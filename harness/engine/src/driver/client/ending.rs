//! Ending a case, and a driver: gracefully, or at once, and always with everything that it started.
//!
//! The kernel's facts: a process whose parent ends becomes the supervisor's child (PR_SET_CHILD_SUBREAPER, or pid 1), so killing the
//! supervisor's children until there are no new ones ends every descendant; `kill(-1)` is one pass under the kernel's lock, so a process
//! that forks meanwhile does not slip through, but it takes every process of that uid. So, in this order:
//!
//! 1. where the store is to let go by itself: `close`, and then the end of its requests;
//! 2. kill what served the case;
//! 3. kill the supervisor's children that are neither probers nor other drivers, until there are none;
//! 4. where they come faster than they go, kill everything of the driver's uid, other drivers too, which start anew when they are wanted.
//!    The owner's prober is no target: its real and saved uids are its own.

use std::fs::File;
use std::os::fd::AsFd;
use std::time::Duration;

use interloper_driver::{ChildEvent, op};
use nix::sys::signal::Signal;

use super::super::spawn::pidfd_send_signal;
use super::progress::{Budget, Progress, Watch};
use super::server::end_strays;
use super::{Driver, OUTPUT_LIMIT};
use crate::error::Result;
use crate::prober::kill_all_of;
use crate::sandbox::Tier;
use crate::stepper::reap_threads;

/// Way in which a case ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leave {
    /// The store is asked to let go, and its process ends by itself.
    Close,
    /// It is killed where it is.
    Kill,
}

impl Driver {
    /// Ends the case: whatever served it, and whatever that started, is gone afterwards. Gives the process that takes over, where there is one.
    ///
    /// `keep` are the children of the supervisor that stay.
    ///
    /// # Errors
    /// When what served the case cannot be waited for.
    pub(crate) fn end(&mut self, leave: Leave, keep: &[i32]) -> Result<()> {
        // From here on its calls pass, so that it can say how the child ended.
        self.stepping = false;
        let idle = self.held.take().is_none() && self.pending.is_none();
        if leave == Leave::Close && idle && !self.is_dead() {
            self.close();
        }
        if let Some(case) = self.case.take() {
            pidfd_send_signal(case.process.as_fd(), Signal::SIGKILL);
            if self.sees_results() {
                reap_threads(case.pid);
            }
            if !self.child_has_ended(self.limits.start) {
                self.kill();
            }
        } else if self.serves_once() || self.dead {
            self.kill();
        }
        self.lines.clear();
        self.pending = None;
        self.end_strays(keep);
        // Runtimes keep what is printed to a pipe until their buffer is full or they exit, stdio(3). Nobody is left to fill the pipe again.
        while self.drain() && self.output.len() < OUTPUT_LIMIT {}
        Ok(())
    }

    /// Kills what this process started and left behind.
    fn end_strays(&mut self, keep: &[i32]) {
        let keep = [keep, &self.host_pids()].concat();
        while !end_strays(&keep) {
            if self.tier != Tier::Predicted {
                let _ = kill_all_of(self.ids.of(self.principal));
                let _ = self.spawned.child.wait();
                self.dead = true;
            }
        }
    }

    /// Lets the store let go of its files, and its process end by itself, as far as they do.
    fn close(&mut self) {
        if self.hello.is_none() || self.exchange(op::Close {}, self.limits.close).is_err() {
            return;
        }
        if self.case.is_some() {
            if self.child_has_ended(self.limits.close) {
                self.case = None;
            }
        } else if self.serves_once() {
            self.hang_up();
            self.must_end();
        }
    }

    /// Ends the driver, where it has not ended by itself; gives the process that takes over.
    pub(crate) fn bury(mut self) -> Option<Driver> {
        self.kill();
        self.next_process.take().map(|next| *next)
    }

    /// Kills the driver's process, and the one that serves the case.
    pub(super) fn kill(&mut self) {
        if self.dead {
            return;
        }
        if let Some(case) = self.case.take() {
            pidfd_send_signal(case.process.as_fd(), Signal::SIGKILL);
            if self.sees_results() {
                reap_threads(case.pid);
            }
        }
        pidfd_send_signal(self.process.as_fd(), Signal::SIGKILL);
        if self.sees_results() {
            reap_threads(self.host_pid());
        }
        let _ = self.spawned.child.wait();
        self.dead = true;
    }

    /// Waits for the news that the child has ended; whether it came.
    fn child_has_ended(&mut self, budget: Budget) -> bool {
        let ended = |driver: &mut Driver| {
            while let Some(line) = driver.lines.pop_front() {
                if serde_json::from_slice::<ChildEvent>(&line).is_ok_and(|e| e.event == "child") {
                    return true;
                }
            }
            false
        };
        self.wait_until(budget, ended)
    }

    /// Waits for the end of its process, which was told to end or is ending; one that lives on is killed. Whether it had to be.
    pub(super) fn must_end(&mut self) -> bool {
        let ended = self.wait_until(self.limits.close, |driver| driver.is_dead());
        self.kill();
        !ended
    }

    /// Closes the driver's requests: what it reads next is their end.
    fn hang_up(&mut self) {
        if let Ok(nothing) = File::options().write(true).open("/dev/null") {
            self.spawned.requests = nothing.into();
        }
    }

    /// Waits until something is so, for as long as the driver's process may still do something; whether it is.
    pub(super) fn wait_until(
        &mut self,
        budget: Budget,
        mut done: impl FnMut(&mut Driver) -> bool,
    ) -> bool {
        let mut watch = Watch::new(budget);
        loop {
            if done(self) {
                return true;
            }
            match self.wait(watch.until_look(), false) {
                Ok(()) if !watch.is_due() || watch.judge(self.host_pid()) == Progress::Possible => {
                }
                _ => return done(self),
            }
        }
    }

    /// Returns the processor time that its process has used so far.
    pub(super) fn processor_time(&self) -> Duration {
        super::progress::processor_time(self.host_pid())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.kill();
    }
}
