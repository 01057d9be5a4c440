//! Reading an answer as it arrives, within bounds: RFC 9112.
//!
//! How long a body is follows from section 6.3, in this order:
//!
//! 1. none after HEAD, and with status 1xx, 204 or 304;
//! 2. chunks, where `Transfer-Encoding` ends with `chunked`;
//! 3. as many bytes as `Content-Length` says;
//! 4. all that comes until the connection is closed.

use super::HttpError;

/// Upper limit of an answer's head, in bytes.
pub(super) const HEAD_LIMIT: usize = 64 << 10;
/// Upper limit of an answer's body, in bytes.
pub(super) const BODY_LIMIT: usize = 1 << 20;
/// Upper limit of a body with its chunks, in bytes: a chunk of one byte has five more around it.
const CHUNKED_LIMIT: usize = 8 * BODY_LIMIT;
/// Upper limit of the header fields of an answer.
const FIELDS: usize = 128;
/// Upper limit of interim answers before the answer (RFC 9110, section 15.2).
const INTERIM: usize = 8;

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// The header fields in the order in which they came, names as they were written.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, without its chunks.
    pub body: Vec<u8>,
    /// The head as it came, for evidence: the status line, the header fields and the empty line.
    pub head: Vec<u8>,
}

impl HttpResponse {
    /// Returns the values of a header field, in order.
    pub fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let named = self.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_slice())
    }

    /// Returns whether a text is in the head or the body.
    pub fn contains(&self, text: &[u8]) -> bool {
        let within = |bytes: &[u8]| memchr::memmem::find(bytes, text).is_some();
        !text.is_empty() && (within(&self.body) || within(&self.head))
    }
}

/// Reader of one answer.
#[derive(Debug, Default)]
pub(super) struct Reader {
    bytes: Vec<u8>,
    /// The answer without its body, and how its end is known.
    head: Option<(HttpResponse, Length)>,
    interim: usize,
    no_body: bool,
    /// The chunks that came, joined, and how many bytes they took.
    chunks: Vec<u8>,
    at: usize,
}

/// How the end of a body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    Known(usize),
    Chunked,
    UntilClosed,
}

impl Reader {
    /// Makes a reader of the answer to a request with this method.
    pub(super) fn of(method: &str) -> Reader {
        Reader { no_body: method == "HEAD", ..Reader::default() }
    }

    /// Returns the number of bytes that came and are not of an interim answer.
    pub(super) fn got(&self) -> usize {
        self.bytes.len() + self.head.as_ref().map_or(0, |(response, _)| response.head.len())
    }

    /// Takes bytes; the answer, if it is complete with them.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<Option<HttpResponse>, HttpError> {
        self.bytes.extend_from_slice(bytes);
        // A head ends with a line, so a server that sends byte by byte costs one look a line.
        let worth = bytes.contains(&b'\n') || self.bytes.len() > HEAD_LIMIT;
        while self.head.is_none() {
            if !worth {
                return Ok(None);
            }
            match self.read_head()? {
                Some(found) if found.0.status / 100 == 1 => {
                    self.interim += 1;
                    if self.interim > INTERIM {
                        return Err(HttpError::Garbage("interim answers without end".into()));
                    }
                }
                Some(found) => self.head = Some(found),
                None => return Ok(None),
            }
        }
        self.read_body(false)
    }

    /// Takes the end of the connection: the answer, if it ends with that.
    pub(super) fn end(&mut self, how: &'static str) -> Result<HttpResponse, HttpError> {
        let short = |reader: &Reader, part| HttpError::Short { how, got: reader.got(), part };
        if self.head.is_none() {
            return Err(short(self, "head"));
        }
        match self.read_body(how == "closed")? {
            Some(response) => Ok(response),
            None => Err(short(self, "body")),
        }
    }

    /// Reads the head, and takes it off the bytes.
    fn read_head(&mut self) -> Result<Option<(HttpResponse, Length)>, HttpError> {
        let mut fields = [httparse::EMPTY_HEADER; FIELDS];
        let mut parsed = httparse::Response::new(&mut fields);
        let length = match parsed.parse(&self.bytes) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) if self.bytes.len() > HEAD_LIMIT => {
                return Err(HttpError::TooLong { part: "head", limit: HEAD_LIMIT });
            }
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => {
                return Err(HttpError::Garbage(format!("more than {FIELDS} header fields")));
            }
            Err(error) => return Err(HttpError::Garbage(error.to_string())),
        };
        if length > HEAD_LIMIT {
            return Err(HttpError::TooLong { part: "head", limit: HEAD_LIMIT });
        }
        let headers = parsed.headers.iter();
        let headers = headers.map(|field| (field.name.to_owned(), field.value.to_vec())).collect();
        let status = parsed.code.unwrap_or_default();
        let rest = self.bytes.split_off(length);
        let head = std::mem::replace(&mut self.bytes, rest);
        let response = HttpResponse { status, headers, body: Vec::new(), head };
        let length = self.length(&response)?;
        Ok(Some((response, length)))
    }

    fn length(&self, response: &HttpResponse) -> Result<Length, HttpError> {
        if self.no_body || matches!(response.status, 100..=199 | 204 | 304) {
            return Ok(Length::Known(0));
        }
        let coding = response.header("transfer-encoding").last().map(<[u8]>::to_ascii_lowercase);
        if coding.is_some_and(|coding| coding.ends_with(b"chunked")) {
            return Ok(Length::Chunked);
        }
        let mut lengths = response.header("content-length").map(number);
        let Some(first) = lengths.next() else { return Ok(Length::UntilClosed) };
        // Two that differ are how answers are smuggled: RFC 9112, section 6.3.
        match first.filter(|first| lengths.all(|other| other == Some(*first))) {
            Some(length) if length > BODY_LIMIT => {
                Err(HttpError::TooLong { part: "body", limit: BODY_LIMIT })
            }
            Some(length) => Ok(Length::Known(length)),
            None => Err(HttpError::Garbage("its Content-Length is not one number".into())),
        }
    }

    /// Reads the body; `None` if more of it is to come.
    fn read_body(&mut self, closed: bool) -> Result<Option<HttpResponse>, HttpError> {
        let too_long = HttpError::TooLong { part: "body", limit: BODY_LIMIT };
        let Some((_, length)) = &self.head else { return Ok(None) };
        let body = match length {
            Length::Known(length) => {
                let Some(body) = self.bytes.get(..*length) else { return Ok(None) };
                body.to_vec()
            }
            Length::Chunked => {
                if !self.unchunk()? {
                    return Ok(None);
                }
                std::mem::take(&mut self.chunks)
            }
            Length::UntilClosed if self.bytes.len() > BODY_LIMIT => return Err(too_long),
            Length::UntilClosed if closed => std::mem::take(&mut self.bytes),
            Length::UntilClosed => return Ok(None),
        };
        Ok(self.head.take().map(|(response, _)| HttpResponse { body, ..response }))
    }

    /// Joins the chunks that are there (RFC 9112, section 7.1); whether the last one was among them.
    fn unchunk(&mut self) -> Result<bool, HttpError> {
        let wrong = || HttpError::Garbage("its chunks are malformed".into());
        let too_long = || HttpError::TooLong { part: "body", limit: BODY_LIMIT };
        if self.bytes.len() > CHUNKED_LIMIT {
            return Err(too_long());
        }
        loop {
            let bytes = self.bytes.get(self.at..).unwrap_or_default();
            let (line, size) = match httparse::parse_chunk_size(bytes) {
                Ok(httparse::Status::Complete(found)) => found,
                Ok(httparse::Status::Partial) => return Ok(false),
                Err(_) => return Err(wrong()),
            };
            let size = usize::try_from(size).ok();
            let size = size.filter(|size| *size <= BODY_LIMIT - self.chunks.len());
            let size = size.ok_or_else(too_long)?;
            let bytes = bytes.get(line..).unwrap_or_default();
            if size == 0 {
                // Trailers, and the empty line after them.
                let trailers = memchr::memmem::find(bytes, b"\r\n\r\n").is_some();
                return Ok(trailers || bytes.starts_with(b"\r\n"));
            }
            let (Some(chunk), Some(end)) = (bytes.get(..size), bytes.get(size..size + 2)) else {
                return Ok(false);
            };
            if end != b"\r\n" {
                return Err(wrong());
            }
            self.chunks.extend_from_slice(chunk);
            self.at += line + size + 2;
        }
    }
}

/// Reads a number of digits alone: `+5` and `0x5` are none.
fn number(text: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}
