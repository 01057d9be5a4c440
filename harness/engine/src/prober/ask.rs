//! What an attacker asks a server that the store has opened.
//!
//! connect(2) to a Unix socket needs write permission on it and search permission on its path (unix(7)); a port on loopback needs none.

use std::io::{self, Read};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, UnixAddr, connect, send, setsockopt, socket,
    sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};
use serde::{Deserialize, Serialize};

use super::process::with_one_uid;
use crate::access::{Sighting, sightings};
use crate::residue::Search;

/// A way in to a server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Door {
    /// A Unix socket with a path.
    Socket(#[serde(with = "crate::paths::bytes")] PathBuf),
    /// A Unix socket with an abstract name.
    Abstract(Vec<u8>),
    /// A port on the loopback interface.
    Port(SocketAddr),
}

/// How a server is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    /// With these bytes, after a connect.
    Bytes(Vec<u8>),
    /// By a program and its arguments.
    Program(Vec<String>),
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The number of bytes, or the reason why there was no connection or no program.
    pub got: Result<u64, String>,
    /// The secrets among them.
    pub secrets: Vec<Sighting>,
    /// The last line that a program printed, at most 160 characters; empty for a connection.
    pub words: String,
}

/// Time without a byte after which a server has said what it says: it sits on the same machine, and is asked again with other words.
const SILENCE: Duration = Duration::from_millis(200);
/// Upper limit of one question. A program may take as long to start as a runtime does.
const LONGEST: Duration = Duration::from_secs(10);
/// The most that is read of an answer.
const MOST: u64 = 4 << 20;

/// Asks a server as whoever calls.
pub(super) fn ask(door: &Door, ask: &Ask, search: &Search) -> Asked {
    let got = match ask {
        Ask::Bytes(bytes) => connected(door, bytes),
        Ask::Program(program) => ran(program),
    };
    match got {
        Ok(bytes) => Asked {
            got: Ok(bytes.len() as u64),
            secrets: sightings(search, &bytes),
            words: match ask {
                Ask::Bytes(_) => String::new(),
                Ask::Program(_) => last_line(&bytes),
            },
        },
        Err(error) => {
            Asked { got: Err(error.to_string()), secrets: Vec::new(), words: String::new() }
        }
    }
}

fn last_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    line.chars().take(160).collect()
}

fn connected(door: &Door, bytes: &[u8]) -> io::Result<Vec<u8>> {
    match door {
        Door::Socket(path) => talk(unix(&UnixAddr::new(path)?)?, bytes),
        Door::Abstract(name) => talk(unix(&UnixAddr::new_abstract(name)?)?, bytes),
        Door::Port(address) => talk(TcpStream::connect_timeout(address, LONGEST)?, bytes),
    }
}

/// Connects to a Unix socket; one that accepts nobody keeps no one waiting: the time to send in is also that to connect in (socket(7)).
fn unix(address: &UnixAddr) -> io::Result<UnixStream> {
    let socket = socket(AddressFamily::Unix, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    setsockopt(&socket, sockopt::SendTimeout, &TimeVal::seconds(2))?;
    connect(socket.as_raw_fd(), address)?;
    Ok(UnixStream::from(socket))
}

fn talk(mut stream: impl Read + AsFd, bytes: &[u8]) -> io::Result<Vec<u8>> {
    // A server that reads nothing keeps no question of this length waiting. One that has said all and closed the connection has answered
    // all the same, and no signal comes of that.
    let _ = send(stream.as_fd().as_raw_fd(), bytes, MsgFlags::MSG_NOSIGNAL);
    // There was a connection, whatever came of it: an error without a connection is what says that the door is closed.
    Ok(read_until_silent(&mut stream, SILENCE).unwrap_or_default())
}

/// Reads until the end, until nothing comes any more, or until the bounds.
fn read_until_silent(from: &mut (impl Read + AsFd), silence: Duration) -> io::Result<Vec<u8>> {
    let began = Instant::now();
    let mut got = Vec::new();
    let mut part = [0; 64 << 10];
    while (got.len() as u64) < MOST && began.elapsed() < LONGEST {
        let timeout = PollTimeout::try_from(silence).unwrap_or(PollTimeout::MAX);
        let mut polled = [PollFd::new(from.as_fd(), PollFlags::POLLIN)];
        if poll(&mut polled, timeout)? == 0 {
            break;
        }
        match from.read(&mut part) {
            Ok(0) => break,
            Ok(count) => got.extend_from_slice(&part[..count]),
            // What came before the end counts.
            Err(_) if !got.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

/// Runs a program to its end; gives what it printed, to its standard error too: there a client says why it was refused.
///
/// A shell that is started with another effective than real uid gives up the effective one (dash(1), option `-p`), and would ask as nobody: so
/// the program gets the principal's uid as its real one.
fn ran(program: &[String]) -> io::Result<Vec<u8>> {
    let Some((name, arguments)) = program.split_first() else {
        return Err(io::Error::other("no program is named"));
    };
    let mut command = Command::new(name);
    command
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .current_dir("/");
    let (mut output, words) = io::pipe()?;
    command.stdin(Stdio::null()).stdout(words.try_clone()?).stderr(words).process_group(0);
    with_one_uid(&mut command);
    let spawned = command.spawn();
    // It holds the other ends of the pipe, which would never end.
    drop(command);
    let mut child = spawned?;
    let got = read_until_silent(&mut output, LONGEST);
    end(&mut child);
    got
}

/// Ends a program that may not have ended by itself.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixListener;

    use super::*;
    use crate::canary::Mint;

    /// A server that says its secret to whoever comes and closes the connection, without reading.
    fn served(secret: String, times: usize) -> (tempfile::TempDir, Door) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("door");
        let listener = UnixListener::bind(&path).unwrap();
        std::thread::spawn(move || {
            for client in listener.incoming().take(times) {
                client.unwrap().write_all(secret.as_bytes()).unwrap();
            }
        });
        (dir, Door::Socket(path))
    }

    #[test]
    fn a_server_that_closes_without_reading_has_answered() {
        let mint = Mint::new(7);
        let (_dir, door) = served(mint.canary(3).text().to_owned(), 2);
        let search = Search::new(&mint);
        for question in [&b""[..], b"KEYS *\r\n"] {
            let asked = ask(&door, &Ask::Bytes(question.to_owned()), &search);
            let found: Vec<u16> = asked.secrets.iter().map(|secret| secret.canary).collect();
            assert_eq!(found, [3], "{asked:?}");
        }
    }

    #[test]
    fn a_program_is_asked_by_what_it_prints() {
        let mint = Mint::new(7);
        let search = Search::new(&mint);
        let program = ["echo".to_owned(), mint.canary(1).text().to_owned()];
        let asked = ask(&Door::Abstract(b"none".to_vec()), &Ask::Program(program.into()), &search);
        assert_eq!(asked.secrets.len(), 1, "{asked:?}");
        let missing = Ask::Program(vec!["interloper-no-such-program".into()]);
        assert!(ask(&Door::Abstract(b"none".to_vec()), &missing, &search).got.is_err());
    }

    #[test]
    fn a_program_that_fails_says_why() {
        let search = Search::new(&Mint::new(7));
        let program = ["sh", "-c", "echo begins; echo no such module >&2; exit 1"];
        let program = Ask::Program(program.map(str::to_owned).into());
        let asked = ask(&Door::Abstract(b"none".to_vec()), &program, &search);
        assert_eq!((asked.got, &*asked.words), (Ok(22), "no such module"));
    }

    #[test]
    fn a_door_that_is_closed_is_refused() {
        let search = Search::new(&Mint::new(7));
        let door = Door::Abstract(b"interloper-nobody-listens".to_vec());
        assert!(ask(&door, &Ask::Bytes(Vec::new()), &search).got.is_err());
    }
}
