//! How much is run: profiles, umasks, seeds.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use interloper_driver::Umask;
use serde::{Deserialize, Serialize};

use crate::scenario::{Need, Scenario};

/// The umasks that people have, the most usual first and the least last: a finding shows the first that fails.
pub const COMMON_UMASKS: [Umask; 8] = Umask::COMMON;

/// The umask that most people have.
const USUAL_UMASK: Umask = Umask::of(0o022);

/// Extent of a run for each scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Seed for all random choices.
    pub seed: u64,
    /// Profile of the run.
    pub profile: Profile,
    /// The umasks the user named; empty for the profile's own.
    pub umasks: Vec<Umask>,
    /// Number of random cases, if the user named one.
    pub cases: Option<u32>,
}

/// Amount of testing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Seconds, or minutes where a store is slow: every umask for the scenarios about them, the common ones for the others, a few sessions.
    Quick,
    /// Minutes: the same umasks, many sessions, every truncation point.
    Full,
    /// Hours: the same, with very many sessions.
    Nightly,
}

impl Profile {
    /// Returns the word that stands for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Profile::Quick => "quick",
            Profile::Full => "full",
            Profile::Nightly => "nightly",
        }
    }
}

impl Plan {
    /// Returns what a run of these scenarios by this plan leaves out, in sentences.
    pub fn left_out<'s>(
        &self,
        scenarios: impl IntoIterator<Item = &'s Scenario>,
    ) -> Vec<&'static str> {
        let (mut varied, mut stepped) = (false, false);
        for scenario in scenarios {
            // What is about clients, parsers and applications runs once: no umask and no session makes a difference to it.
            varied |= scenario.sweep != Sweep::Plain;
            stepped |= scenario.needs.contains(&Need::Steps);
        }
        let quick = self.profile == Profile::Quick;
        let sentences = [
            // Whoever names the umasks knows which are left out.
            (
                varied && quick && self.umasks.is_empty(),
                "504 of the 512 umasks, but for the scenarios that are about every umask",
            ),
            (varied && quick, "all but a few random sessions for each scenario"),
            (
                stepped && quick,
                "most errors, plantings and schedules where a store is stepped: `steps: sampled n/m` says how many",
            ),
            (
                varied && self.profile == Profile::Full,
                "thousands of further random sessions (--profile nightly)",
            ),
        ];
        sentences.into_iter().filter(|(is, _)| *is).map(|(_, sentence)| sentence).collect()
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Profile {
    type Err = String;
    fn from_str(word: &str) -> Result<Profile, String> {
        [Profile::Quick, Profile::Full, Profile::Nightly]
            .into_iter()
            .find(|profile| profile.as_str() == word)
            .ok_or_else(|| format!("{word:?} is not one of quick, full, nightly"))
    }
}

/// Umasks that a scenario runs under if the user names none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sweep {
    /// All 512.
    Every,
    /// The common ones.
    Common,
    /// One, with many sessions: the umask does not matter to it.
    One,
    /// One, with few sessions: each case goes through every step of every operation.
    Few,
    /// One, with the plainest session: neither makes a difference to it, and each case is long.
    Plain,
    /// A random one for each case.
    Random,
}

impl Plan {
    /// Returns the umasks for a scenario's cases, in order; `None` stands for a random one.
    pub(crate) fn umasks(&self, sweep: Sweep) -> Vec<Option<Umask>> {
        let named = !self.umasks.is_empty();
        let cases = self.random_cases();
        let repeat = |umasks: &[Umask], each: u32| {
            umasks.iter().flat_map(|umask| (0..each).map(|_| Some(*umask))).collect::<Vec<_>>()
        };
        match sweep {
            Sweep::Every if named => repeat(&self.umasks, 1),
            Sweep::Every => {
                let all = every_umask();
                match self.profile {
                    Profile::Quick | Profile::Full => repeat(&all, 1),
                    Profile::Nightly => repeat(&all, 20),
                }
            }
            Sweep::Common => {
                let umasks = if named { &self.umasks[..] } else { &COMMON_UMASKS };
                repeat(umasks, self.profile.rounds())
            }
            Sweep::One | Sweep::Few | Sweep::Plain => {
                // The umask makes no difference to these: the commonest, where it was not left out.
                let umask = match self.umasks.first() {
                    Some(first) if !self.umasks.contains(&USUAL_UMASK) => *first,
                    _ => USUAL_UMASK,
                };
                let few = self.cases.unwrap_or(match self.profile {
                    Profile::Quick => 1,
                    Profile::Full => 4,
                    Profile::Nightly => 100,
                });
                let each = match sweep {
                    Sweep::Plain => 1,
                    Sweep::Few => few,
                    _ => cases,
                };
                repeat(&[umask], each)
            }
            Sweep::Random => (0..cases)
                .map(|n| named.then(|| self.umasks[n as usize % self.umasks.len()]))
                .collect(),
        }
    }

    /// Returns the processor time and time asleep that one scenario's long operations may use in all.
    pub(crate) fn budget(&self) -> Duration {
        Duration::from_secs(match self.profile {
            Profile::Quick => 120,
            Profile::Full => 1_200,
            Profile::Nightly => 14_400,
        })
    }

    /// Returns at most `room` of all, evenly, from where the seed says: over several runs all are tried.
    pub fn some_of<T>(&self, all: Vec<T>, room: usize) -> Vec<T> {
        let mut places = self.some_places(all.len(), room).peekable();
        let all = all.into_iter().enumerate();
        all.filter_map(|(n, one)| places.next_if_eq(&n).map(|_| one)).collect()
    }

    /// Returns the places of at most `room` in a row of `count`, in order: evenly, from where the seed says.
    pub fn some_places(&self, count: usize, room: usize) -> impl Iterator<Item = usize> + use<> {
        let stride = count.div_ceil(room.max(1)).max(1);
        let from = self.seed as usize % stride;
        (from..count).step_by(stride).take(room)
    }

    fn random_cases(&self) -> u32 {
        self.cases.unwrap_or(match self.profile {
            Profile::Quick => 4,
            Profile::Full => 24,
            Profile::Nightly => 2_000,
        })
    }
}

/// Returns all 512 umasks: the common ones in their order, then the others, and last the one that masks nothing.
fn every_umask() -> Vec<Umask> {
    let is_common = |umask: &Umask| COMMON_UMASKS.contains(umask);
    let (common, last) = COMMON_UMASKS.split_at(COMMON_UMASKS.len() - 1);
    let others = Umask::all().filter(|umask| !is_common(umask));
    common.iter().copied().chain(others).chain(last.iter().copied()).collect()
}

impl Profile {
    fn rounds(self) -> u32 {
        match self {
            Profile::Quick => 1,
            Profile::Full => 2,
            Profile::Nightly => 50,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_umask_is_there_once_and_the_most_usual_come_first() {
        let every = every_umask();
        let first: Vec<String> = every[..3].iter().map(ToString::to_string).collect();
        assert_eq!(first, ["0022", "0002", "0027"]);
        assert_eq!(every.last(), Some(&Umask::of(0)));
        let mut sorted = every;
        sorted.sort();
        assert_eq!(sorted, Umask::all().collect::<Vec<_>>());
    }
}
