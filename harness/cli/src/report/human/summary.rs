//! The last lines, which are on the screen when a run ends: what was tested, what came of it, and the exit code.

use std::collections::BTreeMap;

use interloper_record::lookup::{contradiction, findings, plural};
use interloper_record::{Exit, Policy, Run, Severity, Verdict};

use super::areas;
use super::text::{BOLD, DIM, GREEN, MAGENTA, RED, YELLOW, clean, pad, paint, severity, wrap};
use crate::report::Extent;
use crate::report::time::{took, utc};

/// The width of a summary line's label.
const LABEL: usize = 11;

/// As many umasks as the summary names of those asked for.
const UMASKS: usize = 8;

/// Returns the summary as lines.
pub(crate) fn lines(run: &Run, policy: &Policy, extent: Extent, to: usize) -> Vec<String> {
    let mut lines = vec![paint(DIM, &"─".repeat(to))];
    let mut say = |label: &str, text: &str| lines.extend(entry(label, text, to));
    say("tested", &tested(run));
    say("verdicts", &verdicts(run));
    say("findings", &severities(run));
    for (label, text) in areas::lines(run) {
        say(label, &text);
    }
    match extent {
        Extent::Whole => say("host", &host(run)),
        Extent::Summary => say("host", &clean(&format!("tier {}", run.host.tier))),
    }
    say("run", &asked(run));
    for sentence in left_out(run, extent) {
        say("left out", &clean(&sentence));
    }
    for stale in &run.stale {
        say("stale", &clean(&format!("{}  {}: {}", stale.file, stale.pattern, stale.why)));
    }
    let outcome = policy.judge(run);
    let style = match outcome.exit {
        Exit::Clean => GREEN,
        Exit::Findings => RED,
        Exit::Broken | Exit::Usage => MAGENTA,
        Exit::Untested => YELLOW,
    };
    for (n, line) in wrap(&clean(&outcome.words()), to - LABEL).into_iter().enumerate() {
        let label = if n == 0 { format!("exit {}", outcome.exit.code()) } else { String::new() };
        lines.push(format!("{}{}", paint(style, &pad(&label, LABEL)), paint(BOLD, &line)));
    }
    lines
}

/// Returns what was left out: all of it, or one part and how many more there are.
fn left_out(run: &Run, extent: Extent) -> Vec<String> {
    match (extent, &run.asked.left_out[..]) {
        (Extent::Summary, [first, rest @ ..]) if !rest.is_empty() => {
            vec![format!("{first}; and {} more with --details", rest.len())]
        }
        (_, all) => all.to_vec(),
    }
}

/// Returns a line of the summary, folded below its text.
fn entry(label: &str, text: &str, to: usize) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    let label = |n| paint(DIM, &pad(if n == 0 { label } else { "" }, LABEL));
    let lines = wrap(text, to - LABEL).into_iter().enumerate();
    lines.map(|(n, line)| format!("{}{line}", label(n))).collect()
}

fn tested(run: &Run) -> String {
    let setups: usize = run.stores.iter().map(|store| store.setups.len()).sum();
    let cases: u64 = run.results.iter().map(|result| result.tested).sum();
    let refused: u64 = run.results.iter().map(|result| result.refused).sum();
    let stores = plural(run.stores.len(), "store", "stores");
    let setups = plural(setups, "setup", "setups");
    let scenarios = plural(run.scenarios.len(), "scenario", "scenarios");
    let results = plural(run.results.len(), "result", "results");
    let mut text = format!("{stores} · {setups} · {scenarios} · {results} · {cases} cases");
    if refused > 0 {
        text.push_str(&format!(", {refused} more refused by the store"));
    }
    text
}

fn verdicts(run: &Run) -> String {
    let mut by_verdict: BTreeMap<Verdict, usize> = BTreeMap::new();
    for result in &run.results {
        *by_verdict.entry(result.verdict).or_default() += 1;
    }
    let mut parts: Vec<String> = by_verdict
        .iter()
        .map(|(verdict, n)| {
            let style = match verdict {
                Verdict::Pass => GREEN,
                Verdict::Fail => RED,
                Verdict::Skip => YELLOW,
                Verdict::Unsupported => DIM,
                Verdict::Error => MAGENTA,
            };
            format!("{n} {}", paint(style, verdict.as_str()))
        })
        .collect();
    let broken = run.results.iter().filter(|result| contradiction(result).is_some()).count();
    if broken > 0 {
        parts.push(format!("{broken} {}", paint(MAGENTA, "contradictory")));
    }
    let predicted = run.results.iter().filter(|result| result.predicted).count();
    if predicted > 0 {
        parts.push(format!("{predicted} of them predicted"));
    }
    parts.join(" · ")
}

/// The new findings by severity, the known and the documented ones.
fn severities(run: &Run) -> String {
    let all = findings(run);
    let mut parts = Vec::new();
    for level in [Severity::High, Severity::Medium, Severity::Low, Severity::Info] {
        let new = |f: &&_| is_new(f, level);
        let n = all.iter().filter(new).count();
        if n > 0 {
            parts.push(format!("{n} {}", paint(severity(level), level.as_str())));
        }
    }
    let documented = all.iter().filter(|found| found.finding.documented.is_some()).count();
    let excused = all.iter().filter(|found| !found.finding.is_new()).count();
    let known = excused - documented;
    if known > 0 {
        parts.push(format!("{known} {}", paint(DIM, "known")));
    }
    if documented > 0 {
        parts.push(format!("{documented} {}", paint(DIM, "documented")));
    }
    if parts.is_empty() { "none".to_owned() } else { parts.join(" · ") }
}

fn is_new(found: &interloper_record::lookup::FindingRef<'_>, level: Severity) -> bool {
    found.finding.is_new() && found.finding.severity == level
}

fn host(run: &Run) -> String {
    let host = &run.host;
    let mut parts = vec![format!("tier {}", host.tier), format!("kernel {}", host.kernel)];
    parts.extend(host.settings.iter().map(|(key, value)| format!("{key}={value}")));
    clean(&parts.join(" · "))
}

fn asked(run: &Run) -> String {
    let asked = &run.asked;
    let mut parts = vec![
        format!("Interloper {}", run.interloper),
        format!("profile {}", asked.profile),
        format!("seed {}", asked.seed),
    ];
    if !asked.umasks.is_empty() {
        let few: Vec<String> = asked.umasks.iter().take(UMASKS).map(ToString::to_string).collect();
        let more = asked.umasks.len().saturating_sub(UMASKS);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        parts.push(format!("umask {}{more}", few.join(" ")));
    }
    if !asked.scenarios.is_empty() {
        parts.push(format!("scenarios {}", asked.scenarios.join(" ")));
    }
    parts.push(utc(run.started));
    parts.push(took(run.millis));
    clean(&parts.join(" · "))
}
