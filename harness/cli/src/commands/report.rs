//! `interloper report`: any format from saved runs.

use interloper::family_of;
use interloper_record::{Exit, merge, root_causes};

use super::record::{Compared, catalogue};
use crate::args::ReportArgs;
use crate::failure::Failure;
use crate::output;
use crate::run::read_saved;

/// Reads runs, merges them, and reports on the whole.
pub(crate) fn report(args: &ReportArgs) -> Result<Exit, Failure> {
    let compared = Compared::read(&args.output)?;
    if let Some(file) = &args.output.output {
        output::check_writable(file)?;
    }
    let runs = args.runs.iter().map(|path| read_saved(path)).collect::<Result<Vec<_>, _>>()?;
    let mut run = merge(runs, &catalogue())?;
    if run.root_causes.is_empty() {
        run.root_causes = root_causes(&run, family_of);
    }
    compared.mark(&mut run);
    let policy = args.output.policy();
    output::report(&mut run, &args.output, args.output.extent(), &policy)?;
    Ok(policy.judge(&run).exit)
}
