//! What a story has of a request: never the value of a cookie, which is a credential, but a number for each value.

use super::{Actor, App};
use crate::http::HttpResponse;
use crate::record::{HttpEvent, Shown, ShownPart};

impl App<'_, '_> {
    /// Returns the event of a request and its answer.
    pub(super) fn event(
        &mut self,
        actor: Actor,
        request: &str,
        sent: &[(Vec<u8>, Vec<u8>)],
        response: &HttpResponse,
    ) -> HttpEvent {
        let cookies = sent.iter().map(|(name, value)| self.pair(name, value)).collect();
        let fields: Vec<Vec<u8>> = response.header("set-cookie").map(<[u8]>::to_vec).collect();
        let set = fields.iter().map(|field| self.set_cookie(field)).collect();
        HttpEvent {
            actor: actor.to_string(),
            request: printable(request.as_bytes()),
            cookies,
            status: response.status,
            set,
            shows: self.shown(response),
        }
    }

    /// Returns whose name or value an answer shows.
    pub(super) fn shown(&self, response: &HttpResponse) -> Vec<Shown> {
        let mut shows = Vec::new();
        for actor in Actor::ALL {
            let parts =
                [(ShownPart::Name, self.name(actor)), (ShownPart::Value, self.value(actor))];
            for (what, text) in parts {
                if response.contains(text.as_bytes()) {
                    shows.push(Shown { of: actor.to_string(), what });
                }
            }
        }
        shows
    }

    /// Returns a cookie with the number of its value: `session=#1`.
    pub fn pair(&mut self, name: &[u8], value: &[u8]) -> String {
        format!("{}={}", printable(name), self.number(value))
    }

    fn set_cookie(&mut self, field: &[u8]) -> String {
        let (pair, attributes) = match field.iter().position(|byte| *byte == b';') {
            Some(at) => field.split_at(at),
            None => (field, &b""[..]),
        };
        let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let (name, value) = pair.split_at(at);
        let value = value.strip_prefix(b"=").unwrap_or_default();
        format!("{}{}", self.pair(name.trim_ascii(), value.trim_ascii()), printable(attributes))
    }

    fn number(&mut self, value: &[u8]) -> String {
        if value.is_empty() {
            return String::new();
        }
        let at = self.values.iter().position(|known| known == value).unwrap_or_else(|| {
            self.values.push(value.to_vec());
            self.values.len() - 1
        });
        format!("#{}", at + 1)
    }
}

/// Returns bytes as text of one line, with control characters and what is not ASCII escaped.
fn printable(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        match byte {
            b' '..=b'~' => text.push(char::from(*byte)),
            byte => text.push_str(&format!("\\x{byte:02x}")),
        }
    }
    text
}
