//! Where the time of a run went: what `check --timings` says on standard error.

use std::fs;
use std::num::NonZero;
use std::time::{Duration, Instant};

use interloper_record::ScenarioResult;

use crate::output::note;

/// How many units are named.
const SHOWN_UNITS: usize = 20;

/// What the workers of a run did all the time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timings {
    jobs: usize,
    began: Option<Instant>,
    took: Duration,
    busy: Duration,
    /// How long the processors were idle meanwhile; before the end, since the machine was started.
    idle: Option<Duration>,
    units: Vec<(Duration, String)>,
}

impl Timings {
    /// Begins for so many workers; `began` is when the run did.
    pub(crate) fn begin(jobs: usize, began: Instant) -> Timings {
        Timings { jobs: jobs.max(1), began: Some(began), idle: idle(), ..Timings::default() }
    }

    /// Counts a unit that kept a worker so long.
    pub(crate) fn add(&mut self, result: &ScenarioResult, took: Duration) {
        self.busy += took;
        self.units.push((took, format!("{} {} {}", result.scenario, result.store, result.setup)));
    }

    /// Ends with the run.
    pub(crate) fn end(mut self) -> Timings {
        self.took = self.began.map_or(Duration::ZERO, |began| began.elapsed());
        self.idle = idle().zip(self.idle).map(|(now, before)| now.saturating_sub(before));
        self.units.sort_by(|a, b| b.cmp(a));
        self
    }

    /// Says it on standard error.
    pub(crate) fn print(&self) {
        for (took, unit) in self.units.iter().take(SHOWN_UNITS) {
            note(&format!("{:7.2} s  {unit}", took.as_secs_f64()));
        }
        let there = self.took * u32::try_from(self.jobs).unwrap_or(1);
        let idle = there.saturating_sub(self.busy);
        let part = |part: Duration, of: Duration| {
            100.0 * part.as_secs_f64() / of.as_secs_f64().max(f64::MIN_POSITIVE)
        };
        note(&format!(
            "{} workers: {:.1} s of work in {:.1} s, {:.1} s without work ({:.0} %)",
            self.jobs,
            self.busy.as_secs_f64(),
            self.took.as_secs_f64(),
            idle.as_secs_f64(),
            part(idle, there)
        ));
        let Some(idle) = self.idle else { return };
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        let there = self.took * u32::try_from(processors).unwrap_or(1);
        note(&format!(
            "{processors} processors: idle for {:.1} s of {:.1} s ({:.0} %), with whatever else ran here",
            idle.as_secs_f64(),
            there.as_secs_f64(),
            part(idle, there)
        ));
    }
}

/// How long all processors together have been idle since the machine was started, proc_stat(5).
///
/// Not the CPU time of this program's children: that of a store whose namespace was ended as a whole is never waited for.
fn idle() -> Option<Duration> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    let fields = text.lines().next()?.strip_prefix("cpu ")?;
    // user, nice, system, idle, iowait, …
    let ticks: u64 =
        fields.split_whitespace().skip(3).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    let each = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK).ok()??;
    Some(Duration::from_millis(ticks * 1000 / u64::try_from(each).ok()?.max(1)))
}
