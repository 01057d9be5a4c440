//! Writing less than a program asked for: what write(2) may do at any time, and does when a disk fills up or a signal comes.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use super::backend::Held;
use super::tracee_memory;
use crate::driver::{pidfd_open, status};
use crate::error::{Context, Result};

/// Writes the first bytes of a held write through the very descriptor, so that its position moves too; gives how many.
pub(crate) fn write_part(held: &Held, name: &str, count: u64) -> Result<i64> {
    let [fd, address, length, offset, ..] = held.args;
    let count = count as usize;
    let bytes = match name {
        "writev" | "pwritev" => tracee_memory::vector_bytes(held.thread, address, length, count),
        _ => tracee_memory::bytes(held.thread, address, count.min(length as usize)),
    };
    let file = take_descriptor(held.thread, fd as i32)?;
    let written = match name {
        "pwrite64" | "pwritev" => nix::sys::uio::pwrite(&file, &bytes, offset as i64),
        _ => nix::unistd::write(&file, &bytes),
    };
    Ok(written.doing("write a part of what a store writes")? as i64)
}

/// Takes a descriptor of another process, shared with it, pidfd_getfd(2).
fn take_descriptor(thread: i32, fd: i32) -> Result<OwnedFd> {
    let process = pidfd_open(status(thread)?.process).doing("watch a held process")?;
    // SAFETY: numbers only; the result is checked before it is owned.
    let taken = unsafe { libc::syscall(libc::SYS_pidfd_getfd, process.as_raw_fd(), fd, 0) };
    if taken < 0 {
        return Err(io::Error::last_os_error()).doing("share a held process's descriptor");
    }
    // SAFETY: the kernel just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(taken as i32) })
}
