//! A scenario as the catalogue describes it, and the severity of its findings.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A scenario, as the catalogue describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ScenarioInfo {
    /// `area::subject`; it never changes.
    pub id: String,
    /// The property, in a sentence that says what holds when it passes.
    pub sentence: String,
    /// The remedy for a finding, in a sentence.
    pub fix: String,
    /// The severity of a finding, where the finding itself says nothing else.
    pub severity: Severity,
    /// Weaknesses, as `CWE-276`.
    pub cwe: Vec<String>,
    /// OWASP references: ASVS 5 requirements and WSTG tests.
    pub owasp: Vec<String>,
    /// The needs of the scenario, of host and store.
    pub needs: Vec<String>,
}

/// The severity of a finding, from its consequence, who gets it, and what was promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; never fails a run.
    Info,
    /// Defence in depth.
    Low,
    /// Harms under conditions that happen.
    Medium,
    /// Another user has the session, or can change it.
    High,
}

impl Severity {
    /// One less; `info` stays what it is.
    pub fn lower(self) -> Severity {
        match self {
            Severity::High => Severity::Medium,
            Severity::Medium => Severity::Low,
            Severity::Low | Severity::Info => Severity::Info,
        }
    }

    /// The word that stands for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for Severity {
    type Err = String;
    fn from_str(word: &str) -> Result<Severity, String> {
        [Severity::Info, Severity::Low, Severity::Medium, Severity::High]
            .into_iter()
            .find(|severity| severity.as_str() == word)
            .ok_or_else(|| format!("{word:?} is not one of info, low, medium, high"))
    }
}
