//! Changes of what nearly every text format has: numbers, and fields between separators.

use interloper_engine::Random;

/// What stands between fields.
pub(super) const SEPARATORS: &[u8] = b".:|;,=&\n\t \"'{}[]";
/// Numbers at which readers go wrong.
const NUMBERS: [&str; 16] = [
    "0",
    "-1",
    "1",
    "7",
    "127",
    "128",
    "255",
    "256",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "18446744073709551615",
    "99999999999999999999",
];

/// Makes one change.
pub(super) fn change(bytes: Vec<u8>, random: &mut Random) -> Vec<u8> {
    match random.below(2) {
        0 => number(&bytes, random).unwrap_or_else(|| field(bytes, random)),
        _ => field(bytes, random),
    }
}

/// Puts another number in the place of one; `None` if there is none.
fn number(bytes: &[u8], random: &mut Random) -> Option<Vec<u8>> {
    let mut runs = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        // Digits within a word are no number.
        let letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
        let in_word = letter(at.checked_sub(1).and_then(|before| bytes.get(before)))
            && letter(bytes.get(at + length));
        if length > 0 && !in_word {
            runs.push(at..at + length);
        }
        at += length.max(1);
    }
    let run = runs.get(random.below(runs.len().max(1)))?.clone();
    let old: Option<u128> = std::str::from_utf8(&bytes[run.clone()]).ok()?.parse().ok();
    let new = match (random.below(4), old) {
        (0, Some(old)) => (old + 1 + random.below(64) as u128).to_string(),
        (1, Some(old)) => old.saturating_sub(1 + random.below(64) as u128).to_string(),
        (2, Some(old)) => (old * 2).to_string(),
        _ => NUMBERS[random.below(NUMBERS.len())].to_owned(),
    };
    Some([&bytes[..run.start], new.as_bytes(), &bytes[run.end..]].concat())
}

/// Drops, doubles, empties, shortens or exchanges a field.
fn field(bytes: Vec<u8>, random: &mut Random) -> Vec<u8> {
    let there: Vec<u8> = SEPARATORS.iter().copied().filter(|one| bytes.contains(one)).collect();
    if there.is_empty() {
        return super::bytes::change(bytes, random);
    }
    let separator = there[random.below(there.len())];
    let mut fields: Vec<&[u8]> = bytes.split(|byte| *byte == separator).collect();
    let (at, other) = (random.below(fields.len()), random.below(fields.len()));
    match random.below(7) {
        0 => drop(fields.remove(at)),
        1 => fields.insert(at, fields[other]),
        2 => fields[at] = b"",
        3 => fields[at] = &fields[at][..random.below(fields[at].len() + 1)],
        4 => fields[at] = fields[other],
        5 => fields.truncate(at + 1),
        _ => fields.swap(at, other),
    }
    fields.join(&separator)
}

/// Quotes, each with the forms in which writers keep one in a text.
const QUOTES: [(u8, [&[u8]; 4]); 2] =
    [(b'"', [b"\\\"", b"\"\"", b"%22", b"&quot;"]), (b'\'', [b"\\'", b"''", b"%27", b"&#39;"])];

/// Puts the end of a text and what follows it into another, each quote in a form that a writer keeps one in: a reader that takes it off must
/// put it on again.
pub(super) fn smuggle(bytes: Vec<u8>, random: &mut Random) -> Vec<u8> {
    let (quote, forms) = &QUOTES[random.below(QUOTES.len())];
    let ends: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] == *quote).collect();
    if ends.is_empty() {
        return field(bytes, random);
    }
    let from = ends[random.below(ends.len())];
    let until = (from + 1 + random.below(24)).min(bytes.len());
    let form = forms[random.below(forms.len())];
    let mut part = Vec::new();
    for byte in &bytes[from..until] {
        match byte == quote {
            true => part.extend(form),
            false => part.push(*byte),
        }
    }
    let mut bytes = bytes;
    let at = random.below(bytes.len() + 1);
    bytes.splice(at..at, part);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_before_a_text_becomes_another() {
        let mut random = Random::new(3);
        let all: Vec<Vec<u8>> =
            (0..200).filter_map(|_| number(b"s:5:\"hello\";", &mut random)).collect();
        assert!(all.iter().all(|one| one.starts_with(b"s:") && one.ends_with(b":\"hello\";")));
        for wanted in [&b"s:4:\"hello\";"[..], b"s:65536:\"hello\";", b"s:10:\"hello\";"] {
            assert!(all.iter().any(|one| one == wanted), "{}", wanted.escape_ascii());
        }
    }
}
