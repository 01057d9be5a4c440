//! In which order two drivers go: every way with at most two preemptions.
//!
//! A driver is preempted before a step that matters ([`interloper_engine::Step::matters`]): what it did before that has happened, and the
//! step has not. Most flaws of this kind need one preemption, nearly all the others two: <https://doi.org/10.1145/1273442.1250785>.

use interloper_engine::{Plan, Profile, Random};

/// The most schedules of one pair that a full run tries.
const FULL: usize = 2_000;
/// Number of random schedules that a nightly run tries besides.
const BEYOND: u64 = 200;

/// Schedule of two operations: which goes first, and where each preempts the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Schedule {
    /// The one that begins: 0 or 1.
    pub(super) first: usize,
    /// Before which of its steps that matter the one who goes gives way to the other, in turn. Then each goes to its end.
    pub(super) until: Vec<u32>,
}

impl Schedule {
    /// Returns the schedule in which one goes after the other.
    pub(super) fn whole(first: usize) -> Schedule {
        Schedule { first, until: Vec::new() }
    }
}

/// The schedules of a pair that are tried after the two without a preemption, and how many there are in all.
pub(super) struct Chosen {
    pub(super) schedules: Vec<Schedule>,
    /// All with at most two preemptions, those without one among them.
    pub(super) known: u64,
}

/// Chooses what there is time for: `quick` says how much a quick run may try. Each driver is given by its steps that matter, and whether
/// each has to do with what the other does: preempted there, most flaws show.
pub(super) fn choose(plan: &Plan, steps: [&[bool]; 2], quick: usize) -> Chosen {
    let mut all = with_preemptions(steps);
    let known = all.len() as u64 + 2;
    let bound = match plan.profile {
        Profile::Quick => quick,
        Profile::Full => FULL,
        Profile::Nightly => usize::MAX,
    };
    if all.len() > bound {
        let rest = all.split_off(all.iter().take_while(|(weight, _)| *weight == 0).count());
        all = plan.some_of(all, bound);
        let room = bound - all.len();
        all.extend(plan.some_of(rest, room));
    }
    let mut schedules: Vec<Schedule> = all.into_iter().map(|(_, schedule)| schedule).collect();
    let beyond = if plan.profile == Profile::Nightly { BEYOND } else { 0 };
    let mut random = Random::new(plan.seed);
    for _ in 0..beyond {
        schedules.push(anywhere(&mut random, steps));
    }
    Chosen { schedules, known }
}

/// Returns every schedule with one or two preemptions: those with one where the two meet first, then the others with one, then those with
/// two.
fn with_preemptions(steps: [&[bool]; 2]) -> Vec<(u8, Schedule)> {
    let mut all = Vec::new();
    for first in [0, 1] {
        let (own, other) = (steps[first], steps[1 - first]);
        // Before its first step that matters it has done nothing: the other might as well have begun.
        for (at, heavy) in (1..).zip(own).skip(1) {
            let weight = if *heavy { 0 } else { 1 };
            all.push((weight, Schedule { first, until: vec![at] }));
            for then in 2..=other.len() as u32 {
                all.push((2, Schedule { first, until: vec![at, then] }));
            }
        }
    }
    all.sort_by_key(|(weight, _)| *weight);
    all
}

/// Draws a schedule with three to eight preemptions.
fn anywhere(random: &mut Random, steps: [&[bool]; 2]) -> Schedule {
    let first = random.below(2);
    let count = 3 + random.below(6);
    let mut at = [1, 1];
    let until = (0..count)
        .map(|turn| {
            let who = (first + turn) % 2;
            at[who] += 1 + random.below(steps[who].len().div_ceil(3).max(1)) as u32;
            at[who]
        })
        .collect();
    Schedule { first, until }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(profile: Profile, seed: u64) -> Plan {
        Plan { seed, profile, umasks: Vec::new(), cases: None }
    }

    #[test]
    fn there_are_as_many_as_can_be_counted_by_hand() {
        let all = choose(&plan(Profile::Full, 1), [&[true; 3], &[true; 4]], 0);
        // Without: 2; with one: 2 and 3; with two: 2 × 3, by either.
        assert_eq!(all.known, 2 + 5 + 12);
        assert_eq!(all.schedules.len(), 17);
    }

    #[test]
    fn a_quick_run_has_every_preemption_before_a_change() {
        for seed in 0..20 {
            let steps: [&[bool]; 2] = [&[false, false, true, false, true], &[true, false, true]];
            let chosen = choose(&plan(Profile::Quick, seed), steps, 6).schedules;
            for (first, at) in [(0, 3), (0, 5), (1, 3)] {
                assert!(chosen.contains(&Schedule { first, until: vec![at] }), "{seed}");
            }
            assert!(chosen.len() <= 6);
        }
    }

    #[test]
    fn a_night_goes_beyond_two() {
        let chosen = choose(&plan(Profile::Nightly, 7), [&[true; 9], &[true; 9]], 0);
        assert_eq!(chosen.schedules.len() as u64, chosen.known - 2 + BEYOND);
        assert!(chosen.schedules.iter().any(|schedule| schedule.until.len() > 4));
    }

    #[test]
    fn who_does_nothing_is_not_preempted() {
        assert_eq!(choose(&plan(Profile::Full, 1), [&[], &[true]], 0).known, 2);
    }
}
