//! The `Cookie` request header.

use super::{pair, refuse_controls, split};
use crate::error::Error;
use crate::planted;

/// A cookie as a client sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The name; never empty.
    pub name: Vec<u8>,
    /// The value, quotes included: they are part of it (RFC 6265 section 4.1.1).
    pub value: Vec<u8>,
}

/// Reads the header's value: pairs between semicolons, in their order; pieces without a name or without `=` are ignored.
///
/// # Errors
/// For control characters.
pub fn parse_cookie(bytes: &[u8]) -> Result<Vec<Pair>, Error> {
    refuse_controls(bytes)?;
    Ok(cookie_pairs(bytes))
}

/// Reads the header's value as [`parse_cookie`] does, and refuses nothing: what the same steps make of a header that no client may send.
pub fn cookie_pairs(bytes: &[u8]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let mut rest = Some(bytes);
    while let Some(bytes) = rest {
        let piece;
        (piece, rest) = piece_of(bytes);
        if let Some((name, value)) = pair(piece) {
            pairs.push(Pair { name: decoded(name), value: value.to_vec() });
        }
    }
    pairs
}

/// Prints pairs as a client sends them (RFC 6265 section 4.2.1).
pub fn print_cookie(pairs: &[Pair]) -> Vec<u8> {
    let pieces: Vec<Vec<u8>> =
        pairs.iter().map(|pair| [&pair.name[..], b"=", &pair.value].concat()).collect();
    pieces.join(&b"; "[..])
}

fn piece_of(bytes: &[u8]) -> (&[u8], Option<&[u8]>) {
    if planted::QUOTE_SMUGGLING {
        let mut quoted = false;
        let end = bytes.iter().position(|&byte| {
            quoted ^= byte == b'"';
            byte == b';' && !quoted
        });
        return end.map_or((bytes, None), |end| (&bytes[..end], Some(&bytes[end + 1..])));
    }
    split(bytes, b';')
}

fn decoded(name: &[u8]) -> Vec<u8> {
    let hex = |byte: u8| char::from(byte).to_digit(16);
    match name.iter().position(|&byte| byte == b'%').filter(|_| planted::DECODED_NAME) {
        Some(at) => match name[at..] {
            [_, high, low, ref rest @ ..] => match (hex(high), hex(low)) {
                (Some(high), Some(low)) => [&name[..at], &[(high * 16 + low) as u8], rest].concat(),
                _ => name.to_vec(),
            },
            _ => name.to_vec(),
        },
        None => name.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let text_of = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let pairs = parse_cookie(text.as_bytes()).unwrap();
        pairs.into_iter().map(|pair| (text_of(pair.name), text_of(pair.value))).collect()
    }

    fn is(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn pairs_are_what_stands_between_semicolons() {
        assert_eq!(read("a=1; b=2;c = 3 ;; d"), is(&[("a", "1"), ("b", "2"), ("c", "3")]));
        assert_eq!(read("a=b=c"), is(&[("a", "b=c")]));
        assert_eq!(read(""), is(&[]));
    }

    #[test]
    fn quotes_hold_nothing_together() {
        assert_eq!(read("a=\"b; c=d\""), is(&[("a", "\"b"), ("c", "d\"")]));
    }

    #[test]
    fn a_cookie_without_a_name_is_none() {
        assert_eq!(read("=__Host-a=b; x=y"), is(&[("x", "y")]));
    }

    #[test]
    fn a_name_is_taken_as_it_is() {
        assert_eq!(read("__%48ost-a=b"), is(&[("__%48ost-a", "b")]));
    }

    #[test]
    fn control_characters_are_refused_where_they_are() {
        assert_eq!(parse_cookie(b"a=1;b=\x00").unwrap_err().at, 6);
        assert!(parse_cookie(b"a=1\r\nx").is_err());
        assert!(parse_cookie(b"a=\t1").is_ok());
    }

    #[test]
    fn the_pairs_of_a_header_that_is_refused_are_read_all_the_same() {
        let pairs = cookie_pairs(b"a=1\x0b; b=\x00");
        assert_eq!(pairs[0], Pair { name: b"a".to_vec(), value: b"1\x0b".to_vec() });
        assert_eq!(pairs[1], Pair { name: b"b".to_vec(), value: b"\0".to_vec() });
    }
}
