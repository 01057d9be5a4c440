//! `interloper trace`: every step of an operation, and who could do what after it.

use interloper_driver::SetupName;
use interloper_engine::{Error, StoreSpec, Tier, TraceOrder, Worker, Workload};
use interloper_record::{Exit, TRACE_FORMAT, Trace, Traces, Verdict};

use crate::args::{ListFormat, TraceArgs};
use crate::failure::Failure;
use crate::output::{self, complain};
use crate::report::trace as writer;
use crate::run::{self, Subject};
use crate::subjects::{self, TargetPattern};

/// Shows the operations that were asked for, of each store.
pub(crate) fn trace(args: &TraceArgs) -> Result<Exit, Failure> {
    let (targets, operation) = asked(args)?;
    if let Some(file) = &args.output {
        output::check_writable(file)?;
    }
    let tier = run::tier(args.tier.tier)?;
    let (subjects, _) = run::chosen(&targets, &args.driver)?;
    let mut exit = Exit::Clean;
    let mut traces = Traces {
        format: TRACE_FORMAT,
        interloper: env!("CARGO_PKG_VERSION").into(),
        traces: Vec::new(),
    };
    for subject in &subjects {
        match subject {
            Subject::Ready { spec, named, .. } => {
                let setups: Vec<Option<&SetupName>> = match subject.asked(args.setup.as_slice()) {
                    [] => vec![None],
                    asked => asked.iter().map(Some).collect(),
                };
                for setup in setups {
                    let order = (setup, operation);
                    let came = store(args, spec, *named, tier, order, &mut traces.traces);
                    exit = worse(exit, came);
                }
            }
            Subject::Absent { verdict: Verdict::Error, .. } => exit = worse(exit, Exit::Broken),
            Subject::Absent { .. } => exit = worse(exit, Exit::Untested),
        }
    }
    // Why there is nothing was said already.
    if !traces.traces.is_empty() {
        let machine = match args.format {
            ListFormat::Human => None,
            ListFormat::Json => Some(writer::json(&traces).map_err(output::OutputError::Stdout)?),
        };
        let human = |width| writer::human(&traces, width);
        output::either(human, machine.as_deref(), args.output.as_deref())?;
    }
    Ok(exit)
}

/// Returns the targets that were named, and the operation behind them.
fn asked(args: &TraceArgs) -> Result<(Vec<TargetPattern>, Option<Workload>), Failure> {
    let mut words = args.words.clone();
    let operation = words.last().and_then(|word| word.parse::<Workload>().ok());
    if operation.is_some() {
        words.pop();
    }
    let own = args.driver.is_given();
    if words.is_empty() && !own {
        let why = "name a store, as in `interloper trace hardened save`; `interloper stores` lists them, and --driver or -- CMD traces your own";
        return Err(Failure::Usage(why.into()));
    }
    // A last word that stands where an operation may stand was probably meant to be one.
    if let (None, Some(last)) = (operation, words.last())
        && (own || words.len() > 1)
        && !last.contains('/')
        && subjects::select(std::slice::from_ref(last)).is_err()
    {
        let nearest = subjects::nearest(last, Workload::ALL.map(Workload::as_str));
        return Err(Failure::Usage(format!(
            "{last:?} is no operation, and no store{}; the operations are save, update, load, rotate, purge and delete",
            subjects::suggestion(&nearest)
        )));
    }
    let targets = subjects::read_targets(&words, args.setup.is_some())?;
    subjects::chosen(&targets, true)?;
    Ok((targets, operation))
}

/// The operations of one store.
fn store(
    args: &TraceArgs,
    spec: &StoreSpec,
    named: bool,
    tier: Tier,
    (setup, operation): (Option<&SetupName>, Option<Workload>),
    traces: &mut Vec<Trace>,
) -> Exit {
    let greeted = Worker::start_in(spec, tier).and_then(|mut worker| {
        let hello = worker.hello()?;
        Ok((worker, hello))
    });
    let (mut worker, hello) = match greeted {
        Ok(greeted) => greeted,
        Err(error) => return told(&error, spec, tier, None),
    };
    let found = match setup {
        Some(asked) => hello.setup(asked),
        None => hello.setups.first(),
    };
    let Some(setup) = found else {
        let why = match setup {
            Some(asked) => {
                let names: Vec<&str> = hello.setups.iter().map(|setup| &*setup.name).collect();
                format!("it has no setup {asked}, but {}", names.join(", "))
            }
            None => "its hello names no setup".into(),
        };
        return told(&Error::Untraced(why), spec, tier, None);
    };
    let operations =
        operation.map_or_else(|| interloper_engine::workloads_of(&hello), |one| vec![one]);
    if operations.is_empty() {
        let why = "its hello names no operation that can be shown (save, update, load, rotate, purge, delete)";
        return told(&Error::Untraced(why.into()), spec, tier, None);
    }
    let mut exit = Exit::Clean;
    for operation in operations {
        let order =
            TraceOrder { setup: setup.name.clone(), umask: args.umask, home: args.home, operation };
        match worker.trace(&order) {
            Ok(mut trace) => {
                if let Some(name) = run::own_name(&hello).filter(|_| !named) {
                    trace.store = name;
                }
                traces.push(trace);
            }
            Err(error) => {
                exit = worse(exit, told(&error, spec, tier, Some(operation)));
                // Of a sandbox that is gone nothing else can be asked.
                if !matches!(error, Error::Untraced(_)) {
                    break;
                }
            }
        }
    }
    exit
}

/// Says why there is no trace, and gives the exit code for it.
fn told(error: &Error, spec: &StoreSpec, tier: Tier, operation: Option<Workload>) -> Exit {
    let what = match operation {
        Some(operation) => format!("{}, {operation}", spec.name),
        None => spec.name.clone(),
    };
    match error {
        Error::Untraced(_) | Error::Refused { .. } => {
            complain(&format!("{what}: {error}"));
            Exit::Untested
        }
        _ => {
            complain(&format!("{what}: {}", run::explain(error, spec, tier)));
            if matches!(error, Error::Driver(_)) { Exit::Usage } else { Exit::Broken }
        }
    }
}

/// What did not work weighs more than what could not be shown.
fn worse(a: Exit, b: Exit) -> Exit {
    match (a, b) {
        (Exit::Broken, _) | (_, Exit::Broken) => Exit::Broken,
        (Exit::Usage, _) | (_, Exit::Usage) => Exit::Usage,
        (Exit::Clean, other) => other,
        (other, _) => other,
    }
}
