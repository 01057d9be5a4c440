//! What a loss of power may leave of an operation.

use std::rc::Rc;

use super::{Lab, Snapshot};
use crate::stepper::Step;
use crate::stepper::power::{Persistence, Recorded, states};

/// What the disk may hold after a loss of power.
#[derive(Clone, Debug)]
pub struct PowerLoss {
    /// The persistence model: what a file system is taken to promise.
    pub model: String,
    /// How many legal states there are.
    pub total: String,
    /// Whether these are only some of them.
    pub sampled: bool,
    /// The states, and what is missing in each, in words.
    pub states: Vec<(Snapshot, Vec<String>)>,
}

impl Lab<'_> {
    /// The legal states of the disk after these steps, each with the sandbox after it, when what was there before is durable.
    pub fn power_loss(
        &self,
        before: &Snapshot,
        steps: &[(Step, Rc<Snapshot>)],
        limit: usize,
    ) -> PowerLoss {
        let recorded: Vec<Recorded> = steps
            .iter()
            .map(|(step, after)| Recorded { after: Rc::clone(after), synced: step.synced() })
            .collect();
        let model = Persistence::StrictPosix;
        let states = states(model, before, &recorded, limit, self.plan.seed);
        PowerLoss {
            model: model.to_string(),
            total: states.total.to_string(),
            sampled: states.sampled,
            states: states.states.into_iter().map(|lost| (lost.snapshot, lost.missing)).collect(),
        }
    }
}
