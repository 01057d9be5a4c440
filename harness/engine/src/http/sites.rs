//! Servers of the harness's own, under several names: what clients are tested against.
//!
//! The kernel's facts: all of 127.0.0.0/8 is loopback, and a socket that accepted a connection knows the address that the client connected to
//! (getsockname(2)). So every name has an address of its own in the sandbox's hosts file, and which site a client asked is the kernel's word and
//! not the `Host` field's.
//!
//! 1. Whoever waits for the driver's answer serves the sites meanwhile, in the same poll(2): so no client ever sleeps in a call that the harness
//!    is about to end and is taken for stuck.
//! 2. Every request is kept as it came. It is answered with the page that the scenario has put there, or with an empty one. What is no whole
//!    request is kept, too, and not answered: a secret in it has arrived all the same.
//! 3. After the command has ended, what is in the sockets is still read: a client that does not wait for its answer has asked all the same.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;

use nix::poll::{PollFd, PollFlags};

use super::tls::TlsStream;

/// The port of every site.
pub const SITE_PORT: u16 = 8643;
/// Another port of every site.
pub const OTHER_PORT: u16 = 8644;
/// The port of every site over TLS.
pub const TLS_PORT: u16 = 8645;
/// The certificate of the authority that the sites over TLS have theirs from, in PEM.
pub const AUTHORITY_FILE: &str = "/etc/interloper/ca.pem";

/// A certificate that the sites over TLS present.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Certificate {
    /// One for the site's name, by the authority that the client was told to trust.
    #[default]
    Valid,
    /// One for the name of another site.
    OtherName,
    /// One that ended in 2002.
    Expired,
    /// One by an authority that nobody trusts.
    UnknownAuthority,
}

/// The names of the sites, each with the last byte of its address 127.0.2.0/24.
pub(crate) const SITES: [(&str, u8); 11] = [
    ("app.test", 1),
    ("a.app.test", 2),
    ("b.app.test", 3),
    ("evil.test", 4),
    ("notapp.test", 5),
    ("app.test.evil.test", 6),
    ("shop.co.uk", 7),
    ("other.co.uk", 8),
    ("one.github.io", 9),
    ("two.github.io", 10),
    ("127.0.2.11", 11),
];

/// The type of the first record of TLS (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 22;
/// No request is longer, in bytes.
const LONGEST: usize = 1 << 20;
/// Most header fields of a request.
const FIELDS: usize = 128;
/// Most connections at a time; for a further one the oldest is closed.
const CONNECTIONS: usize = 64;
/// Most rounds in which what is left in the sockets is read after a command has ended.
const ROUNDS: usize = 16;
/// Most bytes of requests that are kept for one command.
const KEPT: usize = 8 << 20;

/// Returns the lines of the hosts file that lead to the sites.
pub(crate) fn hosts() -> String {
    let named = SITES.iter().filter(|(name, _)| name.parse::<Ipv4Addr>().is_err());
    named.map(|(name, last)| format!("{} {name}\n", address(*last))).collect()
}

fn address(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 2, last)
}

/// A page of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The host.
    pub host: &'static str,
    /// The port.
    pub port: u16,
    /// The path.
    pub path: String,
    /// The values of its `Set-Cookie` fields.
    pub set: Vec<String>,
    /// The address that it redirects to, with 302.
    pub to: Option<String>,
}

impl Page {
    /// Makes an empty page on the port of every site.
    pub fn new(host: &'static str, path: &str) -> Page {
        Page { host, port: SITE_PORT, path: path.to_owned(), set: Vec::new(), to: None }
    }

    /// Adds a cookie: the value of a `Set-Cookie` field.
    pub fn set(mut self, field: impl Into<String>) -> Page {
        self.set.push(field.into());
        self
    }

    /// Puts it on the port over TLS.
    pub fn over_tls(mut self) -> Page {
        self.port = TLS_PORT;
        self
    }

    /// Makes it a redirect.
    pub fn to(mut self, url: impl Into<String>) -> Page {
        self.to = Some(url.into());
        self
    }

    /// Returns the status of its answer.
    pub(crate) fn status(&self) -> u16 {
        if self.to.is_some() { 302 } else { 200 }
    }

    fn answer(&self) -> Vec<u8> {
        let mut head = match &self.to {
            Some(to) => format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\n"),
            None => "HTTP/1.1 200 OK\r\n".to_owned(),
        };
        for field in &self.set {
            head += &format!("Set-Cookie: {field}\r\n");
        }
        head += "Content-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";
        head.into_bytes()
    }
}

/// A request that arrived at a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The site whose address the client connected to.
    pub host: &'static str,
    /// The port that it connected to.
    pub port: u16,
    /// Flag that it came over TLS.
    pub tls: bool,
    /// The method; empty if it is no whole request.
    pub method: String,
    /// The target: `/app?x=1`.
    pub target: String,
    /// The header fields in the order in which they came.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Every byte of the request.
    pub raw: Vec<u8>,
}

impl Received {
    /// Returns the values of a header field, in order.
    pub fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let named = self.headers.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_slice())
    }

    /// Returns the path of its target.
    pub fn path(&self) -> &str {
        self.target.split(['?', '#']).next().unwrap_or_default()
    }

    /// Returns the request line with the site in it: `GET http://app.test:8643/app`.
    pub fn line(&self) -> String {
        let Received { host, port, tls, method, target, .. } = self;
        let scheme = if *tls { "https" } else { "http" };
        if method.is_empty() {
            return format!("what is no whole request, to {scheme}://{host}:{port}");
        }
        format!("{method} {scheme}://{host}:{port}{target}")
    }
}

/// The sites while they listen.
#[derive(Debug)]
pub(crate) struct Sites {
    listeners: Vec<TcpListener>,
    pages: Vec<Page>,
    /// The port over TLS.
    tls_port: u16,
    certificate: Certificate,
    connections: Vec<Connection>,
    received: Vec<Received>,
    /// The bytes of all requests since the last call of [`Sites::take`].
    bytes: usize,
}

/// A client that has not been answered yet.
#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    wire: Wire,
    host: &'static str,
    port: u16,
    read: Vec<u8>,
}

/// Way in which a client talks.
#[derive(Debug)]
enum Wire {
    Plain,
    /// Over TLS, but nothing came yet.
    Due(TlsStream),
    Tls(TlsStream),
    /// In clear, where TLS was due: what is sent so has arrived as well, and is not answered.
    Clear,
}

impl Sites {
    /// Listens on all ports of every address.
    ///
    /// # Errors
    /// When somebody else does.
    pub(crate) fn listen() -> io::Result<Sites> {
        Sites::listen_at(&[SITE_PORT, OTHER_PORT, TLS_PORT])
    }

    fn listen_at(ports: &[u16]) -> io::Result<Sites> {
        let mut listeners = Vec::new();
        for port in ports.iter().copied() {
            let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port))?;
            listener.set_nonblocking(true)?;
            listeners.push(listener);
        }
        Ok(Sites {
            listeners,
            pages: Vec::new(),
            tls_port: TLS_PORT,
            certificate: Certificate::default(),
            connections: Vec::new(),
            received: Vec::new(),
            bytes: 0,
        })
    }

    /// Puts these pages there, in place of all others.
    pub(crate) fn publish(&mut self, pages: Vec<Page>) {
        self.pages = pages;
    }

    /// Presents this certificate to whoever asks over TLS from here on.
    pub(crate) fn present(&mut self, certificate: Certificate) {
        self.certificate = certificate;
    }

    /// Returns the page that a request is answered with.
    pub(crate) fn page(&self, request: &Received) -> Page {
        let is = |page: &&Page| {
            (page.host, page.port, page.path.as_str())
                == (request.host, request.port, request.path())
        };
        self.pages.iter().find(is).cloned().unwrap_or_else(|| Page::new(request.host, ""))
    }

    /// Returns the requests that arrived since the last call; `None` if there were more than are kept.
    pub(crate) fn take(&mut self) -> Option<Vec<Received>> {
        let received = std::mem::take(&mut self.received);
        (std::mem::take(&mut self.bytes) <= KEPT).then_some(received)
    }

    /// Returns the descriptors to wait for.
    pub(crate) fn needs(&self) -> impl Iterator<Item = PollFd<'_>> {
        let listeners = self.listeners.iter().map(AsFd::as_fd);
        let streams = self.connections.iter().map(|connection| connection.stream.as_fd());
        listeners.chain(streams).map(|socket| PollFd::new(socket, PollFlags::POLLIN))
    }

    /// Takes new connections, and answers those whose request is complete; whether there was anything to do.
    pub(crate) fn tend(&mut self) -> bool {
        let mut accepted = false;
        // No more than that at a time, so that the end of the command is noticed.
        for _ in 0..CONNECTIONS {
            let Some(connection) = self.accept() else { break };
            accepted = true;
            if self.connections.len() >= CONNECTIONS {
                let mut oldest = self.connections.remove(0);
                if self.answer(&mut oldest) {
                    self.keep_part(&oldest);
                }
            }
            self.connections.push(connection);
        }
        let mut connections = std::mem::take(&mut self.connections);
        let waiting = connections.len();
        connections.retain_mut(|connection| self.answer(connection));
        self.connections = connections;
        accepted || self.connections.len() < waiting
    }

    /// Answers what is in the sockets, and closes them.
    pub(crate) fn finish(&mut self) {
        let mut rounds = 0..ROUNDS;
        while self.tend() {
            if rounds.next().is_none() {
                // Somebody goes on asking: what is not looked at counts as more than is kept.
                self.bytes = usize::MAX;
                break;
            }
        }
        for connection in std::mem::take(&mut self.connections) {
            self.keep_part(&connection);
        }
    }

    /// Keeps what is no whole request.
    fn keep_part(&mut self, connection: &Connection) {
        if !connection.read.is_empty() {
            self.keep(connection.part());
        }
    }

    fn keep(&mut self, received: Received) {
        self.bytes = self.bytes.saturating_add(received.raw.len());
        if self.bytes <= KEPT {
            self.received.push(received);
        }
    }

    /// Takes a connection to one of the sites; one to another address of the loopback interface is closed.
    fn accept(&self) -> Option<Connection> {
        for listener in &self.listeners {
            for _ in 0..CONNECTIONS {
                let Ok((stream, _)) = listener.accept() else { break };
                let asked = stream.set_nonblocking(true).and_then(|()| stream.local_addr());
                let Ok(SocketAddr::V4(asked)) = asked else { continue };
                let site = SITES.iter().find(|(_, last)| address(*last) == *asked.ip());
                let Some((host, _)) = site else { continue };
                let port = asked.port();
                let wire = match port == self.tls_port {
                    true => match TlsStream::new(host, self.certificate) {
                        Some(tls) => Wire::Due(tls),
                        None => continue,
                    },
                    false => Wire::Plain,
                };
                return Some(Connection { stream, wire, host, port, read: Vec::new() });
            }
        }
        None
    }

    /// Reads what is there, and answers a request that is complete; whether more is to come.
    fn answer(&mut self, connection: &mut Connection) -> bool {
        loop {
            match connection.fill() {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => break,
            }
            match connection.request() {
                Ok(None) if connection.read.len() <= LONGEST => {}
                Ok(Some(received)) => {
                    // An answer this short fits into the socket's buffer; whoever does not read it has asked all the same.
                    let _ = connection.say(&self.page(&received).answer());
                    self.keep(received);
                    return false;
                }
                _ => break,
            }
        }
        self.keep_part(connection);
        false
    }
}

impl Connection {
    /// Reads once; 0 at the end.
    fn fill(&mut self) -> io::Result<usize> {
        if let Wire::Due(_) = &self.wire {
            let mut first = [0];
            let begins = self.stream.peek(&mut first)? == 0 || first[0] == HANDSHAKE;
            self.wire = match std::mem::replace(&mut self.wire, Wire::Clear) {
                Wire::Due(tls) if begins => Wire::Tls(tls),
                _ => Wire::Clear,
            };
        }
        if let Wire::Tls(tls) = &mut self.wire {
            return tls.read(&mut self.stream, &mut self.read);
        }
        let mut part = [0; 16 << 10];
        let count = self.stream.read(&mut part)?;
        self.read.extend_from_slice(&part[..count]);
        Ok(count)
    }

    fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.wire {
            Wire::Tls(tls) => tls.say(&mut self.stream, bytes),
            _ => self.stream.write_all(bytes),
        }
    }

    /// Returns what came of a request that is not whole.
    fn part(&self) -> Received {
        Received {
            host: self.host,
            port: self.port,
            tls: matches!(self.wire, Wire::Tls(_)),
            method: String::new(),
            target: String::new(),
            headers: Vec::new(),
            raw: self.read.clone(),
        }
    }

    /// Reads a request; `None` if there is more of it to come. One in clear where TLS is due is none.
    fn request(&self) -> Result<Option<Received>, httparse::Error> {
        if matches!(self.wire, Wire::Clear) {
            return Err(httparse::Error::Version);
        }
        let mut fields = [httparse::EMPTY_HEADER; FIELDS];
        let mut request = httparse::Request::new(&mut fields);
        let httparse::Status::Complete(head) = request.parse(&self.read)? else { return Ok(None) };
        let headers: Vec<(String, Vec<u8>)> = request
            .headers
            .iter()
            .map(|field| (field.name.to_owned(), field.value.to_vec()))
            .collect();
        let received = Received {
            method: request.method.unwrap_or_default().to_owned(),
            target: request.path.unwrap_or_default().to_owned(),
            headers,
            ..self.part()
        };
        let length = received.header("content-length").next().unwrap_or_default();
        let length = std::str::from_utf8(length).ok().and_then(|text| text.trim().parse().ok());
        let whole = self.read.len() - head >= length.unwrap_or(0_usize).min(LONGEST);
        Ok(whole.then_some(received))
    }
}

#[cfg(test)]
mod tests;
