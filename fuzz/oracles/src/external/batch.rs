//! Inputs that wait for their program, and the one among them that it stumbles over.

use std::fmt::{self, Display};
use std::mem;
use std::time::Duration;

use super::compare::{compare, compare_print};
use super::driver::{Answer, Driver, Fault};
use super::programs::Program;
use crate::Violation;

/// A batch of short inputs takes milliseconds; what is left is for a machine that is busy with something else.
const DEADLINE: Duration = Duration::from_secs(20);

/// An input and what it broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The input.
    pub input: Vec<u8>,
    /// Violation that it showed.
    pub violation: Violation,
}

/// Reason why a batch failed.
#[derive(Debug)]
pub enum Trouble {
    /// The program could not be started.
    Start(Fault),
    /// There is a difference, or the program did not survive.
    Disagreement(Disagreement),
}

impl Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Start(fault) => fault.fmt(f),
            Trouble::Disagreement(found) => found.violation.fmt(f),
        }
    }
}

impl std::error::Error for Trouble {}

/// Inputs that are collected until there are enough to ask for.
pub struct Batch {
    program: &'static Program,
    driver: Driver,
    size: usize,
    waiting: Vec<Vec<u8>>,
}

impl Batch {
    /// Returns an empty batch for a program, which is asked when there are so many.
    pub fn new(program: &'static Program, size: usize) -> Batch {
        Batch::with(program, Driver::new(|| program.command(), DEADLINE), size)
    }

    /// Returns the same, with a driver of one's own.
    pub fn with(program: &'static Program, driver: Driver, size: usize) -> Batch {
        Batch { program, driver, size, waiting: Vec::new() }
    }

    /// Adds an input, and asks where there are enough. Whether it asked.
    ///
    /// # Errors
    /// What the first input shows that shows anything.
    pub fn offer(&mut self, input: &[u8]) -> Result<bool, Trouble> {
        self.waiting.push(input.to_vec());
        if self.waiting.len() < self.size {
            return Ok(false);
        }
        self.flush().map(|()| true)
    }

    /// Asks for what is waiting.
    ///
    /// # Errors
    /// What the first input shows that shows anything.
    pub fn flush(&mut self) -> Result<(), Trouble> {
        let inputs = mem::take(&mut self.waiting);
        if inputs.is_empty() {
            return Ok(());
        }
        // What the reference prints is asked for behind them, unless it is the input.
        let prints: Vec<_> = inputs.iter().map(|input| self.program.reprint(input)).collect();
        let asked: Vec<_> =
            inputs.iter().cloned().chain(prints.iter().flatten().cloned()).collect();
        let mut answers = self.answers(&asked)?.into_iter();
        let of_inputs: Vec<_> = answers.by_ref().take(inputs.len()).collect();
        for ((input, printed), answer) in inputs.into_iter().zip(prints).zip(of_inputs) {
            let again = printed.as_ref().and_then(|_| answers.next());
            let mut compared = compare(self.program, &input, answer.clone());
            if let (Ok(()), Some(printed), Some(again)) = (&compared, printed, again) {
                compared = compare_print(self.program, (&input, answer), (&printed, again));
            }
            compared
                .map_err(|violation| Trouble::Disagreement(Disagreement { input, violation }))?;
        }
        Ok(())
    }

    /// Returns an answer to each. Where the program dies or hangs, it is asked again for each half, down to the one input that does it.
    fn answers(&mut self, inputs: &[Vec<u8>]) -> Result<Vec<Answer>, Trouble> {
        let fault = match self.driver.ask(inputs) {
            Ok(answers) => return Ok(answers),
            Err(fault @ Fault::Start(..)) => return Err(Trouble::Start(fault)),
            Err(fault) => fault,
        };
        let [first, _, ..] = inputs else {
            let input = inputs.first().cloned().unwrap_or_default();
            return Err(Trouble::Disagreement(Disagreement {
                input,
                violation: self.survives(&fault),
            }));
        };
        let (left, right) = inputs.split_at(inputs.len() / 2);
        let mut answers = self.answers(left)?;
        answers.extend(self.answers(right)?);
        match fault {
            // Both halves were answered: the machine was busy.
            Fault::Hangs(_) => Ok(answers),
            // What it takes is more than one input, and the first of them is as good as any to look at.
            _ => Err(Trouble::Disagreement(Disagreement {
                input: first.clone(),
                violation: self.survives(&fault),
            })),
        }
    }

    fn survives(&self, fault: &Fault) -> Violation {
        Violation::new("a program survives its input", format!("{}: {fault}", self.program.name))
    }
}
