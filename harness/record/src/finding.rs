//! A finding: one cause, with its story, its evidence and the umasks under which it happens.

use std::collections::BTreeMap;
use std::fmt;

use interloper_driver::Umask;
use serde::{Deserialize, Serialize};

use crate::{Condition, Event, Evidence, Severity};

/// One cause, with everything needed to believe it, mend it and see it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The identifier of the cause within its scenario; part of the fingerprint.
    pub cause: String,
    /// A sentence that says who got what.
    pub sentence: String,
    /// The severity: the consequence, under the condition.
    pub severity: Severity,
    /// What must be so for it to happen, besides another user on the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// Who was reached under which umasks.
    pub matrix: Matrix,
    /// The smallest case that shows it, as a call: `save("alpha", {cookies: 1})`.
    pub smallest: String,
    /// The shortest history that shows it.
    pub story: Vec<Event>,
    /// The facts that prove it.
    pub evidence: Vec<Evidence>,
    /// The remedy, in a sentence.
    pub fix: String,
    /// The same for the same cause in every run: sixteen hexadecimal digits.
    pub fingerprint: String,
    /// The token for `interloper replay`.
    pub replay: String,
    /// The reason given in a known-failure file that lists it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<String>,
    /// Announcement of it in the documentation of the software, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documented: Option<Documented>,
}

/// Announcement of a finding in the documentation of the software that is tested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Documented {
    /// The address of the page.
    pub page: String,
    /// Words of the page, as a clause.
    pub says: String,
}

impl fmt::Display for Documented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.says, self.page)
    }
}

impl Finding {
    /// Returns whether it is neither known nor documented: such a finding fails a run if it is severe enough.
    pub fn is_new(&self) -> bool {
        self.known.is_none() && self.documented.is_none()
    }
}

/// Who was reached under which umasks, and which umasks were tested.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// The umasks under which it was tested and the setting up happened.
    pub tested: Vec<Umask>,
    /// For each principal that was reached: under which of them. Empty where no other principal is concerned.
    pub reached: BTreeMap<String, Vec<Umask>>,
    /// The umasks under which it failed, whoever was reached.
    pub failed: Vec<Umask>,
}

impl Matrix {
    /// Adds a failure under a umask, and the principals that were reached; the umasks stay in order, each once.
    pub fn add<'p>(&mut self, umask: Umask, principals: impl IntoIterator<Item = &'p str>) {
        let insert = |umasks: &mut Vec<Umask>| {
            if let Err(at) = umasks.binary_search(&umask) {
                umasks.insert(at, umask);
            }
        };
        insert(&mut self.failed);
        for principal in principals {
            insert(self.reached.entry(principal.to_owned()).or_default());
        }
    }
}

/// An entry of a known-failure file that has to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Stale {
    /// The file it stands in.
    pub file: String,
    /// The entry's pattern.
    pub pattern: String,
    /// Why it has to go: it matched nothing that was selected, or what it matched passed.
    pub why: String,
}
