//! `interloper scan`: what of this host's sessions and credentials is in other users' reach.

use std::sync::Arc;

use interloper_record::Exit;

use crate::args::{ScanArgs, ScanFormat};
use crate::failure::Failure;
use crate::output::{self, OutputError};
use crate::report;
use crate::run::Stop;
use crate::scan::{self, Order};

/// Scans, and reports what came of it.
pub(crate) fn scan(args: &ScanArgs) -> Result<Exit, Failure> {
    if let Some(file) = &args.output {
        output::check_writable(file)?;
    }
    let order = Order {
        paths: args.paths.clone(),
        all: args.all,
        network: args.network,
        max_entries: args.max_entries,
    };
    let stop = Arc::new(Stop::default());
    stop.on_signals_and(args.timeout.as_ref());
    let scan = scan::scan(&order, &stop).map_err(Failure::Usage)?;
    stop.finish();
    let judged = scan.judge(args.fail_on, !args.allow.is_empty());
    let machine = match args.format() {
        ScanFormat::Human => None,
        ScanFormat::Json => Some(report::scan::json(&scan)),
        ScanFormat::Sarif => Some(report::sarif_of_scan(&scan, &judged)),
        ScanFormat::Html => Some(Ok(report::html_of_scan(&scan, &judged))),
    };
    let machine = machine.transpose().map_err(OutputError::Stdout)?;
    let human = |width| report::scan::human(&scan, &judged, width);
    output::either(human, machine.as_deref(), args.output.as_deref())?;
    Ok(judged.0)
}
