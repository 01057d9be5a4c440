//! Running scenarios on stores: which, on how many workers at once, and what is kept of it.
//!
//! | file | what |
//! |---|---|
//! | [`select`] | the scenarios that words select |
//! | [`subject`] | the stores of a run, with what it takes to start them |
//! | [`mod@greet`] | what each store is, and whether its driver keeps the protocol |
//! | [`pool`] | the workers |
//! | [`queue`], [`mod@weight`] | who gets which unit of work, and which are long |
//! | [`stop`] | what ends a run early |
//! | [`progress`], [`timings`] | what is seen while it runs, and where the time went |
//! | [`mod@save`] | a run and its findings as files |

mod greet;
mod pool;
mod progress;
mod queue;
mod save;
mod select;
mod stop;
mod subject;
mod timings;
mod weight;

use interloper_engine::{StoreSpec, Tier, Worker};

use crate::failure::Failure;

pub(crate) use greet::{explain, own_name};
pub(crate) use pool::{Orders, default_jobs, run};
pub(crate) use progress::Progress;
pub(crate) use save::{ReplayFileError, check_dir, read_replay, save};
pub(crate) use select::{Partition, SelectError, scenarios, without};
pub(crate) use stop::{Stop, Timeout};
pub(crate) use subject::{Subject, chosen};
pub(crate) use timings::Timings;

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
