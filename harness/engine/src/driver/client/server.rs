//! A server that a store has started, and that lives on between the processes of a case.
//!
//! The kernel's facts: a process whose parent ends becomes the supervisor's child (pid 1, or PR_SET_CHILD_SUBREAPER), so a server needs no
//! daemon's double fork to outlive the process that started it; a pid may be given to another process as soon as its own was waited for, and
//! a pidfd stays with the process that it was opened for (pidfd_open(2)). So a server is known by a pidfd, which is opened before the claim
//! is looked at.

use std::os::fd::{AsFd, OwnedFd};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::super::spawn::{pidfd_open, pidfd_send_signal};
use super::super::status::{own_children, status};
use super::progress::{Budget, Progress, Watch};
use crate::stepper::reap;

/// Number of parents of a process that are looked at.
const DEPTH: usize = 64;
/// Budget of a server for its end, after it was asked to.
const ENDING: Budget =
    Budget { cpu: std::time::Duration::from_secs(10), asleep: std::time::Duration::from_secs(10) };

/// A server of the store's.
#[derive(Debug)]
pub(crate) struct Server {
    pid: i32,
    process: OwnedFd,
}

impl Server {
    /// Takes a pid that `open` named; `None` if it is no process of that user below the supervisor, or one of the harness's own.
    ///
    /// A pid is a claim: killing what a driver names would let it choose a victim.
    pub(crate) fn claimed(pid: i32, uid: u32, own: &[i32]) -> Option<Server> {
        if pid <= 1 || own.contains(&pid) {
            return None;
        }
        let process = pidfd_open(pid).ok()?;
        let is_its = status(pid).is_ok_and(|status| status.uid == uid && status.process == pid);
        (is_its && is_below(pid)).then_some(Server { pid, process })
    }

    /// Returns its process.
    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    /// Returns whether it has not ended.
    pub(crate) fn is_alive(&self) -> bool {
        let mut fds = [PollFd::new(self.process.as_fd(), PollFlags::POLLIN)];
        poll(&mut fds, PollTimeout::ZERO).is_ok_and(|ready| ready == 0)
    }

    /// Ends it where it is.
    pub(crate) fn kill(&self) {
        pidfd_send_signal(self.process.as_fd(), Signal::SIGKILL);
        self.has_ended(ENDING);
    }

    /// Asks it to end with SIGTERM, as a service is asked; one that does not is killed. Whether it ended by itself.
    pub(crate) fn stop(&self) -> bool {
        pidfd_send_signal(self.process.as_fd(), Signal::SIGTERM);
        let ended = self.has_ended(ENDING);
        if !ended {
            self.kill();
        }
        ended
    }

    /// Waits for its end for as long as it may still do something; whether it came.
    fn has_ended(&self, budget: Budget) -> bool {
        let mut watch = Watch::new(budget);
        loop {
            let mut fds = [PollFd::new(self.process.as_fd(), PollFlags::POLLIN)];
            let until = PollTimeout::try_from(watch.until_look()).unwrap_or(PollTimeout::ZERO);
            if poll(&mut fds, until).is_ok_and(|ready| ready > 0) {
                return true;
            }
            if watch.is_due() && watch.judge(self.pid) != Progress::Possible {
                return false;
            }
        }
    }
}

/// Returns whether a process is below this one.
fn is_below(mut pid: i32) -> bool {
    let this = std::process::id().cast_signed();
    for _ in 0..DEPTH {
        match status(pid) {
            Ok(status) if status.parent == this => return true,
            Ok(status) if status.parent > 1 => pid = status.parent,
            _ => return false,
        }
    }
    false
}

/// After how many rounds of killing children everything of the uid goes at once.
const ROUNDS: u32 = 16;

/// Kills the supervisor's children but those to keep, until there are none; whether that came to an end.
pub(crate) fn end_strays(keep: &[i32]) -> bool {
    for _ in 0..ROUNDS {
        let strays: Vec<i32> =
            own_children().into_iter().filter(|pid| !keep.contains(pid)).collect();
        if strays.is_empty() {
            return true;
        }
        // All are killed before one is waited for: one that waits for another would not end.
        for pid in &strays {
            let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
        }
        strays.into_iter().for_each(reap);
    }
    false
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command, Stdio};

    use nix::unistd::getuid;

    use super::*;

    fn child(script: &str) -> Child {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::piped());
        command.spawn().unwrap()
    }

    fn pid(child: &Child) -> i32 {
        child.id().cast_signed()
    }

    #[test]
    fn only_a_process_of_the_user_below_the_supervisor_is_taken() {
        let uid = getuid().as_raw();
        let mut sleeps = child("exec sleep 60");
        assert!(Server::claimed(pid(&sleeps), uid, &[]).is_some());
        assert!(Server::claimed(pid(&sleeps), uid + 1, &[]).is_none(), "of another user");
        assert!(Server::claimed(pid(&sleeps), uid, &[pid(&sleeps)]).is_none(), "the harness's");
        assert!(Server::claimed(1, uid, &[]).is_none());
        assert!(Server::claimed(std::process::id().cast_signed(), uid, &[]).is_none());
        sleeps.kill().unwrap();
        sleeps.wait().unwrap();
        assert!(Server::claimed(pid(&sleeps), uid, &[]).is_none(), "one that is gone");
    }

    #[test]
    fn a_server_is_asked_to_end_before_it_is_killed() {
        use std::io::Read;
        let mut server =
            child("trap 'echo saved; exit 0' TERM; echo up; while :; do sleep 0.05; done");
        let mut out = server.stdout.take().unwrap();
        let mut up = [0; 3];
        out.read_exact(&mut up).unwrap();
        let claimed = Server::claimed(pid(&server), getuid().as_raw(), &[]).unwrap();
        assert!(claimed.is_alive());
        assert!(claimed.stop());
        assert!(!claimed.is_alive());
        let mut said = String::new();
        out.read_to_string(&mut said).unwrap();
        assert_eq!(said, "saved\n");
        server.wait().unwrap();
    }
}
