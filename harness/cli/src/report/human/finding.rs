//! One finding, from the headline to the command that shows it again.

use anstyle::Style;
use interloper_driver::Umask;
use interloper_record::lookup::{FindingRef, label, scenario};
use interloper_record::{Matrix, Policy, Run, Severity, describe};

use super::story::story;
use super::text::{BOLD, CYAN, DIM, INDENT, RED, clean, pad, paint, severity, width, wrap};
use crate::report::umask;

/// The width of `smallest case` and the space after it.
const LABEL: usize = 15;

/// The width of a umask in the matrix, and of the space after it.
const CELL: usize = 6;

/// As many facts of the evidence as are printed; the record has them all.
const FACTS: usize = 8;

/// Returns the finding as lines.
pub(crate) fn block(run: &Run, found: FindingRef<'_>, policy: &Policy, to: usize) -> Vec<String> {
    let finding = found.finding;
    let mut block = headline(run, found, policy, to);
    let indent = " ".repeat(INDENT);
    for line in wrap(&clean(&finding.told()), to - INDENT) {
        block.push(format!("{indent}{}", paint(BOLD, &line)));
    }
    block.extend(story(&finding.story, to));
    block.extend(matrix(&finding.matrix, to));
    block.extend(labelled("smallest case", &finding.smallest, to));
    let facts = finding.evidence.len();
    for (n, fact) in finding.evidence.iter().take(FACTS).enumerate() {
        block.extend(labelled(if n == 0 { "evidence" } else { "" }, &describe::evidence(fact), to));
    }
    if facts > FACTS {
        block.extend(labelled("", &format!("… and {} more in the JSON record", facts - FACTS), to));
    }
    if let Some(documented) = &finding.documented {
        block.extend(labelled("documented", &documented.to_string(), to));
    }
    block.extend(labelled("fix", &finding.fix, to));
    let owasp = scenario(run, &found.result.scenario).map(|s| s.owasp.join(" · "));
    block.extend(labelled("see", &owasp.unwrap_or_default(), to));
    block.extend(labelled("cause", &finding.cause, to));
    // A token that is broken over two lines cannot be copied.
    let replay = format!("interloper replay {}", clean(&finding.replay));
    block.push(format!("{indent}{}{}", label_text("replay"), paint(CYAN, &replay)));
    block
}

/// Returns the word that a finding opens with, and its style.
fn word(found: FindingRef<'_>, policy: &Policy) -> (&'static str, Style) {
    let finding = found.finding;
    match () {
        () if finding.documented.is_some() => ("DOCUMENTED", DIM),
        () if finding.known.is_some() => ("KNOWN", DIM),
        () if policy.fails(finding) => ("FAIL", RED),
        () if finding.severity == Severity::Info => ("INFO", DIM),
        () => ("WARN", severity(finding.severity)),
    }
}

/// Returns scenario, store, setup and umasks, with the severity and the weaknesses at the right.
fn headline(run: &Run, found: FindingRef<'_>, policy: &Policy, to: usize) -> Vec<String> {
    let FindingRef { result, finding } = found;
    let (word, style) = word(found, policy);
    let mut setup = vec![label(run, &result.store), result.setup.clone()];
    if result.predicted {
        setup.push("predicted from modes".to_owned());
    }
    setup.extend(umask::headline(&finding.matrix));
    let setup = clean(&setup.join(" · "));
    let cwe = scenario(run, &result.scenario).map(|s| clean(&s.cwe.join(" "))).unwrap_or_default();
    let how_bad = finding.severity.as_str();

    let before = INDENT.max(width(word) + 1);
    let left = before + width(&result.scenario);
    let right = width(how_bad) + if cwe.is_empty() { 0 } else { 2 + width(&cwe) };
    let opening =
        format!("{}{}", paint(style, &pad(word, before)), paint(BOLD, &clean(&result.scenario)));
    let mut closing = paint(severity(finding.severity), how_bad);
    if !cwe.is_empty() {
        closing.push_str(&paint(DIM, &format!("  {cwe}")));
    }
    let gap = |taken: usize| " ".repeat(to.saturating_sub(taken + right).max(3));
    if left + 3 + width(&setup) + 3 + right <= to {
        return vec![format!("{opening}   {setup}{}{closing}", gap(left + 3 + width(&setup)))];
    }
    let mut lines = vec![format!("{opening}{}{closing}", gap(left))];
    let indent = " ".repeat(INDENT);
    lines.extend(wrap(&setup, to - INDENT).into_iter().map(|line| format!("{indent}{line}")));
    lines
}

/// Returns who was reached under which umasks, unless the headline says it.
fn matrix(matrix: &Matrix, to: usize) -> Vec<String> {
    let columns = umask::columns(matrix);
    let everywhere = |reached: &Vec<Umask>| reached.len() == matrix.tested.len();
    let indent = " ".repeat(INDENT);
    if matrix.reached.is_empty() || columns.is_empty() {
        return Vec::new();
    }
    if matrix.reached.values().all(everywhere) {
        let who: Vec<String> = matrix.reached.keys().map(|name| clean(name)).collect();
        return vec![format!("{indent}{}{}", label_text("reached by"), who.join(", "))];
    }
    // One principal under a few umasks is what the headline says.
    if matrix.reached.len() == 1 && matrix.tested.len() == columns.len() {
        return Vec::new();
    }
    let head: String = columns.iter().map(|umask| format!("{umask}  ")).collect();
    let mut lines =
        vec![format!("{indent}{}{}", label_text("reached by"), paint(DIM, head.trim_end()))];
    for (name, reached) in &matrix.reached {
        let mut line = format!("{indent}{}", pad(&format!("  {}", clean(name)), LABEL));
        for umask in &columns {
            line.push_str(&match reached.contains(umask) {
                true => paint(RED, &pad(" ✗", CELL)),
                false => paint(DIM, &pad(" ·", CELL)),
            });
        }
        let extent = match matrix.tested.len() > columns.len() {
            true => umask::extent(reached, &matrix.tested),
            false => String::new(),
        };
        let beside = INDENT + LABEL + columns.len() * CELL + width(&extent) <= to;
        if beside {
            line.push_str(&extent);
        }
        lines.push(line.trim_end().to_owned());
        if !beside {
            lines.extend(labelled("", &extent, to));
        }
    }
    lines
}

/// Returns a label, padded to its column.
fn label_text(label: &str) -> String {
    paint(DIM, &pad(label, LABEL))
}

/// Returns a text behind a label, folded below itself; no line if there is no text.
pub(crate) fn labelled(label: &str, text: &str, to: usize) -> Vec<String> {
    let text = clean(text);
    if text.is_empty() {
        return Vec::new();
    }
    let indent = " ".repeat(INDENT);
    wrap(&text, to - INDENT - LABEL)
        .into_iter()
        .enumerate()
        .map(|(n, line)| format!("{indent}{}{line}", label_text(if n == 0 { label } else { "" })))
        .collect()
}
