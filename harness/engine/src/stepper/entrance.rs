//! The driver's side: putting the filter on, before any code of the store runs.
//!
//! The driver's program is executed as this one first: it puts the filter on itself, hands the listener over, and then becomes the driver.
//! A filter put on between `fork` and `exec` would hold that very `exec` while the harness still waits for it.

use std::env;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};

use super::filter::{Hold, program};
use crate::error::{Context, Result};

/// The variable that says how calls are to be held: `notify`, `trace` or `answer`.
pub(crate) const VARIABLE: &str = "INTERLOPER_HOLD";
/// The role that becomes the program in its arguments.
pub(crate) const ROLE: &str = "exec";
/// The variable that names the role which that program takes, if it is this one.
pub(crate) const NEXT_ROLE: &str = "INTERLOPER_NEXT_ROLE";
/// The descriptor of the socket that the listener is handed over by.
pub(crate) const SOCKET: RawFd = 5;
/// Upper limit of the time until a driver's process comes to its filter, on a machine that is as busy as can be: one that ends is noticed
/// at once.
const PATIENCE: Duration = Duration::from_secs(120);

impl Hold {
    /// Returns the word in [`VARIABLE`].
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Hold::Notify => "notify",
            Hold::Trace => "trace",
            Hold::Answer => "answer",
        }
    }
}

/// Puts the filter on where the harness asked for it.
///
/// # Errors
/// When the kernel refuses; EBUSY where a filter above this process has a listener already.
pub(crate) fn put_filter_on() -> io::Result<()> {
    let hold = match env::var(VARIABLE).as_deref() {
        Ok("notify") => Hold::Notify,
        Ok("trace") => Hold::Trace,
        Ok("answer") => Hold::Answer,
        _ => return Ok(()),
    };
    // SAFETY: one thread, before anything else.
    unsafe { env::remove_var(VARIABLE) };
    // SAFETY: the harness put the socket there for this.
    let socket = unsafe { OwnedFd::from_raw_fd(SOCKET) };
    let filter = program(hold);
    let fprog = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_ptr().cast_mut() };
    let flags = match hold {
        Hold::Notify => {
            libc::SECCOMP_FILTER_FLAG_NEW_LISTENER | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
        }
        Hold::Trace | Hold::Answer => {
            // The tracer attaches while this waits, so that no call is missed.
            send_descriptors(&socket, &[])?;
            wait(&socket)?;
            0
        }
    };
    // SAFETY: `fprog` points to `filter`, which the kernel copies; the result is checked.
    let fd = unsafe {
        libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &raw const fprog)
    };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    if hold == Hold::Notify {
        // Whoever else kept the listener could answer in the harness's place: here it is closed at once.
        // SAFETY: the kernel just made this descriptor for us.
        let listener = unsafe { OwnedFd::from_raw_fd(fd as RawFd) };
        send_descriptors(&socket, &[listener.as_raw_fd()])?;
    }
    Ok(())
}

fn send_descriptors(socket: &OwnedFd, descriptors: &[RawFd]) -> io::Result<()> {
    let rights = [ControlMessage::ScmRights(descriptors)];
    let control = if descriptors.is_empty() { &rights[..0] } else { &rights[..] };
    let iov = [IoSlice::new(b"!")];
    sendmsg::<()>(socket.as_raw_fd(), &iov, control, MsgFlags::empty(), None)?;
    Ok(())
}

fn wait(socket: &OwnedFd) -> io::Result<()> {
    // Without a tracer the kernel would answer every held call with ENOSYS.
    match nix::sys::socket::recv(socket.as_raw_fd(), &mut [0], MsgFlags::empty())? {
        0 => Err(io::ErrorKind::BrokenPipe.into()),
        _ => Ok(()),
    }
}

/// Waits on the harness's side until the driver's process has sent something or has ended, and returns whether one of them came in time.
pub(super) fn wait_for_driver(socket: &OwnedFd) -> Result<bool> {
    let timeout = PollTimeout::try_from(PATIENCE).unwrap_or(PollTimeout::MAX);
    let mut fds = [PollFd::new(socket.as_fd(), PollFlags::POLLIN)];
    loop {
        match poll(&mut fds, timeout) {
            Err(Errno::EINTR) => {}
            other => return Ok(other.doing("wait for a driver's filter")? > 0),
        }
    }
}

/// Returns whether the driver's process waits for its tracer.
pub(super) fn waits_for_tracer(socket: &OwnedFd) -> Result<bool> {
    let said = wait_for_driver(socket)?
        && nix::sys::socket::recv(socket.as_raw_fd(), &mut [0], MsgFlags::empty())
            .doing("hear from a driver")?
            > 0;
    Ok(said)
}

/// Lets the driver's process, which is traced now, go on.
pub(super) fn go_on(socket: &OwnedFd) -> Result<()> {
    nix::sys::socket::send(socket.as_raw_fd(), b"!", MsgFlags::MSG_NOSIGNAL)
        .doing("let a driver go on")?;
    Ok(())
}

/// Becomes the program in the arguments; gives the reason where it cannot.
pub(crate) fn become_program() -> io::Error {
    let mut arguments = env::args_os().skip(1);
    let program = arguments.next().unwrap_or_default();
    let mut command = Command::new(program);
    command.args(arguments).env_remove(crate::role::VARIABLE).env_remove(NEXT_ROLE);
    if let Some(role) = env::var_os(NEXT_ROLE) {
        command.env(crate::role::VARIABLE, role);
    }
    command.exec()
}
