//! What it costs to hold a program at every step: against the number of steps, against the number of sessions, and for crash points.
//!
//! `ci/bench stepper` runs the same program's other modes, side by side with strace.

mod measured;
mod once;
mod writes;

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group};
use interloper_driver::{SessionStore, Setup};
use interloper_engine::{Scenario, StoreSpec, Worker};
use interloper_scenarios::faults;

use measured::{CRASH, PASS, WATCH, WATCH_10, WATCH_100, WATCH_BY_THREE};
use writes::Writes;

static CATALOGUE: &[&Scenario] =
    &[&WATCH, &WATCH_10, &WATCH_100, &WATCH_BY_THREE, &PASS, &CRASH, &faults::crash::SCENARIO];

fn adapter(name: &str) -> Option<Box<dyn SessionStore>> {
    match name {
        "hardened-plain" => Some(Box::new(interloper_flawed::hardened_plain())),
        name => Some(Box::new(Writes::named(name)?)),
    }
}

/// The time of one operation, of many: the sandbox's own clock, without the sandbox's making.
fn operation(worker: &mut Worker, scenario: &str, times: u64) -> Duration {
    let mut micros = Vec::new();
    while (micros.len() as u64) < times {
        match once::measure(worker, scenario, &Setup::dir().name, once::USUAL) {
            Ok(figures) => micros.extend(figures.micros),
            Err(why) => panic!("{scenario}: {why}"),
        }
    }
    micros.truncate(times as usize);
    Duration::from_micros(micros.iter().sum())
}

fn steps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("an update, by its steps");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    for count in [100, 200, 400, 800] {
        let spec = StoreSpec::adapter(format!("writes-{count}"));
        let Ok(mut worker) = Worker::start(&spec, None) else { return };
        group.throughput(Throughput::Elements(count));
        for (way, scenario) in [("let go", &PASS), ("watched", &WATCH)] {
            group.bench_function(BenchmarkId::new(way, count), |bencher| {
                bencher.iter_custom(|times| operation(&mut worker, scenario.id, times));
            });
        }
    }
    group.finish();
}

fn sessions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("an update of 100 writes, by the sessions there");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    let Ok(mut worker) = Worker::start(&StoreSpec::adapter("writes-100"), None) else { return };
    for (count, scenario) in [(1, &WATCH), (10, &WATCH_10), (100, &WATCH_100)] {
        group.bench_function(BenchmarkId::new("watched", count), |bencher| {
            bencher.iter_custom(|times| operation(&mut worker, scenario.id, times));
        });
    }
    group.finish();
}

fn crash_points(criterion: &mut Criterion) {
    let spec = StoreSpec::adapter("hardened-plain");
    let Ok(mut first) = Worker::start(&spec, None) else { return };
    let Ok(mut second) = Worker::start(&spec, None) else { return };
    let points = |worker: &mut Worker| match once::crash_points(worker) {
        Ok((points, _)) => points,
        Err(why) => panic!("{why}"),
    };
    let each = points(&mut first);
    let mut group = criterion.benchmark_group("crash points of a Rust store");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    group.throughput(Throughput::Elements(each));
    group.bench_function("one worker", |bencher| bencher.iter(|| points(&mut first)));
    group.throughput(Throughput::Elements(2 * each));
    group.bench_function("two workers", |bencher| {
        bencher.iter(|| {
            std::thread::scope(|scope| {
                scope.spawn(|| points(&mut first));
                scope.spawn(|| points(&mut second));
            });
        });
    });
    group.finish();
}

criterion_group!(group, steps, sessions, crash_points);

fn main() {
    interloper_engine::role::enter(CATALOGUE, adapter);
    let mut arguments = std::env::args().skip(1);
    // Not an argument of criterion's, which takes the first free one for a filter.
    if arguments.next().as_deref() == Some("--once") {
        if let Err(why) = once::run(arguments) {
            eprintln!("{why}");
            std::process::exit(1);
        }
        return;
    }
    group();
    Criterion::default().configure_from_args().final_summary();
}
