//! What can be typed behind `interloper trace`.

use std::path::PathBuf;

use clap::Args;
use interloper_driver::{SetupName, Umask};

use super::{DriverArgs, ListFormat, TierArgs};

const TRACE_HELP: &str = "\
Examples:
  interloper trace httpie save                the first save of a session
  interloper trace hardened                   all its operations, one after the other
  interloper trace sqlite/file update --umask 0077
  interloper trace --driver 'python3 driver.py' save
  interloper trace httpie --format json --output httpie.json
  interloper trace -- sh -c 'echo {secret} > token'
  interloper trace --serve -- curl -s -c jar {server}

Operations:
  save    a session that is not there yet
  update  a save over a session that is there
  load    of a session that is there
  rotate  of a session that is there, to another id
  purge   of a session that has expired, beside one that has not
  delete  of a session that is there

Columns, for each other principal, after the step:
  SECRET  it has a secret, by whatever path
  kept fd it has one, through a descriptor that it opened at an earlier step
  r w l c x  read, write, list, create in, remove or replace the file of the call; - none of these;
          blank: not tried, because the file existed before the store did

At the left, ┌ │ └ bracket a window: from the step after which somebody else has a secret to the
step after which nobody has; ┴ if there is no such step. <new#1> stands for a name that each run
generates anew. Below the steps, done names the step that changes what a new process loads.

Exit codes:
  0  everything that was asked for is shown, whatever it shows
  2  the command line is wrong, or a driver cannot be started
  3  the harness broke
  4  nothing can be shown: the store has no such operation or refuses it, its calls cannot be
     held here, or something that it needs is missing";

/// Show every step of an operation, and who could do what after it
///
/// A step is a system call of the store that reaches the sandbox's writable directories. After each step, every other user tries all
/// access to what has changed, and keeps the descriptors that it can open. Without an OPERATION: all that the store has.
#[derive(Debug, Args)]
#[command(
    override_usage = "interloper trace [OPTIONS] <TARGET>... [OPERATION]\n       interloper trace [OPTIONS] [OPERATION] -- <CMD>...",
    after_long_help = TRACE_HELP
)]
pub(crate) struct TraceArgs {
    /// Stores by name or pattern, each in one setup (STORE/SETUP) or in the first it has, and last the operation: save, update, load, rotate, purge or delete
    #[arg(value_name = "TARGET|OPERATION")]
    pub(crate) words: Vec<String>,
    #[command(flatten)]
    pub(crate) driver: DriverArgs,
    /// The setup of the store, such as default, file or dir [default: the first it has]
    #[arg(long, value_name = "SETUP")]
    pub(crate) setup: Option<SetupName>,
    /// The umask it runs under, in octal
    #[arg(long, value_name = "UMASK", default_value = "0022", value_parser = one_umask)]
    pub(crate) umask: Umask,
    /// The mode of the home directory, in octal
    #[arg(long, value_name = "MODE", default_value = "0755", value_parser = mode)]
    pub(crate) home: u16,
    #[command(flatten)]
    pub(crate) tier: TierArgs,
    /// How to write it
    #[arg(long, value_enum, default_value_t = ListFormat::Human)]
    pub(crate) format: ListFormat,
    /// Write it to this file, atomically
    ///
    /// With --format json, standard output then gets the text for people.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

fn one_umask(word: &str) -> Result<Umask, String> {
    word.parse()
        .map_err(|_| "a umask is an octal number from 0000 to 0777; a trace is of one".to_owned())
}

fn mode(word: &str) -> Result<u16, String> {
    // The permission bits of a directory have the range of a umask.
    let bits = word.parse().map(Umask::bits);
    bits.map_err(|_| "a mode is an octal number from 0000 to 0777".to_owned())
}
