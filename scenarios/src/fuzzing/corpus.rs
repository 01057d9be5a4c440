//! The inputs that showed something new, and which comes next.

use interloper_engine::Random;

use super::input::FuzzInput;

/// The most inputs that are kept.
const MOST: usize = 2_000;

/// An input that showed something new.
struct Entry {
    input: FuzzInput,
    /// Whether it loads: what does not was refused before long, and so is most of what it leads to.
    loads: bool,
    /// How often it was chosen.
    chosen: u32,
    /// Number of changes between what the search began with and this.
    changes: u32,
}

/// All of them.
#[derive(Default)]
pub(super) struct Corpus {
    entries: Vec<Entry>,
}

impl Corpus {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Keeps an input.
    pub(super) fn add(&mut self, input: FuzzInput, loads: bool, changes: u32) {
        if self.entries.len() < MOST {
            self.entries.push(Entry { input, loads, chosen: 0, changes });
        }
    }

    /// Chooses an input to change: of a few, one that loads, every second time; of those, the one that was chosen least, and the shortest.
    ///
    /// Beside it stands the number of changes between what the search began with and this input.
    pub(super) fn choose(&mut self, random: &mut Random) -> Option<(FuzzInput, u32)> {
        let count = self.entries.len();
        if count == 0 {
            return None;
        }
        let loading = random.below(2) == 0;
        let candidates = [(); 4].map(|()| random.below(count));
        let best = candidates.into_iter().min_by_key(|at| {
            let entry = &self.entries[*at];
            (loading && !entry.loads, entry.chosen, entry.input.bytes.len())
        })?;
        let entry = &mut self.entries[best];
        entry.chosen += 1;
        Some((entry.input.clone(), entry.changes))
    }

    /// Returns the bytes of any input.
    pub(super) fn any(&self, random: &mut Random) -> &[u8] {
        match self.entries.len() {
            0 => &[],
            count => &self.entries[random.below(count)].input.bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_input_is_chosen_before_long() {
        let mut corpus = Corpus::default();
        for n in 0..50 {
            corpus.add(FuzzInput { file: 0, bytes: vec![n; usize::from(n)] }, n % 2 == 0, 0);
        }
        let mut random = Random::new(1);
        for _ in 0..1_000 {
            corpus.choose(&mut random);
        }
        assert!(corpus.entries.iter().all(|entry| entry.chosen > 0));
    }
}
