//! A cursor over bytes that knows where it is.

use crate::error::{Error, Reason};
use crate::limits::check_length;

/// A cursor over bytes.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Over an input, unless it is too long.
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Reader<'a>, Error> {
        check_length(bytes)?;
        Ok(Reader { bytes, at: 0 })
    }

    /// Over an input of lines. A carriage return that is not before a newline, or a NUL, is refused: programs do not agree on whether one
    /// ends a line.
    pub(crate) fn of_lines(bytes: &'a [u8]) -> Result<Reader<'a>, Error> {
        let reader = Reader::new(bytes)?;
        let odd = |(at, &byte): (usize, &u8)| match byte {
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            byte => byte == 0,
        };
        match bytes.iter().enumerate().position(odd) {
            Some(at) => Err(Error::new(at, Reason::Forbidden("a carriage return or NUL"))),
            None => Ok(reader),
        }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.at >= self.bytes.len()
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The error that the byte under the cursor is.
    pub(crate) fn error(&self, reason: Reason) -> Error {
        Error::new(self.at, reason)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Error> {
        let byte = self.peek().ok_or_else(|| self.error(Reason::Ends))?;
        self.at += 1;
        Ok(byte)
    }

    /// The next `count` bytes, or nothing where fewer are left.
    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let (taken, _) =
            self.rest().split_at_checked(count).ok_or_else(|| self.error(Reason::Ends))?;
        self.at += count;
        Ok(taken)
    }

    /// As many bytes as an array holds.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (taken, _) =
            self.rest().split_first_chunk::<N>().ok_or_else(|| self.error(Reason::Ends))?;
        self.at += N;
        Ok(*taken)
    }

    pub(crate) fn take_while(&mut self, fits: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let count = rest.iter().position(|&byte| !fits(byte)).unwrap_or(rest.len());
        self.at += count;
        rest.get(..count).unwrap_or_default()
    }

    /// What stands before the next `end`, which is passed over.
    pub(crate) fn until(&mut self, end: u8, what: &'static str) -> Result<&'a [u8], Error> {
        let rest = self.rest();
        match rest.iter().position(|&byte| byte == end) {
            Some(count) => {
                self.at += count + 1;
                Ok(rest.get(..count).unwrap_or_default())
            }
            None => Err(Error::new(self.bytes.len(), Reason::Expected(what))),
        }
    }

    /// Passes over `literal`, which must stand here.
    pub(crate) fn expect(&mut self, literal: &[u8], what: &'static str) -> Result<(), Error> {
        match self.rest().starts_with(literal) {
            true => {
                self.at += literal.len();
                Ok(())
            }
            false => Err(self.error(Reason::Expected(what))),
        }
    }

    /// Passes over `literal` where it stands here.
    pub(crate) fn skip(&mut self, literal: &[u8]) -> bool {
        let found = self.rest().starts_with(literal);
        if found {
            self.at += literal.len();
        }
        found
    }

    /// A decimal number in its one spelling: no plus, no leading zeros, no minus zero.
    pub(crate) fn integer(&mut self) -> Result<i64, Error> {
        let start = self.at;
        let minus = self.skip(b"-");
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        let plain = match digits {
            [] => return Err(self.error(Reason::Expected("a digit"))),
            [b'0'] => !minus,
            [b'0', ..] => false,
            _ => true,
        };
        if !plain {
            return Err(Error::new(start, Reason::Expected("a number in its shortest spelling")));
        }
        std::str::from_utf8(&self.bytes[start..self.at])
            .ok()
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| Error::new(start, Reason::Range("the number")))
    }

    /// One digit or more, as they stand.
    pub(crate) fn digits(&mut self) -> Result<String, Error> {
        match self.take_while(|byte| byte.is_ascii_digit()) {
            [] => Err(self.error(Reason::Expected("a digit"))),
            digits => Ok(String::from_utf8_lossy(digits).into_owned()),
        }
    }

    /// A length or a count in its one spelling.
    pub(crate) fn length(&mut self) -> Result<usize, Error> {
        let start = self.at;
        let number = self.integer()?;
        usize::try_from(number).map_err(|_| Error::new(start, Reason::Range("the length")))
    }

    /// The end of the input must be here.
    pub(crate) fn end(&self) -> Result<(), Error> {
        match self.is_empty() {
            true => Ok(()),
            false => Err(self.error(Reason::Trailing)),
        }
    }
}
