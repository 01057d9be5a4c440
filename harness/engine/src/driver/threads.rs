//! What the threads of a driver, and of everything that it started, are doing at one moment.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use super::status::own_children;

/// Activity of a thread, as far as it decides whether the thread goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    /// It runs, or wants to, or waits for a device; or it is not known.
    Runs,
    /// It sleeps in a call that ends by itself after a while.
    Timer,
    /// It sleeps in a call on a file that only another can end: opening a FIFO, waiting for a lock.
    WaitsAtFile,
    /// It sleeps in another call that only another can end.
    Waits,
    /// A signal stopped it; or the harness holds it, and lets nobody go but who was asked.
    Stopped,
}

/// A thread at one moment. Two of these are equal where it did not wake between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Thread {
    /// The process that it is of.
    pub(crate) process: i32,
    pub(crate) doing: Doing,
    /// The number and the arguments of the call that it sleeps in.
    call: Option<[u64; 7]>,
    /// Numbers of voluntary and of involuntary context switches.
    switches: (u64, u64),
}

impl Thread {
    /// Returns whether it waits for connections: whatever it is asked next, it does not work on what was asked before.
    pub(crate) fn accepts(&self) -> bool {
        let number = self.call.map(|call| call[0] as i64);
        matches!(number, Some(libc::SYS_accept | libc::SYS_accept4))
    }

    /// Returns the name of the call that it sleeps in.
    pub(crate) fn call_name(&self) -> String {
        let name = self.call.and_then(|call| syscalls::Sysno::new(call[0] as usize));
        name.map_or_else(|| "a call".into(), |name| format!("{name}(2)"))
    }
}

#[cfg(test)]
impl Thread {
    /// Returns a thread for tests.
    pub(crate) fn sample(doing: Doing) -> Thread {
        Thread { process: 1, doing, call: None, switches: (0, 0) }
    }
}

/// All threads below this process at one moment.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) threads: BTreeMap<i32, Thread>,
    /// The process that was asked, and what it started.
    pub(crate) serving: BTreeSet<i32>,
    /// The processor time of all of these, in clock ticks: a daemon has another parent, and a budget none the less.
    pub(crate) ticks: u64,
}

impl Look {
    /// Looks at everything that this process started; `serving` is the process that was asked.
    pub(crate) fn take(serving: i32) -> Look {
        let serving: BTreeSet<i32> = below(vec![serving]).into_iter().collect();
        let mut look = Look { threads: BTreeMap::new(), serving, ticks: 0 };
        for process in below(own_children()) {
            if !crate::prober::is_warden(process) {
                look.ticks += processor_time(process);
                look.add(process);
            }
        }
        look
    }

    /// Returns whether it only sleeps, and will wake by itself.
    pub(crate) fn sleeps_on_a_timer(&self) -> bool {
        let mut threads = self.threads.values();
        let own = |thread: &&Thread| self.serving.contains(&thread.process);
        !threads.any(|thread| thread.doing == Doing::Runs)
            && self.threads.values().filter(own).any(|thread| thread.doing == Doing::Timer)
    }

    fn add(&mut self, process: i32) {
        let Ok(tasks) = fs::read_dir(format!("/proc/{process}/task")) else { return };
        let (armed, is_asked) = (has_timers(process), self.serving.contains(&process));
        for thread in tasks.filter_map(|task| task.ok()?.file_name().to_str()?.parse().ok()) {
            if let Some(mut found) = look_at(process, thread, is_asked) {
                if armed && matches!(found.doing, Doing::Waits | Doing::WaitsAtFile) {
                    found.doing = Doing::Timer;
                }
                self.threads.insert(thread, found);
            }
        }
    }
}

/// Returns the processor time of a process and of what it started, in clock ticks.
pub(crate) fn ticks_of(process: i32) -> u64 {
    below(vec![process]).into_iter().map(processor_time).sum()
}

/// Returns the processes and everything below them.
fn below(mut found: Vec<i32>) -> Vec<i32> {
    let mut next = 0;
    while let Some(process) = found.get(next).copied() {
        next += 1;
        let Ok(tasks) = fs::read_dir(format!("/proc/{process}/task")) else { continue };
        for task in tasks.filter_map(Result::ok) {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            found.extend(children.split_whitespace().filter_map(|pid| pid.parse::<i32>().ok()));
        }
    }
    found
}

/// Returns the processor time of a process, all its threads and the children that it waited for, in clock ticks: fields 14 to 17 of
/// proc_pid_stat(5).
fn processor_time(process: i32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let Some((_, rest)) = stat.rsplit_once(')') else { return 0 };
    rest.split_whitespace().skip(11).take(4).filter_map(|field| field.parse::<u64>().ok()).sum()
}

/// Returns whether a process may be woken by a timer that its calls do not show: one of timer_create(2) or timerfd_create(2), or it handles
/// SIGALRM and may have asked for one with setitimer(2), which nothing shows.
fn has_timers(process: i32) -> bool {
    let timers = fs::read_to_string(format!("/proc/{process}/timers")).unwrap_or_default();
    if !timers.trim().is_empty() {
        return true;
    }
    let mut descriptors = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten();
    let is_timer = |path: PathBuf| path.as_os_str() == "anon_inode:[timerfd]";
    if descriptors.any(|entry| entry.is_ok_and(|e| fs::read_link(e.path()).is_ok_and(is_timer))) {
        return true;
    }
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught =
        caught.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or_default();
    let alarm = 1_u64 << (libc::SIGALRM - 1);
    // A runtime that handles all signals, as Go's, asked for none of them in particular.
    caught & alarm != 0 && caught.count_ones() < 24
}

/// Returns a thread's activity; `None` if it is gone. `is_asked` says whether its process has the request.
fn look_at(process: i32, thread: i32, is_asked: bool) -> Option<Thread> {
    let dir = format!("/proc/{process}/task/{thread}");
    let status = fs::read_to_string(format!("{dir}/status")).ok()?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map(str::trim)
    };
    let count = |name| field(name).and_then(|value| value.parse().ok()).unwrap_or_default();
    let switches = (count("voluntary_ctxt_switches"), count("nonvoluntary_ctxt_switches"));
    let known = |doing, call| Some(Thread { process, doing, call, switches });
    match field("State")?.chars().next()? {
        'S' => {}
        // Dead, and not waited for.
        'Z' | 'X' => return None,
        'T' => return known(Doing::Stopped, None),
        // A tracer holds it. Of who was asked, that is an event on its way; another driver stays held until it is asked itself.
        't' if !is_asked => return known(Doing::Stopped, None),
        _ => return known(Doing::Runs, None),
    }
    // Where nobody may see it, it counts as a sleep that ends: against its budget, and never as one without end.
    let Ok(text) = fs::read_to_string(format!("{dir}/syscall")) else {
        return known(Doing::Timer, None);
    };
    let mut numbers = text.split_whitespace();
    let number = numbers.next().and_then(|number| number.parse::<u64>().ok());
    // `running`: it woke meanwhile.
    let Some(number) = number else { return known(Doing::Runs, None) };
    let mut call = [number, 0, 0, 0, 0, 0, 0];
    for (to, from) in call[1..].iter_mut().zip(numbers) {
        *to = from.strip_prefix("0x").and_then(|hex| u64::from_str_radix(hex, 16).ok())?;
    }
    let doing = classify(&call, || leads_to(process, call[1] as i32));
    known(doing, Some(call))
}

/// Classifies a sleep in a call; `leads_to` says what its first argument is a descriptor of.
fn classify(call: &[u64; 7], leads_to: impl Fn() -> String) -> Doing {
    let timed = |timed: bool| if timed { Doing::Timer } else { Doing::Waits };
    // A timeout in milliseconds is an int, and negative where there is none; others are pointers, and null.
    let millis = |index: usize| timed(call[index] as i32 >= 0);
    let pointer = |index: usize| timed(call[index] != 0);
    match call[0] as i64 {
        libc::SYS_nanosleep | libc::SYS_clock_nanosleep | libc::SYS_restart_syscall => Doing::Timer,
        libc::SYS_epoll_pwait => millis(4),
        libc::SYS_epoll_pwait2 => pointer(4),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_epoll_wait => millis(4),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_poll => millis(3),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_select => pointer(5),
        libc::SYS_ppoll => pointer(3),
        libc::SYS_pselect6 => pointer(5),
        libc::SYS_futex | libc::SYS_futex_waitv => pointer(4),
        libc::SYS_rt_sigtimedwait => pointer(3),
        libc::SYS_semtimedop => pointer(4),
        libc::SYS_mq_timedreceive | libc::SYS_mq_timedsend => pointer(5),
        libc::SYS_io_getevents => pointer(5),
        // A socket may have a timeout of its own, SO_RCVTIMEO.
        libc::SYS_recvfrom
        | libc::SYS_recvmsg
        | libc::SYS_recvmmsg
        | libc::SYS_sendto
        | libc::SYS_sendmsg
        | libc::SYS_accept
        | libc::SYS_accept4
        | libc::SYS_connect => Doing::Timer,
        libc::SYS_openat | libc::SYS_openat2 | libc::SYS_flock | libc::SYS_fcntl => {
            Doing::WaitsAtFile
        }
        #[cfg(target_arch = "x86_64")]
        libc::SYS_open | libc::SYS_creat => Doing::WaitsAtFile,
        libc::SYS_read | libc::SYS_write | libc::SYS_readv | libc::SYS_writev => {
            let path = leads_to();
            match path.as_str() {
                // A pipe of the harness's or between its own; a FIFO has a path.
                pipe if pipe.starts_with("pipe:") => Doing::Waits,
                file if file.starts_with('/') => Doing::WaitsAtFile,
                // A socket, a timerfd, an eventfd that a timer writes to.
                _ => Doing::Timer,
            }
        }
        _ => Doing::Waits,
    }
}

/// Returns the target of a process's descriptor, as /proc prints it.
fn leads_to(process: i32, descriptor: i32) -> String {
    fs::read_link(format!("/proc/{process}/fd/{descriptor}"))
        .map(|path| path.to_string_lossy().into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::process::Command;

    use nix::sys::ptrace::{self, Options};
    use nix::sys::wait::{WaitPidFlag, waitpid};
    use nix::unistd::Pid;

    use super::{Doing, Look};

    #[test]
    fn who_is_held_goes_on_only_if_it_was_asked() {
        let mut held = Command::new("sleep").arg("60").spawn().unwrap();
        let pid = held.id().cast_signed();
        ptrace::seize(Pid::from_raw(pid), Options::empty()).unwrap();
        ptrace::interrupt(Pid::from_raw(pid)).unwrap();
        waitpid(Pid::from_raw(pid), Some(WaitPidFlag::__WALL)).unwrap();
        let doing = |serving: BTreeSet<i32>| {
            let mut look = Look { threads: BTreeMap::new(), serving, ticks: 0 };
            look.add(pid);
            look.threads[&pid].doing
        };
        assert_eq!(doing([pid].into()), Doing::Runs, "its event is on its way");
        assert_eq!(doing(BTreeSet::new()), Doing::Stopped, "nobody lets it go");
        held.kill().unwrap();
        held.wait().unwrap();
    }
}
