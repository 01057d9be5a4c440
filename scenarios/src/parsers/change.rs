//! The changes that readers make to names and values: by which of them one text becomes another.

use std::collections::{BTreeSet, VecDeque};

use interloper_engine::record::Difference;

type Change = fn(&[u8]) -> Option<Vec<u8>>;

/// Changes that readers make to a value.
const OF_VALUES: &[(Difference, Change)] = &[
    (Difference::Unquoted, unquoted),
    (Difference::Unescaped, unescaped),
    (Difference::Decoded, percent_decoded),
    (Difference::Decoded, form_decoded),
    (Difference::Trimmed, trimmed),
    (Difference::Trimmed, trimmed_bytes),
    (Difference::Charset, replaced),
    (Difference::Charset, latin_1),
];

/// Changes that readers make to a name.
const OF_NAMES: &[(Difference, Change)] = &[
    (Difference::Renamed, unquoted),
    (Difference::Renamed, percent_decoded),
    (Difference::Renamed, form_decoded),
    (Difference::Renamed, trimmed),
    (Difference::Renamed, trimmed_bytes),
    (Difference::Renamed, mangled),
    (Difference::Renamed, lower_case),
    (Difference::Renamed, replaced),
    (Difference::Renamed, latin_1),
];

/// The number of changes that are tried one after the other.
const CHANGES: usize = 3;

/// Returns the changes by which a value was read from what was sent; `None` if there are none.
pub(super) fn of_value(sent: &[u8], read: &[u8]) -> Option<BTreeSet<Difference>> {
    way(OF_VALUES, sent, |found| found == read).or_else(|| {
        // What was left out at the end may be any text.
        let mut whole = way(OF_VALUES, sent, |found| found.starts_with(read))?;
        whole.insert(Difference::Cut);
        Some(whole)
    })
}

/// Returns whether a name was read from the one that was sent.
pub(super) fn is_name_of(sent: &[u8], read: &[u8]) -> bool {
    way(OF_NAMES, sent, |found| found == read).is_some()
}

/// Returns the shortest list of changes after which a text is as wanted.
fn way(
    changes: &[(Difference, Change)],
    from: &[u8],
    is_wanted: impl Fn(&[u8]) -> bool,
) -> Option<BTreeSet<Difference>> {
    let mut tried = BTreeSet::from([from.to_vec()]);
    let mut open = VecDeque::from([(from.to_vec(), BTreeSet::new(), 0)]);
    while let Some((text, done, length)) = open.pop_front() {
        if is_wanted(&text) {
            return Some(done);
        }
        if length == CHANGES {
            continue;
        }
        for (difference, change) in changes {
            let Some(next) = change(&text).filter(|next| !tried.contains(next)) else { continue };
            tried.insert(next.clone());
            let mut with = done.clone();
            with.insert(*difference);
            open.push_back((next, with, length + 1));
        }
    }
    None
}

fn unquoted(text: &[u8]) -> Option<Vec<u8>> {
    match text {
        [b'"', inner @ .., b'"'] => Some(inner.to_vec()),
        _ => None,
    }
}

/// Takes backslashes for escapes: of three octal digits, or of one character.
fn unescaped(text: &[u8]) -> Option<Vec<u8>> {
    let (mut out, mut rest) = (Vec::new(), text);
    loop {
        match rest {
            [b'\\', high @ b'0'..=b'3', middle @ b'0'..=b'7', low @ b'0'..=b'7', after @ ..] => {
                out.push((high - b'0') << 6 | (middle - b'0') << 3 | (low - b'0'));
                rest = after;
            }
            [b'\\', byte, after @ ..] | [byte, after @ ..] => {
                out.push(*byte);
                rest = after;
            }
            [] => return Some(out),
        }
    }
}

fn percent_decoded(text: &[u8]) -> Option<Vec<u8>> {
    let hex = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let (mut out, mut rest) = (Vec::new(), text);
    while let [byte, after @ ..] = rest {
        let escape = match rest {
            [b'%', high, low, after @ ..] => hex(*high).zip(hex(*low)).map(|pair| (pair, after)),
            _ => None,
        };
        match escape {
            Some(((high, low), after)) => {
                out.push(high << 4 | low);
                rest = after;
            }
            None => {
                out.push(*byte);
                rest = after;
            }
        }
    }
    Some(out)
}

/// As in a form: a plus is a blank.
fn form_decoded(text: &[u8]) -> Option<Vec<u8>> {
    let spaced: Vec<u8> =
        text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decoded(&spaced)
}

/// Takes off the white space of Unicode, and what Python takes for some.
fn trimmed(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    Some(text.trim_matches(is_blank).as_bytes().to_vec())
}

/// The same of bytes that stand for Latin-1.
fn trimmed_bytes(text: &[u8]) -> Option<Vec<u8>> {
    let blank = |byte: &&u8| is_blank(char::from(**byte));
    let from = text.iter().take_while(blank).count();
    let to = text.len() - text[from..].iter().rev().take_while(blank).count();
    Some(text[from..to].to_vec())
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

fn replaced(text: &[u8]) -> Option<Vec<u8>> {
    std::str::from_utf8(text).is_err().then(|| String::from_utf8_lossy(text).as_bytes().to_vec())
}

/// As text of Latin-1 that is written in UTF-8.
fn latin_1(text: &[u8]) -> Option<Vec<u8>> {
    let whole: String = text.iter().map(|byte| char::from(*byte)).collect();
    (!text.is_ascii()).then(|| whole.into_bytes())
}

/// As PHP does: what a variable's name cannot have is an underscore.
fn mangled(name: &[u8]) -> Option<Vec<u8>> {
    let known = name.iter().map(|byte| match byte {
        b' ' | b'.' | b'[' => b'_',
        byte => *byte,
    });
    Some(known.collect())
}

fn lower_case(name: &[u8]) -> Option<Vec<u8>> {
    Some(name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(sent: &[u8], read: &[u8]) -> Option<Vec<&'static str>> {
        let found = of_value(sent, read)?;
        Some(found.into_iter().map(Difference::as_str).collect())
    }

    #[test]
    fn a_value_is_explained_by_the_fewest_changes() {
        assert_eq!(changes(b"1", b"1"), Some(vec![]));
        assert_eq!(changes(b"\"1\"", b"1"), Some(vec!["unquoted"]));
        assert_eq!(changes(b"\"\\073\"", b";"), Some(vec!["unquoted", "unescaped"]));
        assert_eq!(changes(b"%41+", b"A+"), Some(vec!["decoded"]));
        assert_eq!(changes(b"%41+", b"A "), Some(vec!["decoded"]));
        assert_eq!(changes(b"\xe9", "é".as_bytes()), Some(vec!["charset"]));
        assert_eq!(changes(b"\xc2\xa01", b"1"), Some(vec!["trimmed"]));
        assert_eq!(changes(b"1<2", b"1"), Some(vec!["cut"]));
        assert_eq!(changes(b"1", b"2"), None);
    }

    #[test]
    fn a_name_is_known_again() {
        for (sent, read) in
            [("a%62", "ab"), ("..Host-id", "__Host-id"), ("\u{2000}__Host-id", "__Host-id")]
        {
            assert!(is_name_of(sent.as_bytes(), read.as_bytes()), "{sent}");
        }
        assert!(!is_name_of(b"a", b"b"));
    }
}
