//! Which scenarios a run is about.

use interloper::CATALOGUE;
use interloper_engine::Scenario;

use crate::known::Glob;
use crate::stores::{nearest, suggestion};

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
    let selects = |word: &str, scenario: &Scenario| {
        Glob::new(word).matches(scenario.id) || scenario.area() == word
    };
    for word in words {
        if !CATALOGUE.iter().any(|scenario| selects(word, scenario)) {
            let names = CATALOGUE.iter().flat_map(|scenario| [scenario.id, scenario.area()]);
            return Err(SelectError { word: word.clone(), nearest: nearest(word, names) });
        }
    }
    let selected = CATALOGUE.iter().copied();
    Ok(selected
        .filter(|scenario| words.is_empty() || words.iter().any(|word| selects(word, scenario)))
        .collect())
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
    fn a_word_that_selects_nothing_is_an_error_though_another_does() {
        let words = ["permissions".to_owned(), "permisions::nobody_reaches".to_owned()];
        let error = scenarios(&words).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("did you mean \"permissions::nobody_reaches\"?"), "{error}");
    }
}
