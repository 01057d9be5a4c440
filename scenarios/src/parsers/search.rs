//! One header that is no vector: what a parser makes of it, and whether that is new.

use std::collections::BTreeSet;

use interloper_driver::Header;
use interloper_engine::record::{Difference, Severity};
use interloper_engine::{About, CaseResult, Lab, Violation};

use super::plain::has_controls;
use super::survey::{self, Outcome, Trial};
use super::vector;

/// Survey of what the vectors of a header show of a parser.
pub(crate) struct Survey {
    pub(crate) header: Header,
    /// The causes that they show.
    pub(crate) shown: BTreeSet<String>,
    /// The attributes that the parser reads.
    known: BTreeSet<Vec<u8>>,
}

/// Judgement of how a parser read one header.
pub(crate) struct Judged {
    pub(crate) violations: Vec<Violation>,
    /// The behaviour, in words of which each is one.
    pub(crate) words: Vec<String>,
    pub(crate) is_read: bool,
    /// Flag that the process is gone.
    pub(crate) died: bool,
}

/// The differences that a search reports, each with its severity and sentence.
const GRAVE: [(Difference, Severity, &str); 7] = [
    (
        Difference::ForgedPrefix,
        Severity::Medium,
        "a header gives a cookie a name with a prefix that it was not sent with",
    ),
    (Difference::Added, Severity::Medium, "a header has a cookie that was not sent"),
    (Difference::Swallowed, Severity::Low, "a cookie is read as part of the value of another"),
    (Difference::Lost, Severity::Low, "a well-formed cookie is not read"),
    (Difference::Weakened, Severity::Low, "an attribute that protects a cookie is not read"),
    (Difference::Widened, Severity::Low, "a cookie is read as one of another domain"),
    (
        Difference::Other,
        Severity::Info,
        "a value is read as something that no known difference explains",
    ),
];

impl Survey {
    /// Gives a parser every vector of a header.
    pub(crate) fn new(lab: &mut Lab<'_>, header: Header) -> CaseResult<Survey> {
        let trials = survey::survey(lab, header)?;
        let known = survey::known_attributes(&trials);
        let shown = trials.iter().flat_map(|trial| causes(header, &trial.outcome));
        Ok(Survey { header, shown: shown.map(|(cause, ..)| cause).collect(), known })
    }

    /// Opens the parser in a new process.
    pub(crate) fn open(lab: &mut Lab<'_>) -> CaseResult<()> {
        survey::open(lab)
    }

    /// Returns the vectors as bytes.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = Vec<u8>> {
        vector::of(self.header).iter().map(|vector| vector.bytes())
    }

    /// Gives a parser one header.
    pub(crate) fn judge(&self, lab: &mut Lab<'_>, bytes: &[u8]) -> CaseResult<Judged> {
        let mut trial = Trial::of(lab, self.header, bytes)?;
        // No header has control characters (RFC 9110 section 5.5): what is read of one does not matter, as long as it is answered.
        match has_controls(bytes) {
            true => trial.forget_differences(),
            false => trial.compare(self.header, &self.known),
        }
        let found = causes(self.header, &trial.outcome).into_iter();
        let violations = found.map(|(cause, severity, sentence)| {
            trial.violation(&cause, sentence).severity(severity)
        });
        Ok(Judged {
            violations: violations.collect(),
            words: words(self.header, &trial.outcome),
            is_read: matches!(trial.outcome, Outcome::Read { .. }),
            died: matches!(trial.outcome, Outcome::Died(_)),
        })
    }
}

/// Returns the causes of an outcome, each with its severity and sentence.
fn causes(header: Header, outcome: &Outcome) -> Vec<(String, Severity, &'static str)> {
    let before = match header {
        Header::Cookie => "",
        Header::SetCookie => "set-cookie-",
    };
    match outcome {
        Outcome::Read { .. } => {
            let grave = GRAVE.iter().filter(|(difference, ..)| outcome.has(*difference));
            let cause = |difference: &Difference| format!("{before}{difference}");
            grave.map(|(one, severity, sentence)| (cause(one), *severity, *sentence)).collect()
        }
        Outcome::Refused => Vec::new(),
        Outcome::Exception(_) => {
            let sentence = "a header ends in an exception that nobody caught";
            vec![(format!("{before}exception"), Severity::Medium, sentence)]
        }
        Outcome::Died(seen) => {
            vec![(
                format!("{before}{}", seen.word()),
                Severity::Medium,
                seen.sentence_about(About::Parser),
            )]
        }
    }
}

/// Describes an outcome, in words of which each is a behaviour.
fn words(header: Header, outcome: &Outcome) -> Vec<String> {
    let mut words = vec![format!("{header} {}", outcome.word())];
    match outcome {
        Outcome::Read { pairs, differences } => {
            let all: Vec<&str> = differences.iter().map(|one| one.as_str()).collect();
            words.push(format!("{header} {}", all.join(" ")));
            words.push(format!("{header} pairs {}", pairs.len().min(8)));
        }
        Outcome::Exception(message) => {
            let kind = message.split(':').next().unwrap_or_default();
            words.push(format!("{header} exception {kind}"));
        }
        Outcome::Refused | Outcome::Died(_) => {}
    }
    words
}
