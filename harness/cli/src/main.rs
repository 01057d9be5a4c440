//! The `interloper` command.
//!
//! | where | what |
//! |---|---|
//! | [`args`] | what can be typed |
//! | [`commands`] | one file for each command |
//! | [`stores`] | which stores there are, and how to start their drivers |
//! | [`provision`] | putting a store's packages into the user's cache |
//! | [`run`] | running scenarios on stores, on several workers at once |
//! | [`report`] | what came of it, in any format |
//! | [`known`] | failures that are listed as known |
//! | [`output`], [`failure`] | writing what was asked for, and saying why not |

mod args;
mod commands;
mod failure;
mod known;
mod output;
mod provision;
mod report;
mod run;
mod stores;

use std::process::ExitCode;

use clap::Parser;
use interloper::CATALOGUE;

fn main() -> ExitCode {
    // Before anything else: this program is its own supervisor and the driver of its own adapters.
    interloper_engine::role::enter(CATALOGUE, stores::adapter);
    let cli = args::Cli::parse();
    match commands::run(cli) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            if !matches!(failure, failure::Failure::Told(_)) {
                output::complain(&failure.to_string());
            }
            failure.exit().into()
        }
    }
}
