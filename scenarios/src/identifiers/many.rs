//! What many ids of two processes show by themselves: their order, and how much of them varies.
//!
//! What one process shows may be chance, or what its start left in it. Only what both show is told.

use interloper_engine::Violation;
use interloper_engine::record::Severity;

use super::estimate::{capacity, ordered};

/// Fewer bits than this can be guessed while a session lives.
const GUESSABLE: f64 = 64.0;
/// Bits that ASVS 5.0 7.2.3 asks for.
const ASKED: f64 = 128.0;

/// Returns a violation if the ids of both processes follow the order in which they were given.
pub(crate) fn order(one: &[String], other: &[String]) -> Option<Violation> {
    if !(ordered(one) && ordered(other)) {
        return None;
    }
    let sentence =
        "ids follow the order in which they are given: they tell when, and what comes next is near";
    // A time before enough random bits tells the time, and nothing else.
    let rest = capacity(one).max(capacity(other));
    let severity = if rest < GUESSABLE { Severity::High } else { Severity::Low };
    let half = one.len() / 2;
    let fact = format!("each of {half} ids is after the one {half} before it, in both processes");
    Some(Violation::new("ordered", sentence).severity(severity).evidence(fact))
}

/// Returns a violation if too few bits vary among the ids of both processes. Those of credentials are not to be shown.
pub(crate) fn room(one: &[String], other: &[String], shown: bool) -> Option<Violation> {
    let bits = capacity(one).max(capacity(other));
    let (cause, sentence, severity) = if bits < GUESSABLE {
        ("guessable", "ids have fewer than 64 bits to guess", Severity::High)
    } else if bits < ASKED {
        ("below-128-bits", "ids have fewer than the 128 bits that ASVS 5.0 asks for", Severity::Low)
    } else {
        return None;
    };
    let example = |ids: &[String]| ids.iter().take(2).cloned().collect::<Vec<_>>().join(", ");
    let examples = match shown {
        true => format!(": {}; {}", example(one), example(other)),
        false => String::new(),
    };
    let fact =
        format!("at most {bits:.0} bits vary among {} ids of each process{examples}", one.len());
    Some(Violation::new(cause, sentence).severity(severity).evidence(fact))
}
