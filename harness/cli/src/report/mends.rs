//! The changes that were tried, and what each ended, in sentences that reports share.

use interloper_record::Mends;
use interloper_record::lookup::plural;

/// Returns what was tried to mend the findings of a store.
pub(super) fn sentences(mends: &Mends) -> Vec<String> {
    let all = findings(mends.of);
    let mut lines = Vec::new();
    let count = mends.changes.len();
    for (n, change) in mends.changes.iter().enumerate() {
        let call = change.call.as_deref().map_or_else(String::new, |call| format!("{call} → "));
        let gone = match n {
            0 => format!("{} of {all} gone", change.gone.len()),
            _ => format!("{} more gone", change.gone.len()),
        };
        lines.push(format!("change {} of {count}: {call}{}: {gone}", n + 1, change.change));
    }
    match &mends.together {
        Some(together) => {
            let under = if count > 1 { format!("all {count} together") } else { "with it".into() };
            let new = match together.new.len() {
                0 => "nothing new".to_owned(),
                _ => format!("new: {}", together.new.join(", ")),
            };
            let results = plural(together.results, "result", "results");
            lines.push(format!(
                "{under}: {} of {all} gone, {new} in {results}",
                together.gone.len()
            ));
        }
        None => lines.push("no change of a call that was tried ends any of them".into()),
    }
    for design in &mends.designs {
        let count = plural(design.findings.len(), "finding needs", "findings need");
        lines.push(format!("{count} another design ({}): {}", design.cause, design.design));
    }
    for change in &mends.surroundings {
        let gone = change.gone.len();
        lines.push(format!(
            "without a change to the store: {}: {gone} of {all} gone",
            change.change
        ));
    }
    lines.extend(mends.untried.iter().map(|untried| format!("not tried: {untried}")));
    lines
}

fn findings(n: usize) -> String {
    plural(n, "finding", "findings")
}
