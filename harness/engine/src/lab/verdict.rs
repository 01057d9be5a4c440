//! What a case comes to: a value, a reason to end it, and what must not be.

use crate::driver::Observation;
use crate::error::Error;
use crate::principal::Principal;
use crate::record::{Condition, Event, Evidence, Severity};

/// Reason why a case ends before its check does.
#[derive(Debug)]
pub enum Abort {
    /// The store refused what the case needs: the case does not count.
    Ineffective(String),
    /// The store cannot be asked this.
    Unsupported(String),
    /// The host cannot show this.
    Skip(String),
    /// The driver died, hung or answered nonsense.
    Driver(Observation),
    /// The driver failed at what the harness needs for itself, or a prober was lost: the case is run again in a sandbox made anew.
    Trouble(String),
    /// The store uses more time than a scenario has.
    OutOfBudget(String),
    /// The harness broke.
    Harness(Error),
}

impl From<Error> for Abort {
    fn from(error: Error) -> Abort {
        match error {
            Error::Lost { .. } => Abort::Trouble(error.to_string()),
            other => Abort::Harness(other),
        }
    }
}

impl From<Observation> for Abort {
    fn from(seen: Observation) -> Abort {
        match seen {
            Observation::Trouble(what) => Abort::Trouble(what),
            other => Abort::Driver(other),
        }
    }
}

/// Result of a step of a case, or the reason to end the case.
pub type CaseResult<T> = Result<T, Abort>;

/// Violation of a scenario's property, seen in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Identifier of the cause within the scenario: a few words in kebab case; it never changes.
    pub cause: String,
    /// Sentence that says what happened.
    pub sentence: String,
    /// Severity, if it is not the scenario's.
    pub severity: Option<Severity>,
    /// What must be so for it to happen, besides another user on the host.
    pub condition: Option<Condition>,
    /// Whether the driver did not answer: a hang is confirmed by a second run before it is reported.
    pub is_hang: bool,
    /// Principals that got something that is not theirs.
    pub principals: Vec<Principal>,
    /// Facts that prove it.
    pub evidence: Vec<Evidence>,
    /// Events that led to it, if they are less than the whole case.
    pub story: Vec<Event>,
}

impl Violation {
    /// Makes a violation with the scenario's own severity that concerns no other principal.
    pub fn new(cause: impl Into<String>, sentence: impl Into<String>) -> Violation {
        Violation {
            cause: cause.into(),
            sentence: sentence.into(),
            severity: None,
            condition: None,
            is_hang: false,
            principals: Vec::new(),
            evidence: Vec::new(),
            story: Vec::new(),
        }
    }

    /// Makes a violation by a driver that died, hung or broke the protocol: its cause is that word after the prefix, and its severity is
    /// medium whatever the scenario is about.
    pub fn by_driver(prefix: &str, seen: &Observation, sentence: impl Into<String>) -> Violation {
        Violation {
            is_hang: matches!(seen, Observation::Hang(_)),
            severity: Some(Severity::Medium),
            ..Violation::new(format!("{prefix}{}", seen.word()), sentence)
        }
    }

    /// Adds principals that got something that is not theirs.
    pub fn by(mut self, principals: impl IntoIterator<Item = Principal>) -> Violation {
        self.principals.extend(principals);
        self.principals.sort_unstable();
        self.principals.dedup();
        self
    }

    /// Sets the severity.
    pub fn severity(mut self, severity: Severity) -> Violation {
        self.severity = Some(severity);
        self
    }

    /// Sets what must be so for it to happen, besides another user on the host; it lowers the severity.
    pub fn only_if(mut self, condition: Option<Condition>) -> Violation {
        self.condition = condition;
        self
    }

    /// Sets the events that led to it, if they are less than the whole case.
    pub fn story(mut self, story: Vec<Event>) -> Violation {
        self.story = story;
        self
    }

    /// Adds a fact.
    pub fn evidence(mut self, fact: impl Into<Evidence>) -> Violation {
        self.evidence.push(fact.into());
        self
    }
}
