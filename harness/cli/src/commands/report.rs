//! `interloper report`: any format from saved runs.

use std::path::PathBuf;

use interloper::family_of;
use interloper_record::json::read_run;
use interloper_record::{Exit, merge, root_causes};

use super::record::{Compared, catalogue};
use crate::args::ReportArgs;
use crate::failure::Failure;
use crate::output;

/// Reads runs, merges them, and reports on the whole.
pub(crate) fn report(args: &ReportArgs) -> Result<Exit, Failure> {
    let compared = Compared::read(&args.output)?;
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
    if run.root_causes.is_empty() {
        run.root_causes = root_causes(&run, family_of);
    }
    compared.mark(&mut run);
    let policy = args.output.policy();
    output::report(&mut run, &args.output, args.output.extent(), &policy)?;
    Ok(policy.judge(&run).exit)
}
