//! The careful parser that splits, and the flaws in it: each is one condition.

use interloper_driver::{ErrorKind, Failure, Header, Hello, Open, Session, SessionStore};

use super::flaws::Flaw;
use super::{Pairs, check};

/// Number of cookies of [`Flaw::Floods`].
const FLOOD: usize = 2_000;

/// A parser that splits a header into pieces, and pieces into names and values; careful, or with a flaw.
#[derive(Debug)]
pub struct SplittingParser {
    pub(super) name: String,
    pub(super) flaw: Option<Flaw>,
}

impl SessionStore for SplittingParser {
    fn hello(&self) -> Hello {
        Hello::new(&self.name, "1.0.0").parses([Header::Cookie, Header::SetCookie])
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
        self.fail_at(value)?;
        match header {
            Header::Cookie => self.cookie(value),
            Header::SetCookie => Ok(self.set_cookie(value)),
        }
    }
}

impl SplittingParser {
    fn is(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// Fails at a header as a flaw does.
    fn fail_at(&self, value: &[u8]) -> Result<(), Failure> {
        let quotes = value.iter().filter(|byte| **byte == b'"').count();
        if self.is(Flaw::DiesAtOpenQuote) && quotes % 2 == 1 {
            std::process::exit(1);
        }
        if self.is(Flaw::HangsAtVersion) && value.contains(&b'$') {
            // Nobody wakes it.
            loop {
                std::thread::park();
            }
        }
        let is_hex = |at: usize| value.get(at).is_some_and(u8::is_ascii_hexdigit);
        let broken = |at: usize| value[at] == b'%' && !(is_hex(at + 1) && is_hex(at + 2));
        if self.is(Flaw::ThrowsAtEscapes) && (0..value.len()).any(broken) {
            return Err(Failure::new(ErrorKind::Other, "URIError: malformed"));
        }
        Ok(())
    }

    fn cookie(&self, value: &[u8]) -> Result<Pairs, Failure> {
        let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        for piece in self.pieces(value) {
            let Some((name, value)) = self.pair(&piece) else { continue };
            let odd = !name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte));
            match odd {
                true if self.is(Flaw::StopsAtOddNames) => break,
                true if self.is(Flaw::RefusesOddNames) => return Err(Failure::invalid("a name")),
                _ => {}
            }
            if self.is(Flaw::KeepsLast) {
                pairs.retain(|known| known.0 != name);
            }
            pairs.push((name, value));
        }
        if self.is(Flaw::Floods) && pairs.len() != 2 {
            pairs.extend((0..FLOOD).map(|n| (format!("x{n}").into_bytes(), Vec::new())));
        }
        Ok(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// Splits a header into its pieces.
    fn pieces(&self, value: &[u8]) -> Vec<Vec<u8>> {
        let mut quoted = false;
        let ends = |byte: &u8| {
            quoted ^= *byte == b'"';
            let held = quoted && self.is(Flaw::QuotesHold);
            (*byte == b';' && !held)
                || (*byte == b',' && self.is(Flaw::SplitsAtCommas))
                || (*byte == b'~' && self.is(Flaw::SplitsAtTildes))
        };
        value.split(ends).map(<[u8]>::to_vec).collect()
    }

    /// Splits a piece into its name and its value.
    fn pair(&self, piece: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
        let piece = match piece.trim_ascii_start() {
            [b'=', rest @ ..] if self.is(Flaw::SkipsFirstEquals) => rest,
            _ => piece,
        };
        let equals = piece.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (trim(&piece[..equals]), trim(&piece[equals + 1..]));
        let name = self.name_of(name);
        let value = match self.flaw {
            Some(Flaw::CountsValues) if value.len() > 5 => value.len().to_string().into_bytes(),
            Some(Flaw::CutsValues) => value[..value.len().min(12)].to_vec(),
            _ => value.to_vec(),
        };
        (!name.is_empty()).then_some((name, value))
    }

    fn name_of(&self, name: &[u8]) -> Vec<u8> {
        match self.flaw {
            Some(Flaw::DecodesNames) => decoded(name),
            Some(Flaw::LowersNames) => name.to_ascii_lowercase(),
            Some(Flaw::ManglesNames) => {
                let mangled = |byte: &u8| if b". [".contains(byte) { b'_' } else { *byte };
                name.iter().map(mangled).collect()
            }
            Some(Flaw::TrimsUnicode) => match std::str::from_utf8(name) {
                Ok(text) => text.trim().as_bytes().to_vec(),
                Err(_) => name.to_vec(),
            },
            _ => name.to_vec(),
        }
    }

    fn set_cookie(&self, value: &[u8]) -> Pairs {
        let mut pieces = value.split(|byte| *byte == b';');
        let Some(cookie) = pieces.next().and_then(|piece| self.pair(piece)) else {
            return Vec::new();
        };
        if self.is(Flaw::SetsLittle) && cookie.0.len().max(cookie.1.len()) > 3 {
            return Vec::new();
        }
        let mut pairs = vec![cookie];
        for piece in pieces {
            let equals = piece.iter().position(|byte| *byte == b'=');
            let name = trim(&piece[..equals.unwrap_or(piece.len())]).to_ascii_lowercase();
            let value = equals.map(|at| trim(&piece[at + 1..]));
            let is_lower = trim(&piece[..equals.unwrap_or(piece.len())]) == name;
            if name == b"samesite" && self.is(Flaw::SameSiteByCase) && !is_lower {
                continue;
            }
            let value = self.attribute(&name, value);
            if value.is_none() && name != b"samesite" {
                continue;
            }
            let known = pairs.iter().skip(1).any(|pair| pair.0 == name);
            if known && name == b"domain" && self.is(Flaw::FirstDomain) {
                continue;
            }
            // The last one counts, and a SameSite of another word is none.
            let mut n = 0;
            pairs.retain(|pair| {
                n += 1;
                n == 1 || pair.0 != name
            });
            pairs.extend(value.map(|value| (name, value)));
        }
        pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    /// Returns the value of a known attribute.
    fn attribute(&self, name: &[u8], value: Option<&[u8]>) -> Option<Vec<u8>> {
        match name {
            b"secure" | b"httponly" => match value {
                Some(_) if self.is(Flaw::FlagsByValue) => None,
                _ => Some(Vec::new()),
            },
            b"domain" => {
                let value = value.filter(|value| !value.is_empty())?;
                Some(value.strip_prefix(b".").unwrap_or(value).to_ascii_lowercase())
            }
            b"samesite" => {
                let value = value?.to_ascii_lowercase();
                [&b"strict"[..], b"lax", b"none"].contains(&&value[..]).then_some(value)
            }
            _ => None,
        }
    }
}

/// Takes off spaces and tabs.
fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

fn decoded(name: &[u8]) -> Vec<u8> {
    let hex = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let (mut out, mut rest) = (Vec::new(), name);
    while let [byte, after @ ..] = rest {
        if let [b'%', high, low, after @ ..] = rest
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            out.push(high << 4 | low);
            rest = after;
        } else {
            out.push(*byte);
            rest = after;
        }
    }
    out
}
