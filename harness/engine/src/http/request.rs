//! A request, and its bytes.

/// A request as it is sent: nothing is added but the length of the body and the end of the connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HttpRequest {
    /// The method: `GET`.
    pub(crate) method: String,
    /// The target: `/login?next=/`.
    pub(crate) target: String,
    /// The header fields, in order.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl HttpRequest {
    /// Makes a request without header fields and body.
    pub(crate) fn new(method: impl Into<String>, target: impl Into<String>) -> HttpRequest {
        HttpRequest { method: method.into(), target: target.into(), ..HttpRequest::default() }
    }

    /// Adds a header field.
    pub(crate) fn header(
        mut self,
        name: impl Into<String>,
        value: impl Into<Vec<u8>>,
    ) -> HttpRequest {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Returns the bytes to send.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        let mut field = |name: &str, value: &[u8]| {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        };
        for (name, value) in &self.headers {
            field(name, value);
        }
        if !self.body.is_empty() || self.method == "POST" || self.method == "PUT" {
            field("Content-Length", self.body.len().to_string().as_bytes());
        }
        field("Connection", b"close");
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }
}
