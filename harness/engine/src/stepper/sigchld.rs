//! The descriptor that tells of what tracers wait for: a signalfd(2) for SIGCHLD.
//!
//! The signal is one for all of this thread's tracers, and many stops may be behind one signal. So whoever takes the signal off looks at
//! all of its threads, and says that it did; the others look too before they wait the next time.

use std::cell::{Cell, RefCell};
use std::os::fd::{AsFd, BorrowedFd};
use std::rc::{Rc, Weak};

use nix::sys::signal::{SigSet, Signal, raise};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use crate::error::{Context, Result};

thread_local! {
    static SIGCHLD_FD: RefCell<Weak<Sigchld>> = const { RefCell::new(Weak::new()) };
}

/// Descriptor for SIGCHLD, which is blocked for as long as this exists. Programs executed meanwhile must take that back: the mask is
/// inherited.
#[derive(Debug)]
pub(super) struct Sigchld {
    fd: SignalFd,
    /// Number of times that it was answered.
    answered: Cell<u64>,
    /// Whether the signal was blocked before, and is to stay so.
    was_blocked: bool,
}

impl Sigchld {
    /// Returns the signalfd of this thread, shared by its tracers.
    pub(super) fn of_thread() -> Result<Rc<Sigchld>> {
        SIGCHLD_FD.with_borrow_mut(|known| match known.upgrade() {
            Some(sigchld) => Ok(sigchld),
            None => {
                let sigchld = Rc::new(Sigchld::new()?);
                *known = Rc::downgrade(&sigchld);
                Ok(sigchld)
            }
        })
    }

    fn new() -> Result<Sigchld> {
        let mask = SigSet::from(Signal::SIGCHLD);
        let before = SigSet::thread_get_mask().doing("ask for the signal mask")?;
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let fd = SignalFd::with_flags(&mask, flags).doing("watch for SIGCHLD")?;
        // A signal that nobody handles is queued only where it is blocked.
        mask.thread_block().doing("block SIGCHLD")?;
        let was_blocked = before.contains(Signal::SIGCHLD);
        Ok(Sigchld { fd, answered: Cell::new(0), was_blocked })
    }

    /// Returns a descriptor that is readable once the signal came.
    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Raises the signal: there is an event that no signal will report.
    pub(super) fn ring(&self) {
        let _ = raise(Signal::SIGCHLD);
    }

    /// Takes the signal off, and returns how often that was done, for [`Sigchld::was_answered_since`].
    pub(super) fn answer(&self) -> u64 {
        // Who rang it by hand knows why, and nobody else is concerned: two would wake each other for ever.
        if matches!(self.fd.read_signal(), Ok(Some(signal)) if signal.ssi_code != libc::SI_TKILL) {
            self.answered.set(self.answered.get() + 1);
        }
        self.answered.get()
    }

    /// Returns whether another tracer took the signal off: its event may concern the caller.
    pub(super) fn was_answered_since(&self, answer: u64) -> bool {
        self.answered.get() != answer
    }
}

impl Drop for Sigchld {
    fn drop(&mut self) {
        if !self.was_blocked {
            let _ = SigSet::from(Signal::SIGCHLD).thread_unblock();
        }
    }
}
