//! The `interloper` command.
//!
//! | where | what |
//! |---|---|
//! | [`args`] | what can be typed |
//! | [`commands`] | one file for each command |
//! | [`subjects`] | what can be checked by name, what that needs installed, and how drivers are started |
//! | [`run`] | running scenarios on stores, on several workers at once |
//! | [`scan`] | what of this host's credentials is in other users' reach |
//! | [`report`] | what came of it, in any format |
//! | [`output`], [`failure`] | writing what was asked for, and saying why not |

mod args;
mod commands;
mod failure;
mod output;
mod report;
mod run;
mod scan;
mod subjects;

use std::process::ExitCode;

use clap::Parser;
use interloper::CATALOGUE;

fn main() -> ExitCode {
    // Before anything else: this program is its own supervisor and the driver of its own adapters.
    interloper_engine::role::enter(CATALOGUE, subjects::adapter);
    let cli = args::Cli::parse();
    match commands::run(cli) {
        Ok(exit) => exit.code().into(),
        Err(failure) => {
            if !matches!(failure, failure::Failure::Reported(_)) {
                output::complain(&failure.to_string());
            }
            failure.exit().code().into()
        }
    }
}
