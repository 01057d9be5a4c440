//! Where in a file a document can stand that its reader takes for an object: behind base64, hexadecimal, zlib and gzip, and inside of
//! containers.
//!
//! A place is found by what stands there: a secret of the session, or the beginning of a format whose readers make objects.

use std::io::{Read, Write};
use std::ops::Range;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, PAD};
use flate2::Compression;
use flate2::bufread::{GzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};

use super::payload::{Format, Payload};
use crate::corruption::structure::pickle_end;

/// Number of bytes of a zlib stream with one stored block, beside what it holds: RFC 1950 and RFC 1951, section 3.2.4.
const STORED: usize = 2 + 5 + 4;
/// The most that is unpacked from one stream.
const UNPACKED: u64 = 1 << 20;

/// The most that are wrapped in each other.
const DEPTH: usize = 3;
/// The most places of one layer.
const MOST: usize = 16;
/// A shorter run of text holds no document.
const RUN: usize = 32;

/// A wrapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    Base64 { url: bool, padded: bool },
    Hex,
    Zlib,
    Gzip,
}

impl Layer {
    fn word(self) -> &'static str {
        match self {
            Layer::Base64 { .. } => "base64",
            Layer::Hex => "hex",
            Layer::Zlib => "zlib",
            Layer::Gzip => "gzip",
        }
    }
}

/// A place for a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// From the outside to the inside: the range in the bytes around, and what it is wrapped in.
    layers: Vec<(Range<usize>, Layer)>,
    /// The range in the innermost bytes.
    range: Range<usize>,
    /// The format that begins there; `None` if a secret was found and it is not known in what.
    pub(super) format: Option<Format>,
}

impl Place {
    /// Returns whether a payload has the format that was found there. A document in an unknown format may be any.
    pub(super) fn takes(&self, payload: &Payload) -> bool {
        self.format.is_none_or(|format| format == payload.format)
    }

    /// Describes it for findings: `in base64 in zlib`, `at byte 4096`.
    pub(super) fn describe(&self) -> String {
        if self.layers.is_empty() {
            return format!("at byte {}", self.range.start);
        }
        let words: Vec<&str> = self.layers.iter().rev().map(|(_, layer)| layer.word()).collect();
        format!("in {} at byte {}", words.join(" in "), self.layers[0].0.start)
    }

    /// Returns the wrappings alone, for the coverage: `in base64`, `inside`.
    pub(super) fn form(&self) -> String {
        if self.layers.is_empty() {
            return "in its place inside the file".into();
        }
        let words: Vec<&str> = self.layers.iter().rev().map(|(_, layer)| layer.word()).collect();
        format!("in {}", words.join(" in "))
    }

    /// Returns the file with a payload in this place and every other byte where it was; `None` if it does not fit.
    pub(super) fn fit(&self, whole: &[u8], payload: &Payload, marker: &str) -> Option<Vec<u8>> {
        let file = fit(whole, &self.layers, &self.range, payload, marker)?;
        (file.len() == whole.len()).then_some(file)
    }

    /// Returns the file with a payload in this place, and what follows moved.
    pub(super) fn put(&self, whole: &[u8], payload: &Payload, marker: &str) -> Option<Vec<u8>> {
        put(whole, &self.layers, &self.range, &payload.bytes(marker))
    }
}

fn put(
    bytes: &[u8],
    layers: &[(Range<usize>, Layer)],
    range: &Range<usize>,
    payload: &[u8],
) -> Option<Vec<u8>> {
    let Some(((around, layer), inner)) = layers.split_first() else {
        return Some(spliced(bytes, range, payload));
    };
    let decoded = decode(&bytes[around.clone()], *layer)?;
    let encoded = encode(&put(&decoded, inner, range, payload)?, *layer)?;
    Some(spliced(bytes, around, &encoded))
}

fn fit(
    bytes: &[u8],
    layers: &[(Range<usize>, Layer)],
    range: &Range<usize>,
    payload: &Payload,
    marker: &str,
) -> Option<Vec<u8>> {
    let Some(((around, layer), inner)) = layers.split_first() else {
        if payload.may_be_followed() {
            let new = payload.bytes(marker);
            let end = range.start + new.len();
            return (end <= bytes.len()).then(|| spliced(bytes, &(range.start..end), &new));
        }
        return Some(spliced(bytes, range, &payload.of_length(marker, range.len())?));
    };
    let outer = &bytes[around.clone()];
    let encoded = match layer {
        Layer::Base64 { .. } | Layer::Hex => {
            encode(&fit(&decode(outer, *layer)?, inner, range, payload, marker)?, *layer)?
        }
        // What is compressed gets another length; a stored block has the one that is wanted.
        Layer::Zlib if inner.is_empty() => {
            stored(&payload.of_length(marker, outer.len().checked_sub(STORED)?)?)?
        }
        Layer::Zlib | Layer::Gzip => return None,
    };
    Some(spliced(bytes, around, &encoded))
}

fn spliced(bytes: &[u8], range: &Range<usize>, new: &[u8]) -> Vec<u8> {
    [&bytes[..range.start], new, &bytes[range.end..]].concat()
}

/// Finds the places in a file. `secret` says where a secret begins, if there is one as it is.
pub(super) fn places(whole: &[u8], secret: &dyn Fn(&[u8]) -> Option<usize>) -> Vec<Place> {
    let mut places = Vec::new();
    search(whole, &mut Vec::new(), secret, &mut places);
    places
}

fn search(
    bytes: &[u8],
    layers: &mut Vec<(Range<usize>, Layer)>,
    secret: &dyn Fn(&[u8]) -> Option<usize>,
    places: &mut Vec<Place>,
) {
    let begins = beginnings(bytes);
    let found = secret(bytes);
    for (at, format) in begins.iter().take(MOST) {
        // The beginning of a file is tried with every payload anyway.
        if *at > 0 || !layers.is_empty() {
            places.push(Place {
                layers: layers.clone(),
                range: *at..bytes.len(),
                format: Some(*format),
            });
        }
    }
    if let Some(range) = found.and_then(|at| document(bytes, at))
        && (range != (0..bytes.len()) || !layers.is_empty())
    {
        places.push(Place { layers: layers.clone(), range, format: Some(Format::Json) });
    }
    // In a wrapping, the whole of it.
    if !layers.is_empty() && begins.first().is_none_or(|(at, _)| *at > 0) && found.is_some() {
        places.push(Place { layers: layers.clone(), range: 0..bytes.len(), format: None });
    }
    if layers.len() == DEPTH {
        return;
    }
    for (range, layer) in wrapped(bytes).into_iter().take(4 * MOST) {
        let Some(inner) = decode(&bytes[range.clone()], layer) else { continue };
        layers.push((range, layer));
        search(&inner, layers, secret, places);
        layers.pop();
    }
}

/// Returns where formats begin whose readers make objects.
fn beginnings(bytes: &[u8]) -> Vec<(usize, Format)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let (format, length) = match &bytes[at..] {
            rest @ [0x80, 2..=5, ..] => (Format::Pickle, pickle_end(rest)),
            rest if OLD_PICKLES.iter().any(|begin| rest.starts_with(begin)) => {
                (Format::Pickle, pickle_end(rest))
            }
            [4, 8, b'{' | b'[' | b'}' | b'I' | b'o' | b'U' | b'u' | b'@' | b'S' | b'C', ..] => {
                (Format::Marshal, Some(2))
            }
            [0xac, 0xed, 0, 5, b's' | b't' | b'u' | b'w' | b'z', ..] => (Format::Java, Some(4)),
            rest if is_php(rest) => (Format::Php, Some(rest.len())),
            _ => (Format::Program, None),
        };
        match length {
            Some(length) => {
                found.push((at, format));
                at += length.max(1);
            }
            None => at += 1,
        }
    }
    found
}

/// Beginnings of a dict, a list and an object in pickles of protocols 0 and 1.
const OLD_PICKLES: [&[u8]; 6] =
    [b"(dp", b"(lp", b"}q\0", b"]q\0", b"ccopy_reg\n", b"c__builtin__\n"];

/// Returns whether an array or an object of PHP's begins: `a:1:{`, `O:3:"`.
fn is_php(bytes: &[u8]) -> bool {
    let [kind @ (b'a' | b'O'), b':', rest @ ..] = bytes else { return false };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let opens: &[u8] = if *kind == b'a' { b":{" } else { b":\"" };
    digits > 0 && rest[digits..].starts_with(opens)
}

/// Returns the JSON document around an offset: the longest that begins before it and ends behind it.
fn document(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let begins = (0..at).filter(|at| matches!(bytes[*at], b'{' | b'['));
    // As in a row of a database: what stands before the document is no part of it.
    begins.take(64 * MOST).find_map(|begin| {
        let mut values =
            serde_json::Deserializer::from_slice(&bytes[begin..]).into_iter::<serde_json::Value>();
        values.next()?.ok()?;
        let end = begin + values.byte_offset();
        (end > at).then_some(begin..end)
    })
}

/// Returns the ranges that may be wrapped.
pub(crate) fn wrapped(bytes: &[u8]) -> Vec<(Range<usize>, Layer)> {
    let mut found = streams(bytes);
    let in_run =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    let mut at = 0;
    while at < bytes.len() {
        let run = bytes[at..].iter().take_while(|byte| in_run(byte)).count();
        if run >= RUN {
            let text = &bytes[at..at + run];
            if run % 2 == 0 && text.iter().all(u8::is_ascii_hexdigit) {
                found.push((at..at + run, Layer::Hex));
            }
            let rest = bytes[at + run..].iter().take(2);
            let equal = rest.take_while(|byte| **byte == b'=').count();
            let url = text.iter().any(|byte| matches!(byte, b'-' | b'_'));
            let padded = (run + equal) % 4 == 0;
            found.push((at..at + run + equal, Layer::Base64 { url, padded }));
        }
        at += run.max(1);
    }
    found
}

/// Returns the compressed streams.
fn streams(bytes: &[u8]) -> Vec<(Range<usize>, Layer)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let layer = match &bytes[at..] {
            // RFC 1950, section 2.2: deflate with a window of 32 KiB, and a check.
            [0x78, second, ..] if (0x7800 | u16::from(*second)) % 31 == 0 => Some(Layer::Zlib),
            [0x1f, 0x8b, 8, ..] => Some(Layer::Gzip),
            _ => None,
        };
        let length = layer.and_then(|layer| Some((layer, unpack(&bytes[at..], layer)?.1)));
        if let Some((layer, length)) = length {
            found.push((at..at + length, layer));
        }
        at += length.map_or(1, |(_, length)| length.max(1));
    }
    found
}

/// Unpacks a stream; gives what it holds and its length.
fn unpack(bytes: &[u8], layer: Layer) -> Option<(Vec<u8>, usize)> {
    let mut rest = bytes;
    let mut unpacked = Vec::new();
    let read = match layer {
        Layer::Zlib => ZlibDecoder::new(&mut rest).take(UNPACKED).read_to_end(&mut unpacked),
        _ => GzDecoder::new(&mut rest).take(UNPACKED).read_to_end(&mut unpacked),
    };
    read.ok()?;
    (!unpacked.is_empty()).then_some((unpacked, bytes.len() - rest.len()))
}

fn base64(url: bool, padded: bool) -> GeneralPurpose {
    let alphabet = if url { &URL_SAFE } else { &STANDARD };
    GeneralPurpose::new(alphabet, if padded { PAD } else { NO_PAD })
}

/// Returns what a layer wraps; `None` if it wraps nothing.
pub(crate) fn decode(bytes: &[u8], layer: Layer) -> Option<Vec<u8>> {
    match layer {
        Layer::Base64 { url, padded } => base64(url, padded).decode(bytes).ok(),
        Layer::Hex => bytes
            .chunks(2)
            .map(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok())
            .collect(),
        Layer::Zlib | Layer::Gzip => Some(unpack(bytes, layer)?.0),
    }
}

/// Wraps bytes in a layer.
pub(crate) fn encode(bytes: &[u8], layer: Layer) -> Option<Vec<u8>> {
    match layer {
        Layer::Base64 { url, padded } => Some(base64(url, padded).encode(bytes).into_bytes()),
        Layer::Hex => {
            Some(bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect())
        }
        Layer::Zlib => {
            let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
            zlib.write_all(bytes).ok()?;
            zlib.finish().ok()
        }
        Layer::Gzip => {
            let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
            gzip.write_all(bytes).ok()?;
            gzip.finish().ok()
        }
    }
}

/// Makes a zlib stream of one stored block. `None` if a block does not hold so much.
fn stored(bytes: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(bytes.len()).ok()?;
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    let head = [0x78, 0x01, 0x01];
    let adler = (b << 16 | a).to_be_bytes();
    Some([&head[..], &length.to_le_bytes(), &(!length).to_le_bytes(), bytes, &adler].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corruption::code_execution::payload::PAYLOADS;

    const SECRET: &[u8] = b"0123456789abcdefghij-a-secret-of-the-session-0123456789abcdefghij";
    const MARKER: &str = "/tmp/interloper-ran";

    fn secret(bytes: &[u8]) -> Option<usize> {
        bytes.windows(SECRET.len()).position(|part| part == SECRET)
    }

    fn pickle() -> Vec<u8> {
        let length = (SECRET.len() as u32).to_le_bytes();
        [b"\x80\x02}q\0X\x01\0\0\0aX", &length[..], SECRET, b"s."].concat()
    }

    /// A place, and the file with a payload in it: of the same length, and of any.
    type Form = (String, Option<Vec<u8>>, Option<Vec<u8>>);

    /// Returns the places, and each file that the second pickle makes of them.
    fn forms(whole: &[u8]) -> Vec<Form> {
        let payload = &PAYLOADS[2];
        let found = places(whole, &secret);
        let forms = found.iter().filter(|place| place.takes(payload));
        forms
            .map(|place| {
                let (fit, put) =
                    (place.fit(whole, payload, MARKER), place.put(whole, payload, MARKER));
                (place.form(), fit, put)
            })
            .collect()
    }

    #[test]
    fn a_pickle_is_found_in_every_wrapping_and_two_deep() {
        let url = Layer::Base64 { url: true, padded: false };
        let standard = Layer::Base64 { url: false, padded: true };
        let wrap = |bytes: &[u8], layer| encode(bytes, layer).unwrap();
        for (whole, form) in [
            (wrap(&pickle(), url), "in base64"),
            (wrap(&pickle(), standard), "in base64"),
            (wrap(&pickle(), Layer::Hex), "in hex"),
            (wrap(&pickle(), Layer::Zlib), "in zlib"),
            (wrap(&pickle(), Layer::Gzip), "in gzip"),
            (wrap(&wrap(&pickle(), Layer::Zlib), standard), "in zlib in base64"),
            ([b"{\"a\": \"", &wrap(&pickle(), standard)[..], b"\"}"].concat(), "in base64"),
        ] {
            let all = forms(&whole);
            let (_, _, put) = all
                .iter()
                .find(|(found, ..)| found == form)
                .unwrap_or_else(|| panic!("{form}: {all:?}"));
            let again = forms(put.as_ref().unwrap());
            assert!(again.iter().any(|(found, ..)| found == form), "{form}: {again:?}");
        }
    }

    #[test]
    fn in_a_container_every_other_byte_stays_where_it_was() {
        let zlib = encode(&pickle(), Layer::Zlib).unwrap();
        for (inner, form) in [(pickle(), "in its place inside the file"), (zlib, "in zlib")] {
            let whole = [&[7; 4096][..], &inner, &[9; 100]].concat();
            let all = forms(&whole);
            let (_, fit, _) = all
                .iter()
                .find(|(found, ..)| found == form)
                .unwrap_or_else(|| panic!("{form}: {all:?}"));
            let file = fit.as_ref().unwrap();
            assert_eq!(file.len(), whole.len());
            assert_eq!(
                (&file[..4096], &file[4096 + inner.len()..]),
                (&[7; 4096][..], &[9; 100][..])
            );
        }
    }

    #[test]
    fn a_document_of_json_in_a_row_is_a_place() {
        let json = [b"{\"a\":{\"b\":\"", SECRET, b"\"},\"c\":[1,2,3]}"].concat();
        let whole = [b"row 1 [alpha] ", &json[..], b" row 2"].concat();
        let found = places(&whole, &secret);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].range, 14..14 + json.len());
        let payload = PAYLOADS.iter().find(|payload| payload.format == Format::Json).unwrap();
        let file = found[0].fit(&whole, payload, MARKER).unwrap();
        assert!(file.len() == whole.len() && file.ends_with(b" row 2"));
    }

    #[test]
    fn what_has_no_secret_and_no_objects_has_no_place() {
        for whole in [&b""[..], b"{\"a\": 1}", &[0x80; 300], &[b'a'; 300]] {
            assert_eq!(places(whole, &secret), [], "{whole:?}");
        }
    }
}
