//! One request and its answer over a connection, and what a server can do instead.
//!
//! The kernel's facts: a write to a connection that the other side has closed gives EPIPE, and a signal unless MSG_NOSIGNAL is given
//! (send(2)); a server that closes a connection with unread bytes resets it, and what it had sent may be lost (RFC 9112, section 9.6). So:
//!
//! 1. send what the socket takes, and read what is there, whichever is ready;
//! 2. a server that answers before it has read the whole request has answered: the rest is not sent;
//! 3. how long to wait is for the caller to judge.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

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

/// Sends a request over a connection that does not block, and reads the answer.
///
/// # Errors
/// What the server did instead of answering.
pub(crate) fn exchange(
    socket: &impl AsFd,
    method: &str,
    request: &[u8],
    patience: &mut dyn Patience,
) -> Result<HttpResponse, HttpError> {
    let mut reader = Reader::of(method);
    let mut sent = 0;
    let mut part = [0; 16 << 10];
    let fd = socket.as_fd().as_raw_fd();
    loop {
        if let Some(rest) = request.get(sent..).filter(|rest| !rest.is_empty()) {
            match send(fd, rest, MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT) {
                Ok(count) => sent += count,
                Err(Errno::EAGAIN | Errno::EINTR) => {}
                // It may have answered before it closed the connection.
                Err(_) => sent = request.len(),
            }
        }
        match recv(fd, &mut part, MsgFlags::MSG_DONTWAIT) {
            Ok(0) => return reader.end("closed"),
            Ok(count) => {
                if let Some(response) = reader.feed(&part[..count])? {
                    return Ok(response);
                }
                continue;
            }
            Err(Errno::EAGAIN) => {}
            Err(Errno::EINTR) => continue,
            Err(_) => return reader.end("reset"),
        }
        let both = PollFlags::POLLIN | PollFlags::POLLOUT;
        let events = if sent < request.len() { both } else { PollFlags::POLLIN };
        patience.wait(socket.as_fd(), events)?;
    }
}
