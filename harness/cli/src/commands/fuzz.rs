//! `interloper fuzz`: a search for session files that break a store's reader.

use std::sync::Arc;

use interloper_engine::{Plan, Profile};
use interloper_record::{Exit, NOT_SELECTED, RunConfig};

use super::record::{self, Begun, Compared};
use crate::args::{FuzzArgs, RunArgs};
use crate::failure::Failure;
use crate::run::{self, Orders, SearchPlan, Stop};
use crate::subjects::{self, Cache};

/// The scenarios whose cases are searched for: of stores, and of parsers.
const SCENARIOS: [&str; 2] = ["fuzzing::regressions", "fuzzing::headers"];

/// Searches each store's reader, and reports what was found.
pub(crate) fn fuzz(args: &FuzzArgs) -> Result<Exit, Failure> {
    let scenarios = run::scenarios(&SCENARIOS.map(str::to_owned))?;
    if args.targets.is_empty() && !args.driver.is_given() {
        let why = "name a store, as in `interloper fuzz httpie`, or your own: --driver 'python3 driver.py'; `interloper stores` lists those there are";
        return Err(Failure::Usage(why.into()));
    }
    let RunArgs { tier, setup, output, .. } = &args.run;
    let compared = Compared::read(output)?;
    compared.check_names(&args.driver)?;
    record::check_writable(&args.run)?;
    if let Some(dir) = &args.corpus {
        run::check_dir(dir)?;
    }
    let targets = subjects::read_targets(&args.targets, !setup.is_empty())?;
    subjects::chosen(&targets, true)?;
    Cache::sweep();
    let tier = run::tier(tier.tier)?;
    let (subjects, mut left_out) = run::chosen(&targets, &args.driver)?;

    left_out.push("inputs that the search did not come upon: more --seconds try more".into());
    left_out.push(NOT_SELECTED.into());
    let asked = RunConfig {
        seed: args.seed,
        profile: "fuzz".into(),
        umasks: Vec::new(),
        scenarios: SCENARIOS.map(Into::into).into(),
        left_out,
    };
    let begun = Begun::now(tier, asked, &scenarios);
    let plan = Plan { seed: args.seed, profile: Profile::Quick, umasks: Vec::new(), cases: None };
    let orders = Orders {
        scenarios: &scenarios,
        plan: &plan,
        setups: setup,
        tier,
        jobs: args.jobs(),
        corpus: None,
        limit: None,
    };
    let search = SearchPlan {
        seed: args.seed,
        cases: args.cases,
        seconds: args.time(),
        corpus: args.corpus.as_deref(),
        until: &args.until,
    };
    let stop = Arc::new(Stop::default());
    stop.on_signals_and(None);
    let outcome = run::search(&orders, &subjects, &search, &stop)?;
    let (mut run, own) = begun.end(outcome, &args.driver);
    compared.mark(&mut run);
    // A search that did not find a known failure again does not show that it is gone.
    run.stale.clear();
    record::finish(&args.run, args.extent(), &args.driver, &mut run, own.as_deref())
}
