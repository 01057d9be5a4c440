//! What is seen while a run goes on: a bar on a terminal, a line for each store elsewhere.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use interloper_engine::record::{ScenarioResult, Verdict};

use crate::output::{remark, stderr_is_terminal};

/// The progress of a run, on standard error.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    /// The results that each store still has to come.
    left: Mutex<BTreeMap<String, Left>>,
}

/// What is known of a store that is not done yet.
#[derive(Default)]
struct Left {
    results: usize,
    verdicts: BTreeMap<Verdict, usize>,
    findings: usize,
    millis: u64,
}

impl Progress {
    /// Begins with so many results to come from each store.
    pub(crate) fn begin(expected: impl IntoIterator<Item = (String, usize)>) -> Progress {
        let mut left: BTreeMap<String, Left> = BTreeMap::new();
        for (store, results) in expected {
            left.entry(store).or_default().results += results;
        }
        let total: usize = left.values().map(|left| left.results).sum();
        let bar = (stderr_is_terminal() && total > 0).then(|| {
            let bar = ProgressBar::new(total as u64);
            if let Ok(style) =
                ProgressStyle::with_template("{spinner} {bar:24} {pos}/{len} {wide_msg}")
            {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Progress { bar, left: Mutex::new(left) }
    }

    /// Says what is being done now; with several workers, the one that spoke last is seen.
    pub(crate) fn at(&self, store: &str, place: &str, scenario: &str, cases: Option<(u64, u64)>) {
        let Some(bar) = &self.bar else { return };
        let cases = cases.map_or_else(String::new, |(done, total)| format!(" {done}/{total}"));
        bar.set_message(format!("{store} · {place} · {scenario}{cases}"));
    }

    /// Counts a result.
    pub(crate) fn done(&self, result: &ScenarioResult) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
            return;
        }
        let Ok(mut all) = self.left.lock() else { return };
        let Some(left) = all.get_mut(&result.store) else { return };
        left.results = left.results.saturating_sub(1);
        *left.verdicts.entry(result.verdict).or_default() += 1;
        left.findings += result.findings.len();
        left.millis += result.millis;
        if left.results == 0 {
            let verdicts: Vec<String> =
                left.verdicts.iter().map(|(verdict, n)| format!("{n} {verdict}")).collect();
            remark(&format!(
                "{}: {}; {} found, {}.{} s of work",
                result.store,
                verdicts.join(", "),
                left.findings,
                left.millis / 1000,
                left.millis % 1000 / 100
            ));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
