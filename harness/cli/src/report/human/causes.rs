//! What the findings have in common: the list that a person mends from.

use std::collections::BTreeMap;

use interloper_record::lookup::{FindingRef, findings, label, parts, plural};
use interloper_record::{RootCause, Run, Severity, findings_of};

use super::super::Extent;
use super::text::{BOLD, DIM, clean, pad, paint, severity, width, wrap};

/// The column in which a cause's sentence begins.
const COLUMN: usize = 11;

/// Returns the root causes of the findings that are new, as lines.
pub(crate) fn causes(run: &Run, extent: Extent, to: usize) -> Vec<String> {
    let new = |cause| {
        let new: Vec<_> =
            findings_of(run, cause).into_iter().filter(|f| f.finding.is_new()).collect();
        (!new.is_empty()).then_some((cause, new))
    };
    let causes: Vec<(&RootCause, Vec<FindingRef<'_>>)> =
        run.root_causes.iter().filter_map(new).collect();
    if causes.is_empty() {
        return Vec::new();
    }
    let found = causes.iter().map(|(_, found)| found.len()).sum();
    let count = plural(causes.len(), "cause", "causes");
    let head = format!("{count} of {}", plural(found, "finding", "findings"));
    let more = match extent {
        Extent::Summary => paint(DIM, "   --details tells each finding"),
        Extent::Whole => String::new(),
    };
    let mut lines = vec![format!("{}{more}", paint(BOLD, &head))];
    for (n, (cause, found)) in causes.into_iter().enumerate() {
        lines.extend(one(run, n + 1, cause, &found, extent, to));
    }
    lines
}

/// Returns one root cause with all its findings, as lines.
pub(crate) fn alone(run: &Run, cause: &RootCause, to: usize) -> Vec<String> {
    let mut lines = vec![paint(BOLD, "Its root cause")];
    lines.extend(one(run, 1, cause, &findings_of(run, cause), Extent::Whole, to));
    lines
}

/// Returns the new findings that no root cause has, two lines each: records of earlier versions have no root causes.
pub(crate) fn others(run: &Run, to: usize) -> Vec<String> {
    let caused = |found: &FindingRef<'_>| {
        let has = |cause: &RootCause| cause.findings.contains(&found.finding.fingerprint);
        run.root_causes.iter().any(has)
    };
    let mut lines = Vec::new();
    for found in findings(run) {
        if !found.finding.is_new() || caused(&found) {
            continue;
        }
        let FindingRef { result, finding } = found;
        let word = paint(severity(finding.severity), &pad(finding.severity.as_str(), COLUMN));
        let at = format!("{} · {}", label(run, &result.store), result.setup);
        lines.push(format!("{word}{}   {}", clean(&result.scenario), paint(DIM, &clean(&at))));
        let sentence = wrap(&clean(&finding.told()), to - COLUMN);
        lines.extend(sentence.into_iter().map(|line| format!("{}{line}", " ".repeat(COLUMN))));
    }
    lines
}

/// Returns a root cause; in a summary, without its scenarios, and with as much of its fix as one line holds.
fn one(
    run: &Run,
    n: usize,
    cause: &RootCause,
    found: &[FindingRef<'_>],
    extent: Extent,
    to: usize,
) -> Vec<String> {
    let worst = found.iter().map(|found| found.finding.severity).max().unwrap_or(Severity::Info);
    let head = format!("{n:>2}  {}", paint(severity(worst), &pad(worst.as_str(), COLUMN - 4)));
    let several = run.stores.len() > 1;
    let about = if several { format!("{}: ", label(run, &cause.store)) } else { String::new() };
    let count = plural(found.len(), "finding", "findings");
    let text = wrap(&clean(&format!("{about}{}", cause.sentence)), to - COLUMN - count.len() - 2);
    let mut lines = Vec::new();
    for (n, line) in text.iter().enumerate() {
        lines.push(match n {
            0 => {
                let gap = (to - COLUMN).saturating_sub(width(line) + count.len());
                format!("{head}{}{}{}", paint(BOLD, line), " ".repeat(gap), paint(DIM, &count))
            }
            _ => format!("{}{}", " ".repeat(COLUMN), paint(BOLD, line)),
        });
    }
    let mut below = |text: &str| {
        let folded = wrap(&clean(text), to - COLUMN);
        lines.extend(folded.into_iter().map(|line| format!("{}{line}", " ".repeat(COLUMN))));
    };
    if let Some(step) = &cause.step {
        below(step);
    }
    let fix = format!("fix: {}", cause.fix);
    match extent {
        Extent::Whole => {
            below(&scenarios(found));
            below(&fix);
        }
        Extent::Summary => below(&cut(&fix, to - COLUMN)),
    }
    lines
}

/// Returns the beginning of a text that one line holds, cut between words.
fn cut(text: &str, to: usize) -> String {
    let mut lines = wrap(text, to).into_iter();
    let first = lines.next().unwrap_or_default();
    match lines.next() {
        None => first,
        Some(_) => wrap(&first, to - 2).swap_remove(0) + " …",
    }
}

/// Returns the scenarios of findings, by area: `permissions::nobody_reaches, leftovers · exposure::no_window`.
fn scenarios(found: &[FindingRef<'_>]) -> String {
    let mut areas: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for found in found {
        let (area, subject) = parts(&found.result.scenario);
        let subjects = areas.entry(area).or_default();
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    let areas: Vec<String> = areas
        .into_iter()
        .map(|(area, subjects)| format!("{area}::{}", subjects.join(", ")))
        .collect();
    areas.join(" · ")
}
