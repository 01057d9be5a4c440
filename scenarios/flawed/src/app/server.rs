//! Connections, requests and answers.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::thread::Builder;

use super::routes::Routes;

/// Upper limit of a request, in bytes.
const LIMIT: usize = 64 << 10;

/// A request, as far as the application looks at it.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) cookies: Vec<(String, String)>,
    pub(super) form: Vec<(String, String)>,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: &'static str,
    pub(super) body: String,
    /// The value of a `Set-Cookie` field.
    pub(super) set: Option<String>,
}

impl Answer {
    pub(super) fn ok(body: impl Into<String>) -> Answer {
        Answer { status: "200 OK", body: body.into(), set: None }
    }

    pub(super) fn refused(status: &'static str) -> Answer {
        Answer { status, body: String::new(), set: None }
    }
}

impl Asked {
    /// Returns a field of the form.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.form.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// Serves for as long as the process lives, each connection by a thread of its own.
pub(super) fn serve(listener: &UnixListener, app: &Arc<Routes>) {
    for stream in listener.incoming().filter_map(Result::ok) {
        let app = Arc::clone(app);
        // Where no thread can be had, the connection is closed.
        let _ = Builder::new().spawn(move || answer(stream, &app));
    }
}

fn answer(mut stream: UnixStream, app: &Routes) -> std::io::Result<()> {
    let Some(asked) = read(&mut stream)? else { return Ok(()) };
    let Answer { status, body, set } = app.answer(&asked);
    let set = set.map(|set| format!("Set-Cookie: {set}\r\n")).unwrap_or_default();
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nCache-Control: no-store\r\n{set}\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// Reads a request; `None` if it is none, or the connection ended.
fn read(stream: &mut UnixStream) -> std::io::Result<Option<Asked>> {
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut part)?;
        bytes.extend_from_slice(&part[..count]);
        if count == 0 || bytes.len() > LIMIT {
            return Ok(None);
        }
        if let Some(asked) = parse(&bytes) {
            return Ok(asked);
        }
    }
}

/// Reads a request; `None` if more of it is to come, and `Some(None)` if it is none.
fn parse(bytes: &[u8]) -> Option<Option<Asked>> {
    let mut fields = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut fields);
    let head = match request.parse(bytes) {
        Ok(httparse::Status::Complete(head)) => head,
        Ok(httparse::Status::Partial) => return None,
        Err(_) => return Some(None),
    };
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let mut asked = Asked { method: request.method?.to_owned(), ..Asked::default() };
    let (path, query) = request.path?.split_once('?').unwrap_or((request.path?, ""));
    (asked.path, asked.query) = (path.to_owned(), query.to_owned());
    let mut length = 0;
    for field in request.headers.iter() {
        match field.name.to_ascii_lowercase().as_str() {
            // Spaces and tabs alone are white space, and the first cookie of a name counts (RFC 6265 section 5.2).
            "cookie" => asked.cookies.extend(pairs(&text(field.value), ';')),
            "content-length" => length = text(field.value).trim().parse().unwrap_or(0_usize),
            _ => {}
        }
    }
    let body = bytes.get(head..head.checked_add(length)?)?;
    asked.form = pairs(&text(body), '&').collect();
    Some(Some(asked))
}

/// Reads pairs. The names and the values that the harness sends need no escapes.
fn pairs(text: &str, between: char) -> impl Iterator<Item = (String, String)> {
    let pairs =
        text.split(between).filter_map(|pair| pair.trim_matches([' ', '\t']).split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>().into_iter()
}
