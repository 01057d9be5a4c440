//! One request and its answer, in clear or over TLS.

use std::io::Write;
use std::net::TcpStream;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use interloper_driver::Failure;

use super::tls::{Stream, Trust, over_tls, read_all};

/// Upper limit of an answer, in bytes.
const LIMIT: u64 = 1 << 20;

/// An address of http or https.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    pub(super) tls: bool,
    pub(super) host: String,
    pub(super) port: u16,
    /// The path, with the query.
    pub(super) target: String,
}

impl Url {
    /// Reads an address with a scheme.
    ///
    /// # Errors
    /// `invalid` if it is not one of http or https.
    pub fn read(text: &str) -> Result<Url, Failure> {
        let wrong = || Failure::invalid(format!("not an address of http or https: {text}"));
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let tls = match scheme {
            "http" => false,
            "https" => true,
            _ => return Err(wrong()),
        };
        let at = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(at);
        let usual = if tls { "443" } else { "80" };
        let (host, port) = authority.split_once(':').unwrap_or((authority, usual));
        let target = if target.starts_with('/') { target.into() } else { format!("/{target}") };
        let port = port.parse().map_err(|_| wrong())?;
        Ok(Url { tls, host: host.to_ascii_lowercase(), port, target })
    }

    /// Reads the address that a redirect leads to.
    pub(super) fn join(&self, location: &str) -> Result<Url, Failure> {
        match location.starts_with('/') {
            true => Ok(Url { target: location.into(), ..self.clone() }),
            false => Url::read(location),
        }
    }

    /// Returns whether two addresses are of the same server.
    pub(super) fn same_server(&self, other: &Url) -> bool {
        (self.tls, &self.host, self.port) == (other.tls, &other.host, other.port)
    }

    /// Returns the path without the query.
    pub(super) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or("/")
    }
}

/// An answer, as far as the client looks at it.
#[derive(Debug, Default)]
pub struct Answer {
    /// The values of `Set-Cookie` fields.
    pub set: Vec<Vec<u8>>,
    /// Target of the redirect.
    pub location: Option<String>,
}

/// Returns the field that carries a name and a password (RFC 7617).
pub(super) fn authorization(user: &str, password: &str) -> String {
    format!("Authorization: Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// Says something in clear to a server, and hangs up.
pub(super) fn knock(url: &Url) -> Result<(), Failure> {
    Ok(TcpStream::connect((url.host.as_str(), url.port))?.write_all(b"anybody there?\r\n\r\n")?)
}

/// Sends a request with these header fields to a server whose certificate is trusted, and reads the answer.
///
/// # Errors
/// When nobody answers, or somebody whose certificate is not, or with something that is not HTTP.
pub fn exchange(url: &Url, fields: &[String], trust: Trust) -> Result<Answer, Failure> {
    let Url { tls, host, port, target } = url;
    let stream = TcpStream::connect((host.as_str(), *port))?;
    let mut stream: Box<dyn Stream> = match tls {
        true => over_tls(stream, host, trust)?,
        false => Box::new(stream),
    };
    let mut request = format!("GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\n");
    for field in fields {
        request += &format!("{field}\r\n");
    }
    stream.write_all(format!("{request}Connection: close\r\n\r\n").as_bytes())?;
    let bytes = read_all(&mut *stream, LIMIT)?;
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    response.parse(&bytes).map_err(|error| Failure::corrupt(format!("no answer: {error}")))?;
    let named = |name: &'static str| {
        let fields = response.headers.iter();
        fields.filter(move |field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value)
    };
    let redirects = matches!(response.code, Some(301..=303 | 307 | 308));
    let location = named("location").next().filter(|_| redirects);
    Ok(Answer {
        set: named("set-cookie").map(<[u8]>::to_vec).collect(),
        location: location.map(|value| String::from_utf8_lossy(value).into_owned()),
    })
}
