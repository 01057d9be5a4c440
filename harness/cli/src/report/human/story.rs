//! The history of a finding: what was done, what came of it, and what each other could do then.

use anstyle::Style;
use interloper_record::StoryLine;

use super::grid::{Column, blocks, full, least, lines};
use super::text::{BOLD, INDENT, RED, clean, paint, wrap, wrap_hanging};

/// What the line of a step begins with.
const STEP: &str = "  step ";

/// How far what a step left is set in below the step.
const BELOW: usize = 12;

/// The history, with what was done, what came of it, and what each other could do then under one another.
///
/// The call of a step is long and is read as a whole: where not all steps fit beside what they left, that stands below them.
pub(super) fn story(story: &[StoryLine], to: usize) -> Vec<String> {
    // Others are told by their first word: a line without `groupmate` leaves that column empty.
    let mut others: Vec<&str> = Vec::new();
    for other in story.iter().flat_map(|line| &line.others) {
        let name = who(other);
        if !others.contains(&name) {
            others.push(name);
        }
    }
    let column = |gap, least, lead, style| Column { gap, least, lead, style };
    let mut columns = vec![column(2, 24, "", Style::new()), column(2, 14, "→ ", Style::new())];
    columns.extend(others.iter().map(|_| column(3, 14, "", RED)));
    columns.push(column(3, 15, "◀ ", BOLD));
    let rows: Vec<Vec<String>> = story
        .iter()
        .map(|line| {
            let mut row = vec![clean(&line.did), clean(&line.result)];
            row.extend(others.iter().map(|name| {
                let of = line.others.iter().filter(|other| who(other) == *name);
                clean(&of.map(String::as_str).collect::<Vec<_>>().join(", "))
            }));
            row.push(line.mark.as_deref().map(clean).unwrap_or_default());
            row
        })
        .collect();
    let to = to - INDENT;
    let steps = rows.iter().any(|row| is_step(row));
    let lines = match () {
        () if steps && full(&columns, &rows) > to => with_steps(columns, &rows, to),
        () if least(&columns, &rows) <= to => lines(&columns, &rows, to),
        () => stacked(&columns, &rows, to),
    };
    let indent = " ".repeat(INDENT);
    lines.into_iter().map(|line| format!("{indent}{line}")).collect()
}

fn is_step(row: &[String]) -> bool {
    row.first().is_some_and(|did| did.starts_with(STEP))
}

/// The history with what each step left below its call.
fn with_steps(mut columns: Vec<Column>, rows: &[Vec<String>], to: usize) -> Vec<String> {
    let (steps, rest): (Vec<&Vec<String>>, Vec<&Vec<String>>) =
        rows.iter().partition(|row| is_step(row));
    let rest: Vec<Vec<String>> = rest.into_iter().cloned().collect();
    let mut rest = match least(&columns, &rest) <= to {
        true => blocks(&columns, &rest, to),
        false => rest.iter().map(|row| stacked(&columns, std::slice::from_ref(row), to)).collect(),
    }
    .into_iter();
    let left: Vec<Vec<String>> = steps
        .iter()
        .map(|row| {
            row.iter()
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
        if !is_step(row) {
            all.extend(rest.next().unwrap_or_default());
            continue;
        }
        let gap = columns.first().map_or(0, |column| column.gap);
        let indent = " ".repeat(gap);
        all.extend(
            wrap_hanging(&row[0], to - gap, BELOW - 2 * gap)
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

fn who(other: &str) -> &str {
    other.split(' ').next().unwrap_or(other)
}
