//! Where the time of a run went: what `check --timings` says on standard error.

use std::num::NonZero;
use std::time::{Duration, Instant};

use interloper_engine::record::ScenarioResult;
use nix::sys::resource::{UsageWho, getrusage};

use crate::output::remark;

/// How many units are named.
const NAMED: usize = 20;

/// What the workers of a run did all the time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timings {
    jobs: usize,
    began: Option<Instant>,
    took: Duration,
    busy: Duration,
    units: Vec<(Duration, String)>,
}

impl Timings {
    /// Begins for so many workers; `began` is when the run did.
    pub(crate) fn begin(jobs: usize, began: Instant) -> Timings {
        Timings { jobs: jobs.max(1), began: Some(began), ..Timings::default() }
    }

    /// Counts a unit that kept a worker so long.
    pub(crate) fn add(&mut self, result: &ScenarioResult, took: Duration) {
        self.busy += took;
        self.units.push((took, format!("{} {} {}", result.scenario, result.store, result.place)));
    }

    /// Ends with the run.
    pub(crate) fn end(mut self) -> Timings {
        self.took = self.began.map_or(Duration::ZERO, |began| began.elapsed());
        self.units.sort_by(|a, b| b.cmp(a));
        self
    }

    /// Says it on standard error.
    pub(crate) fn say(&self) {
        for (took, unit) in self.units.iter().take(NAMED) {
            remark(&format!("{:7.2} s  {unit}", took.as_secs_f64()));
        }
        let there = self.took * u32::try_from(self.jobs).unwrap_or(1);
        let idle = there.saturating_sub(self.busy);
        let part = |part: Duration, of: Duration| {
            100.0 * part.as_secs_f64() / of.as_secs_f64().max(f64::MIN_POSITIVE)
        };
        remark(&format!(
            "{} workers: {:.1} s of work in {:.1} s, {:.1} s without work ({:.0} %)",
            self.jobs,
            self.busy.as_secs_f64(),
            self.took.as_secs_f64(),
            idle.as_secs_f64(),
            part(idle, there)
        ));
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        let there = self.took * u32::try_from(processors).unwrap_or(1);
        let spent = cpu_time();
        remark(&format!(
            "{processors} processors: {:.1} s of CPU time, {:.1} s idle or with other programs ({:.0} %)",
            spent.as_secs_f64(),
            there.saturating_sub(spent).as_secs_f64(),
            part(there.saturating_sub(spent), there)
        ));
    }
}

/// The CPU time of this program and of everything that it started and that has ended, getrusage(2).
fn cpu_time() -> Duration {
    let of = |who| {
        let usage = getrusage(who).ok()?;
        let micros = |time: nix::sys::time::TimeVal| {
            Duration::new(time.tv_sec().unsigned_abs(), time.tv_usec().unsigned_abs() as u32 * 1000)
        };
        Some(micros(usage.user_time()) + micros(usage.system_time()))
    };
    [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN].into_iter().filter_map(of).sum()
}
