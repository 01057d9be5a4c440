//! The careful parser that goes through a header byte by byte.

use interloper_driver::{Bytes, Failure, Header, Hello, Open, Session, SessionStore};

use super::{Pairs, check};

/// A parser that reads a header in one pass.
#[derive(Debug)]
pub struct ScanningParser;

/// The piece that is being read.
#[derive(Default)]
struct Piece {
    name: Vec<u8>,
    value: Option<Vec<u8>>,
}

impl Piece {
    fn push(&mut self, byte: u8) {
        match (&mut self.value, byte) {
            (None, b'=') => self.value = Some(Vec::new()),
            // White space before a name or a value is no part of it.
            (None, b' ' | b'\t') if self.name.is_empty() => {}
            (Some(value), b' ' | b'\t') if value.is_empty() => {}
            (None, byte) => self.name.push(byte),
            (Some(value), byte) => value.push(byte),
        }
    }

    /// Ends the piece: nor is white space behind it.
    fn end(mut self) -> (Vec<u8>, Option<Vec<u8>>) {
        for part in [Some(&mut self.name), self.value.as_mut()].into_iter().flatten() {
            while let Some(b' ' | b'\t') = part.last() {
                part.pop();
            }
        }
        (self.name, self.value)
    }
}

impl SessionStore for ScanningParser {
    fn hello(&self) -> Hello {
        Hello::new("scanning-parser", "1.0.0").parses([Header::Cookie, Header::SetCookie])
    }

    fn open(&mut self, _: &Open) -> Result<(), Failure> {
        Ok(())
    }

    fn save(&mut self, _: &str, _: &Session) -> Result<(), Failure> {
        Err(Failure::unsupported())
    }

    fn load(&mut self, _: &str) -> Result<Option<Session>, Failure> {
        Err(Failure::unsupported())
    }

    fn parse(&mut self, header: Header, value: &[u8]) -> Result<Pairs, Failure> {
        check(value)?;
        let (mut pieces, mut piece) = (Vec::new(), Piece::default());
        for byte in value {
            match byte {
                b';' => pieces.push(std::mem::take(&mut piece).end()),
                byte => piece.push(*byte),
            }
        }
        pieces.push(piece.end());
        Ok(match header {
            Header::Cookie => pieces.into_iter().filter_map(cookie).collect(),
            Header::SetCookie => with_attributes(pieces),
        })
    }
}

/// Returns a piece that has a name and an `=` as a cookie.
fn cookie((name, value): (Vec<u8>, Option<Vec<u8>>)) -> Option<(Bytes, Bytes)> {
    let value = value.filter(|_| !name.is_empty())?;
    Some((name.into(), value.into()))
}

/// Returns the first piece as a cookie, with the flags among the others and SameSite.
fn with_attributes(pieces: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> Pairs {
    let mut pieces = pieces.into_iter();
    let Some(cookie) = pieces.next().and_then(cookie) else { return Vec::new() };
    let (mut secure, mut http_only, mut same_site) = (false, false, None);
    for (name, value) in pieces {
        match &name.to_ascii_lowercase()[..] {
            b"secure" => secure = true,
            b"httponly" => http_only = true,
            // The last one counts: of another word, it is none.
            b"samesite" => same_site = value.map(|value| value.to_ascii_lowercase()),
            _ => {}
        }
    }
    same_site = same_site.filter(|value| matches!(&value[..], b"strict" | b"lax" | b"none"));
    let attributes = [
        ("secure", secure.then(Vec::new)),
        ("httponly", http_only.then(Vec::new)),
        ("samesite", same_site),
    ];
    let attributes = attributes
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (Bytes::from(name), Bytes::from(value))));
    std::iter::once(cookie).chain(attributes).collect()
}
