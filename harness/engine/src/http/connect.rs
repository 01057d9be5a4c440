//! Connections to ports and to Unix sockets.
//!
//! The kernel's facts: connect(2) follows links, and the application owns the directory of its socket, so a path of its may lead to another
//! server's socket, which the harness may connect to and the application may not. A descriptor of `O_PATH` stays what it was, and its name
//! in /proc/self/fd leads nowhere else. SO_PEERCRED (unix(7)) has the ids of whoever called listen(2). connect(2) on a socket that does not
//! block gives EAGAIN where the queue of a Unix socket is full.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, UnixAddr, connect as connect_to, getsockopt, socket, sockopt,
};

use super::HttpError;
use crate::sandbox::beneath;

/// Time for a port whose queue of connections is full: the kernel drops the request, and repeats it after a second.
const QUEUE: Duration = Duration::from_secs(10);

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// A Unix socket; the one who listens has this uid.
    Unix {
        /// Its path.
        path: PathBuf,
        /// The uid.
        uid: u32,
    },
    /// A port of 127.0.0.1.
    Port(u16),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Unix { path, .. } => write!(f, "unix:{}", path.display()),
            Address::Port(port) => write!(f, "127.0.0.1:{port}"),
        }
    }
}

/// Connects; the socket does not block.
///
/// # Errors
/// [`HttpError::Refused`] if nobody listens, and [`HttpError::Address`] if somebody else does.
pub(crate) fn connect(at: &Address) -> Result<OwnedFd, HttpError> {
    match at {
        Address::Unix { path, uid } => unix(at, path, *uid),
        Address::Port(port) => tcp(at, *port),
    }
}

fn unix(at: &Address, path: &Path, uid: u32) -> Result<OwnedFd, HttpError> {
    let refused = |error: &dyn fmt::Display| HttpError::Refused {
        at: at.to_string(),
        why: error.to_string(),
    };
    let wrong = |why: &str| HttpError::Address { at: at.to_string(), why: why.to_owned() };
    let node = beneath::socket(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidData => wrong(&error.to_string()),
        _ => refused(&error),
    })?;
    let through = format!("/proc/self/fd/{}", node.as_raw_fd());
    let address = UnixAddr::new(through.as_str()).map_err(|error| wrong(error.desc()))?;
    let socket = new_socket(AddressFamily::Unix).map_err(|error| refused(&error))?;
    connect_to(socket.as_raw_fd(), &address).map_err(|error| refused(&error))?;
    let peer = getsockopt(&socket, sockopt::PeerCredentials).map_err(|error| refused(&error))?;
    match peer.uid() == uid {
        true => Ok(socket),
        false => Err(wrong("another user listens there")),
    }
}

fn tcp(at: &Address, port: u16) -> Result<OwnedFd, HttpError> {
    let refused = |error| HttpError::Refused { at: at.to_string(), why: format!("{error}") };
    let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port).into();
    let stream = TcpStream::connect_timeout(&address, QUEUE).map_err(refused)?;
    stream.set_nonblocking(true).map_err(refused)?;
    Ok(stream.into())
}

fn new_socket(family: AddressFamily) -> nix::Result<OwnedFd> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    socket(family, SockType::Stream, flags, None)
}
