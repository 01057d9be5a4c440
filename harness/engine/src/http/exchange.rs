//! One request and its answer over a connection, and what a server can do instead.
//!
//! The kernel's facts: a write to a connection that the other side has closed gives EPIPE, and a signal unless MSG_NOSIGNAL is given
//! (send(2)); a server that closes a connection with unread bytes resets it, and what it had sent may be lost (RFC 9112, section 9.6). So:
//!
//! 1. send what the socket takes, and read what is there, whichever is ready;
//! 2. a server that answers before it has read the whole request has answered: the rest is not sent;
//! 3. how long to wait is for the caller to judge.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::poll::PollFlags;
use nix::sys::socket::{MsgFlags, recv, send};

use super::response::Reader;
use super::{HttpError, HttpResponse};

/// Judge of how long to wait for a server.
pub(crate) trait Patience {
    /// Waits until one of the events comes.
    ///
    /// # Errors
    /// [`HttpError::Late`] if it will not.
    fn wait(&mut self, socket: BorrowedFd<'_>, events: PollFlags) -> Result<(), HttpError>;
}

/// A request on its way over a connection that does not block, and what has come of its answer.
#[derive(Debug)]
pub(crate) struct Exchange {
    socket: OwnedFd,
    request: Vec<u8>,
    sent: usize,
    reader: Reader,
}

impl Exchange {
    /// Begins one; nothing is sent yet.
    pub(crate) fn new(socket: OwnedFd, method: &str, request: Vec<u8>) -> Exchange {
        Exchange { socket, request, sent: 0, reader: Reader::of(method) }
    }

    /// Sends and reads what the connection takes and has, without waiting; the answer, if that is complete.
    ///
    /// # Errors
    /// When the server does not answer.
    pub(crate) fn proceed(&mut self) -> Result<Option<HttpResponse>, HttpError> {
        let mut part = [0; 16 << 10];
        let fd = self.socket.as_raw_fd();
        if let Some(rest) = self.request.get(self.sent..).filter(|rest| !rest.is_empty()) {
            match send(fd, rest, MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT) {
                Ok(count) => self.sent += count,
                Err(Errno::EAGAIN | Errno::EINTR) => {}
                // It may have answered before it closed the connection.
                Err(_) => self.sent = self.request.len(),
            }
        }
        loop {
            match recv(fd, &mut part, MsgFlags::MSG_DONTWAIT) {
                Ok(0) => return self.reader.end("closed").map(Some),
                Ok(count) => {
                    if let Some(response) = self.reader.feed(&part[..count])? {
                        return Ok(Some(response));
                    }
                }
                Err(Errno::EAGAIN) => return Ok(None),
                Err(Errno::EINTR) => {}
                Err(_) => return self.reader.end("reset").map(Some),
            }
        }
    }

    /// Returns the connection, and the events after which it is worth going on.
    pub(crate) fn needs(&self) -> (BorrowedFd<'_>, PollFlags) {
        let both = PollFlags::POLLIN | PollFlags::POLLOUT;
        let whole = self.sent >= self.request.len();
        (self.socket.as_fd(), if whole { PollFlags::POLLIN } else { both })
    }

    /// Waits for the answer.
    ///
    /// # Errors
    /// When the server does not answer.
    pub(crate) fn finish(
        &mut self,
        patience: &mut dyn Patience,
    ) -> Result<HttpResponse, HttpError> {
        loop {
            if let Some(response) = self.proceed()? {
                return Ok(response);
            }
            let (socket, events) = self.needs();
            patience.wait(socket, events)?;
        }
    }
}
