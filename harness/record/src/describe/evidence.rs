//! The sentences of evidence.

use super::{answered, sent};
use crate::event::HttpEvent;
use crate::evidence::{Action, Evidence};

/// Returns a fact in a sentence without its full stop.
pub fn evidence(fact: &Evidence) -> String {
    match fact {
        Evidence::Probe { principal, action, path, secret } => {
            let got = secret.as_ref().map(super::secret);
            let got = |before: &str| {
                got.as_ref().map_or_else(String::new, |secret| format!("{before}{secret}"))
            };
            match action {
                Action::Read => {
                    format!("{principal} opened {path} for reading{}", got(" and got "))
                }
                Action::Write => {
                    format!("{principal} opened {path} for writing (it wrote nothing)")
                }
                Action::ReadKept => {
                    format!(
                        "{principal} read {path} through a descriptor opened before{}",
                        got(": ")
                    )
                }
                Action::WriteKept => {
                    format!("{principal} can write to {path} through a descriptor opened before")
                }
                Action::Create => format!("{principal} created a file in {path} and removed it"),
                Action::Replace => {
                    format!("{principal} moved {path} away, or its own file in its place, and back")
                }
                Action::List => format!("{principal} listed {path}{}", got(" and got ")),
            }
        }
        Evidence::Mode { path, kind, mode, was: None } => format!("stat: {kind} {mode} {path}"),
        Evidence::Mode { path, kind, mode, was: Some(was) } => {
            format!("stat: {kind} {was} before the save, {mode} after it: {path}")
        }
        Evidence::Residue { path, part, secret } => {
            format!("{part} of {path}: {}", super::secret(secret))
        }
        Evidence::Answer { after, call, by, answer } => {
            let after = if after.is_empty() { String::new() } else { format!("{after}, ") };
            let by = by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
            format!("{after}{call}{by} answered {answer}")
        }
        Evidence::Damage { what, outcome } => format!("{what}: {outcome}"),
        Evidence::Input { path, length, base64 } => {
            format!("{path} holds {length} bytes, in base64: {}", cut(base64))
        }
        Evidence::Search { inputs, changes } => {
            let (changes, s) = (changes, if *changes == 1 { "" } else { "s" });
            format!("input {inputs} of a search, {changes} change{s} away from what it began with")
        }
        Evidence::Interrupted { operation, by, outcome } => {
            format!("{operation}: {}: {outcome}", by.clause)
        }
        Evidence::Exchange { exchange, after } => {
            let after = if after.is_empty() { String::new() } else { format!("{after}, ") };
            let HttpEvent { actor, .. } = exchange;
            format!("{after}{actor} sent {}: {}", sent(exchange), answered(exchange))
        }
        Evidence::Observed { what } => what.clone(),
    }
}

/// Number of characters of an input that a sentence has; the record has all of it.
const SHOWN: usize = 400;

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}… (the record has all of it)", &text[..at]),
        None => text.to_owned(),
    }
}
