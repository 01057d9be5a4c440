//! The steps of a trace in columns.

use anstyle::Style;
use interloper_record::{Holder, Trace, TraceStep};

use super::brackets::{Edge, edges};
use crate::report::human::text::{DIM, RED, YELLOW, clean, pad, paint, width, wrap_hanging};

/// Somebody has a secret: a path leads there.
const SECRET: &str = "SECRET";
/// The same through a descriptor alone.
pub(super) const KEPT: &str = "kept fd";
/// The columns of space between two columns.
const GAP: usize = 2;
/// The columns that a mode takes.
const MODE: usize = 10;
/// The least that is left for the call, however narrow the terminal.
const LEAST: usize = 24;
/// The indent of the further lines of a call.
const HANG: usize = 2;

/// One line of the table, before it is laid out.
struct Row {
    edge: Edge,
    number: String,
    call: String,
    mode: String,
    cells: Vec<String>,
}

/// Returns the heading, a row for each step, and a sentence below them if a window stays open.
pub(super) fn lines(trace: &Trace, to: usize) -> Vec<String> {
    let rows = rows(trace);
    let columns = Columns::of(trace, &rows, to);
    let mut lines = vec![columns.heading(trace)];
    for row in &rows {
        columns.row(row, &mut lines);
    }
    let last = trace.steps.last().map(|step| &step.windows[..]).unwrap_or_default();
    if !last.is_empty() {
        let what = format!("never closed: {} a secret after the last step", have(last));
        columns.below('┴', &what, to, &mut lines);
    }
    lines
}

fn rows(trace: &Trace) -> Vec<Row> {
    let after: Vec<bool> = trace.steps.iter().map(|step| !step.windows.is_empty()).collect();
    let open_before = !trace.before.is_empty();
    let mut rows = Vec::new();
    if open_before {
        rows.push(Row {
            edge: Edge::Opens,
            number: String::new(),
            call: "before the first step".into(),
            mode: String::new(),
            cells: trace.principals.iter().map(|who| holds(&trace.before, who).into()).collect(),
        });
    }
    let several = trace.steps.iter().any(|step| step.thread > 1);
    let edges = edges(open_before, &after);
    rows.extend(trace.steps.iter().zip(edges).map(|(step, edge)| Row {
        edge,
        number: step.number.to_string(),
        call: call(trace, step, several),
        mode: step.mode.as_deref().map(clean).unwrap_or_default(),
        cells: trace.principals.iter().map(|who| cell(step, who)).collect(),
    }));
    rows
}

/// Returns the call, with its process and its umask if they are not the usual ones.
fn call(trace: &Trace, step: &TraceStep, several: bool) -> String {
    let mut call = clean(&step.call);
    if several {
        call = format!("[{}] {call}", step.thread);
    }
    // A store that changes its umask for a while does so for a reason.
    if let Some(umask) = step.umask.as_ref().filter(|umask| **umask != trace.umask) {
        call += &format!("  umask {}", clean(umask));
    }
    call
}

/// Returns what a principal has after a step: a secret, wherever it is, or else the letters of its access.
fn cell(step: &TraceStep, who: &str) -> String {
    let held = holds(&step.windows, who);
    if !held.is_empty() {
        return held.into();
    }
    match step.others.iter().find(|other| other.principal == who) {
        Some(other) if other.secret => SECRET.into(),
        Some(other) => clean(&other.access),
        // Nobody can do anything with what is not there; what was there before the store was not tried.
        None if step.mode.is_none() => "-".into(),
        None => String::new(),
    }
}

fn holds(holders: &[Holder], who: &str) -> &'static str {
    match holders.iter().find(|holder| holder.principal == who) {
        Some(Holder { kept: true, .. }) => KEPT,
        Some(_) => SECRET,
        None => "",
    }
}

/// Returns the holders with their verb: `groupmate and stranger have`.
fn have(holders: &[Holder]) -> String {
    let names: Vec<String> = holders.iter().map(|holder| clean(&holder.principal)).collect();
    match &names[..] {
        [] => "nobody has".into(),
        [one] => format!("{one} has"),
        [most @ .., last] => format!("{} and {last} have", most.join(", ")),
    }
}

/// How wide each column is.
struct Columns {
    /// The bracket and the number.
    step: usize,
    call: usize,
    others: Vec<usize>,
}

impl Columns {
    fn of(trace: &Trace, rows: &[Row], to: usize) -> Columns {
        let widest = |texts: &mut dyn Iterator<Item = &str>| texts.map(width).max().unwrap_or(0);
        let numbers = widest(&mut rows.iter().map(|row| row.number.as_str()));
        let step = (numbers + 2).max("step".len());
        let others: Vec<usize> = trace
            .principals
            .iter()
            .enumerate()
            .map(|(n, who)| {
                widest(&mut rows.iter().map(|row| row.cells[n].as_str())).max(width(who))
            })
            .collect();
        let beside = GAP + step + GAP + GAP + MODE + others.iter().map(|w| GAP + w).sum::<usize>();
        let calls = widest(&mut rows.iter().map(|row| row.call.as_str())).max("call".len());
        Columns { step, call: calls.min(to.saturating_sub(beside).max(LEAST)), others }
    }

    fn heading(&self, trace: &Trace) -> String {
        let mut line = format!(
            "  {}  {}  {}",
            pad("step", self.step),
            pad("call", self.call),
            pad("mode", MODE)
        );
        for (who, to) in trace.principals.iter().zip(&self.others) {
            line += &format!("  {}", pad(&clean(who), *to));
        }
        paint(DIM, line.trim_end())
    }

    fn row(&self, row: &Row, lines: &mut Vec<String>) {
        for (n, call) in wrap_hanging(&row.call, self.call, HANG).iter().enumerate() {
            let (mark, number) = match n {
                0 => (row.edge.mark(), row.number.as_str()),
                _ => (row.edge.beside(), ""),
            };
            let number = format!("{number:>to$}", to = self.step - 1);
            let mut line = format!(
                "  {}{}  {}",
                paint(RED, &mark.to_string()),
                paint(DIM, &number),
                pad(call, self.call)
            );
            if n == 0 {
                line += &format!("  {}", pad(&row.mode, MODE));
                for (cell, to) in row.cells.iter().zip(&self.others) {
                    line += &format!("  {}", paint(style(cell), &pad(cell, *to)));
                }
            }
            lines.push(line.trim_end().to_owned());
        }
    }

    /// Adds a sentence under the table, with a mark at the left edge.
    fn below(&self, mark: char, what: &str, to: usize, lines: &mut Vec<String>) {
        let indent = GAP + self.step + GAP;
        for (n, text) in wrap_hanging(what, to - indent, 0).iter().enumerate() {
            let mark = if n == 0 { mark } else { ' ' };
            let space = " ".repeat(indent - GAP - 1);
            lines.push(paint(RED, &format!("  {mark}{space}{text}")));
        }
    }
}

fn style(cell: &str) -> Style {
    match cell {
        SECRET | KEPT => RED,
        "-" | "" => DIM,
        _ => YELLOW,
    }
}
