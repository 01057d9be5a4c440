//! What /proc says of a driver's process.

use std::fs;
use std::path::{Path, PathBuf};

use interloper_driver::Umask;

use crate::error::{Context, Result};

/// Fields of `/proc/PID/status`, proc_pid_status(5).
#[derive(Debug, Default)]
pub(crate) struct Status {
    pub(crate) parent: i32,
    /// The process that a thread is of.
    pub(crate) process: i32,
    pub(crate) uid: u32,
    pub(crate) umask: Option<Umask>,
    /// The most memory it has had at once, in bytes.
    pub(crate) peak: Option<u64>,
}

pub(crate) fn status(pid: i32) -> Result<Status> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).on("read", path)?;
    let mut status = Status::default();
    for line in text.lines() {
        let Some((key, value)) = line.split_once(':') else { continue };
        let first = value.split_whitespace().next().unwrap_or_default();
        match key {
            "Tgid" => status.process = first.parse().unwrap_or_default(),
            "PPid" => status.parent = first.parse().unwrap_or_default(),
            "Uid" => status.uid = first.parse().unwrap_or(u32::MAX),
            "VmHWM" => status.peak = first.parse::<u64>().ok().map(|kib| kib << 10),
            "Umask" => status.umask = first.parse().ok(),
            _ => {}
        }
    }
    Ok(status)
}

/// Returns the letter of a thread's state, proc_pid_stat(5): `S` if it sleeps; `None` if it is gone.
pub(crate) fn state(thread: i32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{thread}/stat")).ok()?;
    // The name in the second field may have anything in it, parentheses too.
    stat.rsplit_once(')')?.1.trim_start().chars().next()
}

/// Returns the time at which a process started, in ticks since boot, proc_pid_stat(5); `None` if it is gone.
pub(crate) fn started(pid: i32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The 22nd field; the third is the first after the name.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

/// Returns the call that a thread sleeps in, proc_pid_syscall(5); `None` if it runs or is gone.
pub(crate) fn sleeps_in(thread: i32) -> Option<i32> {
    if !matches!(state(thread)?, 'S' | 'D') {
        return None;
    }
    let call = fs::read_to_string(format!("/proc/{thread}/syscall")).ok()?;
    call.split_whitespace().next()?.parse().ok()
}

/// Returns the direct children of this process, orphans that came to it among them.
pub(crate) fn own_children() -> Vec<i32> {
    let pid = std::process::id();
    let path = format!("/proc/{pid}/task/{pid}/children");
    if let Ok(text) = fs::read_to_string(path) {
        return text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect();
    }
    // Kernels without CONFIG_PROC_CHILDREN.
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|child| status(*child).is_ok_and(|status| status.parent == pid as i32))
        .collect()
}

/// An open descriptor of a driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Descriptor {
    pub(crate) number: i32,
    pub(crate) path: PathBuf,
    pub(crate) close_on_exec: bool,
}

/// Returns the descriptors of a process that lead below one of the given directories.
pub(crate) fn open_descriptors(pid: i32, below: &[PathBuf]) -> Result<Vec<Descriptor>> {
    let dir = PathBuf::from(format!("/proc/{pid}/fd"));
    let mut found = Vec::new();
    for entry in fs::read_dir(&dir).on("list", &dir)? {
        let entry = entry.on("list", &dir)?;
        let Ok(path) = fs::read_link(entry.path()) else { continue };
        let Some(number) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        if !below.iter().any(|root| path.starts_with(root)) {
            continue;
        }
        let close_on_exec = flags(pid, number)? & libc::O_CLOEXEC != 0;
        found.push(Descriptor { number, path, close_on_exec });
    }
    found.sort_by_key(|descriptor| descriptor.number);
    Ok(found)
}

/// Reads the flags from `/proc/PID/fdinfo/FD`, proc_pid_fdinfo(5): `flags` is octal and shows close-on-exec as O_CLOEXEC.
pub(crate) fn flags(pid: i32, number: i32) -> Result<i32> {
    let path = format!("/proc/{pid}/fdinfo/{number}");
    let text = fs::read_to_string(Path::new(&path)).on("read", &path)?;
    Ok(text
        .lines()
        .find_map(|line| i32::from_str_radix(line.strip_prefix("flags:")?.trim(), 8).ok())
        .unwrap_or_default())
}
