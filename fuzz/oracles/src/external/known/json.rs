//! Readers of JSON: Python's `json` and Node's `JSON.parse`, which read JSON and ask for no form.

use serde_json::Value;

use super::super::compare::{Case, KnownDisagreement, Part};
use super::super::{json, reading};

pub(in super::super) static HTTPIE: &[KnownDisagreement] = &[
    KnownDisagreement::new(
        Part::Accepts,
        "it is JSON, and no session: the reference asks for the form too",
        |case| is_the_same_json(case, reading::httpie_form),
    ),
    KnownDisagreement::new(
        Part::Accepts,
        "json.loads reads NaN and Infinity, which are no JSON: parse_constant",
        |case| [&b"NaN"[..], b"Infinity"].iter().any(|word| has(case.input, word)),
    ),
    KnownDisagreement::new(Part::Accepts, HUGE, huge),
    KnownDisagreement::new(Part::Accepts, SURROGATE, surrogate),
    KnownDisagreement::new(Part::Accepts, DEEP, deep),
];

pub(in super::super) static EXPRESS: &[KnownDisagreement] = &[
    KnownDisagreement::new(
        Part::Accepts,
        "it is JSON, and no record: the reference asks for the form too",
        |case| is_the_same_json(case, reading::express_form),
    ),
    KnownDisagreement::new(Part::Accepts, HUGE, huge),
    KnownDisagreement::new(Part::Accepts, SURROGATE, surrogate),
    KnownDisagreement::new(Part::Accepts, DEEP, deep),
];

const HUGE: &str = "a number beyond all doubles is infinite, and serde_json refuses it (RFC 8259 section 6 leaves it open)";
const SURROGATE: &str = "half of a surrogate pair is a character, and serde_json refuses it (RFC 8259 section 8.2 leaves it open)";
const DEEP: &str =
    "serde_json refuses what is nested deeper than 127 (RFC 8259 section 9 lets a parser)";

/// Without the form, both read the same: so it is the form that was refused.
fn is_the_same_json(case: &Case<'_>, form: fn(Value) -> Value) -> bool {
    let ours = serde_json::from_slice(case.input).map(|value| form(json::driven(&value)));
    matches!((&ours, &case.theirs), (Ok(ours), Ok(theirs)) if ours == theirs)
}

fn has(input: &[u8], word: &[u8]) -> bool {
    input.windows(word.len()).any(|window| window == word)
}

fn huge(case: &Case<'_>) -> bool {
    let mut numbers = case
        .input
        .split(|byte| !byte.is_ascii_digit() && !b"+-.eE".contains(byte))
        .filter_map(|piece| str::from_utf8(piece).ok()?.parse::<f64>().ok());
    numbers.any(f64::is_infinite)
}

fn surrogate(case: &Case<'_>) -> bool {
    case.input.windows(4).any(|window| {
        window.starts_with(b"\\u")
            && matches!(window[2], b'd' | b'D')
            && matches!(window[3], b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F')
    })
}

fn deep(case: &Case<'_>) -> bool {
    case.input.iter().filter(|byte| matches!(byte, b'[' | b'{')).count() > 127
}
