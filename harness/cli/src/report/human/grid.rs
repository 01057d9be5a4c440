//! Rows whose columns line up; the longest columns are folded if the line is too long.

use anstyle::Style;

use super::text::{pad, paint, width, wrap_hanging};

/// The indent of the further lines of a folded cell.
const HANG: usize = 2;

/// A column of a grid.
pub(crate) struct Column {
    /// The columns of space before it.
    pub(crate) gap: usize,
    /// The least it may be folded to.
    pub(crate) least: usize,
    /// The mark before the text of its first line: `→ `.
    pub(crate) lead: &'static str,
    /// How it looks.
    pub(crate) style: Style,
}

/// Returns the rows as lines of about `to` columns.
///
/// Columns that are empty in every row are left out; a row that has its first cell alone takes the whole line.
pub(crate) fn lines(columns: &[Column], rows: &[Vec<String>], to: usize) -> Vec<String> {
    blocks(columns, rows, to).concat()
}

/// Returns the lines of each row apart.
pub(crate) fn blocks(columns: &[Column], rows: &[Vec<String>], to: usize) -> Vec<Vec<String>> {
    let used: Vec<usize> =
        (0..columns.len()).filter(|at| rows.iter().any(|row| !row[*at].is_empty())).collect();
    let rest = |row: &&Vec<String>| !alone(row);
    let filled: Vec<&Vec<String>> = rows.iter().filter(rest).collect();
    let widths = widths(columns, &filled, &used, to);
    let lines = |row: &Vec<String>| match columns.first() {
        Some(first) if alone(row) => {
            let indent = " ".repeat(first.gap);
            let lines = wrap_hanging(&row[0], to - first.gap, HANG);
            lines.iter().map(|line| format!("{indent}{}", paint(first.style, line))).collect()
        }
        _ => row_lines(columns, row, &used, &widths),
    };
    rows.iter().map(lines).collect()
}

/// Returns the columns that a line needs if everything is folded as far as it may be.
pub(crate) fn least(columns: &[Column], rows: &[Vec<String>]) -> usize {
    needed(columns, rows, |column, need| need.min(column.least))
}

/// Returns the columns that a line needs if no cell is folded.
pub(crate) fn full(columns: &[Column], rows: &[Vec<String>]) -> usize {
    needed(columns, rows, |_, need| need)
}

fn needed(
    columns: &[Column],
    rows: &[Vec<String>],
    folded: impl Fn(&Column, usize) -> usize,
) -> usize {
    let rest = |row: &&Vec<String>| !alone(row);
    let need = |at: usize| rows.iter().filter(rest).map(|row| width(&row[at])).max().unwrap_or(0);
    let column = |(at, column): (usize, &Column)| match need(at) {
        0 => 0,
        need => column.gap + width(column.lead) + folded(column, need),
    };
    columns.iter().enumerate().map(column).sum()
}

/// Returns whether all cells behind the first are empty.
fn alone(row: &[String]) -> bool {
    row.iter().skip(1).all(String::is_empty)
}

/// The width of each used column: what its texts need, folded until the line fits or nothing can be folded any more.
fn widths(columns: &[Column], rows: &[&Vec<String>], used: &[usize], to: usize) -> Vec<usize> {
    let need = |at: &usize| rows.iter().map(|row| width(&row[*at])).max().unwrap_or(0).min(to);
    let mut widths: Vec<usize> = used.iter().map(need).collect();
    let around: usize = used.iter().map(|at| columns[*at].gap + width(columns[*at].lead)).sum();
    loop {
        let foldable = |(i, at): &(usize, &usize)| widths[*i] > columns[**at].least;
        let longest = used.iter().enumerate().filter(foldable).map(|(i, _)| (widths[i], i)).max();
        match longest {
            Some((_, i)) if widths.iter().sum::<usize>() + around > to => widths[i] -= 1,
            _ => return widths,
        }
    }
}

fn row_lines(columns: &[Column], row: &[String], used: &[usize], widths: &[usize]) -> Vec<String> {
    let cells = used.iter().zip(widths).map(|(at, to)| wrap_hanging(&row[*at], *to, HANG));
    let cells: Vec<Vec<String>> = cells.collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    (0..height)
        .map(|n| {
            let mut line = String::new();
            for ((at, cell), to) in used.iter().zip(&cells).zip(widths) {
                let column = &columns[*at];
                let text = cell.get(n).map_or("", String::as_str);
                let lead = if n == 0 && !text.is_empty() { column.lead } else { "" };
                let full = width(column.lead) + to;
                let text = match lead.is_empty() {
                    true => format!("{}{text}", " ".repeat(width(column.lead))),
                    false => format!("{lead}{text}"),
                };
                line.push_str(&" ".repeat(column.gap));
                line.push_str(&paint(column.style, &pad(&text, full)));
            }
            line.trim_end().to_owned()
        })
        .collect()
}
