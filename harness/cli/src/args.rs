//! The command line: what can be typed, and what each flag means.

#[cfg(test)]
mod book;
mod fuzz;
mod init;
mod own;
mod runs;
mod scan;
mod trace;
mod values;

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use interloper::CATALOGUE;
use interloper_driver::{SetupName, Umask};
use interloper_engine::{Plan, Profile, Tier};
use interloper_record::{Policy, Severity};

use crate::report::{Extent, Format};
use crate::run::{Partition, Timeout};

pub(crate) use fuzz::FuzzArgs;
pub(crate) use init::{InitArgs, InitWhat};
pub(crate) use own::{CommandArgs, DriverArgs};
pub(crate) use runs::{CompareArgs, CompareFormat, ExplainArgs, ReplayArgs, ReportArgs};
pub(crate) use scan::{ScanArgs, ScanFormat};
pub(crate) use trace::TraceArgs;
pub(crate) use values::{AllowArg, ColorArg, UmaskArg, read_seed, read_severity, read_umask};

use values::{severity, tier};

/// The seed of a run that names none: the same for everybody, so that two runs of the same compare.
pub(crate) const DEFAULT_SEED: u64 = 1;

const EXIT_CODES: &str = "\
Exit codes:
  0  everything selected ran on kernel evidence and passed, or is known, or was allowed
  1  findings at or above --fail-on, or a known-failure entry that no longer holds
  2  the command line, or a file it names, is wrong; or a driver, an application or
     a client cannot be started
  3  the harness broke, a driver breaks the protocol, or a report cannot be written
  4  nothing was tested; or not everything was: the run was interrupted, or results were
     skipped or only predicted and --allow does not say so
If several apply, the first of 1, 3, 2, 4 wins, and the report names the others.
SIGINT, SIGTERM and --timeout end a run with a report of what is finished; a second signal ends it
at once, without a report.";

const CHECK_EXAMPLES: &str = "\
Examples:
  interloper check                                   the stores that need no installation
  interloper check hardened sqlite --profile full    two of them, with many sessions
  interloper check --driver 'python3 driver.py' --profile protocol
                                                     is your driver right?
  interloper check --driver 'python3 driver.py'      and then: is your store?
  interloper check httpie/file --scenario 'permissions::*' --umask 0002,0077
  interloper check httpie --write-known known.toml   accept what there is today …
  interloper check httpie --known known.toml         … and fail on anything else
  interloper check --output interloper.sarif --timeout 10m
  interloper check -- mytool login --token {secret}  any command that keeps a secret
  interloper check --load 'mytool token' --delete 'mytool logout' -- mytool login --token {secret}

A TARGET is a store that `interloper stores` lists, or a pattern: 'cookiejar-*', 'flawed:*'.
With a setup after it, as in httpie/file, the store is tested in that setup alone.
A store that is not installed is put into your cache first, pinned by hash.
";

/// Tells what another user can do to your sessions
///
/// Interloper runs a session store (files, databases, cookie jars) as a real user of a multi-user sandbox, under every umask, and plays
/// everybody else: the group-mate, the stranger, the corrupted byte. It reports what they got, with the shortest story that shows it
/// and a command that replays it.
#[derive(Debug, Parser)]
#[command(name = "interloper", version, max_term_width = 100, after_long_help = EXIT_CODES)]
pub(crate) struct Cli {
    /// When to print colours; `auto` is on a terminal, unless NO_COLOR is set
    #[arg(long, value_enum, default_value_t = ColorArg::Auto, global = true, value_name = "WHEN")]
    pub(crate) color: ColorArg,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(Box<CheckArgs>),
    Trace(Box<TraceArgs>),
    Fuzz(Box<FuzzArgs>),
    Scenarios(ScenariosArgs),
    Stores(StoresArgs),
    Explain(ExplainArgs),
    Replay(ReplayArgs),
    Report(ReportArgs),
    Compare(CompareArgs),
    Scan(ScanArgs),
    Init(InitArgs),
    Doctor(DoctorArgs),
    Completions(CompletionsArgs),
    /// Print the manual page, for `man -l -`
    Man,
}

/// Run the catalogue against stores
///
/// Without a TARGET, --driver or -- CMD: the stores that need no installation. Results go to standard output, progress to standard error.
#[derive(Debug, Args)]
#[command(after_long_help = format!("{CHECK_EXAMPLES}\n{EXIT_CODES}"))]
pub(crate) struct CheckArgs {
    /// Stores by name or pattern, each in one setup (STORE/SETUP) or in all; `interloper stores` lists them
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,
    #[command(flatten)]
    pub(crate) driver: DriverArgs,
    /// Only the scenarios whose id matches, or that are of this area; repeatable, or separated by commas
    ///
    /// `*` stands for any text: 'permissions::*', '*::residue'. A pattern that selects nothing is an error.
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    pub(crate) scenario: Vec<String>,
    /// Without the scenarios whose id matches, or that are of this area; repeatable, or separated by commas
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    pub(crate) exclude: Vec<String>,
    /// Print the stores and scenarios that would be run, and run nothing
    #[arg(long)]
    pub(crate) list: bool,
    /// Run one part of the scenarios: 2/4 is every fourth, beginning with the second
    ///
    /// For several machines: `interloper report` merges their records into one run.
    #[arg(long, value_name = "PART/OF")]
    pub(crate) partition: Option<Partition>,
    /// Only these umasks, in octal, separated by commas; `all` for all 512
    ///
    /// Default: all 512 for the scenarios about umasks, the eight common ones for others that they matter to, and one for the rest.
    #[arg(long, value_name = "UMASK", value_delimiter = ',', value_parser = read_umask)]
    pub(crate) umask: Vec<UmaskArg>,
    /// How much to run
    #[arg(long, value_enum, default_value_t = ProfileArg::Quick)]
    pub(crate) profile: ProfileArg,
    /// Number of random cases of each scenario [default: that of the profile]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) cases: Option<u32>,
    /// Seed for all random choices, in decimal or as 0x…; the same seed makes the same cases
    #[arg(long, value_name = "N", default_value_t = DEFAULT_SEED, value_parser = read_seed)]
    pub(crate) seed: u64,
    /// Number of sandboxes that run at once [default: three for two processors, since some stores sleep]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    /// End the run after this time, such as 90s, 10m or 2h, with a report of what is finished [default: no limit]
    #[arg(long, value_name = "TIME")]
    pub(crate) timeout: Option<Timeout>,
    /// End the run when it has so many new findings at or above --fail-on, with a report of what is finished
    ///
    /// Sandboxes that run at once find what they find first: which findings these are differs between runs, unless --jobs is 1.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_fail: Option<u32>,
    /// Try changes to the store's system calls, and say which end the findings
    ///
    /// Runs the findings' cases again under each change, and then everything that was selected under those that help. Takes three to six
    /// times as long as the check. Example: interloper check httpie --mends
    #[arg(long)]
    pub(crate) mends: bool,
    /// A directory of inputs for fuzzing::regressions, such as `interloper fuzz --corpus` keeps [default: `regressions` beside the driver]
    #[arg(long, value_name = "DIR")]
    pub(crate) corpus: Option<PathBuf>,
    /// Print on standard error which scenarios took long, and how long workers and processors were idle
    #[arg(long)]
    pub(crate) timings: bool,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// Take what the command line does not say from this file [default: the nearest interloper.toml, here or above]
    ///
    /// Its keys are the long flags that say what is tested and what fails, and `targets` and `command`; its paths are relative to its
    /// directory.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Look for no interloper.toml
    #[arg(long, conflicts_with = "config")]
    pub(crate) no_config: bool,
}

/// The choice of the tier.
#[derive(Debug, Args)]
pub(crate) struct TierArgs {
    /// How other users are played [default: the best tier that this host allows]
    ///
    /// `namespaces`: a user namespace for each sandbox. `uids`: real users without namespaces, for root in containers.
    /// `predicted`: computed from modes, not tried. `interloper doctor` says which work here.
    #[arg(long, value_name = "TIER", value_parser = tier())]
    pub(crate) tier: Option<Tier>,
}

/// Flags for the host of a run and for its record: shared by `check` and `fuzz`.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) tier: TierArgs,
    /// Only these setups of each store, such as default, file or dir, separated by commas [default: all]
    #[arg(long, value_name = "SETUP", value_delimiter = ',')]
    pub(crate) setup: Vec<SetupName>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// Write the findings to a known-failure file, for --known
    #[arg(long, value_name = "FILE")]
    pub(crate) write_known: Option<PathBuf>,
    /// Keep the run in this directory: run.json for `interloper report`, and a file for `interloper replay` of each finding
    #[arg(long, value_name = "DIR")]
    pub(crate) save: Option<PathBuf>,
}

impl RunArgs {
    /// Returns the files that the run will be written to.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        [&self.output.output, &self.write_known].into_iter().flatten().map(PathBuf::as_path)
    }
}

/// Flags for a run record: shared by `check`, `fuzz` and `report`.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// How to write the report [default: human; with --output, what its name ends with: .json, .sarif, .xml (junit) or .html]
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// Write the report to this file, atomically
    ///
    /// With a format for machines, standard output then gets the report for people.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Tell each finding in full, and list what passed, what a store does not support, and the notes
    ///
    /// Without it, the report for people is a summary: root causes, verdicts by area, and what was not tested. A --scenario that names one
    /// scenario by its whole id is told in full without it.
    #[arg(long)]
    pub(crate) details: bool,
    /// Print the summary alone, also where scenarios are named by their whole ids
    #[arg(long, conflicts_with = "details")]
    pub(crate) summary: bool,
    /// A file of known failures, which do not fail the run; repeatable
    ///
    /// An entry that no longer holds does fail the run, so that the list stays true.
    #[arg(long, value_name = "FILE")]
    pub(crate) known: Vec<PathBuf>,
    /// A saved run whose findings do not fail this one, so that only new ones do; repeatable
    #[arg(long, value_name = "RUN.json")]
    pub(crate) new_since: Vec<PathBuf>,
    /// The least severity that fails the run; `info` never does
    #[arg(long, value_name = "SEVERITY", default_value = "medium", value_parser = severity())]
    pub(crate) fail_on: Severity,
    /// Gaps that still allow exit code 0, separated by commas
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(crate) allow: Vec<AllowArg>,
}

impl OutputArgs {
    /// The format that was asked for, or else the one that the file's name ends with.
    pub(crate) fn format(&self) -> Format {
        let extension = self.output.as_deref().and_then(|path| path.extension()?.to_str());
        self.format.unwrap_or(match extension {
            Some("json") => Format::Json,
            Some("sarif") => Format::Sarif,
            Some("xml") => Format::Junit,
            Some("html" | "htm") => Format::Html,
            _ => Format::Human,
        })
    }

    /// How much of a run people are told.
    pub(crate) fn extent(&self) -> Extent {
        if self.details { Extent::Whole } else { Extent::Summary }
    }

    pub(crate) fn policy(&self) -> Policy {
        Policy {
            fail_on: self.fail_on,
            allow: self.allow.iter().map(|word| word.allow()).collect(),
        }
    }
}

/// Show the catalogue, or explain scenarios
///
/// Without a NAME: every scenario with its severity and the sentence that holds when it passes.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  interloper scenarios
  interloper scenarios permissions::nobody_reaches
  interloper scenarios 'corruption::*'
  interloper scenarios --format json")]
pub(crate) struct ScenariosArgs {
    /// Scenarios to explain: an id, an area, or a pattern
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = ListFormat::Human)]
    pub(crate) format: ListFormat,
}

/// List the stores that can be checked by name; install, update or remove them
///
/// A store is installed when it is first checked; `install` does it now. Packages are pinned by hash, come without install
/// scripts, and stay in the cache directory (XDG_CACHE_HOME, or ~/.cache, then interloper/stores).
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct StoresArgs {
    #[command(subcommand)]
    pub(crate) action: Option<StoresAction>,
    /// How to write the list
    #[arg(long, value_enum, default_value_t = ListFormat::Human)]
    pub(crate) format: ListFormat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StoresAction {
    /// Install stores now
    Install(StoreNames),
    /// Install stores anew, and remove what earlier versions left
    Update(StoreNames),
    /// Remove what was installed for stores
    Remove(StoreNames),
}

#[derive(Debug, Args)]
pub(crate) struct StoreNames {
    /// Names as `interloper stores` lists them
    #[arg(value_name = "NAME", required = true)]
    pub(crate) names: Vec<String>,
}

/// Print the completions for a shell
#[derive(Debug, Args)]
#[command(after_long_help = "\
Example:
  interloper completions bash > ~/.local/share/bash-completion/completions/interloper")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// Show which tiers work on this host, and how to reach the next one
///
/// Tries every tier. Exit code 0 if tier `namespaces` works, 4 if only a lesser one does.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {}

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// Text for a person
    Human,
    /// JSON
    Json,
}

/// The profiles, and the one that is none of the engine's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProfileArg {
    /// Only the driver: whether it keeps the protocol, with each breach explained
    Protocol,
    /// Seconds for each store: a few random sessions
    Quick,
    /// Minutes: many sessions
    Full,
    /// Hours: very many sessions, every umask many times over
    Nightly,
}

impl CheckArgs {
    /// How much people are told: scenarios that are named one by one are told in full.
    pub(crate) fn extent(&self) -> Extent {
        let by_name = |glob: &String| CATALOGUE.iter().any(|scenario| scenario.id == glob);
        match !self.scenario.is_empty() && self.scenario.iter().all(by_name) {
            true if !self.run.output.summary => Extent::Whole,
            _ => self.run.output.extent(),
        }
    }

    /// Goes to a directory, and keeps the paths that were given as they were meant.
    ///
    /// # Errors
    /// When one of them cannot be made absolute, or the directory cannot be entered.
    pub(crate) fn move_to(&mut self, dir: &Path) -> io::Result<()> {
        let RunArgs { output, write_known, save, .. } = &mut self.run;
        let given = [save, write_known, &mut output.output, &mut self.corpus];
        let given = given.into_iter().flatten();
        let lists = [&mut output.known, &mut output.new_since, &mut self.driver.bind];
        for path in given.chain(lists.into_iter().flatten()) {
            *path = std::path::absolute(&*path)?;
        }
        match dir.as_os_str().is_empty() {
            true => Ok(()),
            false => std::env::set_current_dir(dir),
        }
    }

    /// What the engine is asked for; nothing for the profile that only tries the driver.
    pub(crate) fn plan(&self) -> Option<Plan> {
        let profile = match self.profile {
            ProfileArg::Protocol => return None,
            ProfileArg::Quick => Profile::Quick,
            ProfileArg::Full => Profile::Full,
            ProfileArg::Nightly => Profile::Nightly,
        };
        Some(Plan { seed: self.seed, profile, umasks: self.umasks(), cases: self.cases })
    }

    /// The umasks, each once and in order; empty for the profile's own.
    fn umasks(&self) -> Vec<Umask> {
        let mut umasks: Vec<Umask> = Vec::new();
        for umask in &self.umask {
            match umask {
                UmaskArg::All => umasks.extend(Umask::all()),
                UmaskArg::One(umask) => umasks.push(*umask),
            }
        }
        umasks.sort_unstable();
        umasks.dedup();
        umasks
    }
}
