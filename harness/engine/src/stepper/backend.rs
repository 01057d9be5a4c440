//! What holds a program's calls: one small trait, two ways.

use std::os::fd::BorrowedFd;

use nix::errno::Errno;

use crate::error::Result;

/// A call that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// Key of the call in the backend.
    pub(crate) key: u64,
    /// The thread that made it, as a number of the supervisor's pid namespace.
    pub(crate) thread: i32,
    /// The call's number.
    pub(crate) number: i32,
    /// Its arguments.
    pub(crate) args: [u64; 6],
    /// Result of the call: set if it is held at its end.
    pub(crate) result: Option<i64>,
}

impl Held {
    /// Returns whether it is close(2).
    pub(super) fn closes(&self) -> bool {
        i64::from(self.number) == libc::SYS_close
    }
}

/// Way in which a call that is held at entry goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Release {
    /// It is made, and nobody wants to know what it gives: it is not held at its end.
    Pass,
    /// It is made.
    Continue,
    /// It is not made, and fails. Only a close is made all the same: whatever close(2) answers, the descriptor is gone.
    Fail(Errno),
    /// It is not made, and gives this.
    Return(i64),
}

/// Holds a program's calls. Every thread and child of it is held too.
pub(crate) trait Backend: std::fmt::Debug {
    /// Returns a descriptor that is readable when a call may be held.
    fn descriptor(&self) -> BorrowedFd<'_>;
    /// Takes what is held, where something is.
    fn take(&mut self) -> Result<Option<Held>>;
    /// Returns whether whoever made the call still waits for it.
    fn is_held(&self, held: &Held) -> bool;
    /// Lets a held call go on.
    fn release(&mut self, held: &Held, how: Release) -> Result<()>;
    /// Returns whether calls are held at their end too, so that what they gave is known.
    fn sees_results(&self) -> bool;
}
