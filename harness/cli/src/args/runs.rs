//! What can be typed behind the commands about runs that were kept: `replay`, `report`, `compare`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use interloper_record::Severity;

use super::values::severity;
use super::{DriverArgs, EXIT_CODES, OutputArgs, TierArgs};

const REPLAY_CODES: &str = "\
Examples:
  interloper replay 'permissions::nobody_reaches@httpie/file:…'
  interloper replay results/httpie-file-permissions-nobody_reaches-0123456789abcdef.replay.json

Exit codes:
  0  the case ran as recorded, and the finding did not show
  1  the finding was reproduced
  2  the token, the file or the store's name is wrong, or the driver cannot be started
  3  the harness broke
  4  the run diverged from what was recorded, so it shows neither";

/// Tell what a finding means, without running anything
///
/// TOKEN is what a finding's replay line shows. With a saved run, the whole finding is told as `check --details` tells it.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  interloper explain 'permissions::nobody_reaches@httpie/file:…'
  interloper explain 'permissions::nobody_reaches@httpie/file:…' results
  interloper explain results/httpie-file-permissions-nobody_reaches-0123456789abcdef.replay.json")]
pub(crate) struct ExplainArgs {
    /// A replay token, a file with one, or the fingerprint of a finding of the runs
    #[arg(value_name = "TOKEN|FILE|FINGERPRINT")]
    pub(crate) token: String,
    /// Saved runs that have the finding: records, or directories that `check --save` wrote
    #[arg(value_name = "RUN.json")]
    pub(crate) runs: Vec<PathBuf>,
}

/// Run the case of one finding again, step by step
///
/// TOKEN is what a finding's replay line shows; FILE is what `check --save` wrote.
#[derive(Debug, Args)]
#[command(after_long_help = REPLAY_CODES)]
pub(crate) struct ReplayArgs {
    /// A replay token, or a file with one
    #[arg(value_name = "TOKEN|FILE")]
    pub(crate) token: String,
    #[command(flatten)]
    pub(crate) driver: DriverArgs,
    #[command(flatten)]
    pub(crate) tier: TierArgs,
}

/// Make any report from saved runs, several of them merged
///
/// A run is what `check --save DIR` (DIR or DIR/run.json) or `check --format json --output FILE` wrote.
#[derive(Debug, Args)]
#[command(after_long_help = format!("\
Examples:
  interloper report results
  interloper report monday.json tuesday.json --format junit --output all.xml

{EXIT_CODES}"))]
pub(crate) struct ReportArgs {
    /// Run records, or directories that `check --save` wrote
    #[arg(value_name = "RUN.json", required = true)]
    pub(crate) runs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Show what differs between two saved runs
///
/// A finding is the same if its scenario, store, setup and cause are. Exit code 1 if something is new, or of another severity, at or above
/// --fail-on.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  interloper compare monday.json tuesday.json
  interloper compare results/before results/after --fail-on low
  interloper compare monday.json tuesday.json --output difference.html")]
pub(crate) struct CompareArgs {
    /// The earlier run: a record, or a directory that `check --save` wrote
    #[arg(value_name = "EARLIER")]
    pub(crate) earlier: PathBuf,
    /// The later run
    #[arg(value_name = "LATER")]
    pub(crate) later: PathBuf,
    /// The least severity of a difference that fails
    #[arg(long, value_name = "SEVERITY", default_value = "medium", value_parser = severity())]
    pub(crate) fail_on: Severity,
    /// How to write the differences [default: human; with --output, html if its name ends with .html]
    #[arg(long, value_enum)]
    pub(crate) format: Option<CompareFormat>,
    /// Write the differences to this file, atomically
    ///
    /// With a page for a browser, standard output then gets the text for people.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// The formats of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompareFormat {
    /// Text for a person
    Human,
    /// One page for a browser, which loads nothing: each difference with its story
    Html,
}

impl CompareArgs {
    /// Returns the format that was asked for, or else the one that the file's name ends with.
    pub(crate) fn format(&self) -> CompareFormat {
        let extension = self.output.as_deref().and_then(|path| path.extension()?.to_str());
        self.format.unwrap_or(match extension {
            Some("html" | "htm") => CompareFormat::Html,
            _ => CompareFormat::Human,
        })
    }
}
