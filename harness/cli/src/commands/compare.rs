//! `interloper compare`: two saved runs beside each other.

use interloper_record::lookup::{FindingRef, plural};
use interloper_record::{Comparison, Exit, Policy, compare};

use super::text::{BOLD, DIM, GREEN, RED, YELLOW, clean, hanging, paint};
use crate::args::{CompareArgs, CompareFormat};
use crate::failure::Failure;
use crate::output;
use crate::report;
use crate::run::read_saved;

/// The column in which a finding's sentence begins.
const COLUMN: usize = 16;

/// Writes what differs, and fails if something new is bad enough.
pub(crate) fn compare_runs(args: &CompareArgs) -> Result<Exit, Failure> {
    if let Some(file) = &args.output {
        output::check_writable(file)?;
    }
    let (earlier, later) = (read_saved(&args.earlier)?, read_saved(&args.later)?);
    let policy = Policy { fail_on: args.fail_on, allow: Vec::new() };
    let found = compare(&earlier, &later);
    let changed = found.changed.iter().map(|(one, _)| one);
    let fails = |found: &&FindingRef<'_>| found.finding.severity >= policy.threshold();
    let failing = found.new.iter().chain(changed).filter(fails).count();
    let words = numbers(&found, failing, &policy);
    let page = match args.format() {
        CompareFormat::Human => None,
        CompareFormat::Html => {
            Some(report::html_of_comparison((&earlier, &later), &found, &words, &policy))
        }
    };
    let human = |width| lines(&found, width) + &format!("{}\n", paint(BOLD, &words));
    output::either(human, page.as_deref(), args.output.as_deref())?;
    Ok(if failing > 0 { Exit::Findings } else { Exit::Clean })
}

/// Returns a line for each difference.
fn lines(found: &Comparison<'_>, width: usize) -> String {
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
    text
}

/// Returns the numbers of differences, and how many of them fail.
fn numbers(found: &Comparison<'_>, failing: usize, policy: &Policy) -> String {
    let numbers = [
        (found.new.len(), "new"),
        (found.changed.len(), "of another severity"),
        (found.gone.len(), "gone"),
        (found.untested.len(), "not tested in the later run"),
        (found.same, "the same"),
    ];
    let numbers: Vec<String> =
        numbers.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    if numbers.is_empty() {
        return "no finding in either".into();
    }
    let numbers = numbers.join(", ");
    if failing == 0 {
        return numbers;
    }
    let threshold = policy.threshold();
    let failing = plural(failing, "difference", "differences");
    format!("{numbers}; {failing} of severity {threshold} or above")
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
