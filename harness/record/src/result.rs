//! The result of a scenario on a store: verdict, coverage and findings.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Finding, Reading};

/// The result of one scenario on one store in one setup.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ScenarioResult {
    /// The scenario's id.
    pub scenario: String,
    /// The store's name.
    pub store: String,
    /// The setup: `default`, `file` or `dir`.
    pub setup: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, for `skip`, `unsupported` and `error`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether other users' access was computed from modes instead of tried.
    #[serde(default)]
    pub predicted: bool,
    /// Cases in which what they set up happened.
    pub tested: u64,
    /// Cases in which the store refused what they set up.
    pub refused: u64,
    /// The duration, in milliseconds.
    pub millis: u64,
    /// The steps and schedules that were tried.
    #[serde(default, skip_serializing_if = "Coverage::is_empty")]
    pub coverage: Coverage,
    /// The findings, one for each cause.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// Readings of a parser, of each vector.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<Reading>,
    /// Things worth telling that are no findings.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// The extent of what was tried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// What was asked and tried, and what was refused: each kind of thing once, with its number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// The system calls at which an operation was held, killed or failed; `None` if the scenario steps through none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<Tried>,
    /// The orders in which two operations took turns, with at most two preemptions each; `None` if the scenario runs no two at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedules: Option<Tried>,
}

impl Coverage {
    /// Returns whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.steps.is_none() && self.schedules.is_none() && self.attempts.is_empty()
    }

    /// Returns the attempts of a kind.
    pub fn of(&self, kind: AttemptKind) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().filter(move |attempt| attempt.kind == kind)
    }
}

/// One kind of thing that was tried, and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// The kind.
    pub kind: AttemptKind,
    /// What it was: `save ok`, `damage: err corrupt`, `a pickle`, or the reason of a refusal.
    pub what: String,
    /// How often.
    pub count: u64,
}

/// Kinds of things that are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum AttemptKind {
    /// A request to the store, with its answer.
    Request,
    /// A variation of a case, with what came of it.
    Variation,
    /// A document that a file was overwritten with, for its reader to act on.
    Payload,
    /// A case that did not count, with the reason.
    Refused,
}

/// A number of things that were tried, out of those that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Tried {
    /// The number that was tried.
    pub tried: u64,
    /// The number that is known.
    pub known: u64,
    /// Whether those were all, in every run of the operation.
    pub exhaustive: bool,
}

/// The five verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every effective case held.
    Pass,
    /// At least one case did not; there are findings.
    Fail,
    /// The host cannot, or no case was effective.
    Skip,
    /// The store has no such operation, part or setup.
    Unsupported,
    /// The harness broke, or the driver did not answer `hello`.
    Error,
}

impl Verdict {
    /// The word that stands for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Skip => "skip",
            Verdict::Unsupported => "unsupported",
            Verdict::Error => "error",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
