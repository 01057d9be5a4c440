//! The commands, one file each.

mod check;
mod compare;
mod doctor;
mod explain;
mod fuzz;
mod init;
mod list;
mod overview;
mod protocol;
mod record;
mod replay;
mod report;
mod scan;
mod scenarios;
mod shell;
mod stores;
mod text;
mod trace;

pub(crate) use init::InitError;
use interloper_record::Exit;

use crate::args::{Cli, Command};
use crate::failure::Failure;

/// Runs what was typed, and gives the exit code.
///
/// # Errors
/// When there is no result; the failure has an exit code, too.
pub(crate) fn run(cli: Cli) -> Result<Exit, Failure> {
    match cli.command {
        None => overview::overview(),
        Some(Command::Check(args)) => check::check(&args),
        Some(Command::Fuzz(args)) => fuzz::fuzz(&args),
        Some(Command::Trace(args)) => trace::trace(&args),
        Some(Command::Scenarios(args)) => scenarios::scenarios(&args),
        Some(Command::Stores(args)) => stores::stores(&args),
        Some(Command::Explain(args)) => explain::explain(&args),
        Some(Command::Replay(args)) => replay::replay(&args),
        Some(Command::Report(args)) => report::report(&args),
        Some(Command::Compare(args)) => compare::compare_runs(&args),
        Some(Command::Completions(args)) => shell::completions(&args),
        Some(Command::Man) => shell::man(),
        Some(Command::Scan(args)) => scan::scan(&args),
        Some(Command::Doctor(_)) => doctor::doctor(),
        Some(Command::Init(args)) => init::init(&args),
    }
}
