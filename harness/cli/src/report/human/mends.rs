//! The changes that were tried, as a list below the causes.

use interloper_record::lookup::label;
use interloper_record::{Mends, Run};

use super::text::{BOLD, clean, paint, wrap};
use crate::report::mends::sentences;

/// The column in which a folded line goes on.
const COLUMN: usize = 4;

/// Returns what was tried to mend the findings of a run, as lines.
pub(crate) fn mends(run: &Run, to: usize) -> Vec<String> {
    run.mends.iter().flat_map(|mends| of_store(run, mends, to)).collect()
}

fn of_store(run: &Run, mends: &Mends, to: usize) -> Vec<String> {
    let about = match run.stores.len() > 1 {
        true => format!(": {}", label(run, &mends.store)),
        false => String::new(),
    };
    let mut lines = vec![paint(BOLD, &clean(&format!("changes that were tried{about}")))];
    for sentence in sentences(mends) {
        for (n, line) in wrap(&clean(&sentence), to - COLUMN).into_iter().enumerate() {
            let indent = if n == 0 { 0 } else { COLUMN };
            lines.push(format!("{}{line}", " ".repeat(indent)));
        }
    }
    lines
}
