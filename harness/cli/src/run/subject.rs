//! The stores of a run, each with what it takes to start it, or why it cannot be.

use interloper_driver::SetupName;
use interloper_engine::StoreSpec;
use interloper_record::documented::Documentation;
use interloper_record::{Exit, Verdict};

use crate::args::DriverArgs;
use crate::failure::Failure;
use crate::output::{complain, note};
use crate::subjects::{self, Entry, InstallError, TargetPattern};

/// A store of a run.
#[derive(Clone, Debug)]
pub(crate) enum Subject {
    /// What it takes to start its driver is there.
    Ready {
        /// What that is.
        spec: StoreSpec,
        /// Whether its name was chosen; else its driver says it.
        named: bool,
        /// The setups that its target names; empty for all it has.
        setups: Vec<SetupName>,
    },
    /// It is not, and cannot be put there.
    Absent {
        /// The store.
        name: String,
        /// `skip` where this host lacks something, `error` where something went wrong.
        verdict: Verdict,
        /// Why.
        reason: String,
    },
}

impl Subject {
    /// The store's name.
    pub(crate) fn name(&self) -> &str {
        match self {
            Subject::Ready { spec, .. } => &spec.name,
            Subject::Absent { name, .. } => name,
        }
    }

    /// Returns the setups that are asked for: those that its target names, or else those of `--setup`; empty for all it has.
    pub(crate) fn asked<'a>(&'a self, flag: &'a [SetupName]) -> &'a [SetupName] {
        match self {
            Subject::Ready { setups, .. } if !setups.is_empty() => setups,
            _ => flag,
        }
    }
}

/// Returns the stores that the targets select; the bundled ones if there is none, nor a driver.
///
/// What has to be installed is installed here. A store that cannot be is complained about, and the others are run. Beside the
/// stores: sentences about those that were left out though nobody said so.
///
/// # Errors
/// When a name is no store's, a driver's command is wrong, or no store at all can be started.
pub(crate) fn chosen(
    targets: &[TargetPattern],
    driver: &DriverArgs,
) -> Result<(Vec<Subject>, Vec<String>), Failure> {
    let named = !targets.is_empty() || driver.is_given();
    let entries = subjects::chosen(targets, named)?;
    let own = own(driver)?;
    // Before anything is installed for minutes: what is wrong with --bind.
    subjects::with_bound(StoreSpec::adapter(""), &driver.bind)?;
    if let Some((own, true)) = &own
        && let Some(same) = entries.iter().find(|entry| entry.name == own.name)
    {
        return Err(Failure::Usage(format!(
            "your own store would be called {0:?} in reports, and the store {0:?} is checked as well: give it another name with --name",
            same.name
        )));
    }
    let mut subjects: Vec<Subject> = Vec::new();
    let mut left_out: Vec<(Entry, InstallError)> = Vec::new();
    for entry in entries {
        match entry.prepare() {
            Ok(spec) => {
                let setups = subjects::setups_of(targets, &entry);
                subjects.push(Subject::Ready { spec, named: true, setups });
            }
            Err(error) if named => subjects.push(absent(&entry, &error)),
            Err(error) => left_out.push((entry, error)),
        }
    }
    let mut sentences = Vec::new();
    if let Some((_, why)) = left_out.first() {
        let names: Vec<&str> = left_out.iter().map(|(entry, _)| entry.name.as_str()).collect();
        sentences.push(format!("{}: {why}", names.join(", ")));
        note(&format!("left out {}", sentences.join("; ")));
    }
    let setups = Vec::new();
    subjects.extend(own.map(|(spec, named)| Subject::Ready { spec, named, setups }));
    for subject in &mut subjects {
        if let Subject::Ready { spec, .. } = subject {
            *spec = subjects::with_bound(spec.clone(), &driver.bind)?;
        }
    }
    nothing_to_run(&subjects)?;
    Ok((subjects, sentences))
}

/// Returns what the documentation of each announces.
pub(crate) fn documentation(subjects: &[Subject]) -> Vec<Documentation> {
    let spec = |subject: &Subject| match subject {
        Subject::Ready { spec, .. } => subjects::documentation(spec),
        Subject::Absent { .. } => None,
    };
    subjects.iter().filter_map(spec).collect()
}

/// Returns the user's own store, if there is one, and whether its name was chosen.
///
/// # Errors
/// When what they typed starts nothing.
pub(crate) fn own(args: &DriverArgs) -> Result<Option<(StoreSpec, bool)>, Failure> {
    let mut spec = match (&args.driver, &args.app, args.command.command.as_slice()) {
        (Some(driver), ..) => subjects::driver(driver)?,
        (None, Some(app), _) => subjects::application(app)?,
        (None, None, []) => return Ok(None),
        (None, None, _) => subjects::commands(&args.command)?.0,
    };
    if let Some(name) = &args.name {
        spec.name.clone_from(name);
    }
    Ok(Some((spec, args.name.is_some())))
}

fn absent(entry: &Entry, error: &InstallError) -> Subject {
    let reason = error.to_string();
    match reason.contains(&entry.name) {
        true => complain(&reason),
        false => complain(&format!("{}: {reason}", entry.name)),
    }
    let verdict = if error.host_cannot() { Verdict::Skip } else { Verdict::Error };
    Subject::Absent { name: entry.name.clone(), verdict, reason }
}

/// A run of nothing but reasons why not would only say again what was complained about.
fn nothing_to_run(subjects: &[Subject]) -> Result<(), Failure> {
    let mut exit = Exit::Untested;
    for subject in subjects {
        match subject {
            Subject::Ready { .. } => return Ok(()),
            Subject::Absent { verdict: Verdict::Error, .. } => exit = Exit::Broken,
            Subject::Absent { .. } => {}
        }
    }
    Err(Failure::Reported(exit))
}
