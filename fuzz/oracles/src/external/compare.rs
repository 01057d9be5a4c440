//! Comparing an answer with the reference.

use interloper_formats::Error;
use serde_json::Value;

use super::driver::Answer;
use super::programs::Program;
use crate::Violation;

/// Part of a reading in which two readers can differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The reference refuses, the program does not.
    Accepts,
    /// The program refuses, the reference does not.
    Refuses,
    /// Both read it, as different values.
    Value,
    /// The program reads what the reference printed in another way than the input.
    Print,
}

/// An input, and what both made of it.
pub struct Case<'a> {
    /// The input.
    pub input: &'a [u8],
    /// The reference's reading.
    pub ours: Result<Value, Error>,
    /// The program's reading.
    pub theirs: Result<Value, String>,
}

/// A known difference: narrower is better, since what it covers is not compared.
pub struct KnownDisagreement {
    /// On what.
    pub part: Part,
    /// Reason, with its source.
    pub reason: &'static str,
    /// Tells whether a case is this disagreement.
    pub applies: fn(&Case<'_>) -> bool,
}

impl KnownDisagreement {
    pub(super) const fn new(
        part: Part,
        reason: &'static str,
        applies: fn(&Case<'_>) -> bool,
    ) -> KnownDisagreement {
        KnownDisagreement { part, reason, applies }
    }
}

/// Checks that the program reads the input as the reference does, or differs in a known way.
pub(super) fn compare(program: &Program, input: &[u8], answer: Answer) -> Result<(), Violation> {
    let theirs = match answer {
        Answer::Value(value) => Ok((program.answer)(value)),
        Answer::Refused(why) => Err(why),
    };
    let case = Case { input, ours: (program.reference)(input), theirs };
    let part = match (&case.ours, &case.theirs) {
        (Ok(ours), Ok(theirs)) if ours == theirs => return Ok(()),
        (Err(_), Err(_)) => return Ok(()),
        (Ok(_), Ok(_)) => Part::Value,
        (Err(_), Ok(_)) => Part::Accepts,
        (Ok(_), Err(_)) => Part::Refuses,
    };
    Violation::unless(program.knows(part, &case), "a program elsewhere agrees", || {
        let (name, ours, theirs) = (program.name, &case.ours, &case.theirs);
        let text = String::from_utf8_lossy(input);
        format!("{name}: {part:?} of {text:?}: ours {ours:?}, theirs {theirs:?}")
    })
}

/// Checks that the program reads what the reference printed for an input exactly as it reads the input. No value of the reference's is in
/// this, so it shows what a value has lost.
pub(super) fn compare_print(
    program: &Program,
    (input, answer): (&[u8], Answer),
    (printed, again): (&[u8], Answer),
) -> Result<(), Violation> {
    match (&answer, &again) {
        (Answer::Refused(_), Answer::Refused(_)) => return Ok(()),
        (before, after) if before == after => return Ok(()),
        _ => {}
    }
    let shown = format!("{answer:?} became {again:?}");
    let theirs = match answer {
        Answer::Value(value) => Ok(value),
        Answer::Refused(why) => Err(why),
    };
    let case = Case { input, ours: (program.reference)(input), theirs };
    Violation::unless(program.knows(Part::Print, &case), "a program reads the print alike", || {
        let (input, printed) = (String::from_utf8_lossy(input), String::from_utf8_lossy(printed));
        format!("{}: {input:?} printed as {printed:?}: {shown}", program.name)
    })
}

impl Program {
    /// Returns whether a difference is on the list.
    fn knows(&self, part: Part, case: &Case<'_>) -> bool {
        self.known.iter().any(|known| known.part == part && (known.applies)(case))
    }
}
