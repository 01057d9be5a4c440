//! A trace: one line a step, what it left, and what every other principal had after it.
//!
//! | file | what |
//! |---|---|
//! | [`brackets`] | where windows open and close |
//! | [`table`] | the steps in columns |

mod brackets;
mod table;

use std::fmt::Write;

use interloper_record::{AnswerEvent, Commit, Trace, Traces, Workload, describe};

use super::human::WIDTHS;
use super::human::text::{BOLD, DIM, GREEN, RED, YELLOW, clean, paint, width, wrap_hanging};

/// The column in which the lines below the steps begin.
const BESIDE: usize = 11;

/// Returns traces as text for people, with colours.
pub(crate) fn human(traces: &Traces, to: usize) -> String {
    let to = to.clamp(*WIDTHS.start(), *WIDTHS.end());
    let mut text = String::new();
    for (n, trace) in traces.traces.iter().enumerate() {
        if n > 0 {
            text.push('\n');
        }
        for line in one(trace, to) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{line}");
        }
    }
    text
}

/// Returns traces as JSON.
///
/// # Errors
/// When they cannot be written as JSON, which would be a bug of this program.
pub(crate) fn json(traces: &Traces) -> std::io::Result<String> {
    Ok(serde_json::to_string_pretty(traces)? + "\n")
}

fn one(trace: &Trace, to: usize) -> Vec<String> {
    let mut lines = headline(trace, to);
    if trace.steps.is_empty() {
        lines.push("  no step: no call of it reached the sandbox's files".into());
        return lines;
    }
    lines.extend(table::lines(trace, to));
    let beside = " ".repeat(BESIDE);
    let mut say = |label: &str, what: &str| {
        let mut label = paint(DIM, &format!("  {label:<9}"));
        for line in wrap_hanging(what, to - BESIDE, 0) {
            lines.push(format!("{}{line}", std::mem::replace(&mut label, beside.clone())));
        }
    };
    if trace.steps.iter().any(|step| step.windows.iter().any(|holder| holder.kept)) {
        say(
            table::KEPT,
            "only through a descriptor that was opened at an earlier moment: a mode that comes later does not take that back",
        );
    }
    if let Some(Commit { step, before, after, loads }) = &trace.commit {
        say(
            "done",
            &clean(&format!(
                "by step {step}: a load after it gives {after}, one before it {before} (found in {loads} loads)"
            )),
        );
    }
    for argv in &trace.started {
        let argv: Vec<String> = argv.iter().map(|argument| clean(argument)).collect();
        say("started", &argv.join(" "));
    }
    lines
}

/// Returns operation and store, with how sure the trace is at the right.
fn headline(trace: &Trace, to: usize) -> Vec<String> {
    let store = clean(&format!("{} {}", trace.store, trace.version));
    // Its call is that of a first save.
    let update = if trace.operation == Workload::Update { "update: " } else { "" };
    let asked = clean(&format!(
        " · {} · umask {} · home {} · {update}{} → ",
        trace.setup, trace.umask, trace.home, trace.call
    ));
    let answer = clean(&describe::answer(&trace.answer));
    let fine = !matches!(trace.answer, AnswerEvent::Error { .. } | AnswerEvent::None { .. });
    let mut sure = vec![match (&trace.unseen, trace.exhaustive) {
        (Some(path), _) => {
            let path = clean(path);
            paint(YELLOW, &format!("{path} changed without a step (not exhaustive)"))
        }
        (None, true) => paint(DIM, "every step (exhaustive)"),
        (None, false) => paint(YELLOW, "two runs had different steps (not exhaustive)"),
    }];
    if trace.predicted {
        sure.push(paint(YELLOW, "others predicted from modes"));
    }
    let beside = sure.join(" · ");
    let plain = format!("{store}{asked}{answer}");
    let gap = to.saturating_sub(width(&plain) + width(&beside));
    if gap >= 3 {
        let answer = paint(if fine { GREEN } else { RED }, &answer);
        return vec![format!("{}{asked}{answer}{}{beside}", paint(BOLD, &store), " ".repeat(gap))];
    }
    let mut lines = wrap_hanging(&plain, to, 2);
    if let Some(first) = lines.first_mut() {
        *first = match first.strip_prefix(&store) {
            Some(rest) => format!("{}{rest}", paint(BOLD, &store)),
            None => paint(BOLD, first),
        };
    }
    match width(&beside) + 2 <= to {
        true => lines.push(format!("  {beside}")),
        false => lines.extend(sure.iter().map(|line| format!("  {line}"))),
    }
    lines
}
