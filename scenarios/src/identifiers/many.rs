//! Order and room of many ids of two processes, as far as ids show them by themselves.
//!
//! One process may show them by chance, or because of its start. Only a fault that both show is told.

use interloper_engine::Violation;
use interloper_engine::record::{Evidence, Severity};

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
    let fact = Evidence::OrderedIds { ids: one.len() as u64 / 2 };
    Some(Violation::new("ordered", sentence).severity(severity).evidence(fact))
}

/// Returns a violation if too few bits vary among the ids of both processes. Those of credentials are not to be shown.
pub(crate) fn room(one: &[String], other: &[String], shown: bool) -> Option<Violation> {
    let bits = capacity(one).max(capacity(other));
    let (cause, sentence, severity, asked) = if bits < GUESSABLE {
        ("guessable", "ids have fewer than 64 bits to guess", Severity::High, GUESSABLE)
    } else if bits < ASKED {
        let sentence = "ids have fewer than the 128 bits that ASVS 5.0 asks for";
        ("below-128-bits", sentence, Severity::Low, ASKED)
    } else {
        return None;
    };
    let few = |ids: &[String]| ids.iter().take(2).cloned().collect();
    let examples = if shown { vec![few(one), few(other)] } else { Vec::new() };
    let fact = Evidence::FewBits {
        bits: bits.round_ties_even() as u32,
        asked: asked as u32,
        ids: one.len() as u64,
        examples,
    };
    Some(Violation::new(cause, sentence).severity(severity).evidence(fact))
}
