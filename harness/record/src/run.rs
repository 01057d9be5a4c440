//! A run: what was asked for, where it ran, on which stores, and what kept it from being whole.

use std::collections::BTreeMap;

use interloper_driver::Umask;
use serde::{Deserialize, Serialize};

use crate::{Mends, RootCause, ScenarioInfo, ScenarioResult, Stale};

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
    /// The duration, in milliseconds.
    pub millis: u64,
    /// The machine it ran on.
    pub host: HostInfo,
    /// The configuration of the run.
    pub asked: RunConfig,
    /// The stores that were run.
    pub stores: Vec<StoreInfo>,
    /// The scenarios that were run, as the catalogue describes them.
    pub scenarios: Vec<ScenarioInfo>,
    /// The results, one for each scenario on each store in each setup.
    pub results: Vec<ScenarioResult>,
    /// What the findings of each store have in common, the worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub root_causes: Vec<RootCause>,
    /// The changes that were tried to mend the findings of each store, if that was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mends: Vec<Mends>,
    /// Entries of known-failure files that nothing matched, or that passed.
    #[serde(default)]
    pub stale: Vec<Stale>,
    /// The troubles that kept a store from being tested, or the run from being written: once each, in place of results.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub troubles: Vec<Trouble>,
    /// The progress of the run, if it was ended early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupted: Option<Interrupted>,
}

/// Something that kept a store from being tested, or the run from being written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Trouble {
    /// The sort of trouble.
    pub kind: TroubleKind,
    /// The store that has no results because of it; `None` if it concerns the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// The trouble in a clause, with the driver's last words.
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
    /// The application does not start, or nobody can log in to it.
    Application,
    /// The client sends no request, or keeps no session.
    Client,
    /// The driver breaks the protocol, so that no verdict on its store would be worth anything.
    Protocol,
    /// The host lacks what the store needs.
    Host,
    /// The store's packages cannot be installed.
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
            TroubleKind::Application => "application",
            TroubleKind::Client => "client",
            TroubleKind::Protocol => "protocol",
            TroubleKind::Host => "host",
            TroubleKind::Install => "install",
            TroubleKind::Harness => "harness",
            TroubleKind::Output => "output",
        }
    }
}

/// The progress of a run that was ended early.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Interrupted {
    /// The reason of its end: `SIGINT`, `SIGTERM`, `--timeout 90s`.
    pub by: String,
    /// The number of results.
    pub done: u64,
    /// The number that was asked for.
    pub of: u64,
}

/// The machine of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HostInfo {
    /// The tier, by which other users were played: `namespaces`, `uids` or `predicted`.
    pub tier: String,
    /// The kernel's release.
    pub kernel: String,
    /// Settings that change what the run can show, as `fs.protected_symlinks`.
    pub settings: BTreeMap<String, String>,
}

/// The configuration of a run.
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
    /// The gaps of the run, in sentences.
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
    /// The setups that it has, and that were not asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untested: Vec<String>,
    /// The promises of its driver.
    pub promises: Vec<String>,
}
