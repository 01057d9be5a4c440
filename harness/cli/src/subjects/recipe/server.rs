//! The loopback server beside a client's command: it sets cookies, and remembers the credentials that it is sent.
//!
//! It answers every request alike, with a body that says nothing: whatever of a secret the command prints is the command's doing.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use interloper_driver::{ErrorKind, Failure};
use rustix::event::{PollFd, PollFlags};

use super::exchange::is_ready;

/// The server's address in every sandbox: clients keep sessions by host and port, and a new process has to find them again.
pub(super) const ADDRESS: &str = "http://127.0.0.1:8641";

/// No head and no body of a request is longer, in bytes.
const LONGEST: usize = 1 << 20;

/// Most header fields of a request.
const FIELDS: usize = 128;

/// After every clock that a run may set.
const EXPIRES: &str = "Fri, 01 Jan 2100 00:00:00 GMT";

/// Credentials of one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Received {
    /// The values of `Cookie` fields.
    pub(super) cookies: Vec<String>,
    /// The value of the `Authorization` field.
    pub(super) authorization: Option<String>,
}

/// A server on the loopback interface, for the time of one command.
pub(super) struct Server {
    listener: TcpListener,
    connections: Vec<Connection>,
    /// What it sets: name and value.
    cookies: Vec<(String, String)>,
    received: Vec<Received>,
}

/// A client that has not been answered yet.
struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

/// What a connection came to.
enum Progress {
    /// More is to come.
    Waits,
    /// It was answered.
    Answered(Received),
    /// It ended, or sent what is no request.
    Ended,
}

impl Server {
    /// Listens on the loopback interface.
    ///
    /// # Errors
    /// When somebody else does, at the same address: another client of the same store, held in the middle of its command.
    pub(super) fn start(cookies: Vec<(String, String)>) -> Result<Server, Failure> {
        let address = ADDRESS.trim_start_matches("http://");
        let fail = |error: io::Error| match error.kind() {
            io::ErrorKind::AddrInUse => Failure::new(
                ErrorKind::Conflict,
                format!("{ADDRESS}: another command is being served"),
            ),
            _ => Failure::new(ErrorKind::Io, format!("{ADDRESS}: {error}")),
        };
        let listener = TcpListener::bind(address).map_err(fail)?;
        Ok(Server { listener, connections: Vec::new(), cookies, received: Vec::new() })
    }

    /// Returns the descriptors to wait for.
    pub(super) fn waits_for(&self) -> impl Iterator<Item = PollFd<'_>> {
        let streams = self.connections.iter().map(|connection| &connection.stream);
        let streams = streams.map(|stream| PollFd::new(stream, PollFlags::IN));
        std::iter::once(PollFd::new(&self.listener, PollFlags::IN)).chain(streams)
    }

    /// Takes new connections, and answers those whose request is complete.
    pub(super) fn serve(&mut self) -> io::Result<()> {
        while is_ready(&self.listener)? {
            let (stream, _) = self.listener.accept()?;
            self.connections.push(Connection { stream, read: Vec::new() });
        }
        let cookies = &self.cookies;
        let received = &mut self.received;
        self.connections.retain_mut(|connection| match connection.serve(cookies) {
            Progress::Waits => true,
            Progress::Answered(credentials) => {
                received.push(credentials);
                false
            }
            Progress::Ended => false,
        });
        Ok(())
    }

    /// Returns what it was sent, in order.
    pub(super) fn received(self) -> Vec<Received> {
        self.received
    }
}

impl Connection {
    /// Reads what is there. A client that does something else than asking is no failure of the harness.
    fn serve(&mut self, cookies: &[(String, String)]) -> Progress {
        let mut buffer = [0; 1 << 14];
        while is_ready(&self.stream).unwrap_or_default() {
            match self.stream.read(&mut buffer) {
                Ok(0) | Err(_) => return Progress::Ended,
                Ok(n) => self.read.extend_from_slice(&buffer[..n]),
            }
            if self.read.len() > 2 * LONGEST {
                return Progress::Ended;
            }
            match request(&self.read) {
                Ok(None) => {}
                Ok(Some(received)) => return self.answer(cookies, received),
                Err(_) => return Progress::Ended,
            }
        }
        Progress::Waits
    }

    fn answer(&mut self, cookies: &[(String, String)], received: Received) -> Progress {
        let mut head = String::from("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n");
        for (name, value) in cookies {
            head += &format!("Set-Cookie: {name}={value}; Path=/; Expires={EXPIRES}; HttpOnly\r\n");
        }
        head += "Content-Length: 3\r\nConnection: close\r\n\r\nok\n";
        // Whoever asks and does not listen has asked all the same.
        let _ = self.stream.write_all(head.as_bytes());
        Progress::Answered(received)
    }
}

/// Reads a request; `None` if there is more of it to come.
fn request(bytes: &[u8]) -> Result<Option<Received>, httparse::Error> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    let httparse::Status::Complete(head) = request.parse(bytes)? else { return Ok(None) };
    let mut received = Received::default();
    let mut body = 0;
    for field in request.headers.iter() {
        let value = String::from_utf8_lossy(field.value).into_owned();
        match field.name.to_ascii_lowercase().as_str() {
            "cookie" => received.cookies.push(value),
            "authorization" => received.authorization = Some(value),
            "content-length" => body = value.trim().parse().unwrap_or(0_usize).min(LONGEST),
            _ => {}
        }
    }
    Ok((bytes.len() - head >= body).then_some(received))
}

/// Returns the cookies that carry these values.
///
/// # Errors
/// When a server cannot set such a cookie: RFC 6265, section 4.1.1, `cookie-octet`.
pub(super) fn cookies(values: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let octet =
        |byte: u8| matches!(byte, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e);
    let one = |(n, value): (usize, &String)| match value.bytes().all(octet) {
        true => Ok((format!("secret{n}"), value.clone())),
        false => Err(Failure::invalid("no server can set a cookie with such a value")),
    };
    values.iter().enumerate().map(one).collect()
}

/// Returns the values that a client sent: those of its cookies, or else its password or its token.
pub(super) fn credentials(received: &[Received], between: &str) -> Vec<String> {
    let pairs = received.iter().flat_map(|request| &request.cookies).flat_map(|c| c.split(';'));
    let pairs: Vec<_> = pairs.filter_map(|pair| pair.trim().split_once('=')).collect();
    let value = |n: usize| pairs.iter().find(|(name, _)| *name == format!("secret{n}"));
    let cookies: Vec<String> = (0..).map_while(value).map(|(_, text)| (*text).to_owned()).collect();
    if !cookies.is_empty() {
        return cookies;
    }
    let authorization = received.iter().find_map(|request| request.authorization.as_deref());
    let secret = authorization.and_then(|text| {
        let (scheme, rest) = text.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return Some(rest.to_owned());
        }
        let decoded = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
        decoded.split_once(':').map(|(_, password)| password.to_owned())
    });
    secret.map_or_else(Vec::new, |text| text.split(between).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_complete_with_its_body() {
        let head = "POST / HTTP/1.1\r\nHost: x\r\nCookie: secret0=a; other=b; secret1=c\r\ncontent-length: 3\r\n\r\n";
        assert_eq!(request(&head.as_bytes()[..20]), Ok(None));
        assert_eq!(request(format!("{head}ab").as_bytes()), Ok(None));
        let received = request(format!("{head}abc").as_bytes()).unwrap().unwrap();
        assert_eq!(credentials(&[received], "~~"), ["a", "c"]);
        assert!(request(b"\x00\x01").is_err());
    }

    #[test]
    fn a_password_and_a_token_are_secrets() {
        let sent = |text: &str| {
            let authorization = Some(text.to_owned());
            credentials(&[Received { authorization, ..Received::default() }], "~~")
        };
        // `me:one~~two`.
        assert_eq!(sent("Basic bWU6b25lfn50d28="), ["one", "two"]);
        assert_eq!(sent("Bearer token"), ["token"]);
        assert!(sent("Basic %%%").is_empty());
        assert!(credentials(&[], "~~").is_empty());
    }

    #[test]
    fn a_value_that_no_server_can_set_is_refused() {
        for value in ["a b", "a;b", "a,b", "a\"b", "a\r\nb", "\u{e9}"] {
            assert_eq!(cookies(&[value.into()]).unwrap_err().kind, ErrorKind::Invalid, "{value:?}");
        }
        assert_eq!(cookies(&["a=b".into()]).unwrap(), [("secret0".into(), "a=b".into())]);
    }
}
