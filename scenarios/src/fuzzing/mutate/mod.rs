//! Changes of an input: of bytes, of texts, of the format that it has, and of what is wrapped in it.

mod bytes;
mod numbers;
mod place;
mod text;
mod usual;

pub(super) use self::bytes::{grown, longest_run};
pub(super) use self::place::Place;
pub(super) use self::usual::usual;

use interloper_engine::Random;

use super::corpus::Corpus;
use super::input::FuzzInput;
use crate::corruption::code_execution::{decode, encode, wrapped};
use crate::corruption::structure;

/// The longest input, in bytes.
pub(super) const LONGEST: usize = 1 << 20;
/// The longest that most inputs are: what is longer costs many others.
pub(super) const USUAL: usize = 16 << 10;
/// The most wrappings that are looked into.
const DEPTH: usize = 3;
/// The most changes of one input.
const CHANGES: u32 = 5;

/// Means to change inputs.
pub(super) struct Mutator {
    /// Words that are put into them, in classes.
    pub(super) words: Vec<Vec<Vec<u8>>>,
}

impl Mutator {
    /// Returns a changed input, and the number of changes.
    pub(super) fn mutate(
        &self,
        input: &FuzzInput,
        corpus: &Corpus,
        random: &mut Random,
    ) -> (FuzzInput, u32) {
        let mut bytes = input.bytes.clone();
        let mut changes = 1;
        while changes < CHANGES && random.below(2) == 0 {
            changes += 1;
        }
        for _ in 0..changes {
            bytes = self.change(bytes, corpus, random, DEPTH);
        }
        let limit = if random.below(8) == 0 { LONGEST } else { USUAL.max(2 * input.bytes.len()) };
        bytes.truncate(limit.min(LONGEST));
        (FuzzInput { file: input.file, bytes }, changes)
    }

    /// Makes one change, perhaps within a wrapping.
    fn change(
        &self,
        bytes: Vec<u8>,
        corpus: &Corpus,
        random: &mut Random,
        depth: usize,
    ) -> Vec<u8> {
        if depth > 0 && bytes.len() <= USUAL && random.below(2) == 0 {
            let layers = wrapped(&bytes);
            if !layers.is_empty() {
                let (range, layer) = layers[random.below(layers.len())].clone();
                if let Some(inner) = decode(&bytes[range.clone()], layer)
                    && let Some(outer) =
                        encode(&self.change(inner, corpus, random, depth - 1), layer)
                {
                    return [&bytes[..range.start], &outer, &bytes[range.end..]].concat();
                }
            }
        }
        // What is wrapped is taken for what the store itself wrote.
        if depth < DEPTH && random.below(6) == 0 {
            return self.word(random).to_vec();
        }
        match random.below(17) {
            0..=4 => bytes::change(bytes, random),
            5..=6 => text::change(bytes, random),
            7 => text::smuggle(bytes, random),
            8 | 9 => self.put_word(bytes, random),
            // Within a wrapping, all that is wrapped.
            10 => self.word(random).to_vec(),
            11 => splice(bytes, corpus.any(random), random),
            12 => {
                let word = self.word(random);
                bytes::stretch(bytes, random, word)
            }
            13 => numbers::change(&bytes, random).unwrap_or_else(|| bytes::change(bytes, random)),
            _ => {
                let other = corpus.any(random).to_vec();
                let changed =
                    structure::changed(&bytes, Some(&other), |bound| random.below(bound.max(1)));
                changed.unwrap_or_else(|| text::change(bytes, random))
            }
        }
    }

    /// Returns a word of any class; an empty one if there is none.
    fn word(&self, random: &mut Random) -> &[u8] {
        let class = self.words.get(random.below(self.words.len().max(1)));
        let word = class.and_then(|class| class.get(random.below(class.len().max(1))));
        word.map_or(&[], Vec::as_slice)
    }

    /// Puts a word somewhere, or in the place of as many bytes.
    fn put_word(&self, mut bytes: Vec<u8>, random: &mut Random) -> Vec<u8> {
        let word = self.word(random);
        let at = random.below(bytes.len() + 1);
        let over = if random.below(2) == 0 { 0 } else { word.len().min(bytes.len() - at) };
        bytes.splice(at..at + over, word.iter().copied());
        bytes
    }
}

/// Puts a part of another input in the place of a part of this one.
fn splice(mut bytes: Vec<u8>, other: &[u8], random: &mut Random) -> Vec<u8> {
    if other.is_empty() {
        return bytes;
    }
    let own = bytes::range(bytes.len(), random);
    let theirs = bytes::range(other.len(), random);
    bytes.splice(own, other[theirs].iter().copied());
    bytes
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn corpus() -> Corpus {
        let mut corpus = Corpus::default();
        corpus.add(
            FuzzInput { file: 0, bytes: b"{\"a\": \"other\", \"n\": 12}".to_vec() },
            true,
            0,
        );
        corpus
    }

    fn mutants(whole: &[u8], count: usize) -> Vec<Vec<u8>> {
        let mutator = Mutator { words: vec![vec![b"\\\"".to_vec(), b"WORD".to_vec()]] };
        let input = FuzzInput { file: 0, bytes: whole.to_vec() };
        let mut random = Random::new(7);
        (0..count).map(|_| mutator.mutate(&input, &corpus(), &mut random).0.bytes).collect()
    }

    #[test]
    fn the_same_seed_makes_the_same_inputs() {
        let whole = b"{\"a\": \"text\", \"n\": 7}";
        assert_eq!(mutants(whole, 200), mutants(whole, 200));
    }

    #[test]
    fn what_is_wrapped_is_changed_inside() {
        let inner = b"{\"name\": \"a text of more than thirty-two bytes\"}";
        let whole = [b"v1.", STANDARD.encode(inner).as_bytes()].concat();
        let inside = mutants(&whole, 400).into_iter().filter(|mutant| {
            let text = mutant.strip_prefix(b"v1.").map(|text| STANDARD.decode(text));
            matches!(text, Some(Ok(changed)) if changed != inner && changed.starts_with(b"{"))
        });
        assert!(inside.count() > 20);
    }

    #[test]
    fn nothing_is_longer_than_the_limit_and_nothing_panics_on_the_empty_file() {
        for mutant in mutants(b"", 2_000).iter().chain(&mutants(b"x", 2_000)) {
            assert!(mutant.len() <= LONGEST);
        }
    }
}
