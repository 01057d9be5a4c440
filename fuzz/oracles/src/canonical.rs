//! What was read prints as it was: the input and the print are compared as bytes or as trees of tokens, and not as our own values. A value
//! that merges what a program tells apart, such as a key that is absent and one that is null, has lost the difference before two of it can
//! be compared.
//!
//! Each canonical form is made by a reader of its own, which shares no line with `interloper_formats`.

use std::fmt::Write;

use crate::Violation;
use crate::reference_parsers::{name_and_value, trim};

/// Checks that the print of an accepted input says what the input says. Formats that have one spelling for each value are compared to the
/// byte elsewhere, and those that are not known here are not compared.
///
/// ```
/// use interloper_oracles::kept;
///
/// assert_eq!(kept("httpie", b"{\"a\": null}", b"{ \"\\u0061\":null }"), Ok(()));
/// assert!(kept("httpie", b"{\"a\": null}", b"{}").is_err());
/// ```
///
/// # Errors
/// Where the two say different things.
pub fn kept(format: &str, input: &[u8], printed: &[u8]) -> Result<(), Violation> {
    let Some(canonical) = canonical(format) else { return Ok(()) };
    let (before, after) = (canonical(input), canonical(printed));
    Violation::unless(before == after, "says what was read", || {
        let text = String::from_utf8_lossy(printed);
        format!("{format} printed as {text:?}: {before:?} became {after:?}")
    })
}

/// Makes the canonical form of an input.
type Canonical = fn(&[u8]) -> Vec<String>;

/// Returns what makes the canonical form of a format.
fn canonical(format: &str) -> Option<Canonical> {
    Some(match format {
        "httpie" | "express" | "cookie_store" | "tough_cookie" => json,
        "lwp" => lwp,
        "cookie_header" => cookie_header,
        "set_cookie" => set_cookie,
        "msgpack" | "tower" => msgpack,
        _ => return None,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        // Writing to a string does not fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Returns the tokens of JSON without white space, strings as their units of UTF-16: the order of keys and the digits of numbers count.
fn json(input: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(input);
    let (mut tokens, mut rest) = (Vec::new(), text.chars());
    let mut plain = String::new();
    while let Some(one) = rest.next() {
        match one {
            '"' => tokens.push(json_string(&mut rest)),
            ' ' | '\t' | '\n' | '\r' => {}
            '{' | '}' | '[' | ']' | ':' | ',' => {
                tokens.extend(Some(std::mem::take(&mut plain)).filter(|word| !word.is_empty()));
                tokens.push(one.to_string());
            }
            _ => plain.push(one),
        }
    }
    tokens.push(plain);
    tokens
}

/// Returns the units of a string, up to its closing quote.
fn json_string(rest: &mut std::str::Chars<'_>) -> String {
    let mut units = String::from("\"");
    while let Some(one) = rest.next().filter(|&one| one != '"') {
        let escape = if one == '\\' { rest.next() } else { None };
        let code = match escape {
            None => None,
            Some('u') => {
                let digits: String = rest.by_ref().take(4).collect();
                Some(u16::from_str_radix(&digits, 16).unwrap_or_default())
            }
            Some('b') => Some(8),
            Some('t') => Some(9),
            Some('n') => Some(10),
            Some('f') => Some(12),
            Some('r') => Some(13),
            Some(other) => Some(other as u16),
        };
        let mut pair = [0; 2];
        let all = match &code {
            Some(unit) => std::slice::from_ref(unit),
            None => one.encode_utf16(&mut pair),
        };
        for unit in all {
            let _ = write!(units, "{unit:04x}");
        }
    }
    units
}

/// Returns the words of each line, names and values in hexadecimal.
fn lwp(input: &[u8]) -> Vec<String> {
    let lines = input.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| lwp_line(line.strip_prefix(b"Set-Cookie3:").unwrap_or(line))).collect()
}

fn lwp_line(line: &[u8]) -> String {
    let mut words = vec![(Vec::new(), None::<Vec<u8>>)];
    let (mut quoted, mut escaped) = (false, false);
    for &byte in line {
        let Some((name, value)) = words.last_mut() else { break };
        match (byte, value) {
            (_, Some(value)) if quoted && escaped => {
                value.push(byte);
                escaped = false;
            }
            (b'\\', Some(_)) if quoted => escaped = true,
            (b'"', Some(_)) => quoted = !quoted,
            (_, Some(value)) if quoted => value.push(byte),
            (b';', _) => words.push((Vec::new(), None)),
            (b' ' | b'\t', _) => {}
            (b'=', value @ None) => *value = Some(Vec::new()),
            (_, Some(value)) => value.push(byte),
            (_, None) => name.push(byte),
        }
    }
    let words = words.iter().map(|(name, value)| match value {
        Some(value) => format!("{}={}", hex(name), hex(value)),
        None => hex(name),
    });
    words.collect::<Vec<_>>().join(";")
}

fn cookie_header(input: &[u8]) -> Vec<String> {
    let pieces = input.split(|&byte| byte == b';').filter_map(name_and_value);
    pieces.map(|(name, value)| format!("{}={}", hex(name), hex(value))).collect()
}

/// Returns the pair and what each attribute comes to by RFC 6265, then those that it does not know. Dates are read by others.
fn set_cookie(input: &[u8]) -> Vec<String> {
    let mut pieces = input.split(|&byte| byte == b';');
    let mut out: Vec<String> = pieces
        .next()
        .and_then(name_and_value)
        .map(|(name, value)| format!("{}={}", hex(name), hex(value)))
        .into_iter()
        .collect();
    let mut known = std::collections::BTreeMap::new();
    for piece in pieces {
        let mut halves = piece.splitn(2, |&byte| byte == b'=');
        let name = trim(halves.next().unwrap_or_default());
        let value = halves.next().map(trim);
        let text = value.unwrap_or_default();
        if text.len() > 1024 {
            continue;
        }
        let lower = text.to_ascii_lowercase();
        let word = |words: &[&[u8]]| words.contains(&&lower[..]).then(|| hex(&lower));
        match name.to_ascii_lowercase().as_slice() {
            b"" | b"expires" | b"max-age" => {}
            flag @ (b"secure" | b"httponly" | b"partitioned") => {
                known.insert(hex(flag), Some(String::new()));
            }
            b"domain" if text.is_empty() => {}
            b"domain" => {
                let host = lower.strip_prefix(b".").unwrap_or(&lower);
                known.insert("domain".into(), (!host.is_empty()).then(|| hex(host)));
            }
            b"path" => {
                known.insert("path".into(), text.starts_with(b"/").then(|| hex(text)));
            }
            b"samesite" => {
                known.insert("samesite".into(), word(&[b"strict", b"lax", b"none"]));
            }
            b"priority" => {
                known.insert("priority".into(), word(&[b"low", b"medium", b"high"]));
            }
            _ => out.push(format!("{}={:?}", hex(name), value.map(hex))),
        }
    }
    out.extend(known.into_iter().filter_map(|(name, value)| Some(format!("{name}: {}", value?))));
    out
}

/// Returns what `rmpv` reads, in words: to it, two numbers that are none are unequal.
fn msgpack(mut input: &[u8]) -> Vec<String> {
    let read = rmpv::decode::read_value(&mut input);
    vec![format!("{:?}, then {} bytes", read.ok(), input.len())]
}
