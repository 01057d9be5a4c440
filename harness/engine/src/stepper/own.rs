//! Whose work a held call is: the operation's own, or that of something else that lives under the same filter.
//!
//! The kernel's facts: every child inherits a filter, so the parent of a forked driver, the helpers that it started, and the servers that
//! a store leaves running are held as well. An orphan's parent is the supervisor, or another that asked for orphans
//! (prctl(2), PR_SET_CHILD_SUBREAPER). A process says in ticks since boot when it started (proc_pid_stat(5)).

use std::collections::BTreeMap;

use nix::time::{ClockId, clock_gettime};
use nix::unistd::{SysconfVar, sysconf};

use crate::driver::{started, status};

/// Number of parents of a process that are looked at.
const DEPTH: usize = 64;

/// Set of threads that do an operation's own work.
#[derive(Debug, Default)]
pub(super) struct Own {
    /// The process that serves the case; none where nobody asked for an operation.
    serving: Option<i32>,
    /// The process that was started as the driver: the same, or its parent.
    driver: i32,
    /// Start of the operation, in ticks since boot.
    began: u64,
    /// The threads that were asked about.
    known: BTreeMap<i32, bool>,
}

impl Own {
    /// Begins an operation in one process of a driver.
    pub(super) fn begin(&mut self, serving: i32, driver: i32) {
        *self = Own { serving: Some(serving), driver, began: ticks(), known: BTreeMap::new() };
    }

    /// Begins a request to a server that a process of a driver started: what has left that for another parent is the server's too.
    pub(super) fn begin_request(&mut self, serving: i32, driver: i32) {
        *self = Own { serving: Some(serving), driver, began: 0, known: BTreeMap::new() };
    }

    /// Returns whether a thread's calls are the operation's.
    pub(super) fn has(&mut self, thread: i32) -> bool {
        let Some(serving) = self.serving else { return true };
        if let Some(known) = self.known.get(&thread) {
            return *known;
        }
        let is_own = self.descends(thread, serving);
        self.known.insert(thread, is_own);
        is_own
    }

    /// Returns whether a thread does the operation's own work.
    ///
    /// 1. The work of the serving process and of those below it is the operation's.
    /// 2. Work that comes from the driver by another way is not: that of its other children, and its own if a child of it serves.
    /// 3. An orphan may have been left by the operation itself, as by a double fork. It is the operation's if it is as young.
    fn descends(&self, thread: i32, serving: i32) -> bool {
        let Ok(process) = status(thread).map(|status| status.process) else { return true };
        let mut at = process;
        for _ in 0..DEPTH {
            if at == serving {
                return true;
            }
            if at == self.driver {
                return false;
            }
            let is_end = at <= 1 || at == std::process::id() as i32;
            match status(at) {
                Ok(status) if !is_end => at = status.parent,
                _ => break,
            }
        }
        started(process).is_none_or(|started| started >= self.began)
    }
}

/// Returns the time since boot, in ticks.
fn ticks() -> u64 {
    let a_second = sysconf(SysconfVar::CLK_TCK).ok().flatten().unwrap_or(100) as u64;
    let now = clock_gettime(ClockId::CLOCK_BOOTTIME).map(std::time::Duration::from);
    // Without a clock every orphan counts as the operation's: nothing is missed then.
    now.map_or(0, |now| (now.as_secs_f64() * a_second as f64) as u64)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_child_is_the_operations_and_a_sibling_is_not() {
        let sleep = || Command::new("sleep").arg("60").stdin(Stdio::null()).spawn().unwrap();
        let (mut serving, mut helper) = (sleep(), sleep());
        let this = std::process::id() as i32;
        let pid = |child: &std::process::Child| child.id() as i32;
        let mut own = Own::default();
        assert!(own.has(pid(&helper)), "before any operation everything is");
        // This process stands for the driver that forked both.
        own.begin(pid(&serving), this);
        assert!(own.has(pid(&serving)));
        assert!(!own.has(pid(&helper)));
        assert!(!own.has(this));
        // A driver that serves by itself, with what it starts.
        own.begin(this, this);
        assert!(own.has(this) && own.has(pid(&helper)));
        for child in [&mut serving, &mut helper] {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}
