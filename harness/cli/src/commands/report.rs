//! `interloper report`: any format from saved runs.

use std::path::PathBuf;

use interloper_record::json::read_run;
use interloper_record::{Exit, merge};

use super::check::{apply, catalogue, read_known};
use crate::args::ReportArgs;
use crate::failure::Failure;
use crate::output;

/// Reads runs, merges them, and reports on the whole.
pub(crate) fn report(args: &ReportArgs) -> Result<Exit, Failure> {
    let known = read_known(&args.output.known)?;
    if let Some(file) = &args.output.output {
        output::check_writable(file)?;
    }
    let records = args.runs.iter().map(|path| match path.is_dir() {
        true => path.join("run.json"),
        false => path.clone(),
    });
    let records: Vec<PathBuf> = records.collect();
    let runs = records.iter().map(|path| read_run(path)).collect::<Result<Vec<_>, _>>()?;
    let mut run = merge(runs, &catalogue())?;
    apply(&known, &mut run);
    let policy = args.output.policy();
    output::report(&mut run, args.output.format(), &policy, args.output.output.as_deref())?;
    Ok(policy.judge(&run).exit)
}
