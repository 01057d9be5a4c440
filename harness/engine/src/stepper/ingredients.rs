//! What a program makes ids of, as far as it asks the kernel for it: random bytes, the time, its number.
//!
//! The bytes follow from a seed, the asking process and the position alone, so another run of the same program gets the same ones.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use nix::time::{ClockId, clock_gettime};

use crate::random::Random;

/// Answers that a program gets in place of the kernel's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ingredients {
    /// Seed of the random bytes.
    pub random: u64,
    /// Bytes that come from another seed.
    pub kept: Vec<Kept>,
    /// The time, in Unix seconds: it stands still.
    pub time: i64,
    /// The time since the host has been started, in seconds, for the clocks that begin there: it stands still, too.
    ///
    /// Whoever waits up to a moment by such a clock waits by the kernel's: it should be near [`uptime`].
    pub uptime: i64,
    /// The number of the first process; those that it starts have higher ones.
    pub process: i32,
}

/// Random bytes of one process that follow from a seed of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The seed.
    pub random: u64,
    /// The process, by the order in which processes first asked for random bytes, from 0.
    pub process: usize,
    /// The positions among all random bytes of the process.
    pub bytes: Range<u64>,
}

/// Random bytes that a process asked for at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// The process, by the order in which processes first asked for random bytes, from 0.
    pub process: usize,
    /// Position of the first byte among all random bytes of the process.
    pub at: u64,
    /// Number of bytes.
    pub count: u64,
}

/// Requests that programs made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Random bytes, in order.
    pub draws: Vec<Draw>,
    /// Number of times that a process asked for the time.
    pub times: u64,
    /// Number of times that a process asked for a number of its own.
    pub numbers: u64,
}

/// The ingredients of the processes to come, and what these took of them; shared with whoever answers.
pub(crate) type Answers = Rc<RefCell<State>>;

#[derive(Debug, Default)]
pub(crate) struct State {
    ingredients: Option<Ingredients>,
    pub(crate) taken: Taken,
    processes: BTreeMap<i32, Process>,
}

#[derive(Debug, Default)]
struct Process {
    /// Position among those that asked for random bytes, and the number of bytes that it had.
    random: Option<(usize, u64)>,
    /// Number of times that it asked for the time.
    times: u64,
}

/// A program that waits for the time to pass by asking for it again and again would wait for ever. So the time moves on after so many
/// questions of one process, by a microsecond, and by twice as much after as many more.
const PATIENCE: u64 = 4096;
const SECOND: i64 = 1_000_000_000;

/// Returns the time since the host has been started, in seconds (CLOCK_MONOTONIC, clock_gettime(2)).
pub fn uptime() -> i64 {
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(0, |now| now.tv_sec())
}

/// A clock that is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// Counts from the epoch.
    Time,
    /// Counts from the start of the host, or of a process.
    Uptime,
}

/// Returns seconds in nanoseconds, with a part of a second that is no round number, and another one for each.
fn nanoseconds(seconds: i64) -> i64 {
    let part = seconds.wrapping_mul(997_001).wrapping_add(123_456_789);
    seconds.saturating_mul(SECOND).saturating_add(part.rem_euclid(SECOND))
}

impl State {
    /// Sets what the processes to come get.
    pub(crate) fn choose(&mut self, ingredients: Ingredients) {
        *self = State { ingredients: Some(ingredients), ..State::default() };
    }

    /// Returns random bytes for a process.
    pub(super) fn draw(&mut self, process: i32, count: usize) -> Option<Vec<u8>> {
        let ingredients = self.ingredients.as_ref()?;
        let known = self.processes.values().filter(|process| process.random.is_some()).count();
        let (index, at) =
            self.processes.entry(process).or_default().random.get_or_insert((known, 0));
        let (index, first) = (*index, *at);
        *at += count as u64;
        self.taken.draws.push(Draw { process: index, at: first, count: count as u64 });
        let bytes = (first..first + count as u64).map(|at| ingredients.byte(index, at));
        Some(bytes.collect())
    }

    /// Returns the time by a clock for a process, in nanoseconds.
    pub(super) fn time(&mut self, process: i32, clock: Clock) -> Option<i64> {
        let ingredients = self.ingredients.as_ref()?;
        self.taken.times += 1;
        let asked = &mut self.processes.entry(process).or_default().times;
        *asked += 1;
        let later = match *asked / PATIENCE {
            0 => 0,
            times => 1_000_i64 << (times - 1).min(32),
        };
        let seconds = match clock {
            Clock::Time => ingredients.time,
            Clock::Uptime => ingredients.uptime,
        };
        Some(nanoseconds(seconds).saturating_add(later))
    }

    /// Returns the number that a process gets in place of its own; `first` is that of the first.
    pub(super) fn number(&mut self, own: i32, first: i32) -> Option<i32> {
        let ingredients = self.ingredients.as_ref()?;
        self.taken.numbers += 1;
        Some(ingredients.process + (own - first))
    }

    /// Returns the number that a process has of which a program names the one that it got; `None` if it names another.
    pub(super) fn own_number(&self, named: i32, first: i32) -> Option<i32> {
        let ingredients = self.ingredients.as_ref()?;
        let is_one = (ingredients.process..ingredients.process + NUMBERS).contains(&named);
        is_one.then(|| named - ingredients.process + first)
    }
}

/// Range of numbers above that of the first process that are taken for those of processes below it.
const NUMBERS: i32 = 1 << 16;

impl Ingredients {
    /// Returns a random byte of a process.
    fn byte(&self, process: usize, at: u64) -> u8 {
        let kept =
            self.kept.iter().find(|kept| kept.process == process && kept.bytes.contains(&at));
        let seed = kept.map_or(self.random, |kept| kept.random);
        let of_process = Random::new(seed).next() ^ process as u64;
        let word = Random::new(Random::new(of_process).next().wrapping_add(at / 8)).next();
        word.to_le_bytes()[(at % 8) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ingredients() -> Ingredients {
        Ingredients {
            random: 1,
            kept: Vec::new(),
            time: 1_700_000_000,
            uptime: 40,
            process: 3_000_000,
        }
    }

    fn drawn(ingredients: Ingredients, counts: &[usize]) -> Vec<u8> {
        let mut state = State::default();
        state.choose(ingredients);
        counts.iter().flat_map(|count| state.draw(7, *count).unwrap()).collect()
    }

    #[test]
    fn bytes_follow_from_their_position_however_they_are_asked_for() {
        let whole = drawn(ingredients(), &[32]);
        assert_eq!(drawn(ingredients(), &[1, 15, 3, 13]), whole);
        assert_ne!(drawn(Ingredients { random: 2, ..ingredients() }, &[32]), whole);
        let mut seen = whole.clone();
        seen.sort_unstable();
        seen.dedup();
        assert!(seen.len() > 24, "{whole:?}");
    }

    #[test]
    fn kept_bytes_stay_and_the_others_change() {
        let kept = Kept { random: 1, process: 0, bytes: 4..9 };
        let whole = drawn(ingredients(), &[16]);
        let other = drawn(Ingredients { random: 2, kept: vec![kept], ..ingredients() }, &[16]);
        let same: Vec<usize> = (0..16).filter(|at| whole[*at] == other[*at]).collect();
        assert!((4..9).all(|at| same.contains(&at)) && same.len() < 8, "{same:?}");
    }

    #[test]
    fn processes_have_bytes_of_their_own() {
        let mut state = State::default();
        state.choose(ingredients());
        let (one, other) = (state.draw(7, 16).unwrap(), state.draw(9, 16).unwrap());
        assert_ne!(one, other);
        let draws = [Draw { process: 0, at: 0, count: 16 }, Draw { process: 1, at: 0, count: 16 }];
        assert_eq!(state.taken.draws, draws);
    }

    #[test]
    fn the_time_stands_still_until_it_was_asked_for_very_often() {
        let mut state = State::default();
        state.choose(ingredients());
        let first = state.time(7, Clock::Time).unwrap();
        assert_eq!(first, 1_700_000_000_823_456_789);
        let times: Vec<i64> = (0..40_000).map(|_| state.time(7, Clock::Time).unwrap()).collect();
        assert!(times[..4_000].iter().all(|time| *time == first));
        assert!(times.is_sorted() && times[39_999] > first + 100_000, "{:?}", times.last());
        assert_eq!(state.time(8, Clock::Time), Some(first), "another process");
        assert_eq!(state.time(8, Clock::Uptime), Some(40_163_336_829), "another clock");
    }
}
