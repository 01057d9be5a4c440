//! What a loss of power may leave of an operation.

use std::rc::Rc;

use super::Lab;
use crate::power::{Losses, Persistence, Picked};
use crate::stepper::Step;
use crate::tree::Snapshot;

/// Legal states of the disk after a loss of power at one moment of an operation.
#[derive(Clone, Debug)]
pub struct PowerLoss {
    /// The persistence model: what a file system is taken to promise.
    pub model: String,
    /// Number of legal states, as text.
    pub total: String,
    /// Whether the states are only a sample.
    pub sampled: bool,
    /// The states. None is made before somebody wants to see it.
    pub states: Vec<DiskState>,
}

/// A legal state of the disk, that was not made yet.
#[derive(Clone, Debug)]
pub struct DiskState {
    picked: Picked,
}

impl DiskState {
    /// Returns the digest that tells it from others, also from those after other steps of the operation.
    pub fn mark(&self) -> [u64; 4] {
        self.picked.mark
    }
}

/// Legal states of the disk after each step of an operation.
pub struct PowerLosses<'s> {
    losses: Losses<'s>,
    seed: u64,
}

impl PowerLosses<'_> {
    /// Returns the legal states after so many steps, up to a limit.
    pub fn after(&self, steps: usize, limit: usize) -> PowerLoss {
        let states = self.losses.after(steps, limit, self.seed);
        PowerLoss {
            model: Persistence::StrictPosix.to_string(),
            total: states.total.to_string(),
            sampled: states.sampled,
            states: states.picked.into_iter().map(|picked| DiskState { picked }).collect(),
        }
    }

    /// Returns the missing effects of a state, in words, and the contents of the disk.
    pub fn show(&self, state: &DiskState) -> (Vec<String>, Snapshot) {
        let lost = self.losses.lost(&state.picked);
        (lost.missing, lost.snapshot)
    }
}

impl Lab<'_> {
    /// Returns the legal states of the disk after each step of an operation.
    pub fn power_losses<'s>(
        &self,
        before: &'s Snapshot,
        steps: &'s [(Step, Rc<Snapshot>)],
    ) -> PowerLosses<'s> {
        let recorded = steps.iter().map(|(step, after)| (&**after, step.synced()));
        let losses = Losses::of(Persistence::StrictPosix, before, recorded);
        PowerLosses { losses, seed: self.plan.seed }
    }
}
