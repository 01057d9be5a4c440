//! What can be typed behind `interloper scan`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use interloper_record::Severity;

use super::values::severity;
use crate::run::Timeout;

const SCAN_HELP: &str = "\
Examples:
  interloper scan                             your home; as root, every home and PHP's sessions
  interloper scan ~/project                   session files, jars and tokens anywhere in a tree
  interloper scan --all /srv/app/sessions     each file there is a session, whatever its name
  interloper scan ./token.txt                 this file
  interloper scan --format sarif --output scan.sarif --fail-on high

Nothing is changed, and no command of a fix is run. Files are read only if their format is known,
at most 64 KiB of each. Links are not followed; FIFOs, sockets and devices are not opened.

Exit codes:
  0  nobody else reaches anything, or only below --fail-on
  1  findings at or above --fail-on
  2  the command line is wrong, or a path does not exist
  3  the report cannot be written
  4  not everything was looked at: a link, a network file system, a directory that may not be
     read, a limit; or no file in the paths is known. --allow skip accepts that";

/// Find sessions and credentials on this host that other users can read, replace or plant
///
/// Without a PATH: the places where tools keep them. What others can do is computed from the owner, mode and ACL of each file and of every
/// directory on the way to it. No value of a credential is printed.
#[derive(Debug, Args)]
#[command(after_long_help = SCAN_HELP)]
pub(crate) struct ScanArgs {
    /// Files and trees to scan in place of the known places
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Judge every file of a PATH as a credential, whatever its name and format
    #[arg(long, requires = "paths")]
    pub(crate) all: bool,
    /// Enter file systems of other machines and processes, too: NFS, SMB, FUSE
    #[arg(long)]
    pub(crate) network: bool,
    /// End after this many names
    #[arg(long, value_name = "N", default_value_t = 20_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_entries: u64,
    /// End after this time, such as 90s, 10m or 2h, with a report of what is finished [default: no limit]
    #[arg(long, value_name = "TIME")]
    pub(crate) timeout: Option<Timeout>,
    /// How to write the report [default: human; with --output, what its name ends with: .json, .sarif or .html]
    #[arg(long, value_enum)]
    pub(crate) format: Option<ScanFormat>,
    /// Write the report to this file, atomically
    ///
    /// With a format for machines, standard output then gets the report for people.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The least severity that exits with 1; `info` never does
    #[arg(long, value_name = "SEVERITY", default_value = "medium", value_parser = severity())]
    pub(crate) fail_on: Severity,
    /// Gaps that still allow exit code 0
    #[arg(long, value_enum)]
    pub(crate) allow: Vec<ScanAllow>,
}

/// The formats of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScanFormat {
    /// Text for a person
    Human,
    /// The record of the scan; scan-1.json is its schema
    Json,
    /// SARIF 2.1.0: one alert for each finding
    Sarif,
    /// One page for a browser, which loads nothing
    Html,
}

/// The words that `--allow` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScanAllow {
    /// Paths that were not looked at
    Skip,
}

impl ScanArgs {
    /// Returns the format that was asked for, or else the one that the file's name ends with.
    pub(crate) fn format(&self) -> ScanFormat {
        let extension = self.output.as_deref().and_then(|path| path.extension()?.to_str());
        self.format.unwrap_or(match extension {
            Some("json") => ScanFormat::Json,
            Some("sarif") => ScanFormat::Sarif,
            Some("html" | "htm") => ScanFormat::Html,
            _ => ScanFormat::Human,
        })
    }
}
