//! What can be typed behind `interloper fuzz`.

use std::num::NonZero;
use std::path::PathBuf;

use clap::Args;

use super::values::read_seed;
use super::{DEFAULT_SEED, DriverArgs, EXIT_CODES, RunArgs};
use crate::report::Extent;

/// Seconds for each target if nothing else is asked for.
const SECONDS: u64 = 60;

const EXAMPLES: &str = "\
Examples:
  interloper fuzz --driver 'python3 driver.py'       a minute of your own store's reader
  interloper fuzz httpie/file --seconds 600
  interloper fuzz hardened --cases 20000 --seed 7    the same inputs every time
  interloper fuzz --driver 'python3 driver.py' --corpus corpus
                                                     keep what was learnt, and the finds in corpus/found
  interloper check --driver 'python3 driver.py' --scenario 'fuzzing::regressions' --corpus corpus
                                                     replay them

Feedback is how the store answers, and where its kit can say so (Python) which lines of its code ran.
With --cases, the same seed, cases and jobs try the same inputs, as far as the store does the same.
";

/// Search for session files that break a store's reader
///
/// Damages the files of a saved session in all ways that feedback leads to, and has the store load each, its neighbour, and save anew. A
/// store must survive all of it: no crash, no hang, no other session's data, no code run, no file lost. Each find is confirmed in a fresh
/// process, made small, and can be replayed.
#[derive(Debug, Args)]
#[command(after_long_help = format!("{EXAMPLES}\n{EXIT_CODES}"))]
pub(crate) struct FuzzArgs {
    /// Stores by name or pattern, each in one setup (STORE/SETUP) or in all; `interloper stores` lists them
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,
    #[command(flatten)]
    pub(crate) driver: DriverArgs,
    /// Time for each store in each setup, in seconds [default: 60, or as long as --cases takes]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) seconds: Option<u64>,
    /// Number of inputs for each store in each setup [default: as many as there is time for]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) cases: Option<u64>,
    /// End when this cause is found, such as crash; repeatable
    #[arg(long, value_name = "CAUSE")]
    pub(crate) until: Vec<String>,
    /// Directory of inputs to begin with, which gets the new ones; finds go to DIR/found [default: one in the cache for each target]
    #[arg(long, value_name = "DIR")]
    pub(crate) corpus: Option<PathBuf>,
    /// Seed for all random choices, in decimal or as 0x…
    #[arg(long, value_name = "N", default_value_t = DEFAULT_SEED, value_parser = read_seed)]
    pub(crate) seed: u64,
    /// Number of sandboxes that search at once [default: the number of processors; 1 with --cases]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

impl FuzzArgs {
    /// How much people are told: one scenario is told in full.
    pub(crate) fn extent(&self) -> Extent {
        let output = &self.run.output;
        if output.summary { output.extent() } else { Extent::Whole }
    }

    /// Returns the time for each target, in seconds.
    pub(crate) fn time(&self) -> Option<u64> {
        self.seconds.or(self.cases.is_none().then_some(SECONDS))
    }

    /// Returns how many sandboxes search at once.
    pub(crate) fn jobs(&self) -> usize {
        let processors = || std::thread::available_parallelism().map_or(1, NonZero::get);
        match self.jobs {
            Some(jobs) => usize::from(jobs),
            None if self.cases.is_some() => 1,
            None => processors(),
        }
    }
}
