//! The verdicts by area: what a store fails, and what holds.

use std::collections::BTreeMap;

use interloper_record::lookup::{contradiction, label, parts};
use interloper_record::{Run, ScenarioResult, Verdict};

use super::text::clean;

/// With more stores than this, the areas of all are told together.
const STORES: usize = 6;

/// How many results of an area failed, and how many were tests.
#[derive(Clone, Copy, Default)]
struct Area {
    failed: usize,
    tested: usize,
}

/// Returns the areas that fail and the ones that hold as lines of the summary: a label and a text.
pub(crate) fn lines(run: &Run) -> Vec<(&'static str, String)> {
    let mut by_store: BTreeMap<Option<&str>, BTreeMap<&str, Area>> = BTreeMap::new();
    let one_by_one = run.stores.len() <= STORES;
    for result in run.results.iter().filter(|result| is_test(result)) {
        let store = one_by_one.then_some(result.store.as_str());
        let areas = by_store.entry(store).or_default();
        let area = areas.entry(parts(&result.scenario).0).or_default();
        area.tested += 1;
        area.failed += usize::from(result.verdict == Verdict::Fail);
    }
    let mut lines = Vec::new();
    for (store, areas) in &by_store {
        let about = match store {
            Some(store) if run.stores.len() > 1 => format!("{}: ", label(run, store)),
            _ => String::new(),
        };
        let failed = |(area, n): (&&str, &Area)| format!("{area} {} of {}", n.failed, n.tested);
        let (bad, good): (Vec<_>, Vec<_>) = areas.iter().partition(|(_, n)| n.failed > 0);
        let bad: Vec<String> = bad.into_iter().map(failed).collect();
        let good: Vec<&str> = good.into_iter().map(|(area, _)| *area).collect();
        for (label, areas) in [("fails", bad.join(" · ")), ("holds", good.join(" · "))] {
            if !areas.is_empty() {
                lines.push((label, clean(&format!("{about}{areas}"))));
            }
        }
    }
    lines
}

fn is_test(result: &ScenarioResult) -> bool {
    matches!(result.verdict, Verdict::Pass | Verdict::Fail) && contradiction(result).is_none()
}
