//! The history of a finding: what was done, what came of it, and what each other could do then.

use anstyle::Style;
use interloper_record::Event;
use interloper_record::describe::{self, Line};

use super::grid::{Column, blocks, full, least, lines};
use super::text::{BOLD, INDENT, RED, clean, paint, wrap, wrap_hanging};

/// How far what a step left is set in below the step.
const BELOW: usize = 12;

/// The history, with what was done, what came of it, and what each other could do then under one another.
///
/// The call of a step is long and is read as a whole: where not all steps fit beside what they left, that stands below them.
pub(super) fn story(story: &[Event], to: usize) -> Vec<String> {
    let events: Vec<Line> = story.iter().map(describe::line).collect();
    let mut others: Vec<&str> = Vec::new();
    for (who, _) in events.iter().flat_map(|line| &line.others) {
        if !others.contains(&who.as_str()) {
            others.push(who);
        }
    }
    let column = |gap, least, lead, style| Column { gap, least, lead, style };
    let mut columns = vec![column(2, 24, "", Style::new()), column(2, 14, "→ ", Style::new())];
    columns.extend(others.iter().map(|_| column(3, 14, "", RED)));
    columns.push(column(3, 15, "◀ ", BOLD));
    let rows: Vec<Row> = events
        .iter()
        .map(|line| {
            let mut cells = vec![clean(&line.did), clean(&line.result)];
            // A line without `groupmate` leaves that column empty.
            cells.extend(others.iter().map(|name| {
                let of = line.others.iter().filter(|(who, _)| who == name);
                let of: Vec<String> = of.map(|(who, could)| format!("{who} {could}")).collect();
                clean(&of.join(", "))
            }));
            cells.push(line.mark.as_deref().map(clean).unwrap_or_default());
            Row { cells, is_step: line.is_step }
        })
        .collect();
    let all: Vec<Vec<String>> = rows.iter().map(|row| row.cells.clone()).collect();
    let to = to - INDENT;
    let steps = rows.iter().any(|row| row.is_step);
    let lines = match () {
        () if steps && full(&columns, &all) > to => with_steps(columns, &rows, to),
        () if least(&columns, &all) <= to => lines(&columns, &all, to),
        () => stacked(&columns, &all, to),
    };
    let indent = " ".repeat(INDENT);
    lines.into_iter().map(|line| format!("{indent}{line}")).collect()
}

/// A line of the history in cells.
struct Row {
    cells: Vec<String>,
    /// Whether it is a step, whose call is long.
    is_step: bool,
}

/// The history with what each step left below its call.
fn with_steps(mut columns: Vec<Column>, rows: &[Row], to: usize) -> Vec<String> {
    let (steps, rest): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.is_step);
    let rest: Vec<Vec<String>> = rest.into_iter().map(|row| row.cells.clone()).collect();
    let mut rest = match least(&columns, &rest) <= to {
        true => blocks(&columns, &rest, to),
        false => rest.iter().map(|row| stacked(&columns, std::slice::from_ref(row), to)).collect(),
    }
    .into_iter();
    let left: Vec<Vec<String>> = steps
        .iter()
        .map(|row| {
            row.cells
                .iter()
                .enumerate()
                .map(|(n, cell)| if n == 0 { String::new() } else { cell.clone() })
                .collect()
        })
        .collect();
    if let Some(result) = columns.get_mut(1) {
        result.gap = BELOW;
    }
    let mut left = match least(&columns, &left) <= to {
        true => blocks(&columns, &left, to),
        false => left.iter().map(|row| below(&columns[1..], &row[1..], BELOW, to)).collect(),
    }
    .into_iter();
    let mut all = Vec::new();
    for row in rows {
        if !row.is_step {
            all.extend(rest.next().unwrap_or_default());
            continue;
        }
        let gap = columns.first().map_or(0, |column| column.gap);
        let indent = " ".repeat(gap);
        all.extend(
            wrap_hanging(&row.cells[0], to - gap, BELOW - 2 * gap)
                .iter()
                .map(|line| format!("{indent}{line}")),
        );
        all.extend(left.next().unwrap_or_default().into_iter().filter(|line| !line.is_empty()));
    }
    all
}

/// The history for a narrow terminal: what others could do stands below what was done, not beside it.
fn stacked(columns: &[Column], rows: &[Vec<String>], to: usize) -> Vec<String> {
    let (done, others) = columns.split_at(2);
    let mut all = Vec::new();
    for row in rows {
        let (did, could) = row.split_at(2);
        all.extend(lines(done, &[did.to_vec()], to));
        all.extend(below(others, could, INDENT, to));
    }
    all
}

/// Cells in as many lines as they take, set in.
fn below(columns: &[Column], cells: &[String], indent: usize, to: usize) -> Vec<String> {
    let cells = columns.iter().zip(cells).filter(|(_, text)| !text.is_empty());
    let cells: Vec<String> = cells.map(|(column, text)| format!("{}{text}", column.lead)).collect();
    let spaces = " ".repeat(indent);
    wrap(&cells.join("   "), to - indent)
        .into_iter()
        .filter(|line| !line.is_empty())
        .map(|line| format!("{spaces}{}", paint(RED, line.trim_start())))
        .collect()
}
