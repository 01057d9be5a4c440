//! What a power loss may leave: the legal states of what was not synced.
//!
//! A crash of the process leaves what the kernel holds; a loss of power leaves what the disk holds. Which of the two agree is
//! what fsync(2) is for: it "transfers ('flushes') all modified in-core data of (i.e., modified buffer cache pages for) the file
//! referred to by the file descriptor fd to the disk device". Everything else may be there or not.
//!
//! The history of an operation becomes a list of effects, each with the step it is from, whether it is durable, and which earlier
//! effects it cannot be without. A state is a choice of effects; its tree is what they make of the one that was durable before.

mod bytes;
mod effects;
mod history;
mod layout;
mod objects;
mod pick;
mod render;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::stepper::Synced;
use crate::tree::Snapshot;
use history::EffectHistory;
use render::{Choice, Mark};

/// Model of what a file system promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Persistence {
    /// The promises of fsync(2), and no more.
    ///
    /// - Effects that were not synced persist or not, each by itself.
    /// - fsync(2) of a file is for its contents and attributes: it "does not necessarily ensure that the entry in the directory
    ///   containing the file has also reached disk. For that an explicit fsync() on a file descriptor for the directory is also
    ///   needed."
    /// - rename(2) is atomic: both names change or neither. Between two directories it is durable when both are synced, for each
    ///   holds one half of it; until then it may be lost whole, but it is never half done.
    /// - Effects on one directory entry happen in their order: a later one does not persist without the earlier ones. So do
    ///   effects on the same bytes, where truncation is an effect on every byte past its length.
    /// - A new file whose entry persisted and whose contents did not is empty, with the mode it was created with.
    /// - What no persisted entry leads to is gone. But nothing vanishes between two places: a rename takes along the directories
    ///   that it moves something into, and the removal of a directory takes along what emptied it.
    StrictPosix,
}

impl fmt::Display for Persistence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Persistence::StrictPosix => f.write_str("strict POSIX"),
        }
    }
}

/// Number of legal states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Total {
    /// So many distinct trees: all of them were looked at.
    Exactly(usize),
    /// So many choices of effects, of which several may make the same tree.
    AtMost(u128),
    /// More choices than fit into 128 bits.
    Uncounted,
}

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Total::Exactly(count) => write!(f, "{count}"),
            Total::AtMost(count) => write!(f, "at most {count}"),
            Total::Uncounted => f.write_str("more than can be counted"),
        }
    }
}

/// The legal states after a power loss.
#[derive(Clone, Debug)]
pub(crate) struct States {
    /// Number of legal states.
    pub(crate) total: Total,
    /// Whether `picked` is only a sample.
    pub(crate) sampled: bool,
    /// Distinct trees: the one where nothing more than the durable persisted comes first, the one where all did second, unless
    /// they are the same.
    pub(crate) picked: Vec<Picked>,
}

/// A legal state that was not made yet.
#[derive(Clone, Debug)]
pub(crate) struct Picked {
    /// Digest of its tree among those of the same operation.
    pub(crate) mark: Mark,
    /// Portion of each effect that is on the disk.
    choice: Choice,
    /// After how many steps.
    end: usize,
}

/// One legal state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lost {
    /// Contents of the disk.
    pub(crate) snapshot: Snapshot,
    /// Missing effects, in words: "the contents of alpha.json from step 3". Steps are counted from 1; an effect whose loss does not show
    /// (the contents of a file that is gone) is not named.
    pub(crate) missing: Vec<String>,
}

/// Legal states that a loss of power in an operation may leave.
///
/// The steps are gone through once, whatever is asked afterwards; a state is made when somebody wants to see it.
pub(crate) struct Losses<'s> {
    history: EffectHistory<'s>,
}

impl<'s> Losses<'s> {
    /// Computes from these steps, each with the sandbox after it and what was on the disk when it returned. Everything that existed before
    /// the first step is durable.
    pub(crate) fn of(
        model: Persistence,
        before: &'s Snapshot,
        steps: impl Iterator<Item = (&'s Snapshot, Synced)> + Clone,
    ) -> Losses<'s> {
        let Persistence::StrictPosix = model;
        Losses { history: EffectHistory::of(before, steps) }
    }

    /// Returns the legal states when power is lost after so many steps.
    ///
    /// When there are more states than the limit, they are a sample that the seed chooses: nothing persisted and all persisted always (so a
    /// limit below two is two), then all but one effect and only one effect, then random ones.
    pub(crate) fn after(&self, steps: usize, limit: usize, seed: u64) -> States {
        pick::pick(&self.history, steps, limit, seed)
    }

    /// Makes a state.
    pub(crate) fn lost(&self, picked: &Picked) -> Lost {
        pick::told(&self.history, picked)
    }
}
