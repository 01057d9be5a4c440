//! The changes that readers make to names and values: by which of them one text becomes another.

use std::collections::BTreeSet;

use interloper_engine::record::Difference;

type Change = fn(&[u8]) -> Option<Vec<u8>>;

/// Changes that readers make to a value.
const OF_VALUES: &[(Difference, Change)] = &[
    (Difference::Unquoted, unquoted),
    (Difference::Cut, up_to_quote),
    (Difference::Unescaped, unescaped),
    (Difference::Unescaped, unescaped_text),
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
    (Difference::Renamed, mangled_before_brackets),
    (Difference::Renamed, up_to_brackets),
    (Difference::Renamed, lower_case),
    (Difference::Renamed, replaced),
    (Difference::Renamed, latin_1),
];

/// The number of changes that are tried one after the other.
const CHANGES: usize = 4;

/// A text, and the changes that made it.
type Form = (Vec<u8>, BTreeSet<Difference>);

/// Everything that a text is read as, by the changes that readers make: the fewest changes first.
///
/// It depends on what was sent alone, so that it is made once, however many texts an answer has.
pub(super) struct Forms(Vec<Form>);

impl Forms {
    /// Returns the forms of a value.
    pub(super) fn of_value(sent: &[u8]) -> Forms {
        Forms(forms(OF_VALUES, sent))
    }

    /// Returns whether a text was read as another, whatever the cases of their letters are.
    pub(super) fn explain_without_case(&self, read: &[u8]) -> bool {
        let lower = |text: &[u8]| String::from_utf8_lossy(text).to_lowercase();
        self.0.iter().any(|form| lower(&form.0) == lower(read))
    }

    /// Returns the changes by which a value was read; `None` if there are none.
    pub(super) fn explain(&self, read: &[u8]) -> Option<BTreeSet<Difference>> {
        let exact = self.0.iter().find(|form| form.0 == read);
        exact.map(|form| form.1.clone()).or_else(|| {
            // What was left out at the end may be any text.
            let whole = self.0.iter().find(|form| form.0.starts_with(read))?;
            let mut how = whole.1.clone();
            how.insert(Difference::Cut);
            Some(how)
        })
    }
}

/// Returns everything that a name is read as, with white space behind it or without.
pub(super) fn forms_of_name(sent: &[u8]) -> BTreeSet<Vec<u8>> {
    let padded = [sent, b" "].concat();
    let all = forms(OF_NAMES, sent).into_iter().chain(forms(OF_NAMES, &padded));
    all.map(|form| form.0).collect()
}

/// Returns what a text becomes by changes one after the other, each with the shortest list of them.
fn forms(changes: &[(Difference, Change)], from: &[u8]) -> Vec<Form> {
    #[cfg(test)]
    tests::MADE.set(tests::MADE.get() + 1);
    let mut tried = BTreeSet::from([from.to_vec()]);
    let mut found: Vec<(Form, usize)> = vec![((from.to_vec(), BTreeSet::new()), 0)];
    let mut next = 0;
    while let Some(((text, done), length)) = found.get(next).cloned() {
        next += 1;
        if length == CHANGES {
            continue;
        }
        for (difference, change) in changes {
            let Some(changed) = change(&text).filter(|text| !tried.contains(text)) else {
                continue;
            };
            tried.insert(changed.clone());
            let with = done.iter().copied().chain([*difference]).collect();
            found.push(((changed, with), length + 1));
        }
    }
    found.into_iter().map(|(form, _)| form).collect()
}

fn unquoted(text: &[u8]) -> Option<Vec<u8>> {
    match text {
        [b'"', inner @ .., b'"'] => Some(inner.to_vec()),
        _ => None,
    }
}

/// Leaves out what stands behind a quoted string.
fn up_to_quote(text: &[u8]) -> Option<Vec<u8>> {
    let inner = text.strip_prefix(b"\"")?;
    let length = inner.iter().position(|byte| *byte == b'"')?;
    (length + 1 < inner.len()).then(|| text[..length + 2].to_vec())
}

/// Takes backslashes for escapes: of three octal digits, or of one character.
fn unescaped(text: &[u8]) -> Option<Vec<u8>> {
    Some(unescaped_as(text, |byte, out| out.push(byte)))
}

/// The same of a text, in which three octal digits are a character.
fn unescaped_text(text: &[u8]) -> Option<Vec<u8>> {
    std::str::from_utf8(text).ok()?;
    Some(unescaped_as(text, |byte, out| {
        out.extend(char::from(byte).encode_utf8(&mut [0; 2]).as_bytes());
    }))
}

fn unescaped_as(text: &[u8], octal: impl Fn(u8, &mut Vec<u8>)) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), text);
    loop {
        match rest {
            [b'\\', high @ b'0'..=b'3', middle @ b'0'..=b'7', low @ b'0'..=b'7', after @ ..] => {
                octal((high - b'0') << 6 | (middle - b'0') << 3 | (low - b'0'), &mut out);
                rest = after;
            }
            [b'\\', byte, after @ ..] | [byte, after @ ..] => {
                out.push(*byte);
                rest = after;
            }
            [] => return out,
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

/// The same of an array: only up to its brackets.
fn mangled_before_brackets(name: &[u8]) -> Option<Vec<u8>> {
    let brackets = name.iter().position(|byte| *byte == b'[')?;
    let before = mangled(&name[..brackets])?;
    Some([&before, &name[brackets..]].concat())
}

/// As PHP does: what stands behind the brackets of an array is no part of its name.
fn up_to_brackets(name: &[u8]) -> Option<Vec<u8>> {
    let mut end = name.iter().position(|byte| *byte == b'[')?;
    while name.get(end) == Some(&b'[')
        && let Some(length) = name[end..].iter().position(|byte| *byte == b']')
    {
        end += length + 1;
    }
    Some(name[..end].to_vec())
}

fn lower_case(name: &[u8]) -> Option<Vec<u8>> {
    Some(name.to_ascii_lowercase())
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        /// Number of texts whose forms were made.
        pub(in super::super) static MADE: Cell<usize> = const { Cell::new(0) };
    }

    fn changes(sent: &[u8], read: &[u8]) -> Option<Vec<&'static str>> {
        let found = Forms::of_value(sent).explain(read)?;
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
        // Python reads a header as Latin-1 or as UTF-8, and an escape as a byte or as a character.
        let bytes = changes(b"\"\\300\xf5\"", b"\xef\xbf\xbd\xc3\xb5");
        let text = changes(b"\"\\300\xc2\"", b"\xc3\x80\xef\xbf\xbd");
        for read in [bytes, text] {
            assert_eq!(read, Some(vec!["unquoted", "unescaped", "charset"]));
        }
        assert_eq!(changes(b"1", b"2"), None);
    }

    #[test]
    fn a_name_is_known_again() {
        for (sent, read) in [
            ("a%62", "ab"),
            ("..Host-id", "__Host-id"),
            ("\u{2000}__Host-id", "__Host-id"),
            ("a[b][]c", "a[b][]"),
        ] {
            assert!(forms_of_name(sent.as_bytes()).contains(read.as_bytes()), "{sent}");
        }
        assert!(!forms_of_name(b"a").contains(&b"b"[..]));
    }
}
