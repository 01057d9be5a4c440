//! `interloper compare`: two saved runs beside each other.

use std::path::Path;

use interloper_record::json::read_run;
use interloper_record::lookup::{FindingRef, plural};
use interloper_record::{Exit, Policy, Run, compare};

use super::text::{BOLD, DIM, GREEN, RED, YELLOW, clean, hanging, paint};
use crate::args::CompareArgs;
use crate::failure::Failure;
use crate::output;

/// The column in which a finding's sentence begins.
const COLUMN: usize = 16;

/// Prints what differs, and fails if something new is bad enough.
pub(crate) fn compare_runs(args: &CompareArgs) -> Result<Exit, Failure> {
    let (earlier, later) = (read(&args.earlier)?, read(&args.later)?);
    let policy = Policy { fail_on: args.fail_on, allow: Vec::new() };
    let width = output::width();
    let found = compare(&earlier, &later);
    let mut text = String::new();
    for one in &found.new {
        text += &line(paint(RED, "new"), 3, one, &one.finding.told(), width);
    }
    for (one, was) in &found.changed {
        let what = format!("was {was}: {}", one.finding.told());
        text += &line(paint(YELLOW, "changed"), 7, one, &what, width);
    }
    for one in &found.gone {
        text += &line(paint(GREEN, "gone"), 4, one, &one.finding.told(), width);
    }
    for one in &found.untested {
        text += &line(paint(DIM, "not tested"), 10, one, "not tested in the later run", width);
    }
    let numbers = [
        (found.new.len(), "new"),
        (found.changed.len(), "of another severity"),
        (found.gone.len(), "gone"),
        (found.untested.len(), "not tested in the later run"),
        (found.same, "the same"),
    ];
    let numbers: Vec<String> =
        numbers.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let fails = |found: &FindingRef<'_>| found.finding.severity >= policy.threshold();
    let failing =
        found.new.iter().chain(found.changed.iter().map(|(one, _)| one)).filter(|f| fails(f));
    let failing = failing.count();
    let verdict = match failing {
        0 => String::new(),
        n => {
            let threshold = policy.threshold();
            format!("; {} of severity {threshold} or above", plural(n, "difference", "differences"))
        }
    };
    let numbers =
        if numbers.is_empty() { "no finding in either".into() } else { numbers.join(", ") };
    text += &format!("{}{verdict}\n", paint(BOLD, &numbers));
    output::print(&text)?;
    Ok(if failing > 0 { Exit::Findings } else { Exit::Clean })
}

fn read(path: &Path) -> Result<Run, Failure> {
    let path = if path.is_dir() { path.join("run.json") } else { path.to_owned() };
    Ok(read_run(&path)?)
}

fn line(word: String, columns: usize, found: &FindingRef<'_>, what: &str, width: usize) -> String {
    let FindingRef { result, finding } = found;
    let target = format!("{}/{}", result.store, result.setup);
    let text = clean(&format!(
        "{} {target} {} ({}): {what}",
        finding.severity, result.scenario, finding.cause
    ));
    hanging(&word, columns, COLUMN - 4, &text, width)
}
