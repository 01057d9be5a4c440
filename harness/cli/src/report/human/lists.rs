//! Everything that is no new finding: known failures, documented ones, errors, skips, what a store does not support, notes, and what passed.

use std::collections::BTreeMap;

use anstyle::Style;
use interloper_record::{Finding, Run, ScenarioResult, Trouble, TroubleKind, Verdict, describe};

use super::text::{BOLD, CYAN, DIM, GREEN, INDENT, MAGENTA, YELLOW, clean, pad, paint, severity};
use super::text::{width, wrap};
use interloper_record::lookup::{contradiction, findings, label, parts, trouble_sentence};

/// Returns the known findings, one line each with the reason below.
pub(crate) fn known(run: &Run, to: usize) -> Vec<String> {
    excused(run, "KNOWN", to, |finding| {
        finding.known.clone().filter(|_| finding.documented.is_none())
    })
}

/// Returns the documented findings, one line each with what the documentation says and its page below.
pub(crate) fn documented(run: &Run, to: usize) -> Vec<String> {
    excused(run, "DOCUMENTED", to, |finding| finding.documented.as_ref().map(ToString::to_string))
}

fn excused(
    run: &Run,
    word: &str,
    to: usize,
    reason: impl Fn(&Finding) -> Option<String>,
) -> Vec<String> {
    let mut lines = Vec::new();
    for found in findings(run) {
        let Some(reason) = reason(found.finding) else { continue };
        let result = found.result;
        let word = paint(DIM, &pad(word, INDENT.max(width(word) + 1)));
        let left = format!("{word}{}", clean(&result.scenario));
        let setup = clean(&format!("{} · {}", label(run, &result.store), result.setup));
        let how_bad = found.finding.severity;
        lines.push(format!("{left}   {setup}   {}", paint(severity(how_bad), how_bad.as_str())));
        lines.extend(indented(&clean(&reason), to));
    }
    lines
}

/// What kept stores from being tested, or the run from being written: once each.
pub(crate) fn troubles(run: &Run, to: usize) -> Vec<Vec<String>> {
    let block = |trouble: &Trouble| {
        let (word, style) = match trouble.kind {
            TroubleKind::Host => ("SKIP", YELLOW),
            _ => ("ERROR", MAGENTA),
        };
        let mut lines = headed(word, style, &trouble_sentence(trouble), to);
        for detail in &trouble.details {
            lines.extend(hanging("-", 1, &clean(detail), to));
        }
        lines
    };
    run.troubles.iter().map(block).collect()
}

/// Results that should have been a test and are none, by verdict and reason: a reason is said once, however often it applies.
pub(crate) fn untested(run: &Run, to: usize) -> Vec<Vec<String>> {
    [(Verdict::Error, "ERROR", MAGENTA), (Verdict::Skip, "SKIP", YELLOW)]
        .map(|(verdict, word, style)| with_verdict(run, verdict, word, style, to))
        .into_iter()
        .filter(|lines| !lines.is_empty())
        .collect()
}

/// What stores do not have, by reason.
pub(crate) fn unsupported(run: &Run, to: usize) -> Vec<Vec<String>> {
    let lines = with_verdict(run, Verdict::Unsupported, "UNSUPPORTED", DIM, to);
    if lines.is_empty() { Vec::new() } else { vec![lines] }
}

fn with_verdict(run: &Run, verdict: Verdict, word: &str, style: Style, to: usize) -> Vec<String> {
    let mut by_reason: BTreeMap<String, Vec<&ScenarioResult>> = BTreeMap::new();
    for result in &run.results {
        let broken = contradiction(result);
        let reason = match (broken, &result.reason) {
            (Some(what), _) if verdict == Verdict::Error => format!("the record {what}"),
            (None, reason) if result.verdict == verdict => {
                reason.clone().unwrap_or_else(|| "no reason was recorded".to_owned())
            }
            _ => continue,
        };
        by_reason.entry(reason).or_default().push(result);
    }
    let mut lines = Vec::new();
    for (reason, results) in by_reason {
        lines.extend(headed(word, style, &reason, to));
        lines.extend(where_and_what(run, &results, to));
    }
    lines
}

/// The setups of results and their scenarios; setups with the same scenarios share a line.
fn where_and_what(run: &Run, results: &[&ScenarioResult], to: usize) -> Vec<String> {
    let mut by_setup: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for result in results {
        by_setup.entry((&result.store, &result.setup)).or_default().push(&result.scenario);
    }
    let mut by_scenarios: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
    for ((store, setup), mut scenarios) in by_setup {
        scenarios.sort_unstable();
        by_scenarios.entry((store, by_area(&scenarios))).or_default().push(setup);
    }
    let mut lines = Vec::new();
    for ((store, scenarios), setups) in by_scenarios {
        let setup = clean(&format!("{} · {}", label(run, store), setups.join(", ")));
        lines.extend(hanging(&paint(DIM, &setup), width(&setup), &scenarios, to));
    }
    lines
}

/// Scenario ids with each area said once: `exposure::no_window, argv_is_clean`.
fn by_area(scenarios: &[&str]) -> String {
    let mut text = String::new();
    let mut last = None;
    for id in scenarios {
        let (area, subject) = parts(id);
        if !text.is_empty() {
            text.push_str(", ");
        }
        match last == Some(area) {
            true => text.push_str(subject),
            false => text.push_str(id),
        }
        last = Some(area);
    }
    clean(&text)
}

/// Returns what passed, for each store and setup.
pub(crate) fn passes(run: &Run, to: usize) -> Vec<Vec<String>> {
    let mut by_setup: BTreeMap<(&str, &str), Vec<&ScenarioResult>> = BTreeMap::new();
    for result in &run.results {
        if result.verdict == Verdict::Pass && contradiction(result).is_none() {
            by_setup.entry((&result.store, &result.setup)).or_default().push(result);
        }
    }
    let block = |((store, setup), mut results): (_, Vec<&ScenarioResult>)| {
        results.sort_by_key(|result| &result.scenario);
        let name = clean(&format!("{} · {setup}", label(run, store)));
        let (passed, all) = (results.len(), all(run, store, setup));
        let of = format!("{passed} of {all} scenarios, with the cases tested");
        let word = paint(GREEN, &pad("PASS", INDENT));
        let mut lines = vec![format!("{word}{}   {}", paint(BOLD, &name), paint(DIM, &of))];
        lines.extend(by_area_with_cases(&results, to));
        lines
    };
    by_setup.into_iter().map(block).collect()
}

/// A line for each area, with its scenarios and their cases.
fn by_area_with_cases(results: &[&ScenarioResult], to: usize) -> Vec<String> {
    let mut by_area: Vec<(&str, Vec<String>)> = Vec::new();
    for result in results {
        let (area, subject) = parts(&result.scenario);
        let cases = format!("{} {}", clean(subject), cases(result));
        match by_area.last_mut() {
            Some((last, list)) if *last == area => list.push(cases),
            _ => by_area.push((area, vec![cases])),
        }
    }
    let areas: Vec<String> = by_area.iter().map(|(area, _)| clean(area)).collect();
    let widest = areas.iter().map(|area| width(area)).max().unwrap_or(0);
    let line = |(area, (_, list)): (&String, &(&str, Vec<String>))| {
        hanging(&paint(CYAN, &pad(area, widest)), widest, &list.join(" · "), to)
    };
    areas.iter().zip(&by_area).flat_map(line).collect()
}

/// Returns the number of scenarios that were run on a store in a setup.
fn all(run: &Run, store: &str, setup: &str) -> usize {
    run.results.iter().filter(|r| r.store == store && r.setup == setup).count()
}

/// The cases that counted, and the ones that did not.
fn cases(result: &ScenarioResult) -> String {
    let mut text = result.tested.to_string();
    match (result.refused, result.predicted) {
        (0, false) => {}
        (0, true) => text.push_str(" (predicted)"),
        (refused, false) => text.push_str(&format!(" ({refused} refused)")),
        (refused, true) => text.push_str(&format!(" ({refused} refused, predicted)")),
    }
    text
}

/// Returns the notes of all results, each once.
pub(crate) fn notes(run: &Run, to: usize) -> Vec<String> {
    let mut by_note: BTreeMap<String, Vec<&ScenarioResult>> = BTreeMap::new();
    for result in &run.results {
        for note in result.notes.iter().cloned().chain(describe::coverage(&result.coverage)) {
            by_note.entry(note).or_default().push(result);
        }
    }
    let mut lines = Vec::new();
    for (note, results) in by_note {
        lines.extend(headed("NOTE", CYAN, &note, to));
        lines.extend(where_and_what(run, &results, to));
    }
    lines
}

/// A word in a style and a text behind it.
fn headed(word: &str, style: Style, text: &str, to: usize) -> Vec<String> {
    let behind = (width(word) + 1).max(INDENT);
    let lead = |n| match n {
        0 => paint(style, &pad(word, behind)),
        _ => " ".repeat(INDENT),
    };
    let lines = wrap(&clean(text), to - behind).into_iter().enumerate();
    lines.map(|(n, line)| format!("{}{line}", lead(n))).collect()
}

fn indented(text: &str, to: usize) -> Vec<String> {
    let indent = " ".repeat(INDENT);
    wrap(text, to - INDENT).into_iter().map(|line| format!("{indent}{line}")).collect()
}

/// A head and a text behind it, folded below its own beginning.
fn hanging(head: &str, head_width: usize, text: &str, to: usize) -> Vec<String> {
    let behind = INDENT + head_width + 2;
    // A very long head leaves no room beside it.
    if behind * 2 > to {
        let mut lines = vec![format!("{}{head}", " ".repeat(INDENT))];
        lines.extend(indented(text, to));
        return lines;
    }
    wrap(text, to - behind)
        .into_iter()
        .enumerate()
        .map(|(n, line)| match n {
            0 => format!("{}{head}  {line}", " ".repeat(INDENT)),
            _ => format!("{}{line}", " ".repeat(behind)),
        })
        .collect()
}
