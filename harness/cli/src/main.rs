//! The `interloper` command.
//!
//! | where | what |
//! |---|---|
//! | [`args`] | what can be typed |
//! | [`config`] | what a project's `interloper.toml` says besides |
//! | [`commands`] | one file for each command |
//! | [`subjects`] | what can be checked by name, what that needs installed, and how drivers are started |
//! | [`run`] | running scenarios on stores, on several workers at once |
//! | [`scan`] | what of this host's credentials is in other users' reach |
//! | [`report`] | what came of it, in any format |
//! | [`output`], [`failure`] | writing what was asked for, and saying why not |

mod args;
mod commands;
mod config;
mod failure;
mod output;
mod report;
mod run;
mod scan;
mod subjects;

use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use interloper::CATALOGUE;

fn main() -> ExitCode {
    // Before anything else: this program is its own supervisor and the driver of its own adapters.
    interloper_engine::role::enter(CATALOGUE, subjects::adapter);
    let matches = args::Cli::command().get_matches();
    let mut cli = args::Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    anstream::ColorChoice::write_global(cli.color.into());
    match complete(&mut cli, &matches).and_then(|()| commands::run(cli)) {
        Ok(exit) => exit.code().into(),
        Err(failure) => {
            if !matches!(failure, failure::Failure::Reported(_)) {
                output::complain(&failure.to_string());
            }
            failure.exit().code().into()
        }
    }
}

/// Adds what the project's configuration says to a check.
fn complete(cli: &mut args::Cli, matches: &ArgMatches) -> Result<(), failure::Failure> {
    if let (Some(args::Command::Check(check)), Some((_, given))) =
        (&mut cli.command, matches.subcommand())
    {
        let given = |flag: &str| given.value_source(flag) == Some(ValueSource::CommandLine);
        config::complete(check, &given)?;
    }
    Ok(())
}
