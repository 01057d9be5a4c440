//! Waiting for the dead, where some of them may have been traced.
//!
//! A process is not gone before each of its threads is, and a traced thread is gone only when its tracer has waited for it: a thread that was
//! born as its process was killed is one that no tracer knows of.

use nix::errno::Errno;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// Waits for the other threads of a process that was killed, so that whoever waits for the process hears of its end.
pub(crate) fn reap_threads(process: i32) {
    let Ok(entries) = std::fs::read_dir(format!("/proc/{process}/task")) else { return };
    let threads = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    for thread in threads.filter(|thread| *thread != process).collect::<Vec<i32>>() {
        wait_for_end(thread);
    }
}

/// Waits for the end of a process that was killed.
pub(crate) fn reap(process: i32) {
    reap_threads(process);
    wait_for_end(process);
}

fn wait_for_end(thread: i32) {
    loop {
        match waitpid(Pid::from_raw(thread), Some(WaitPidFlag::__WALL)) {
            Ok(WaitStatus::Exited(..) | WaitStatus::Signaled(..)) => return,
            // A stop that was on its way before the kill.
            Ok(_) | Err(Errno::EINTR) => {}
            // Not traced, or not a child: nothing to wait for.
            Err(_) => return,
        }
    }
}
