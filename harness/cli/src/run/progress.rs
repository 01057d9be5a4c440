//! What is seen while a run goes on: a bar on a terminal; lines elsewhere, for each finding, for each store, and every ten seconds.

use std::collections::BTreeMap;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use interloper_record::{ScenarioResult, Severity, Verdict};

use crate::output::{note, stderr_is_terminal};

/// How often a line says how far the run is.
const TICK: Duration = Duration::from_secs(10);

/// The progress of a run, on standard error.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    counts: Arc<Mutex<Counts>>,
    /// What says the lines; it ends when the sender is dropped.
    ticker: Option<(mpsc::Sender<()>, JoinHandle<()>)>,
}

/// What is known of a run that is not done yet.
#[derive(Default)]
struct Counts {
    /// The results that each store still has to come.
    left: BTreeMap<String, Left>,
    done: usize,
    of: usize,
    findings: usize,
    now: String,
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
        let mut counts = Counts::default();
        for (store, results) in expected {
            counts.left.entry(store).or_default().results += results;
            counts.of += results;
        }
        let total = counts.of;
        let terminal = stderr_is_terminal();
        let bar = (terminal && total > 0).then(|| {
            let bar = ProgressBar::new(total as u64);
            if let Ok(style) =
                ProgressStyle::with_template("{spinner} {bar:24} {pos}/{len} {wide_msg}")
            {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        let counts = Arc::new(Mutex::new(counts));
        let ticker = (!terminal && total > 0).then(|| tick(Arc::clone(&counts)));
        Progress { bar, counts, ticker }
    }

    /// Says what is being done now; with several workers, the one that spoke last is seen.
    pub(crate) fn at(&self, store: &str, setup: &str, scenario: &str, cases: Option<(u64, u64)>) {
        let cases = cases.map_or_else(String::new, |(done, total)| format!(" {done}/{total}"));
        let now = format!("{store} · {setup} · {scenario}{cases}");
        match &self.bar {
            Some(bar) => bar.set_message(now),
            None => lock(&self.counts).now = now,
        }
    }

    /// Counts a result.
    pub(crate) fn done(&self, result: &ScenarioResult) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
            return;
        }
        for line in lock(&self.counts).count(result) {
            note(&line);
        }
    }
}

impl Counts {
    /// Counts a result; gives the lines that there are to say of it.
    fn count(&mut self, result: &ScenarioResult) -> Vec<String> {
        self.done += 1;
        self.findings += result.findings.len();
        let setup = format!("{} · {} · {}", result.store, result.setup, result.scenario);
        let told = result.findings.iter().filter(|finding| finding.severity > Severity::Info);
        let mut lines: Vec<String> = told
            .map(|finding| format!("{:6} {setup}: {}", finding.severity, finding.told()))
            .collect();
        let Some(left) = self.left.get_mut(&result.store) else { return lines };
        left.results = left.results.saturating_sub(1);
        *left.verdicts.entry(result.verdict).or_default() += 1;
        left.findings += result.findings.len();
        left.millis += result.millis;
        if left.results == 0 {
            let verdicts: Vec<String> =
                left.verdicts.iter().map(|(verdict, n)| format!("{n} {verdict}")).collect();
            lines.push(format!(
                "{}: {}; {} found, {}.{} s of work",
                result.store,
                verdicts.join(", "),
                left.findings,
                left.millis / 1000,
                left.millis % 1000 / 100
            ));
        }
        lines
    }
}

fn lock(counts: &Mutex<Counts>) -> std::sync::MutexGuard<'_, Counts> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts what says how far the run is, now and then.
fn tick(counts: Arc<Mutex<Counts>>) -> (mpsc::Sender<()>, JoinHandle<()>) {
    let (sender, end) = mpsc::channel();
    let began = Instant::now();
    let thread = std::thread::spawn(move || {
        while end.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            let line = {
                let counts = lock(&counts);
                let (done, of, found, now) = (counts.done, counts.of, counts.findings, &counts.now);
                let seconds = began.elapsed().as_secs();
                format!("{done} of {of} results after {seconds} s, {found} found; now {now}")
            };
            note(&line);
        }
    });
    (sender, thread)
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if let Some((sender, thread)) = self.ticker.take() {
            drop(sender);
            let _ = thread.join();
        }
    }
}
