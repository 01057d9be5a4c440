//! Some moments, by seed.

use super::Strategy;
use crate::plan::{Plan, Profile};

/// Sample of a row: those that must be tried, and of the others at most as many as there is time for: evenly, from where the seed says, so
/// that several runs with other seeds try them all.
#[derive(Clone, Debug)]
pub struct Sample {
    chosen: Vec<usize>,
    next: usize,
}

/// Number of a row's items that each profile has time for; nightly has time for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Number in profile quick.
    pub quick: usize,
    /// Number in profile full.
    pub full: usize,
}

impl Sample {
    /// Samples a row of `count`: all for which `must` holds, and others up to the profile's room.
    pub fn of(plan: &Plan, count: usize, room: Room, must: impl Fn(usize) -> bool) -> Sample {
        let room = match plan.profile {
            Profile::Quick => room.quick,
            Profile::Full => room.full,
            Profile::Nightly => usize::MAX,
        };
        // Rows are as long as a file has bits: what is not chosen is counted and not kept.
        let musts = (0..count).filter(|n| must(*n)).count();
        let mut places = plan.some_places(count - musts, room.saturating_sub(musts)).peekable();
        let mut others = 0..count;
        let mut is_chosen =
            |n: usize| must(n) || others.next().is_some_and(|n| places.next_if_eq(&n).is_some());
        let chosen = (0..count).filter(|n| is_chosen(*n)).collect();
        Sample { chosen, next: 0 }
    }

    /// Returns the chosen places, in order.
    pub fn chosen(&self) -> &[usize] {
        &self.chosen
    }
}

impl Strategy for Sample {
    fn next(&mut self, _: Option<bool>) -> Option<usize> {
        let next = self.chosen.get(self.next).copied();
        self.next += 1;
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(profile: Profile, seed: u64) -> Plan {
        Plan { seed, profile, umasks: Vec::new(), cases: None }
    }

    const ROOM: Room = Room { quick: 4, full: 6 };

    #[test]
    fn a_profile_has_its_room() {
        let chosen = |profile| Sample::of(&plan(profile, 1), 12, ROOM, |_| false).chosen.len();
        assert_eq!([Profile::Quick, Profile::Full, Profile::Nightly].map(chosen), [4, 6, 12]);
    }

    #[test]
    fn what_must_be_is_tried_though_there_is_no_room() {
        let sample = Sample::of(&plan(Profile::Quick, 1), 10, ROOM, |n| n >= 5);
        assert_eq!(sample.chosen(), [5, 6, 7, 8, 9]);
    }

    #[test]
    fn over_several_seeds_all_are_tried() {
        let of = |seed| Sample::of(&plan(Profile::Quick, seed), 9, ROOM, |_| false).chosen;
        let mut all: Vec<usize> = (0..3).flat_map(of).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all, (0..9).collect::<Vec<_>>());
    }
}
