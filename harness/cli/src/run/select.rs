//! Which scenarios a run is about.

use std::fmt;
use std::str::FromStr;

use interloper::CATALOGUE;
use interloper_engine::Scenario;
use interloper_record::known::Glob;

use crate::subjects::{nearest, suggestion};

/// A word that selects no scenario.
#[derive(Debug, thiserror::Error)]
#[error("{word:?} selects none of the {} scenarios{}; `interloper scenarios` lists them, and `*` stands for any text", CATALOGUE.len(), suggestion(.nearest))]
pub(crate) struct SelectError {
    word: String,
    nearest: Option<String>,
}

/// The scenarios that words select, in the order of the catalogue; all of them where there is no word.
///
/// # Errors
/// When a word selects none: it was mistyped, and a run without what it meant would look like a success.
pub(crate) fn scenarios(words: &[String]) -> Result<Vec<&'static Scenario>, SelectError> {
    for word in words {
        if !CATALOGUE.iter().any(|scenario| Glob::new(word).selects(scenario.id)) {
            let names = CATALOGUE.iter().flat_map(|scenario| [scenario.id, scenario.area()]);
            return Err(SelectError { word: word.clone(), nearest: nearest(word, names) });
        }
    }
    let selected = CATALOGUE.iter().copied();
    Ok(selected
        .filter(|scenario| {
            words.is_empty() || words.iter().any(|word| Glob::new(word).selects(scenario.id))
        })
        .collect())
}

/// The scenarios that none of these words selects.
///
/// # Errors
/// When a word selects none of the catalogue: it was mistyped, and the run would have what it was to leave out.
pub(crate) fn without(
    selected: Vec<&'static Scenario>,
    words: &[String],
) -> Result<Vec<&'static Scenario>, SelectError> {
    if words.is_empty() {
        return Ok(selected);
    }
    let excluded = scenarios(words)?;
    let kept = selected.into_iter().filter(|one| excluded.iter().all(|other| other.id != one.id));
    Ok(kept.collect())
}

/// One part of a run: of so many scenarios, every n-th.
///
/// The scenarios of an area stand together in the catalogue and cost alike, so that parts taken that way take as long as each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Partition {
    part: usize,
    of: usize,
}

impl Partition {
    /// The scenarios of this part.
    pub(crate) fn select<T>(self, all: Vec<T>) -> Vec<T> {
        all.into_iter().skip(self.part - 1).step_by(self.of).collect()
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.part, self.of)
    }
}

impl FromStr for Partition {
    type Err = String;

    fn from_str(word: &str) -> Result<Partition, String> {
        word.split_once('/')
            .and_then(|(part, of)| {
                Some(Partition { part: part.parse().ok()?, of: of.parse().ok()? })
            })
            .filter(|Partition { part, of }| (1..=*of).contains(part))
            .ok_or_else(|| {
                "not PART/OF, as 2/4: two numbers, the first from 1 to the second".into()
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_patterns_and_ids_select() {
        let count = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(ToString::to_string).collect();
            scenarios(&words).map(|selected| selected.len())
        };
        assert_eq!(count(&[]).unwrap(), CATALOGUE.len());
        assert_eq!(count(&["*"]).unwrap(), CATALOGUE.len());
        assert_eq!(count(&["permissions"]).unwrap(), count(&["permissions::*"]).unwrap());
        assert_eq!(count(&["permissions::nobody_reaches"]).unwrap(), 1);
        assert_eq!(count(&["permissions::nobody_reaches", "permissions::nobody*"]).unwrap(), 1);
    }

    #[test]
    fn parts_together_are_the_whole() {
        let part = |word: &str| word.parse::<Partition>().unwrap().select((0..10).collect());
        assert_eq!(part("2/4"), [1, 5, 9]);
        assert_eq!(part("1/1"), (0..10).collect::<Vec<_>>());
        assert!(part("11/12").is_empty());
        for wrong in ["", "1", "0/2", "3/2", "1/0", "a/b", "1/2/3", "-1/2"] {
            assert!(wrong.parse::<Partition>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_word_that_selects_nothing_is_an_error_though_another_does() {
        let words = ["permissions".to_owned(), "permisions::nobody_reaches".to_owned()];
        let error = scenarios(&words).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("did you mean \"permissions::nobody_reaches\"?"), "{error}");
    }
}
