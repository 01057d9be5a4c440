//! Running scenarios on stores: which, on how many workers at once, and what is kept of it.
//!
//! | file | what |
//! |---|---|
//! | [`select`] | the scenarios that words select |
//! | [`subject`] | the stores of a run, with what it takes to start them |
//! | [`pool`] | the workers, and who gets which unit of work |
//! | [`progress`] | what is seen while it runs |
//! | [`mod@save`] | a run and its findings as files |

mod pool;
mod progress;
mod save;
mod select;
mod subject;

use interloper_engine::{Hosting, StoreSpec, Tier, Worker};

use crate::failure::Failure;
use crate::output::remark;

pub(crate) use pool::{Orders, explain, run};
pub(crate) use progress::Progress;
pub(crate) use save::{ReplayFileError, check_dir, read_replay, save};
pub(crate) use select::{Partition, SelectError, scenarios};
pub(crate) use subject::{Subject, chosen};

/// A store that is always here and needs nothing: what tells the tiers of a host apart.
pub(crate) fn touchstone() -> StoreSpec {
    StoreSpec::adapter("hardened")
}

/// The tier of a run: the one that is asked for, or the best this host has. It is tried, not guessed.
///
/// # Errors
/// When the host refuses the tier that is asked for.
pub(crate) fn tier(asked: Option<Tier>) -> Result<Tier, Failure> {
    match (Worker::start(&touchstone(), asked), asked) {
        (Ok(worker), _) => Ok(worker.tier()),
        (Err(source), Some(tier)) => Err(Failure::Tier { tier, source }),
        (Err(error), None) => Err(error.into()),
    }
}

/// Refuses to run programs as the host's root with nothing around them, which is what tier `predicted` would do for root.
///
/// # Errors
/// When that is asked for. The adapters of this program are trusted; where no other tier works, there is nothing else.
pub(crate) fn guard(asked: Option<Tier>, tier: Tier, spec: &StoreSpec) -> Result<(), Failure> {
    let program = matches!(spec.hosting, Hosting::Command { .. });
    if tier != Tier::Predicted || !program || !nix::unistd::geteuid().is_root() {
        return Ok(());
    }
    if asked.is_some() {
        return Err(Failure::Usage(format!(
            "--tier predicted would run the driver of {} as root, outside any sandbox: run this as an ordinary user, or leave --tier out",
            spec.name
        )));
    }
    remark(&format!(
        "this host has no better tier: the driver of {} runs as root, outside any sandbox",
        spec.name
    ));
    Ok(())
}
