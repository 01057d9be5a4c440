//! One request over plain http and its answer.

use std::io::{Read, Write};
use std::net::TcpStream;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use interloper_driver::Failure;

/// Upper limit of an answer, in bytes.
const LIMIT: u64 = 1 << 20;

/// An address of plain http.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    pub(super) host: String,
    pub(super) port: u16,
    /// The path, with the query.
    pub(super) target: String,
}

impl Url {
    /// Reads an address with a scheme.
    ///
    /// # Errors
    /// `invalid` if it is not one of plain http.
    pub fn read(text: &str) -> Result<Url, Failure> {
        let wrong = || Failure::invalid(format!("not an address of plain http: {text}"));
        let rest = text.strip_prefix("http://").ok_or_else(wrong)?;
        let at = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(at);
        let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
        let target = if target.starts_with('/') { target.into() } else { format!("/{target}") };
        let port = port.parse().map_err(|_| wrong())?;
        Ok(Url { host: host.to_ascii_lowercase(), port, target })
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
        (&self.host, self.port) == (&other.host, other.port)
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

/// Sends a request with these header fields, and reads the answer.
///
/// # Errors
/// When nobody answers, or with something that is not HTTP.
pub fn exchange(url: &Url, fields: &[String]) -> Result<Answer, Failure> {
    let mut stream = TcpStream::connect((url.host.as_str(), url.port))?;
    let Url { host, port, target } = url;
    let mut request = format!("GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\n");
    for field in fields {
        request += &format!("{field}\r\n");
    }
    stream.write_all(format!("{request}Connection: close\r\n\r\n").as_bytes())?;
    let mut bytes = Vec::new();
    stream.take(LIMIT).read_to_end(&mut bytes)?;
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
