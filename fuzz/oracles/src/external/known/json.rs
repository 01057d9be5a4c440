//! Readers of JSON: Python's `json` and Node's `JSON.parse`, which read JSON and ask for no form.

use interloper_formats::json::parse;
use interloper_formats::{Error, Reason};

use super::super::compare::{Case, KnownDisagreement, Part};
use super::super::json;

macro_rules! known {
    ($($more:expr),*) => {
        &[
            KnownDisagreement::new(
                Part::Accepts,
                "it is JSON, and not of the form: the reference asks for that, too",
                is_the_same_json,
            ),
            KnownDisagreement::new(
                Part::Accepts,
                "the last of a key that stands twice counts, and the reference refuses it (RFC 8259 section 4 leaves it open)",
                |case| matches!(parse(case.input), Err(Error { reason: Reason::Twice(_), .. })),
            ),
            KnownDisagreement::new(
                Part::Accepts,
                "the reference refuses what is nested deeper than 64 (RFC 8259 section 9 lets a parser)",
                |case| matches!(parse(case.input), Err(Error { reason: Reason::TooDeep, .. })),
            ),
            $($more),*
        ]
    };
}

pub(in super::super) static HTTPIE: &[KnownDisagreement] = known!(
    KnownDisagreement::new(
        Part::Accepts,
        "json.loads reads NaN and Infinity, which are no JSON: parse_constant",
        |case| [&b"NaN"[..], b"Infinity"].iter().any(|word| has(case.input, word)),
    ),
    DIGITS
);
pub(in super::super) static COOKIE_STORE: &[KnownDisagreement] = known!(DIGITS);
pub(in super::super) static EXPRESS: &[KnownDisagreement] = known!();
pub(in super::super) static TOUGH_COOKIE: &[KnownDisagreement] = known!();

const DIGITS: KnownDisagreement = KnownDisagreement::new(
    Part::Refuses,
    "Python 3.11 makes no integer of more than 4300 digits: sys.set_int_max_str_digits",
    |case| case.input.split(|byte| !byte.is_ascii_digit()).any(|digits| digits.len() > 4300),
);

/// Without the form, both read the same: so it is the form that was refused.
fn is_the_same_json(case: &Case<'_>) -> bool {
    let ours = parse(case.input).map(|value| json::read(&value));
    matches!((&ours, &case.theirs), (Ok(ours), Ok(theirs)) if ours == theirs)
}

fn has(input: &[u8], word: &[u8]) -> bool {
    input.windows(word.len()).any(|window| window == word)
}
