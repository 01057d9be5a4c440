//! `interloper fuzz`: a search for session files that break a store's reader.

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use interloper::family_of;
use interloper_engine::{Host, Plan, Profile};
use interloper_record::{Exit, NOT_SELECTED, RECORD_FORMAT, Run, RunConfig, root_causes};

use super::check::{Written, apply, check_names, finish, mark, read_earlier, read_known};
use crate::args::FuzzArgs;
use crate::failure::Failure;
use crate::output;
use crate::run::{self, Orders, SearchPlan, Stop};
use crate::subjects::{self, Cache};

/// The scenario whose cases are searched for.
const SCENARIO: &str = "fuzzing::regressions";

/// Searches each store's reader, and reports what was found.
pub(crate) fn fuzz(args: &FuzzArgs) -> Result<Exit, Failure> {
    let scenarios = run::scenarios(&[SCENARIO.to_owned()])?;
    if args.targets.is_empty() && !args.driver.is_given() {
        let why = "name a store, as in `interloper fuzz httpie`, or your own: --driver 'python3 driver.py'; `interloper stores` lists those there are";
        return Err(Failure::Usage(why.into()));
    }
    let known = read_known(&args.output.known)?;
    let earlier = read_earlier(&args.output.new_since)?;
    let unnamed = args.driver.is_given() && args.driver.name.is_none();
    let own = args.driver.name.as_deref();
    check_names(&known, |name| unnamed || own == Some(name) || subjects::is_known(name))?;
    for file in [&args.output.output, &args.write_known].into_iter().flatten() {
        output::check_writable(file)?;
    }
    for dir in [&args.save, &args.corpus].into_iter().flatten() {
        run::check_dir(dir)?;
    }
    let targets = subjects::read_targets(&args.targets, !args.setup.is_empty())?;
    subjects::chosen(&targets, true)?;
    Cache::sweep();
    let tier = run::tier(args.tier.tier)?;
    let (subjects, left_out) = run::chosen(&targets, &args.driver)?;

    let (began, clock) = (SystemTime::now(), Instant::now());
    let plan = Plan { seed: args.seed, profile: Profile::Quick, umasks: Vec::new(), cases: None };
    let jobs = args.jobs();
    let setups = &args.setup;
    let orders = Orders {
        scenarios: &scenarios,
        plan: &plan,
        setups,
        tier,
        jobs,
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
    let own = outcome.stores.last().filter(|_| args.driver.is_given());
    let own = own.map(|store| store.name.clone());
    let mut left_out = left_out;
    left_out.push("inputs that the search did not come upon: more --seconds try more".into());
    left_out.push(NOT_SELECTED.into());
    let mut run = Run {
        format: RECORD_FORMAT,
        interloper: env!("CARGO_PKG_VERSION").into(),
        started: began.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64),
        millis: clock.elapsed().as_millis() as u64,
        host: Host::read().info(tier),
        asked: RunConfig {
            seed: args.seed,
            profile: "fuzz".into(),
            umasks: Vec::new(),
            scenarios: vec![SCENARIO.into()],
            left_out,
        },
        stores: outcome.stores,
        scenarios: scenarios.iter().map(|scenario| scenario.info()).collect(),
        results: outcome.results,
        root_causes: Vec::new(),
        mends: Vec::new(),
        stale: Vec::new(),
        troubles: outcome.troubles,
        interrupted: outcome.interrupted,
    };
    run.root_causes = root_causes(&run, family_of);
    apply(&known, &mut run);
    // A search that did not find a known failure again does not show that it is gone.
    run.stale.clear();
    mark(&earlier, &mut run);
    let written = Written {
        output: &args.output,
        extent: args.extent(),
        save: args.save.as_deref(),
        write_known: args.write_known.as_deref(),
        driver: &args.driver,
    };
    finish(&written, &mut run, own.as_deref())
}
