//! Holding by user notification, seccomp_unotify(2): at entry only, so what a call did shows at the next one.
//!
//! A call that waits for something (a lock, a reader) when a signal's handler runs is made again by the kernel, and comes again: that cannot
//! be told from a call that is made twice. The tracer can.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};

use super::backend::{Backend, Held, Release};
use super::entrance;
use crate::error::{Context, Error, Result};

/// `SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP` of <linux/seccomp.h> (6.6): the waker's processor is the sleeper's.
const SYNC_WAKE_UP: u64 = 1;

/// The end of a filter that is asked.
#[derive(Debug)]
pub(crate) struct Listener {
    fd: OwnedFd,
}

impl Listener {
    /// Takes the listener that a driver hands over when it put the filter on.
    pub(crate) fn take_over(socket: &OwnedFd) -> Result<Listener> {
        let none = || Error::Refused {
            what: "holding a program's calls",
            why: "the driver's process cannot install its filter (seccomp_unotify(2)), perhaps \
                  because a filter above it has a listener; try INTERLOPER_STEPPER=ptrace"
                .into(),
        };
        if !entrance::wait_for_driver(socket)? {
            return Err(none());
        }
        let mut byte = [0];
        let mut iov = [io::IoSliceMut::new(&mut byte)];
        let mut space = nix::cmsg_space!(RawFd);
        let message = recvmsg::<()>(
            socket.as_raw_fd(),
            &mut iov,
            Some(&mut space),
            MsgFlags::MSG_CMSG_CLOEXEC,
        )
        .doing("take a driver's listener over")?;
        let mut found = None;
        for control in message.cmsgs().doing("take a driver's listener over")? {
            if let ControlMessageOwned::ScmRights(fds) = control {
                found = fds.first().copied();
            }
        }
        let number = found.ok_or_else(none)?;
        // SAFETY: the kernel just made this descriptor for us.
        let fd = unsafe { OwnedFd::from_raw_fd(number) };
        // Kernels before 6.6 have no such flag, and are slower.
        // SAFETY: numbers only.
        unsafe { libc::ioctl(number, libc::SECCOMP_IOCTL_NOTIF_SET_FLAGS, SYNC_WAKE_UP) };
        Ok(Listener { fd })
    }

    /// Closes the descriptor of a close that is held, whatever it will be answered.
    ///
    /// Another takes its number, which has nothing to read, and which a write says of that it is none: EBADF.
    fn close(&self, held: &Held) -> io::Result<()> {
        let nothing = File::open("/dev/null")?;
        let mut instead = libc::seccomp_notif_addfd {
            id: held.key,
            flags: libc::SECCOMP_ADDFD_FLAG_SETFD as u32,
            srcfd: nothing.as_raw_fd() as u32,
            newfd: held.args[0] as u32,
            newfd_flags: libc::O_CLOEXEC as u32,
        };
        loop {
            // SAFETY: the kernel reads one structure of its own layout.
            let put = unsafe {
                libc::ioctl(
                    self.fd.as_raw_fd(),
                    libc::SECCOMP_IOCTL_NOTIF_ADDFD,
                    std::ptr::from_mut(&mut instead),
                )
            };
            if put >= 0 {
                return Ok(());
            }
            match Errno::last() {
                Errno::EINTR => {}
                // Whoever waited for it was killed.
                Errno::ENOENT => return Ok(()),
                errno => return Err(errno.into()),
            }
        }
    }

    fn send(&self, response: &mut libc::seccomp_notif_resp) -> io::Result<()> {
        loop {
            // SAFETY: the kernel reads one response of its own layout.
            let sent = unsafe {
                libc::ioctl(
                    self.fd.as_raw_fd(),
                    libc::SECCOMP_IOCTL_NOTIF_SEND,
                    std::ptr::from_mut(response),
                )
            };
            if sent == 0 {
                return Ok(());
            }
            match Errno::last() {
                Errno::EINTR => {}
                // Whoever waited for it was killed.
                Errno::ENOENT => return Ok(()),
                errno => return Err(errno.into()),
            }
        }
    }
}

impl Backend for Listener {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    fn take(&mut self) -> Result<Option<Held>> {
        // SAFETY: all zeros is what the kernel wants to be given.
        let mut notif: libc::seccomp_notif = unsafe { std::mem::zeroed() };
        // SAFETY: the kernel fills one notification of its own layout in.
        let got = unsafe {
            libc::ioctl(
                self.fd.as_raw_fd(),
                libc::SECCOMP_IOCTL_NOTIF_RECV,
                std::ptr::from_mut(&mut notif),
            )
        };
        if got != 0 {
            return match Errno::last() {
                // Whoever asked was killed meanwhile, or a signal came.
                Errno::ENOENT | Errno::EINTR | Errno::EAGAIN => Ok(None),
                errno => Err(errno).doing("take a held call"),
            };
        }
        Ok(Some(Held {
            key: notif.id,
            thread: notif.pid as i32,
            number: notif.data.nr,
            args: notif.data.args,
            result: None,
        }))
    }

    fn is_held(&self, held: &Held) -> bool {
        let mut id = held.key;
        // SAFETY: the kernel reads one number.
        unsafe {
            libc::ioctl(
                self.fd.as_raw_fd(),
                libc::SECCOMP_IOCTL_NOTIF_ID_VALID,
                std::ptr::from_mut(&mut id),
            ) == 0
        }
    }

    fn release(&mut self, held: &Held, how: Release) -> Result<()> {
        let (value, error, flags) = match how {
            Release::Pass | Release::Continue => {
                (0, 0, libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32)
            }
            Release::Fail(errno) => {
                if held.closes() {
                    self.close(held).doing("close a descriptor for a held close")?;
                }
                (0, -(errno as i32), 0)
            }
            Release::Return(value) => (value, 0, 0),
        };
        let mut response = libc::seccomp_notif_resp { id: held.key, val: value, error, flags };
        self.send(&mut response).doing("let a held call go")
    }

    fn sees_results(&self) -> bool {
        false
    }
}
