//! The changes that were tried, and what each ends.

use interloper_record::lookup::{label, plural};
use interloper_record::{Mends, Run};

use super::text::{BOLD, DIM, clean, paint, wrap};

/// The column in which the text of a change begins.
const COLUMN: usize = 4;

/// Returns what was tried to mend the findings of a run, as lines.
pub(crate) fn mends(run: &Run, to: usize) -> Vec<String> {
    run.mends.iter().flat_map(|mends| of_store(run, mends, to)).collect()
}

fn of_store(run: &Run, mends: &Mends, to: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut say = |text: &str| {
        for (n, line) in wrap(&clean(text), to - COLUMN).into_iter().enumerate() {
            let indent = if n == 0 { 0 } else { COLUMN };
            lines.push(format!("{}{line}", " ".repeat(indent)));
        }
    };
    let about = if run.mends.len() > 1 { label(run, &mends.store) } else { String::new() };
    let count = mends.changes.len();
    let of = mends.of;
    for (n, change) in mends.changes.iter().enumerate() {
        let call = change.call.as_deref().map_or_else(String::new, |call| format!("{call} → "));
        let gone = match n {
            0 => format!("{} of {} gone", change.gone.len(), findings(of)),
            _ => format!("{} more gone", change.gone.len()),
        };
        let number = n + 1;
        say(&format!("change {number} of {count}: {call}{}: {gone}", change.change));
    }
    if let Some(together) = &mends.together {
        let all = if count > 1 { format!("all {count} together") } else { "with it".into() };
        let new = match together.new.len() {
            0 => "nothing new".to_owned(),
            _ => format!("new: {}", together.new.join(", ")),
        };
        let results = plural(together.results, "result", "results");
        let gone = together.gone.len();
        say(&format!("{all}: {gone} of {} gone, {new} in {results}", findings(of)));
    }
    if count == 0 {
        say("no change of a call ends any of them");
    }
    for design in &mends.designs {
        let count = plural(design.findings.len(), "finding needs", "findings need");
        say(&format!("{count} another design ({}): {}", design.cause, design.design));
    }
    for change in &mends.surroundings {
        let gone = change.gone.len();
        say(&format!(
            "without a change to the store: {}: {gone} of {} gone",
            change.change,
            findings(of)
        ));
    }
    for untried in &mends.untried {
        say(&format!("not tried: {untried}"));
    }
    let head = match about.is_empty() {
        true => "changes that were tried".to_owned(),
        false => format!("changes that were tried: {}", clean(&about)),
    };
    let head = paint(BOLD, &head);
    let lines = lines.into_iter().map(|line| match line.starts_with("not tried") {
        true => paint(DIM, &line),
        false => line,
    });
    std::iter::once(head).chain(lines).collect()
}

fn findings(n: usize) -> String {
    plural(n, "finding", "findings")
}
