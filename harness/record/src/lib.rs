//! The run record: everything a report may know, and the only thing it sees.
//!
//! Invariant: any format can be made later from a run's JSON, so nothing a reader needs is left out of it.

pub mod describe;
mod event;
#[cfg(feature = "json")]
pub mod json;
pub mod known;
pub mod lookup;
mod merge;
mod policy;
#[cfg(feature = "schema")]
pub mod schema;
mod token;
mod trace;
mod workload;

use std::collections::BTreeMap;
use std::fmt;

use interloper_driver::Umask;
use serde::{Deserialize, Serialize};

pub use event::{
    Access, Action, AnswerEvent, ClientAction, Event, Evidence, Interruption, InterruptionKind,
    OperationEvent, Part, ProbeEvent, Secret, StepEvent, Window,
};
pub use merge::{MergeError, NOT_SELECTED, merge};
pub use policy::{Allow, Exit, Outcome, Policy, Reason};
pub use token::{TokenError, TokenText};
pub use trace::{Commit, Holder, TRACE_FORMAT, Trace, TraceStep, Traces};
pub use workload::Workload;

/// The version of the record's layout; a reader refuses every other one, and fields that this one does not have.
pub const RECORD_FORMAT: u32 = 2;

/// One run of the harness: what was run, where, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// [`RECORD_FORMAT`].
    pub format: u32,
    /// The version of Interloper.
    pub interloper: String,
    /// When the run began, in Unix seconds.
    pub started: i64,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// The machine it ran on.
    pub host: HostInfo,
    /// What was asked for.
    pub asked: RunConfig,
    /// The stores that were run.
    pub stores: Vec<StoreInfo>,
    /// The scenarios that were run, as the catalogue describes them.
    pub scenarios: Vec<ScenarioInfo>,
    /// What came of each scenario on each store in each setup.
    pub results: Vec<ScenarioResult>,
    /// Entries of known-failure files that nothing matched, or that passed.
    #[serde(default)]
    pub stale: Vec<Stale>,
    /// What kept a store from being tested, or the run from being written: once each, in place of results.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub troubles: Vec<Trouble>,
    /// How far the run came, if it was ended early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupted: Option<Interrupted>,
}

/// Something that kept a store from being tested, or the run from being written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Trouble {
    /// What sort of trouble.
    pub kind: TroubleKind,
    /// The store that has no results because of it; `None` if it concerns the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// What happened, in a clause, with the driver's last words.
    pub what: String,
    /// Everything that is wrong, one sentence each, where that is more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
}

/// The sorts of trouble; each decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum TroubleKind {
    /// The driver cannot be started, or does not say what it is.
    Start,
    /// The driver breaks the protocol, so that no verdict on its store would be worth anything.
    Protocol,
    /// The host lacks what the store needs.
    Host,
    /// What the store needs cannot be installed.
    Install,
    /// The harness broke.
    Harness,
    /// A file that was asked for cannot be written.
    Output,
}

impl TroubleKind {
    /// The word that stands for it.
    pub fn as_str(self) -> &'static str {
        match self {
            TroubleKind::Start => "start",
            TroubleKind::Protocol => "protocol",
            TroubleKind::Host => "host",
            TroubleKind::Install => "install",
            TroubleKind::Harness => "harness",
            TroubleKind::Output => "output",
        }
    }
}

/// How far a run came that was ended early.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Interrupted {
    /// What ended it: `SIGINT`, `SIGTERM`, `--timeout 90s`.
    pub by: String,
    /// How many results there are.
    pub done: u64,
    /// How many were asked for.
    pub of: u64,
}

/// The machine of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HostInfo {
    /// How other users were played: `namespaces`, `uids` or `predicted`.
    pub tier: String,
    /// The kernel's release.
    pub kernel: String,
    /// Settings that change what the run can show, as `fs.protected_symlinks`.
    pub settings: BTreeMap<String, String>,
}

/// What was asked of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    /// The seed that every random choice comes from.
    pub seed: u64,
    /// `protocol`, `quick`, `full` or `nightly`.
    pub profile: String,
    /// The umasks asked for, or empty for the profile's own.
    #[serde(default)]
    pub umasks: Vec<Umask>,
    /// The scenarios asked for, as globs.
    #[serde(default)]
    pub scenarios: Vec<String>,
    /// What the run left out, in sentences.
    #[serde(default)]
    pub left_out: Vec<String>,
}

/// A store of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StoreInfo {
    /// The name it was asked for by.
    pub name: String,
    /// The version its driver answered.
    pub version: String,
    /// The runtime its driver answered.
    pub runtime: String,
    /// A file that a report can point at: the driver, or the adapter.
    pub source: Option<String>,
    /// The setups it was tested in.
    pub setups: Vec<String>,
    /// What it promises.
    pub promises: Vec<String>,
}

/// A scenario, as the catalogue describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ScenarioInfo {
    /// `area::subject`; it never changes.
    pub id: String,
    /// The property, in a sentence that says what holds when it passes.
    pub sentence: String,
    /// What to do about a finding, in a sentence.
    pub fix: String,
    /// The severity of a finding, where the finding itself says nothing else.
    pub severity: Severity,
    /// Weaknesses, as `CWE-276`.
    pub cwe: Vec<String>,
    /// OWASP references: ASVS 5 requirements and WSTG tests.
    pub owasp: Vec<String>,
    /// What it needs of the host and of the store.
    pub needs: Vec<String>,
}

/// How bad a finding is: its consequence, who gets it, and what was promised.
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

/// What came of one scenario on one store at one place.
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
    /// What came of it.
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
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// What was tried of each operation and of each pair of them.
    #[serde(default, skip_serializing_if = "Coverage::is_empty")]
    pub coverage: Coverage,
    /// What was found, one for each cause.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// Things worth telling that are no findings.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// What was tried, and whether that was all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Coverage {
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
        self.steps.is_none() && self.schedules.is_none()
    }
}

/// How many of something were tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Tried {
    /// How many were tried.
    pub tried: u64,
    /// How many there are, as far as is known.
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

/// One cause, with everything needed to believe it, mend it and see it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// What tells this cause from the scenario's others; part of the fingerprint.
    pub cause: String,
    /// What happened, in a sentence: who got what.
    pub sentence: String,
    /// How bad it is.
    pub severity: Severity,
    /// Who was reached under which umasks.
    pub matrix: Matrix,
    /// The smallest case that shows it, as a call: `save("alpha", {cookies: 1})`.
    pub smallest: String,
    /// The shortest history that shows it.
    pub story: Vec<Event>,
    /// What proves it.
    pub evidence: Vec<Evidence>,
    /// What to do about it, in a sentence.
    pub fix: String,
    /// The same for the same cause in every run: sixteen hexadecimal digits.
    pub fingerprint: String,
    /// What `interloper replay` takes.
    pub replay: String,
    /// The reason given in a known-failure file that lists it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<String>,
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
