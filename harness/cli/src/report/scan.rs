//! A scan: its findings with the commands that end them, what was not looked at, and the exit code.

use interloper_record::lookup::plural;
use interloper_record::{Exit, LeftOutKind, Scan, ScanFile, ScanFinding};

use super::human::WIDTHS;
use super::human::text::{
    BOLD, CYAN, DIM, GREEN, INDENT, RED, YELLOW, clean, pad, paint, severity, width, wrap,
    wrap_hanging,
};

/// Returns a scan as JSON.
///
/// # Errors
/// When it cannot be written as JSON, which would be a bug of this program.
pub(crate) fn json(scan: &Scan) -> std::io::Result<String> {
    Ok(serde_json::to_string_pretty(scan)? + "\n")
}

/// Returns a scan as text for people, with colours.
pub(crate) fn human(scan: &Scan, (exit, why): &(Exit, String), to: usize) -> String {
    let to = to.clamp(*WIDTHS.start(), *WIDTHS.end());
    let mut lines: Vec<String> = Vec::new();
    for finding in &scan.findings {
        lines.extend(block(finding, to));
        lines.push(String::new());
    }
    let before = lines.len();
    for left in &scan.left_out {
        let more = match left.count {
            0 | 1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        let head = paint(YELLOW, &pad("NOT", INDENT));
        let text = wrap(&clean(&format!("{}{more}: {}", left.path, left.why)), to - INDENT);
        lines.extend(hang(head, text));
    }
    if lines.len() > before {
        lines.push(String::new());
    }
    lines.extend(summary(scan, to));
    let style = if *exit == Exit::Clean { GREEN } else { RED };
    lines.extend(hang(
        paint(style, &pad(&format!("exit {}", exit.code()), SUMMARY)),
        wrap(why, to - SUMMARY),
    ));
    lines.join("\n") + "\n"
}

/// The column in which what is summed up begins.
const SUMMARY: usize = 11;

fn hang(head: String, text: Vec<String>) -> Vec<String> {
    let indent = " ".repeat(width(&head));
    let lead = |n| if n == 0 { head.clone() } else { indent.clone() };
    text.into_iter().enumerate().map(|(n, line)| format!("{}{line}", lead(n))).collect()
}

fn block(finding: &ScanFinding, to: usize) -> Vec<String> {
    let word = finding.severity.as_str();
    let head = paint(severity(finding.severity), &pad(word, 8));
    let mut lines = hang(head, wrap(&clean(&finding.sentence), to - 8));
    if let Some(first) = lines.first_mut() {
        *first = first.trim_end().to_owned();
    }
    let widest = finding.files.iter().map(|file| width(&mode(file))).max().unwrap_or(0);
    for file in &finding.files {
        let holds = file.holds.as_deref().map(|format| format!(" · {format}")).unwrap_or_default();
        let tool = file.tool.as_deref().map(|tool| format!(" ({tool})")).unwrap_or_default();
        let text = clean(&format!("{}{tool}{holds}", file.path));
        let head = format!("{}{}", " ".repeat(8), paint(DIM, &pad(&mode(file), widest + 2)));
        let room = to.saturating_sub(widest + 10);
        match room >= 24 {
            true => lines.extend(hang(format!("{head} "), wrap(&text, room - 1))),
            false => {
                lines.extend(wrap(&text, to - 8).into_iter().map(|line| format!("        {line}")))
            }
        }
    }
    if finding.more > 0 {
        lines.push(format!("        and {} more", finding.more));
    }
    for fix in &finding.fixes {
        // A command is one line, however long it is: it is to be copied.
        lines.push(format!("        {} {}", paint(CYAN, "fix"), paint(BOLD, &clean(fix))));
    }
    lines
}

fn mode(file: &ScanFile) -> String {
    clean(file.mode.as_deref().unwrap_or("not there yet"))
}

fn summary(scan: &Scan, to: usize) -> Vec<String> {
    let counts = &scan.counts;
    let by = |word: &str| scan.findings.iter().filter(|f| f.severity.as_str() == word).count();
    let found = ["high", "medium", "low"].map(|word| format!("{} {word}", by(word)));
    let mut text = vec![
        plural(counts.judged as usize, "file judged", "files judged"),
        format!("{} read", counts.read),
        format!("{} with live credentials", counts.live),
    ];
    if counts.kept_by_directory > 0 {
        text.push(format!("{} kept from others by a directory alone", counts.kept_by_directory));
    }
    text.push(format!("{} names in {} ms", counts.entries, scan.millis));
    let mut lines = hang(pad("findings", SUMMARY), wrap(&found.join(" · "), to - SUMMARY));
    lines.extend(wrap_hanging(
        &format!("{}{}", pad("looked at", SUMMARY), text.join(" · ")),
        to,
        SUMMARY,
    ));
    if let Some(interrupted) = &scan.interrupted {
        lines.push(format!("{}{}", pad("ended", SUMMARY), clean(&interrupted.by)));
    }
    if scan.left_out.iter().any(|left| left.kind == LeftOutKind::Nothing) {
        lines.push(format!("{}nothing was judged", pad("", SUMMARY)));
    }
    lines
}
