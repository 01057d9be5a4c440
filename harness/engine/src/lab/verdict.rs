//! What a case comes to: a value, a reason to end it, and what must not be.

use crate::driver::Observation;
use crate::error::Error;
use crate::principal::Principal;
use crate::record::{Severity, StoryLine};

/// Why a case ends before its check does.
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

/// What a step of a case gives, or why the case ends there.
pub type CaseResult<T> = Result<T, Abort>;

/// Something that must not be, seen in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What tells this cause from the scenario's others: a few words in kebab case; it never changes.
    pub cause: String,
    /// What happened, in a sentence.
    pub sentence: String,
    /// How bad, where it is not the scenario's severity.
    pub severity: Option<Severity>,
    /// Who got something that is not theirs.
    pub principals: Vec<Principal>,
    /// What the kernel said, one fact a line.
    pub evidence: Vec<String>,
    /// What led to it, where that is less than the whole case.
    pub story: Vec<StoryLine>,
}

impl Violation {
    /// A violation with the scenario's own severity, that concerns no other principal.
    pub fn new(cause: impl Into<String>, sentence: impl Into<String>) -> Violation {
        Violation {
            cause: cause.into(),
            sentence: sentence.into(),
            severity: None,
            principals: Vec::new(),
            evidence: Vec::new(),
            story: Vec::new(),
        }
    }

    /// Who got something.
    pub fn by(mut self, principals: impl IntoIterator<Item = Principal>) -> Violation {
        self.principals.extend(principals);
        self.principals.sort_unstable();
        self.principals.dedup();
        self
    }

    /// How bad.
    pub fn severity(mut self, severity: Severity) -> Violation {
        self.severity = Some(severity);
        self
    }

    /// What led to it, where that is less than the whole case.
    pub fn story(mut self, story: Vec<StoryLine>) -> Violation {
        self.story = story;
        self
    }

    /// A fact.
    pub fn evidence(mut self, fact: impl Into<String>) -> Violation {
        self.evidence.push(fact.into());
        self
    }
}
