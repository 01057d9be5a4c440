//! Every vector of a header, given to a parser.

use std::collections::BTreeSet;

use interloper_driver::{Bytes, ErrorKind, Header, op};
use interloper_engine::record::{Difference, Event, ReadAs, Reading, Severity};
use interloper_engine::{Abort, About, CaseResult, Lab, Observation, StoryGuards, Violation};

use super::compare::{self, Pair};
use super::{answer, attributes, vector};
use crate::vectors::Vector;

/// The id that the laboratory opens a parser for, which has none.
const ID: &str = "alpha";

/// One header, and the parser's answer.
pub(super) struct Trial {
    /// The vector that it is; `None` for one that a search made.
    pub(super) vector: Option<&'static Vector>,
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
        let (trial, story) = lab.excerpt(|lab| Trial::of(lab, header, &vector.bytes()))?;
        lab.count_step(trial.outcome.word());
        let hangs = matches!(trial.outcome, Outcome::Died(Observation::Hang(_)));
        trials.push(Trial { vector: Some(vector), story, ..trial });
        // Each costs a budget, and one is enough.
        if hangs {
            break;
        }
    }
    let known = known_attributes(&trials);
    trials.iter_mut().for_each(|trial| trial.compare(header, &known));
    Ok(trials)
}

/// Opens the parser.
pub(super) fn open(lab: &mut Lab<'_>) -> CaseResult<()> {
    let opened = lab.open(ID)?;
    opened.map_err(|failure| match failure.kind {
        // It needs what this host or tier has not.
        ErrorKind::Unsupported => Abort::Skip(failure.message),
        kind => Abort::Ineffective(format!("open was answered with {kind}")),
    })
}

/// Asks for one header.
fn parse(lab: &mut Lab<'_>, header: Header, bytes: &[u8]) -> CaseResult<Outcome> {
    open(lab)?;
    let call = format!("parse({header}, {})", vector::shown(bytes));
    match lab.ask(ID, op::Parse { header, value: Bytes::from(bytes) }, call) {
        Ok(Ok(answer)) => {
            let (pairs, differences) = answer::kept(bytes, answer.pairs);
            Ok(Outcome::Read { pairs, differences })
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

/// Returns the reference's reading of a header; `None` if it refuses it.
fn reference(header: Header, bytes: &[u8]) -> Option<Vec<Pair>> {
    match header {
        Header::Cookie => Some(compare::reference(bytes)),
        Header::SetCookie => attributes::reference(bytes),
    }
}

impl Outcome {
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
    /// Gives a parser one header; its reading is not compared yet.
    pub(super) fn of(lab: &mut Lab<'_>, header: Header, bytes: &[u8]) -> CaseResult<Trial> {
        Ok(Trial {
            vector: None,
            header: bytes.to_vec(),
            due: reference(header, bytes),
            outcome: parse(lab, header, bytes)?,
            story: Vec::new(),
        })
    }

    /// Compares the reading with the reference's. `known` are the attributes that the parser reads at all.
    pub(super) fn compare(&mut self, header: Header, known: &BTreeSet<Vec<u8>>) {
        let Outcome::Read { pairs, differences } = &mut self.outcome else { return };
        let due = self.due.as_deref();
        // What was too much to be kept is a difference already.
        differences.extend(match header {
            Header::Cookie => compare::differences(&self.header, due.unwrap_or_default(), pairs),
            Header::SetCookie => attributes::differences(&self.header, due, pairs, known),
        });
    }

    /// Forgets how the reading differs.
    pub(super) fn forget_differences(&mut self) {
        if let Outcome::Read { differences, .. } = &mut self.outcome {
            differences.clear();
        }
    }

    /// Returns what the vector is about, beside the prefix that shows it: findings of one kind are one cause.
    fn about(&self) -> &str {
        let mut flags = self.vector.iter().flat_map(|vector| vector.flags());
        flags.find(|flag| !["prefix", "twice", "name"].contains(flag)).unwrap_or("plain")
    }

    /// Makes a violation whose cause has the kind of vector, too: one for each way in which it comes about.
    pub(super) fn violation_of_kind(&self, cause: &str, sentence: &str) -> Violation {
        self.violation(&format!("{cause}-{}", self.about()), sentence)
    }

    /// Makes a violation, with the header and both readings as its evidence.
    pub(super) fn violation(&self, cause: &str, sentence: &str) -> Violation {
        let violation = match &self.outcome {
            Outcome::Died(seen) => {
                Violation { cause: cause.into(), ..Violation::by_driver("", seen, sentence) }
            }
            _ => Violation::new(cause, sentence),
        };
        let due = self.due.as_deref().map_or("nothing".to_owned(), listed);
        violation
            .evidence(self.answer())
            .evidence(format!("RFC 6265 section 5.2 reads it as {due}"))
            .story(self.story.clone())
    }

    /// Returns the header and its reading, in words.
    fn answer(&self) -> String {
        let shown = vector::shown(&self.header);
        let read = match &self.outcome {
            Outcome::Read { pairs, .. } => format!("is read as {}", listed(pairs)),
            Outcome::Refused => "is refused as a whole".to_owned(),
            Outcome::Exception(message) => format!("is answered with an exception: {message}"),
            Outcome::Died(seen) => format!("is not answered: {}", seen.clause()),
        };
        match self.vector {
            Some(vector) => format!("{} ({}): {shown} {read}", vector.id, vector.what),
            None => format!("{shown} {read}"),
        }
    }

    /// Makes a violation of a parser that failed at the header; `None` if it answered or refused.
    pub(super) fn failure(&self) -> Option<Violation> {
        match &self.outcome {
            Outcome::Died(seen) => {
                Some(self.violation(seen.word(), seen.sentence_about(About::Parser)))
            }
            Outcome::Exception(_) => {
                let sentence = "a header ends in an exception that nobody caught";
                Some(self.violation("exception", sentence).severity(Severity::Medium))
            }
            _ => None,
        }
    }

    /// Returns the entry of the record; `None` if it is no vector.
    pub(super) fn reading(&self) -> Option<Reading> {
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
        let vector = self.vector?.id.clone();
        Some(Reading { vector, input: vector::shown(&self.header), read })
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
