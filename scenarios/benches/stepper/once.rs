//! The modes in which `ci/bench` runs this program: one measurement, printed as a line of JSON.

use std::path::PathBuf;
use std::time::Instant;

use interloper_driver::Place;
use interloper_engine::record::{ScenarioResult, Verdict};
use interloper_engine::{FileSpec, Hosting, Plan, Profile, StoreSpec, Worker};
use serde::Deserialize;
use serde_json::json;

use crate::measured::Figures;

/// The umask that most people have: others may read what a careless store writes.
pub(crate) const USUAL: u16 = 0o022;

/// One case.
fn plan(umask: u16) -> Plan {
    Plan { seed: 1, profile: Profile::Quick, umasks: vec![umask], cases: Some(1) }
}

/// A measurement in a sandbox.
///
/// # Errors
/// When nothing could be measured, and why.
pub(crate) fn measure(
    worker: &mut Worker,
    scenario: &str,
    place: Place,
    umask: u16,
) -> Result<Figures, String> {
    let result =
        worker.run(scenario, place, &plan(umask), |_, _| {}).map_err(|error| error.to_string())?;
    let said = result.reason.clone().unwrap_or_default();
    serde_json::from_str(&said).map_err(|_| format!("{:?}: {said}", result.verdict))
}

/// What the catalogue's own crash scenario did in one sandbox: how many steps were cut short, and in how many cases.
///
/// # Errors
/// When it did not pass.
pub(crate) fn crash_points(worker: &mut Worker) -> Result<(u64, u64), String> {
    let result = worker
        .run("faults::crash", Place::Dir, &plan(USUAL), |_, _| {})
        .map_err(|error| error.to_string())?;
    match result {
        ScenarioResult { verdict: Verdict::Pass, ref notes, tested, .. } => {
            let steps = notes.iter().find_map(|note| {
                note.strip_prefix("every step: ")?.split(' ').next()?.parse().ok()
            });
            Ok((steps.ok_or_else(|| format!("not every step: {notes:?}"))?, tested))
        }
        other => Err(format!("{:?}: {:?}", other.verdict, other.reason)),
    }
}

/// A store that a program hosts, as `ci/bench` describes it.
#[derive(Deserialize)]
struct Described {
    name: String,
    argv: Vec<String>,
    /// What of the host it needs to see.
    shown: Vec<PathBuf>,
    /// Files that are put into the sandbox.
    files: Vec<PathBuf>,
}

impl Described {
    fn spec(self) -> Result<StoreSpec, String> {
        let placed = |path: PathBuf| {
            let contents = std::fs::read_to_string(&path)
                .map_err(|error| format!("{}: {error}", path.display()))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Ok(FileSpec { name, contents })
        };
        Ok(StoreSpec {
            hosting: Hosting::Command { argv: self.argv, env: Vec::new() },
            runtimes: self.shown,
            files: self.files.into_iter().map(placed).collect::<Result<_, String>>()?,
            ..StoreSpec::adapter(self.name)
        })
    }
}

/// Runs the mode that the arguments name.
///
/// # Errors
/// When it is no mode, or nothing could be measured.
pub(crate) fn run(mut arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let mut argument = || arguments.next().unwrap_or_default();
    let line = match (argument(), argument(), argument()) {
        (mode, scenario, store) if mode == "adapter" => {
            let umask = argument();
            let umask = u16::from_str_radix(&umask, 8).unwrap_or(USUAL);
            one(&StoreSpec::adapter(store), &scenario, Place::Dir, umask)?
        }
        (mode, scenario, store) if mode == "command" => {
            let described: Described =
                serde_json::from_str(&store).map_err(|error| error.to_string())?;
            one(&described.spec()?, &scenario, Place::File, USUAL)?
        }
        (mode, workers, rounds) if mode == "points" => {
            let number = |text: &str| text.parse().map_err(|_| format!("{text:?} is no number"));
            points(number(&workers)?, number(&rounds)?)?
        }
        (mode, ..) => return Err(format!("{mode:?} is none of adapter, command, points")),
    };
    println!("{line}");
    Ok(())
}

fn one(spec: &StoreSpec, scenario: &str, place: Place, umask: u16) -> Result<String, String> {
    let mut worker = Worker::start(spec, None).map_err(|error| error.to_string())?;
    let figures = measure(&mut worker, scenario, place, umask)?;
    serde_json::to_string(&figures).map_err(|error| error.to_string())
}

/// The crash scenario by several workers at a time, each so many rounds.
fn points(workers: usize, rounds: usize) -> Result<String, String> {
    let spec = StoreSpec::adapter("hardened-plain");
    let mut running = Vec::new();
    for _ in 0..workers {
        let mut worker = Worker::start(&spec, None).map_err(|error| error.to_string())?;
        // The drivers start with the first round, once for all.
        crash_points(&mut worker)?;
        running.push(worker);
    }
    let began = Instant::now();
    let counts: Vec<Result<(u64, u64), String>> = std::thread::scope(|scope| {
        let rounds = |mut worker: Worker| {
            move || {
                (0..rounds).try_fold((0, 0), |(steps, cases), _| {
                    let (more, tried) = crash_points(&mut worker)?;
                    Ok((steps + more, cases + tried))
                })
            }
        };
        let threads: Vec<_> =
            running.into_iter().map(|worker| scope.spawn(rounds(worker))).collect();
        let gone = || Err("a thread ended before its time".to_owned());
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| gone())).collect()
    });
    let micros = began.elapsed().as_micros() as u64;
    let (mut points, mut cases) = (0, 0);
    for count in counts {
        let (steps, tried) = count?;
        points += steps;
        cases += tried;
    }
    Ok(json!({ "points": points, "cases": cases, "micros": micros }).to_string())
}
