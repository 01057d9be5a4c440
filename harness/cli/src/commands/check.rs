//! `interloper check`: the catalogue against stores.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use interloper::{CATALOGUE, family_of};
use interloper_engine::{Host, Plan, Scenario};
use interloper_record::documented::Documentation;
use interloper_record::json::read_run;
use interloper_record::known::{KnownFailures, write_known};
use interloper_record::{
    Exit, NOT_SELECTED, RECORD_FORMAT, Run, RunConfig, ScenarioResult, mark_old, root_causes,
};

use super::list::list;
use super::protocol;
use crate::args::{CheckArgs, DriverArgs, OutputArgs, ProfileArg};
use crate::failure::Failure;
use crate::output::{self, OutputError, note};
use crate::report::{Extent, Format};
use crate::run::{self, Limit, Orders, Stop};
use crate::subjects::{self, Cache, TargetPattern};

/// Checks stores and reports what came of it.
pub(crate) fn check(args: &CheckArgs) -> Result<Exit, Failure> {
    // First whatever can be wrong with the command line: nobody should wait for that.
    let mut scenarios = run::without(run::scenarios(&args.scenario)?, &args.exclude)?;
    if scenarios.is_empty() {
        return Err(Failure::Usage("--exclude leaves no scenario".into()));
    }
    if let Some(partition) = args.partition {
        let all = scenarios.len();
        scenarios = partition.select(scenarios);
        if scenarios.is_empty() {
            let why = format!("--partition {partition} has no scenario: {all} selected");
            return Err(Failure::Usage(why));
        }
    }
    let record = args.output.format() != Format::Human
        || args.output.output.is_some()
        || args.save.is_some()
        || args.write_known.is_some();
    if args.profile == ProfileArg::Protocol && record {
        let why = "--profile protocol tries drivers and makes a list, not a run: leave out --format, --output, --save and --write-known";
        return Err(Failure::Usage(why.into()));
    }
    let known = read_known(&args.output.known)?;
    let earlier = read_earlier(&args.output.new_since)?;
    // A driver says its name only when it runs: then its entries are looked at afterwards.
    let unnamed = args.driver.is_given() && args.driver.name.is_none();
    let own = args.driver.name.as_deref();
    check_names(&known, |name| unnamed || own == Some(name) || subjects::is_known(name))?;
    for file in [&args.output.output, &args.write_known].into_iter().flatten() {
        output::check_writable(file)?;
    }
    if let Some(dir) = &args.save {
        run::check_dir(dir)?;
    }
    if let Some(dir) = &args.corpus {
        run::regressions(Some(dir), None)?;
    }
    let targets = subjects::read_targets(&args.targets, !args.setup.is_empty())?;
    subjects::chosen(&targets, true)?;
    if args.list {
        return list(args, &targets, &scenarios);
    }
    Cache::sweep();
    let tier = run::tier(args.tier.tier)?;
    let (subjects, left_out) = run::chosen(&targets, &args.driver)?;
    let Some(plan) = args.plan() else { return protocol::protocol(&subjects, &args.setup, tier) };

    let (began, clock) = (SystemTime::now(), Instant::now());
    let mut run = Run {
        format: RECORD_FORMAT,
        interloper: env!("CARGO_PKG_VERSION").into(),
        started: began.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64),
        millis: 0,
        host: Host::read().info(tier),
        asked: asked(&plan, args, &targets, &scenarios, left_out),
        stores: Vec::new(),
        scenarios: scenarios.iter().map(|scenario| scenario.info()).collect(),
        results: Vec::new(),
        root_causes: Vec::new(),
        mends: Vec::new(),
        stale: Vec::new(),
        troubles: Vec::new(),
        interrupted: None,
    };
    let policy = args.output.policy();
    let documentation = run::documentation(&subjects);
    let blank = run.clone();
    let count = |result: &ScenarioResult| {
        let mut alone = Run { results: vec![result.clone()], ..blank.clone() };
        apply(&known, &mut alone);
        document(&documentation, &mut alone);
        mark(&earlier, &mut alone);
        let findings = alone.results.iter().flat_map(|result| &result.findings);
        findings.filter(|finding| policy.fails(finding)).count()
    };
    let orders = Orders {
        scenarios: &scenarios,
        plan: &plan,
        setups: &args.setup,
        tier,
        jobs: args.jobs.map_or_else(run::default_jobs, usize::from),
        corpus: args.corpus.as_deref(),
        limit: args.max_fail.map(|at| Limit { at: at as usize, count: &count }),
    };
    let stop = Arc::new(Stop::default());
    stop.on_signals_and(args.timeout.as_ref());
    let outcome = run::run(&orders, &subjects, &stop)?;
    if args.timings {
        outcome.timings.print();
    }
    // The user's own store is the last.
    let own = outcome.stores.last().filter(|_| args.driver.is_given());
    let own = own.map(|store| store.name.clone());
    run.millis = clock.elapsed().as_millis() as u64;
    run.stores = outcome.stores;
    run.results = outcome.results;
    run.troubles = outcome.troubles;
    run.interrupted = outcome.interrupted;
    run.root_causes = root_causes(&run, family_of);
    if args.mends && run.interrupted.is_none() {
        run.mends = run::mends(&orders, &subjects, &stop, &run);
    }
    apply(&known, &mut run);
    document(&documentation, &mut run);
    mark(&earlier, &mut run);
    let names = run.stores.iter().map(|store| store.name.as_str()).collect::<Vec<_>>();
    let named = check_names(&known, |name| names.contains(&name) || subjects::is_known(name));
    let written = Written {
        output: &args.output,
        extent: args.extent(),
        save: args.save.as_deref(),
        write_known: args.write_known.as_deref(),
        driver: &args.driver,
    };
    let exit = finish(&written, &mut run, own.as_deref())?;
    // The run is written all the same: it was long.
    named.map(|()| exit)
}

/// What becomes of a run that `check` or `fuzz` made.
pub(super) struct Written<'a> {
    pub(super) output: &'a OutputArgs,
    pub(super) extent: Extent,
    pub(super) save: Option<&'a Path>,
    pub(super) write_known: Option<&'a Path>,
    pub(super) driver: &'a DriverArgs,
}

/// Writes everything that was asked for. What is kept comes first: a report can be made from it again. What cannot be written is a trouble of
/// the run, so that the report is printed all the same and says so.
pub(super) fn finish(
    args: &Written<'_>,
    run: &mut Run,
    own: Option<&str>,
) -> Result<Exit, Failure> {
    let policy = args.output.policy();
    let mut said: Vec<Result<String, OutputError>> = Vec::new();
    if let Some(dir) = args.save {
        let saved = run::save(run, dir, args.driver, own);
        said.push(saved.map(|findings| saved_words(dir, findings)));
    }
    if let Some(file) = args.write_known {
        said.push(accept(file, run));
    }
    run.troubles.extend(said.iter().filter_map(|said| said.as_ref().err()).map(output::unwritten));
    output::report(run, args.output, args.extent, &policy)?;
    for said in said {
        match said {
            Ok(words) => note(&words),
            Err(error) => output::complain(&error.to_string()),
        }
    }
    Ok(policy.judge(run).exit)
}

/// Writes the known-failure file of a run; gives what there is to say of it.
fn accept(file: &Path, run: &Run) -> Result<String, OutputError> {
    let text = write_known(run);
    output::write_file(file, text.as_bytes())?;
    let entries = text.matches("\n[[known]]\n").count();
    Ok(format!(
        "wrote {} with {entries} known failures: say in each reason why it is accepted, and pass it as --known {0}",
        file.display()
    ))
}

fn saved_words(dir: &Path, findings: usize) -> String {
    let replays = match findings {
        0 => String::new(),
        n => format!(", and {n} files for `interloper replay`"),
    };
    format!("wrote {}{replays}", dir.join("run.json").display())
}

fn asked(
    plan: &Plan,
    args: &CheckArgs,
    targets: &[TargetPattern],
    scenarios: &[&Scenario],
    mut left_out: Vec<String>,
) -> RunConfig {
    left_out.extend(plan.left_out().into_iter().map(str::to_owned));
    if scenarios.len() < CATALOGUE.len() {
        left_out.push(NOT_SELECTED.into());
    }
    if !args.setup.is_empty() {
        left_out.push("the setups that --setup does not name".into());
    }
    if targets.iter().any(|target| target.setup.is_some()) {
        left_out
            .push("the setups that no target names, of stores that a target names with one".into());
    }
    RunConfig {
        seed: plan.seed,
        profile: plan.profile.to_string(),
        umasks: plan.umasks.clone(),
        scenarios: match args.partition.is_some() || !args.exclude.is_empty() {
            // What is in a part depends on the catalogue: a record must be read without it.
            true => scenarios.iter().map(|scenario| scenario.id.to_owned()).collect(),
            false => args.scenario.clone(),
        },
        left_out,
    }
}

/// Reads the known-failure files that were named.
pub(super) fn read_known(files: &[impl AsRef<Path>]) -> Result<Vec<KnownFailures>, Failure> {
    Ok(files.iter().map(|file| KnownFailures::read(file.as_ref())).collect::<Result<_, _>>()?)
}

/// Reads the runs of which nothing is new.
pub(super) fn read_earlier(files: &[PathBuf]) -> Result<Vec<(String, Run)>, Failure> {
    let read = |file: &PathBuf| {
        let path = if file.is_dir() { file.join("run.json") } else { file.clone() };
        Ok((file.display().to_string(), read_run(&path)?))
    };
    files.iter().map(read).collect()
}

/// Marks what these runs have.
pub(super) fn mark(earlier: &[(String, Run)], run: &mut Run) {
    for (name, earlier) in earlier {
        mark_old(run, earlier, name);
    }
}

/// Refuses a file that names a store or a scenario which is not there.
pub(super) fn check_names(
    known: &[KnownFailures],
    is_store: impl Fn(&str) -> bool,
) -> Result<(), Failure> {
    let catalogue = catalogue();
    known.iter().try_for_each(|known| Ok(known.check_names(&is_store, &catalogue)?))
}

/// Marks what they list.
pub(super) fn apply(known: &[KnownFailures], run: &mut Run) {
    let catalogue = catalogue();
    for known in known {
        known.apply(run, &catalogue);
    }
}

/// Marks what their documentation announces.
fn document(documentation: &[Documentation], run: &mut Run) {
    let catalogue = catalogue();
    for one in documentation {
        one.apply(run, &catalogue);
    }
}

/// Returns the id of every scenario there is.
pub(super) fn catalogue() -> Vec<&'static str> {
    CATALOGUE.iter().map(|scenario| scenario.id).collect()
}
