//! The tier of a run.

use interloper_engine::{StoreSpec, Tier, Worker};

use crate::failure::Failure;

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
