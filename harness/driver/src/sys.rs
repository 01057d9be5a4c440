//! The three things a driver needs from the kernel and std does not have.

use std::io;

use crate::Umask;

/// Sets the process's umask.
pub(crate) fn set_umask(umask: Umask) {
    // SAFETY: umask(2) always succeeds and touches nothing but the process's mask.
    unsafe { libc::umask(umask.bits().into()) };
}

/// Which side of a fork one is on.
pub(crate) enum Side {
    Child,
    Parent(i32),
}

/// Forks.
pub(crate) fn fork() -> io::Result<Side> {
    // SAFETY: a driver forks between two requests, before it touched its store; it holds no lock of its own then.
    // A store that starts threads in its constructor must not say `fork`.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(Side::Child),
        pid => Ok(Side::Parent(pid)),
    }
}

/// Waits for a child, and gives the status as wait(2) does.
pub(crate) fn wait(pid: i32) -> io::Result<i32> {
    let mut status = 0;
    loop {
        // SAFETY: `status` outlives the call.
        if unsafe { libc::waitpid(pid, &raw mut status, 0) } == pid {
            return Ok(status);
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// Ends the process without running exit handlers: those belong to the parent.
pub(crate) fn exit_now(code: i32) -> ! {
    // SAFETY: _exit(2) does not return.
    unsafe { libc::_exit(code) }
}
