//! `interloper check --list`: what would be run.

use interloper_engine::{About, Error, Hosting, Scenario, Worker};
use interloper_record::Exit;
use interloper_record::lookup::plural;

use super::text::clean;
use crate::args::CheckArgs;
use crate::failure::Failure;
use crate::output::{self, note};
use crate::run;
use crate::subjects::{self, TargetPattern};

/// Says what would be run: each target with the scenarios of its kind. A driver is started to learn its kind; nothing is installed.
///
/// # Errors
/// When a target does not exist, or the user's own driver cannot be started.
pub(super) fn list(
    args: &CheckArgs,
    targets: &[TargetPattern],
    scenarios: &[&Scenario],
) -> Result<Exit, Failure> {
    let named = !targets.is_empty() || args.driver.is_given();
    let mut listed: Vec<(String, About)> = Vec::new();
    for entry in subjects::chosen(targets, named)? {
        let about = entry.about();
        match &subjects::setups_of(targets, &entry)[..] {
            [] => listed.push((entry.name, about)),
            setups => {
                let name = |setup| (format!("{}/{setup}", entry.name), about);
                listed.extend(setups.iter().map(name));
            }
        }
    }
    if let Some((spec, _)) = run::own(&args.driver)? {
        let adapter = match &spec.hosting {
            Hosting::Adapter(name) => subjects::adapter(name),
            Hosting::Command { .. } => None,
        };
        let about = match adapter {
            Some(store) => About::of(&store.hello()),
            None => {
                let mut worker = Worker::start_in(&spec, run::tier(args.run.tier.tier)?)?;
                about(&mut worker, &spec.name)?
            }
        };
        listed.push((spec.name, about));
    }
    let (mut text, mut most) = (String::new(), 0);
    for (name, about) in &listed {
        let fits = |scenario: &&&Scenario| scenario.about() == *about;
        // As a run has it: what is about another kind alone is asked for, and answered with `unsupported`.
        let any = scenarios.iter().any(|scenario| fits(&scenario));
        let of_it: Vec<_> = scenarios.iter().filter(|one| !any || fits(one)).collect();
        most = most.max(of_it.len());
        for scenario in of_it {
            text.push_str(&format!("{} {}\n", clean(name), scenario.id));
        }
    }
    output::print(&text)?;
    note(&format!(
        "{}, at most {} each; a target without a setup is tested in each that it has",
        plural(listed.len(), "target", "targets"),
        plural(most, "scenario", "scenarios"),
    ));
    Ok(Exit::Clean)
}

/// Asks a driver for the kind of what it hosts.
fn about(worker: &mut Worker, name: &str) -> Result<About, Failure> {
    match worker.hello() {
        Ok(hello) => Ok(About::of(&hello)),
        Err(Error::Driver(why)) => {
            Err(Failure::Usage(format!("{name}: its driver cannot be started: {why}")))
        }
        Err(error) => Err(error.into()),
    }
}
