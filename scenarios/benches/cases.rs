//! How many cases a second: the full sweep of 512 umasks on a Rust store, by one worker and by two.
//!
//! A case here is: the sandbox emptied, a process forked off the driver, open, save, a look at the tree, and every attempt of two other users.

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group};
use interloper_driver::{SessionStore, Setup, Umask};
use interloper_engine::record::Verdict;
use interloper_engine::{Plan, Profile, StoreSpec, Worker};
use interloper_scenarios::CATALOGUE;

const SCENARIO: &str = "permissions::nobody_reaches";

fn adapter(_: &str) -> Option<Box<dyn SessionStore>> {
    Some(Box::new(interloper_flawed::hardened_plain()))
}

fn sweep(worker: &mut Worker, umasks: Vec<Umask>) {
    let plan = Plan { seed: 1, profile: Profile::Full, umasks, cases: None };
    let result = worker.run(SCENARIO, &Setup::dir().name, &plan, |_, _| {});
    assert!(result.is_ok_and(|result| result.verdict == Verdict::Pass));
}

fn benches(criterion: &mut Criterion) {
    let spec = StoreSpec::adapter("hardened-plain");
    let Ok(mut first) = Worker::start(&spec, None) else { return };
    let Ok(mut second) = Worker::start(&spec, None) else { return };
    let mut group = criterion.benchmark_group("sweep of 512 umasks");
    group.throughput(Throughput::Elements(512)).sample_size(10);
    group.measurement_time(Duration::from_secs(10));
    let all: Vec<Umask> = Umask::all().collect();
    group.bench_function("one worker", |bencher| {
        bencher.iter(|| sweep(&mut first, all.clone()));
    });
    group.bench_function("two workers", |bencher| {
        bencher.iter(|| {
            let (low, high) = (all[..256].to_vec(), all[256..].to_vec());
            std::thread::scope(|scope| {
                scope.spawn(|| sweep(&mut first, low));
                scope.spawn(|| sweep(&mut second, high));
            });
        });
    });
    group.finish();
}

criterion_group!(group, benches);

fn main() {
    interloper_engine::role::enter(CATALOGUE, adapter);
    group();
    Criterion::default().configure_from_args().final_summary();
}
