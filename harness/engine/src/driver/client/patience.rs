//! How long a server that a driver started is waited for: judged by what its threads do, as a driver is that does not answer.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::Driver;
use super::progress::{Progress, Watch};
use crate::http::{HttpError, Patience};

/// Time between two attempts to connect to a server that is starting.
const RETRY: Duration = Duration::from_millis(4);

/// Patience with a server of a driver's, for one request or for its start.
pub(crate) struct ServerPatience<'d> {
    pub(super) driver: &'d mut Driver,
    pub(super) watch: Watch,
}

impl Driver {
    /// Returns the patience with a server that is starting: a runtime starts and imports.
    pub(crate) fn patience_to_start(&mut self) -> ServerPatience<'_> {
        ServerPatience { watch: Watch::new(self.limits.start), driver: self }
    }

    /// Returns the patience with a server that was sent a request.
    pub(crate) fn patience(&mut self) -> ServerPatience<'_> {
        ServerPatience { watch: Watch::new(self.limits.operation), driver: self }
    }

    /// Returns what the driver and its server have written so far, with what is still in the pipes.
    pub(crate) fn printed(&mut self) -> Vec<u8> {
        while self.drain() && self.output.len() < super::OUTPUT_LIMIT {}
        self.output.clone()
    }

    /// Returns the last line that the driver and its server wrote, as a clause that can be appended; empty if there is none.
    pub(crate) fn words(&mut self) -> String {
        self.printed();
        self.last_words()
    }
}

impl ServerPatience<'_> {
    /// Waits a little, for a server that does not listen yet.
    ///
    /// # Errors
    /// When it will not.
    pub(crate) fn pause(&mut self) -> Result<(), HttpError> {
        self.poll(None, RETRY).map(drop)
    }

    /// Waits for events of a socket, and handles the calls that are held meanwhile; whether the events came, or a step that is asked for.
    pub(super) fn poll(
        &mut self,
        socket: Option<(BorrowedFd<'_>, PollFlags)>,
        at_most: Duration,
    ) -> Result<bool, HttpError> {
        let timeout = at_most.clamp(Duration::from_millis(1), Duration::from_secs(60));
        let timeout = PollTimeout::try_from(timeout).unwrap_or(PollTimeout::MAX);
        let spawned = &self.driver.spawned;
        let mut fds: Vec<PollFd<'_>> =
            socket.iter().map(|(fd, events)| PollFd::new(*fd, *events)).collect();
        let pipes = [(1, &spawned.stdout), (2, &spawned.stderr)];
        let open = pipes.into_iter().filter(|(index, _)| !self.driver.closed[*index]);
        fds.extend(open.map(|(_, pipe)| PollFd::new(pipe.as_fd(), PollFlags::POLLIN)));
        let pipes = fds.len();
        let holding = self.driver.stepper.as_ref().filter(|_| self.driver.held.is_none());
        fds.extend(holding.map(|stepper| PollFd::new(stepper.descriptor(), PollFlags::POLLIN)));
        match poll(&mut fds, timeout) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(HttpError::Late(format!("poll: {errno}"))),
        }
        let happened = |fd: &PollFd<'_>| fd.revents().is_some_and(|events| !events.is_empty());
        let sockets = socket.iter().len();
        let ready = fds[..sockets].iter().any(happened);
        let printed = fds[sockets..pipes].iter().any(happened);
        let is_held =
            |fd: &PollFd<'_>| fd.revents().is_some_and(|ev| ev.contains(PollFlags::POLLIN));
        let asked = fds[pipes..].iter().any(is_held);
        drop(fds);
        if asked {
            self.driver.hold().map_err(|seen| HttpError::Late(seen.clause().to_owned()))?;
        }
        if printed {
            self.driver.drain();
        }
        let ready = ready || self.driver.held.is_some();
        if !ready && self.watch.is_due() {
            self.look()?;
        }
        Ok(ready)
    }

    fn look(&mut self) -> Result<(), HttpError> {
        match self.watch.judge(self.driver.pid()) {
            Progress::Possible => Ok(()),
            Progress::Stuck(why) | Progress::Slow(why) => Err(HttpError::Late(why)),
            Progress::Starved => Err(HttpError::Starved),
        }
    }
}

impl Patience for ServerPatience<'_> {
    fn wait(&mut self, socket: BorrowedFd<'_>, events: PollFlags) -> Result<(), HttpError> {
        while !self.poll(Some((socket, events)), self.watch.until_look())? {}
        Ok(())
    }
}
