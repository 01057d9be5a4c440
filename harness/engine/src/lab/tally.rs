//! Numbers of things that were tried, as steps and schedules.

use crate::record::Tried;

/// Number of things that were tried, out of those that are known, and whether that was a sample.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    tried: u64,
    known: u64,
    sampled: bool,
}

impl Tally {
    /// Counts some more; they are all there are only if that is `exhaustive`.
    pub(crate) fn count(&mut self, tried: u64, known: u64, exhaustive: bool) {
        self.add(Tally { tried, known, sampled: !exhaustive });
    }

    /// Counts what another case tried.
    pub(crate) fn add(&mut self, other: Tally) {
        self.tried += other.tried;
        self.known += other.known;
        self.sampled |= other.sampled;
    }

    /// Marks it as a sample, whatever the numbers say.
    pub(crate) fn mark_sampled(&mut self) {
        self.sampled = true;
    }

    /// Returns what the record says of it; `None` if there was nothing to try.
    pub(crate) fn recorded(self) -> Option<Tried> {
        let Tally { tried, known, sampled } = self;
        (known > 0).then_some(Tried { tried, known, exhaustive: !sampled })
    }
}
