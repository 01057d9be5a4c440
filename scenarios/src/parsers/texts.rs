//! Names and values as bytes: their parts, and what is in them.

use std::collections::BTreeSet;

/// Returns a name without what PHP puts into it: the numbers of the items of `a[]`, and an underscore for each blank at its end.
pub(super) fn as_sent_to_php(name: &[u8]) -> Vec<u8> {
    let mut name = without_numbers(name);
    while let Some(b'_' | b' ' | b'\t') = name.last() {
        name.pop();
    }
    name
}

/// Returns a name without the numbers of the items of an array.
pub(super) fn without_numbers(name: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::new();
    for byte in name {
        if *byte == b']' {
            let digits = out.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
            let rest = out.len() - digits;
            if out[..rest].last() == Some(&b'[') {
                out.truncate(rest);
            }
        }
        out.push(*byte);
    }
    out
}

/// Splits a text at another.
pub(super) fn split<'v>(mut text: &'v [u8], between: &[u8]) -> Vec<&'v [u8]> {
    let mut parts = Vec::new();
    while let Some(at) = text.windows(between.len()).position(|window| window == between) {
        parts.push(&text[..at]);
        text = &text[at + between.len()..];
    }
    parts.push(text);
    parts
}

/// Returns the names that stand before a `=` in values.
pub(super) fn held<'v>(
    names: impl Iterator<Item = &'v &'v [u8]>,
    values: impl Iterator<Item = &'v [u8]>,
) -> BTreeSet<&'v [u8]> {
    let names: BTreeSet<&[u8]> = names.copied().collect();
    let lengths: BTreeSet<usize> = names.iter().map(|name| name.len()).collect();
    let mut held = BTreeSet::new();
    for value in values {
        for end in (0..value.len()).filter(|at| value[*at] == b'=') {
            let texts =
                lengths.iter().filter_map(|length| value.get(end.checked_sub(*length)?..end));
            held.extend(texts.filter(|text| names.contains(text)));
        }
    }
    held
}

/// Returns whether a word and a name are the same up to a bracket.
pub(super) fn same_base(piece: &[u8], name: &[u8]) -> bool {
    let base = |bytes: &[u8]| bytes.iter().position(|byte| *byte == b'[');
    let (Some(sent), Some(read)) = (base(piece), base(name)) else { return false };
    piece[..sent] == name[..read]
}
