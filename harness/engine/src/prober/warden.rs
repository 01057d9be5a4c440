//! What keeps a sandbox's memory within bounds.
//!
//! The kernel's facts: `RLIMIT_DATA` counts one process's private memory, and nothing counts what processes map together without a file;
//! a control group would, where one is delegated, which a harness cannot count on. So somebody looks, ten times a second, at what the
//! store's processes have in memory (`RssAnon` and `RssShmem` of proc_pid_status(5); what two of them share counts twice), and ends them
//! where that is too much.

use std::fs;
use std::os::fd::OwnedFd;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use nix::fcntl::OFlag;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, pipe2};

use crate::error::{Context, Result};
use crate::principal::{Ids, Principal};
use crate::sandbox::Tier;

/// The variable that says how much a store's processes may have together, in MiB.
pub(crate) const MEMORY: &str = "INTERLOPER_MEMORY";
/// Default limit of memory, in MiB.
const LIMIT: u64 = 2048;
/// Interval between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// The warden of this process's sandbox.
static PID: AtomicI32 = AtomicI32::new(0);
/// Pipe on which it reports that it ended a store.
static NEWS: Mutex<Option<OwnedFd>> = Mutex::new(None);

/// Returns the reason, as a clause, for which the warden ended the store's processes since the last call; `None` if it did not.
pub(crate) fn ended_for_memory() -> Option<String> {
    let news = NEWS.lock().ok()?;
    let mut limits = [0_u8; 256];
    let said = nix::unistd::read(news.as_ref()?, &mut limits).unwrap_or_default();
    let limit = u64::from_ne_bytes(limits.first_chunk().copied().filter(|_| said >= 8)?);
    Some(format!(
        "had more than {limit} MiB in memory, and was killed ({MEMORY} sets another limit)"
    ))
}

/// Returns whether a process is this sandbox's warden, which never does anything for a store: who asks what may still wake one leaves it
/// out.
pub(crate) fn is_warden(pid: i32) -> bool {
    PID.load(Ordering::Relaxed) == pid
}

/// The process that looks. Dropping it ends it.
pub(crate) struct Warden {
    pid: Pid,
}

impl Warden {
    /// Forks it off the supervisor, whose rights it needs: it reads and ends processes of every principal.
    pub(super) fn start(tier: Tier, ids: &Ids) -> Result<Warden> {
        let mut users = vec![ids.of(Principal::Owner).uid];
        if tier == Tier::Namespaces {
            users.push(ids.of(Principal::Service).uid);
        }
        let limit =
            std::env::var(MEMORY).ok().and_then(|limit| limit.parse().ok()).unwrap_or(LIMIT);
        let (news, to) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).doing("make a pipe")?;
        // SAFETY: the supervisor has one thread, so the child may allocate.
        match unsafe { fork() }.doing("fork the sandbox's warden")? {
            ForkResult::Parent { child } => {
                if let Ok(mut place) = NEWS.lock() {
                    *place = Some(news);
                }
                PID.store(child.as_raw(), Ordering::Relaxed);
                Ok(Warden { pid: child })
            }
            ForkResult::Child => {
                if nix::sys::prctl::set_pdeathsig(Signal::SIGKILL).is_ok() {
                    watch(&users, limit, &to);
                }
                // SAFETY: ends without exit handlers, which are the supervisor's.
                unsafe { libc::_exit(1) }
            }
        }
    }

    pub(super) fn pid(&self) -> i32 {
        self.pid.as_raw()
    }
}

impl Drop for Warden {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        let _ = kill(self.pid, Signal::SIGKILL);
        let _ = waitpid(self.pid, None);
    }
}

fn watch(users: &[u32], limit: u64, news: &OwnedFd) {
    loop {
        std::thread::sleep(PAUSE);
        let processes = processes(users);
        let used: u64 = processes.iter().map(|(_, used)| used).sum();
        if used > limit << 10 {
            // Before they end, so that whoever sees the end knows why. A full pipe has said it often enough.
            let _ = nix::unistd::write(news, &limit.to_ne_bytes());
            for (pid, _) in processes {
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
        }
    }
}

/// Returns the processes of these users, by their real uids, and what each has in memory, in KiB.
fn processes(users: &[u32]) -> Vec<(i32, u64)> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    pids.filter_map(|pid| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let (user, used) = usage(&status)?;
        users.contains(&user).then_some((pid, used))
    })
    .collect()
}

/// Reads a process's real uid and its memory from its status.
fn usage(status: &str) -> Option<(u32, u64)> {
    let value = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    let user = u32::try_from(value("Uid")?).ok()?;
    // One that has ended has no memory.
    Some((user, value("RssAnon").unwrap_or(0) + value("RssShmem").unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_without_a_file_counts() {
        let status = "Name:\tx\nUid:\t1000\t1\t2\t3\nRssAnon:\t  100 kB\nRssFile:\t 7 kB\nRssShmem:\t 20 kB\n";
        assert_eq!(usage(status), Some((1000, 120)));
        assert_eq!(usage("Name:\tgone\nUid:\t5\t5\t5\t5\n"), Some((5, 0)));
    }
}
