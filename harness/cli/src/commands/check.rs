//! `interloper check`: the catalogue against stores.

use std::sync::Arc;

use interloper::CATALOGUE;
use interloper_engine::{Plan, Scenario};
use interloper_record::{Exit, NOT_SELECTED, Run, RunConfig, ScenarioResult};

use super::list::list;
use super::protocol;
use super::record::{self, Begun, Compared};
use crate::args::{CheckArgs, ProfileArg, RunArgs};
use crate::failure::Failure;
use crate::output::complain;
use crate::report::Format;
use crate::run::{self, Limit, Orders, Stop};
use crate::subjects::{self, Cache, TargetPattern};

/// Checks stores and reports what came of it.
pub(crate) fn check(args: &CheckArgs) -> Result<Exit, Failure> {
    let stop = Arc::new(Stop::default());
    // From here on a signal has a report. A list and a trial of drivers have none, and end as every command does.
    if !args.list && args.profile != ProfileArg::Protocol {
        stop.on_signals();
    }
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
    let RunArgs { tier, setup, output, .. } = &args.run;
    let record = output.format() != Format::Human
        || args.run.files().next().is_some()
        || args.run.save.is_some();
    if args.profile == ProfileArg::Protocol && record {
        let why = "--profile protocol tries drivers and makes a list, not a run: leave out --format, --output, --save and --write-known";
        return Err(Failure::Usage(why.into()));
    }
    let mut compared = Compared::read(output)?;
    compared.check_names(&args.driver)?;
    record::check_writable(&args.run)?;
    if let Some(dir) = &args.corpus {
        run::regressions(Some(dir), None)?;
    }
    let targets = subjects::read_targets(&args.targets, !setup.is_empty())?;
    subjects::chosen(&targets, true)?;
    if args.list {
        return list(args, &targets, &scenarios);
    }
    Cache::sweep();
    let tier = run::tier(tier.tier)?;
    let (subjects, left_out) = match run::chosen(&targets, &args.driver) {
        // What was being installed was interrupted, too: it is not what is wrong.
        Err(Failure::Reported(_)) if stop.is_set() => {
            let by = stop.by().unwrap_or_default();
            complain(&format!("{by}: nothing was run, since nothing was installed yet"));
            return Ok(Exit::Untested);
        }
        chosen => chosen?,
    };
    let Some(plan) = args.plan() else { return protocol::protocol(&subjects, setup, tier) };

    let asked = asked(&plan, args, &targets, &scenarios, left_out);
    let begun = Begun::now(tier, asked, &scenarios);
    compared.documented = run::documentation(&subjects);
    let policy = output.policy();
    let blank = begun.run.clone();
    let count = |result: &ScenarioResult| {
        let mut alone = Run { results: vec![result.clone()], ..blank.clone() };
        compared.mark(&mut alone);
        let findings = alone.results.iter().flat_map(|result| &result.findings);
        findings.filter(|finding| policy.fails(finding)).count()
    };
    let orders = Orders {
        scenarios: &scenarios,
        plan: &plan,
        setups: setup,
        tier,
        jobs: args.jobs.map_or_else(run::default_jobs, usize::from),
        corpus: args.corpus.as_deref(),
        limit: args.max_fail.map(|at| Limit { at: at as usize, count: &count }),
    };
    stop.after(args.timeout.as_ref());
    let outcome = run::run(&orders, &subjects, &stop)?;
    if args.timings {
        outcome.timings.print();
    }
    let (mut run, own) = begun.end(outcome, &args.driver);
    // Only now is it known what kinds of subjects the drivers have.
    let ran = |scenario: &&&Scenario| run.results.iter().any(|one| one.scenario == scenario.id);
    let left_out = plan.left_out(scenarios.iter().filter(ran).copied());
    run.asked.left_out.splice(..0, left_out.into_iter().map(str::to_owned));
    if args.mends && run.interrupted.is_none() {
        run.mends = run::mends(&orders, &subjects, &stop, &run);
    }
    compared.mark(&mut run);
    let named = compared.check_names_of(&run);
    let exit = record::finish(&args.run, args.extent(), &args.driver, &mut run, own.as_deref())?;
    // The run is written all the same: it was long.
    named.map(|()| exit)
}

fn asked(
    plan: &Plan,
    args: &CheckArgs,
    targets: &[TargetPattern],
    scenarios: &[&Scenario],
    mut left_out: Vec<String>,
) -> RunConfig {
    if scenarios.len() < CATALOGUE.len() {
        left_out.push(NOT_SELECTED.into());
    }
    if !args.run.setup.is_empty() {
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
