//! The record of a run: what it is compared with, how it begins, and what becomes of it.

use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use interloper::{CATALOGUE, family_of};
use interloper_engine::{Host, Scenario, Tier};
use interloper_record::documented::Documentation;
use interloper_record::known::{KnownFailures, write_known};
use interloper_record::{Exit, RECORD_FORMAT, Run, RunConfig, mark_old, root_causes};

use crate::args::{DriverArgs, OutputArgs, RunArgs};
use crate::failure::Failure;
use crate::output::{self, OutputError, note};
use crate::report::Extent;
use crate::run::{self, RunOutcome};
use crate::subjects;

/// Yardsticks of a run: failures that are known, findings that documentation announces, and earlier runs.
pub(super) struct Compared {
    known: Vec<KnownFailures>,
    /// Announcements of the subjects' documentation.
    pub(super) documented: Vec<Documentation>,
    earlier: Vec<(String, Run)>,
}

impl Compared {
    /// Reads the files that were named.
    pub(super) fn read(output: &OutputArgs) -> Result<Compared, Failure> {
        Ok(Compared {
            known: read_known(&output.known)?,
            documented: Vec::new(),
            earlier: read_earlier(&output.new_since)?,
        })
    }

    /// Refuses a known failure of a store or a scenario that is not there. A driver says its name only when it runs, so without `--name` its
    /// entries are looked at afterwards.
    pub(super) fn check_names(&self, driver: &DriverArgs) -> Result<(), Failure> {
        let unnamed = driver.is_given() && driver.name.is_none();
        let own = driver.name.as_deref();
        check_names(&self.known, |name| unnamed || own == Some(name) || subjects::is_known(name))
    }

    /// Refuses a known failure of a store that is neither known nor in the run.
    pub(super) fn check_names_of(&self, run: &Run) -> Result<(), Failure> {
        let names = run.stores.iter().map(|store| store.name.as_str()).collect::<Vec<_>>();
        check_names(&self.known, |name| names.contains(&name) || subjects::is_known(name))
    }

    /// Marks what is known, what is announced, and what earlier runs have.
    pub(super) fn mark(&self, run: &mut Run) {
        let catalogue = catalogue();
        for known in &self.known {
            known.apply(run, &catalogue);
        }
        for documentation in &self.documented {
            documentation.apply(run, &catalogue);
        }
        for (name, earlier) in &self.earlier {
            mark_old(run, earlier, name);
        }
    }
}

/// Refuses files and directories that cannot be written, before anybody waits for a run.
pub(super) fn check_writable(args: &RunArgs) -> Result<(), Failure> {
    for file in args.files() {
        output::check_writable(file)?;
    }
    Ok(args.save.as_deref().map_or(Ok(()), run::check_dir)?)
}

/// A run that has begun.
pub(super) struct Begun {
    /// The record, in which nothing has happened yet.
    pub(super) run: Run,
    clock: Instant,
}

impl Begun {
    /// Begins a run, at this moment.
    pub(super) fn now(tier: Tier, asked: RunConfig, scenarios: &[&Scenario]) -> Begun {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let run = Run {
            format: RECORD_FORMAT,
            interloper: env!("CARGO_PKG_VERSION").into(),
            started: now.map_or(0, |since| since.as_secs() as i64),
            millis: 0,
            host: Host::read().info(tier),
            asked,
            stores: Vec::new(),
            scenarios: scenarios.iter().map(|scenario| scenario.info()).collect(),
            results: Vec::new(),
            root_causes: Vec::new(),
            mends: Vec::new(),
            stale: Vec::new(),
            troubles: Vec::new(),
            interrupted: None,
        };
        Begun { run, clock: Instant::now() }
    }

    /// Returns the record of what happened, and the name of the user's own store: that is the last.
    pub(super) fn end(self, outcome: RunOutcome, driver: &DriverArgs) -> (Run, Option<String>) {
        let own = outcome.stores.last().filter(|_| driver.is_given());
        let own = own.map(|store| store.name.clone());
        let mut run = Run {
            millis: self.clock.elapsed().as_millis() as u64,
            stores: outcome.stores,
            results: outcome.results,
            troubles: outcome.troubles,
            interrupted: outcome.interrupted,
            ..self.run
        };
        run.root_causes = root_causes(&run, family_of);
        (run, own)
    }
}

/// Writes everything that was asked for. What is kept comes first: a report can be made from it again. What cannot be written is a trouble of
/// the run, so that the report is printed all the same and says so.
pub(super) fn finish(
    args: &RunArgs,
    extent: Extent,
    driver: &DriverArgs,
    run: &mut Run,
    own: Option<&str>,
) -> Result<Exit, Failure> {
    let policy = args.output.policy();
    let mut said: Vec<Result<String, OutputError>> = Vec::new();
    if let Some(dir) = &args.save {
        let saved = run::save(run, dir, driver, own);
        said.push(saved.map(|findings| saved_words(dir, findings)));
    }
    if let Some(file) = &args.write_known {
        said.push(accept(file, run));
    }
    run.troubles.extend(said.iter().filter_map(|said| said.as_ref().err()).map(output::unwritten));
    output::report(run, &args.output, extent, &policy)?;
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

/// Reads the known-failure files that were named.
fn read_known(files: &[impl AsRef<Path>]) -> Result<Vec<KnownFailures>, Failure> {
    Ok(files.iter().map(|file| KnownFailures::read(file.as_ref())).collect::<Result<_, _>>()?)
}

/// Reads the runs of which nothing is new.
fn read_earlier(files: &[PathBuf]) -> Result<Vec<(String, Run)>, Failure> {
    let read = |path: &PathBuf| Ok((path.display().to_string(), run::read_saved(path)?));
    files.iter().map(read).collect()
}

/// Refuses files that name a store or a scenario which is not there.
fn check_names(known: &[KnownFailures], is_store: impl Fn(&str) -> bool) -> Result<(), Failure> {
    let catalogue = catalogue();
    known.iter().try_for_each(|known| Ok(known.check_names(&is_store, &catalogue)?))
}

/// Returns the id of every scenario there is.
pub(super) fn catalogue() -> Vec<&'static str> {
    CATALOGUE.iter().map(|scenario| scenario.id).collect()
}
