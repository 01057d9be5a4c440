//! Which of the legal states are told: all of them, or a sample.

use std::collections::HashSet;

use super::bytes::Part;
use super::effects::Effect;
use super::history::EffectHistory;
use super::render::{Choice, Mark};
use super::{Lost, Picked, States, Total};
use crate::random::Random;

/// Upper limit of choices of effects that are looked at to count the trees, whatever the limit of states: those of ten effects, more than a
/// save makes that writes a temporary file and renames it. A tree is identified without being made, and this is done for every step of an
/// operation.
const COUNTED: u128 = 1 << 10;

/// Number of random choices that may give a known tree, for each tree that is wanted.
const PATIENCE: usize = 16;

/// Returns the legal states of a history, or a sample of them.
pub(super) fn pick(history: &EffectHistory<'_>, end: usize, limit: usize, seed: u64) -> States {
    let limit = limit.max(2);
    let mut random = Random::new(seed);
    let free = Free::of(history, end);
    let mut ones: Vec<usize> = (0..free.effects.len()).collect();
    if ones.len() > limit {
        // There is no room for each of them.
        random.shuffle(&mut ones);
        ones.truncate(limit);
    }
    let mut found = DistinctStates::default();
    found.add(history, free.choice(|_| None));
    found.add(history, free.choice(|_| Some(Part::Whole)));
    let ends = found.choices.len();
    for one in ones {
        found.add(history, free.without(one));
        found.add(history, free.choice(|other| (other == one).then_some(Part::Whole)));
    }
    let telling = found.choices.len();

    let combinations = free.combinations();
    let total = match combinations {
        Some(count) if count <= COUNTED.max(limit as u128) => {
            let mut next = vec![0; free.effects.len()];
            loop {
                found.add(history, free.choice(|effect| free.ways[effect][next[effect]]));
                if !free.advance(&mut next) {
                    break;
                }
            }
            Total::Exactly(found.choices.len())
        }
        _ => {
            let mut patience = limit.saturating_mul(PATIENCE);
            while found.choices.len() < limit && patience > 0 {
                let choice = free.choice(|effect| {
                    // Lost or not is even; how much of it persisted comes second, or torn writes would crowd out the rest.
                    let ways = &free.ways[effect][1..];
                    (random.below(2) == 1).then(|| ways[random.below(ways.len())]).flatten()
                });
                found.add(history, choice);
                patience -= 1;
            }
            combinations.map_or(Total::Uncounted, Total::AtMost)
        }
    };

    let sampled = !matches!(total, Total::Exactly(count) if count <= limit);
    let mut choices = found.choices;
    if choices.len() > limit {
        // Another seed chooses others: over several runs more of them are tried than one run has room for.
        random.shuffle(&mut choices[ends..telling]);
        random.shuffle(&mut choices[telling..]);
        choices.truncate(limit);
    }
    let picked = choices.into_iter().map(|(choice, mark)| Picked { mark, choice, end }).collect();
    States { total, sampled, picked }
}

/// Makes a state, and names only those missing effects whose loss shows.
pub(super) fn told(history: &EffectHistory<'_>, picked: &Picked) -> Lost {
    let free = Free::of(history, picked.end);
    let (mut choice, mark) = (picked.choice.clone(), picked.mark);
    // From the last to the first, for what comes later hides what came before.
    for &effect in free.effects.iter().rev() {
        if choice[effect] != Some(Part::Whole) {
            let mut fuller = choice.clone();
            fuller[effect] = Some(Part::Whole);
            free.close(&mut fuller);
            if history.mark(&fuller) == mark {
                choice = fuller;
            }
        }
    }
    let whole = free.choice(|_| Some(Part::Whole));
    if history.mark(&whole) == mark {
        choice = whole;
    }
    let missing = history.effects.iter().zip(&choice).filter_map(|(effect, part)| match part {
        None => Some(effect.words.clone()),
        Some(part) => effect.torn(*part),
    });
    Lost { missing: missing.collect(), snapshot: history.snapshot(&choice) }
}

/// The effects that are durable or not, and the choices there are.
struct Free<'h> {
    history: &'h EffectHistory<'h>,
    /// Number of effects.
    count: usize,
    /// Indexes of the effects that are not durable for certain.
    effects: Vec<usize>,
    /// Portions of each of them that may be on the disk; none comes first.
    ways: Vec<Vec<Option<Part>>>,
}

impl<'h> Free<'h> {
    fn of(history: &'h EffectHistory<'h>, end: usize) -> Free<'h> {
        let count = history.count(end);
        let effects = history.effects[..count].iter().enumerate();
        let is_free = |effect: &Effect| effect.durable.is_none_or(|durable| durable > end);
        let effects = effects.filter(|(_, effect)| is_free(effect));
        let (effects, ways) = effects
            .map(|(index, effect)| {
                let parts = effect.parts.iter().copied().map(Some);
                (index, std::iter::once(None).chain(parts).collect())
            })
            .unzip();
        Free { history, count, effects, ways }
    }

    /// Returns a choice, by the position of each free effect, with what it cannot be without.
    fn choice(&self, mut part: impl FnMut(usize) -> Option<Part>) -> Choice {
        let mut choice = vec![Some(Part::Whole); self.count];
        for (position, &effect) in self.effects.iter().enumerate() {
            choice[effect] = part(position);
        }
        self.close(&mut choice);
        choice
    }

    /// Returns the choice without one free effect and those that are never without it.
    fn without(&self, one: usize) -> Choice {
        let mut choice = self.choice(|_| Some(Part::Whole));
        choice[self.effects[one]] = None;
        for index in 0..choice.len() {
            let requires = &self.history.effects[index].requires;
            if requires.iter().any(|&required| choice[required].is_none()) {
                choice[index] = None;
            }
        }
        choice
    }

    /// Adds what the chosen effects require.
    fn close(&self, choice: &mut Choice) {
        // An effect requires only earlier ones.
        for index in (0..choice.len()).rev() {
            if choice[index].is_some() {
                for &required in &self.history.effects[index].requires {
                    choice[required].get_or_insert(Part::Whole);
                }
            }
        }
    }

    /// Returns the number of choices, if it fits into 128 bits.
    fn combinations(&self) -> Option<u128> {
        self.ways.iter().try_fold(1_u128, |product, ways| product.checked_mul(ways.len() as u128))
    }

    /// Counts on; the last effect runs fastest. False when everything was counted.
    fn advance(&self, next: &mut [usize]) -> bool {
        for (place, ways) in next.iter_mut().zip(&self.ways).rev() {
            *place += 1;
            if *place < ways.len() {
                return true;
            }
            *place = 0;
        }
        false
    }
}

/// Choices that make different trees, in the order they were found.
#[derive(Default)]
struct DistinctStates {
    choices: Vec<(Choice, Mark)>,
    marks: HashSet<Mark>,
}

impl DistinctStates {
    fn add(&mut self, history: &EffectHistory<'_>, choice: Choice) {
        let mark = history.mark(&choice);
        if self.marks.insert(mark) {
            self.choices.push((choice, mark));
        }
    }
}
