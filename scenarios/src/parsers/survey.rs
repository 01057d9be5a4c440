//! Every vector of a header, given to a parser.

use std::collections::BTreeSet;

use interloper_driver::{Bytes, ErrorKind, Header, op};
use interloper_engine::record::{Difference, Event, ReadAs, Reading};
use interloper_engine::{Abort, About, CaseResult, Lab, Observation, StoryGuards, Violation};

use super::compare::{self, Pair};
use super::{attributes, vector};
use crate::vectors::Vector;

/// The id that the laboratory opens a parser for, which has none.
const ID: &str = "alpha";

/// One vector, and the parser's answer.
pub(super) struct Trial {
    pub(super) vector: &'static Vector,
    pub(super) header: Vec<u8>,
    /// The reference's reading; `None` if it refuses the header.
    pub(super) due: Option<Vec<Pair>>,
    pub(super) outcome: Outcome,
    story: Vec<Event>,
}

/// Reading of a header by a parser.
pub(super) enum Outcome {
    Read {
        pairs: Vec<Pair>,
        differences: BTreeSet<Difference>,
    },
    Refused,
    /// An exception that nobody caught.
    Exception(String),
    Died(Observation),
}

/// Gives a parser every vector of a header. Each counts as a variation of the case.
pub(super) fn survey(lab: &mut Lab<'_>, header: Header) -> CaseResult<Vec<Trial>> {
    lab.expect_variations("vectors");
    let mut trials = Vec::new();
    for vector in vector::of(header) {
        let bytes = vector.bytes();
        let (outcome, story) = lab.excerpt(|lab| parse(lab, header, &bytes))?;
        lab.count_step(outcome.word());
        let due = reference(header, &bytes);
        let hangs = matches!(outcome, Outcome::Died(Observation::Hang(_)));
        trials.push(Trial { vector, header: bytes, due, outcome, story });
        // Each costs a budget, and one is enough.
        if hangs {
            break;
        }
    }
    compare_all(header, &mut trials);
    Ok(trials)
}

/// Opens the parser.
pub(super) fn open(lab: &mut Lab<'_>) -> CaseResult<()> {
    let opened = lab.open(ID)?;
    opened.map_err(|failure| Abort::Ineffective(format!("open was answered with {}", failure.kind)))
}

/// Asks for one header.
pub(super) fn parse(lab: &mut Lab<'_>, header: Header, bytes: &[u8]) -> CaseResult<Outcome> {
    open(lab)?;
    let call = format!("parse({header}, {})", vector::shown(bytes));
    match lab.ask(ID, op::Parse { header, value: Bytes::from(bytes) }, call) {
        Ok(Ok(answer)) => {
            let pair = |(name, value): (Bytes, Bytes)| {
                (name.as_slice().to_vec(), value.as_slice().to_vec())
            };
            let pairs = answer.pairs.into_iter().map(pair).collect();
            Ok(Outcome::Read { pairs, differences: BTreeSet::new() })
        }
        Ok(Err(failure)) => match failure.kind {
            ErrorKind::Invalid => Ok(Outcome::Refused),
            ErrorKind::Unsupported => {
                Err(Abort::Unsupported(format!("parse of {header} is unsupported")))
            }
            _ => Ok(Outcome::Exception(failure.message)),
        },
        Err(Abort::Driver(seen)) => {
            lab.leave()?;
            Ok(Outcome::Died(seen))
        }
        Err(stop) => Err(stop),
    }
}

/// Returns the attributes that a parser reads at all: one that it never names is one that it does not know.
pub(super) fn known_attributes(trials: &[Trial]) -> BTreeSet<Vec<u8>> {
    let read = trials.iter().filter_map(|trial| match &trial.outcome {
        Outcome::Read { pairs, .. } => Some(pairs),
        _ => None,
    });
    read.flat_map(|pairs| pairs.iter().skip(1)).map(|pair| pair.0.clone()).collect()
}

/// Compares every reading with the reference's.
fn compare_all(header: Header, trials: &mut [Trial]) {
    let known = known_attributes(trials);
    for trial in trials {
        trial.outcome.compare(header, &trial.header, trial.due.as_deref(), &known);
    }
}

/// Returns the reference's reading of a header; `None` if it refuses it.
pub(super) fn reference(header: Header, bytes: &[u8]) -> Option<Vec<Pair>> {
    match header {
        Header::Cookie => Some(compare::reference(bytes)),
        Header::SetCookie => attributes::reference(bytes),
    }
}

impl Outcome {
    /// Compares a reading with the reference's.
    pub(super) fn compare(
        &mut self,
        header: Header,
        bytes: &[u8],
        due: Option<&[Pair]>,
        known: &BTreeSet<Vec<u8>>,
    ) {
        let Outcome::Read { pairs, differences } = self else { return };
        *differences = match header {
            Header::Cookie => compare::differences(bytes, due.unwrap_or_default(), pairs),
            Header::SetCookie => attributes::differences(bytes, due, pairs, known),
        };
    }

    /// Returns the kind of outcome.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Outcome::Read { .. } => "vector read",
            Outcome::Refused => "vector refused",
            Outcome::Exception(_) => "vector: exception",
            Outcome::Died(_) => "vector: no answer",
        }
    }

    /// Returns whether a reading differs in this way.
    pub(super) fn has(&self, wanted: Difference) -> bool {
        matches!(self, Outcome::Read { differences, .. } if differences.contains(&wanted))
    }
}

impl Trial {
    /// Returns what the vector is about, beside the prefix that shows it: findings of one kind are one cause.
    fn about(&self) -> &str {
        let about = self.vector.flags().find(|flag| !["prefix", "twice", "name"].contains(flag));
        about.unwrap_or("plain")
    }

    /// Makes a violation whose cause has the kind of vector, too: one for each way in which it comes about.
    pub(super) fn violation_of_kind(&self, cause: &str, sentence: &str) -> Violation {
        self.violation(&format!("{cause}-{}", self.about()), sentence)
    }

    /// Makes a violation, with the header and both readings as its evidence.
    pub(super) fn violation(&self, cause: &str, sentence: &str) -> Violation {
        let shown = vector::shown(&self.header);
        let read = match &self.outcome {
            Outcome::Read { pairs, .. } => format!("is read as {}", listed(pairs)),
            Outcome::Refused => "is refused as a whole".to_owned(),
            Outcome::Exception(message) => format!("is answered with an exception: {message}"),
            Outcome::Died(seen) => format!("is not answered: {}", seen.clause()),
        };
        let due = self.due.as_deref().map_or("nothing".to_owned(), listed);
        Violation::new(cause, sentence)
            .evidence(format!("{} ({}): {shown} {read}", self.vector.id, self.vector.what))
            .evidence(format!("RFC 6265 section 5.2 reads it as {due}"))
            .story(self.story.clone())
    }

    /// Makes a violation of a parser that failed at the header; `None` if it answered or refused.
    pub(super) fn failure(&self, prefix: &str) -> Option<Violation> {
        match &self.outcome {
            Outcome::Died(seen) => {
                let shown = vector::shown(&self.header);
                let violation =
                    Violation::by_driver(prefix, seen, seen.sentence_about(About::Parser));
                let fact = format!("{}: {shown}: {}", self.vector.id, seen.clause());
                Some(violation.evidence(fact).story(self.story.clone()))
            }
            Outcome::Exception(_) => {
                let sentence = "a header ends in an exception that nobody caught";
                Some(self.violation(&format!("{prefix}exception"), sentence))
            }
            _ => None,
        }
    }

    /// Returns the entry of the record.
    pub(super) fn reading(&self) -> Reading {
        let read = match &self.outcome {
            Outcome::Read { differences, .. } if differences.is_empty() => ReadAs::Reference,
            Outcome::Read { pairs, differences } => ReadAs::Other {
                pairs: pairs
                    .iter()
                    .take(8)
                    .map(|(name, value)| (vector::shown(name), vector::shown(value)))
                    .collect(),
                differences: differences.iter().copied().collect(),
            },
            Outcome::Refused if self.due.is_none() => ReadAs::Reference,
            Outcome::Refused => ReadAs::Refused,
            Outcome::Exception(_) => ReadAs::Failed { how: "exception".into() },
            Outcome::Died(seen) => ReadAs::Failed { how: seen.word().into() },
        };
        Reading { vector: self.vector.id.clone(), input: vector::shown(&self.header), read }
    }
}

/// Formats pairs for a reader.
pub(super) fn listed(pairs: &[Pair]) -> String {
    if pairs.is_empty() {
        return "no cookie".into();
    }
    let shown = |(name, value): &Pair| format!("{}={}", vector::shown(name), vector::shown(value));
    pairs.iter().take(8).map(shown).collect::<Vec<_>>().join(" | ")
}

/// Reports each kind of vector once whose reading differs in this way.
pub(super) fn report(
    lab: &mut Lab<'_>,
    header: Header,
    difference: Difference,
    sentence: &str,
) -> CaseResult<()> {
    let mut told = BTreeSet::new();
    for trial in survey(lab, header)? {
        if trial.outcome.has(difference) {
            let violation = match difference {
                Difference::LastOfSeveral => trial.violation("last", sentence),
                _ => trial.violation_of_kind(difference.as_str(), sentence),
            };
            if told.insert(violation.cause.clone()) {
                lab.report(violation);
            }
        }
    }
    Ok(())
}
