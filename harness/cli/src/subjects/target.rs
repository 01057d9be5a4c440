//! Targets on the command line: `httpie`, `httpie/file`, `cookiejar-*/file`.

use interloper_driver::SetupName;
use interloper_record::known::Glob;

use crate::failure::Failure;

/// A store by name or pattern, in one setup or in all it has.
#[derive(Clone, Debug)]
pub(crate) struct TargetPattern {
    /// The name or pattern, as it was given.
    pub(crate) store: String,
    /// The setup; `None` for all.
    pub(crate) setup: Option<SetupName>,
}

impl TargetPattern {
    /// Reads a word of the command line.
    ///
    /// # Errors
    /// When what follows the `/` is no name of a setup.
    pub(crate) fn read(word: &str) -> Result<TargetPattern, Failure> {
        let (store, setup) = match word.rsplit_once('/') {
            None => (word, None),
            Some((store, setup)) => {
                let setup = setup.parse::<SetupName>().map_err(|error| {
                    Failure::Usage(format!(
                        "{word:?} is no target: {error}; give STORE or STORE/SETUP, as httpie/file"
                    ))
                })?;
                (store, Some(setup))
            }
        };
        Ok(TargetPattern { store: store.to_owned(), setup })
    }
}

/// Returns the setups of a store that the patterns select; `None` for all.
pub(crate) fn setups_of(patterns: &[TargetPattern], store: &str) -> Option<Vec<SetupName>> {
    let of_store = |pattern: &&TargetPattern| Glob::new(&pattern.store).matches(store);
    let mut setups: Vec<SetupName> = Vec::new();
    for pattern in patterns.iter().filter(of_store) {
        let setup = pattern.setup.clone()?;
        if !setups.contains(&setup) {
            setups.push(setup);
        }
    }
    (!setups.is_empty()).then_some(setups)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Vec<TargetPattern> {
        words.iter().map(|word| TargetPattern::read(word).unwrap()).collect()
    }

    fn setups(words: &[&str], store: &str) -> Option<Vec<String>> {
        setups_of(&read(words), store)
            .map(|setups| setups.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_target_is_a_store_in_one_setup() {
        assert_eq!(setups(&["httpie/file"], "httpie"), Some(vec!["file".to_owned()]));
        assert_eq!(setups(&["cookiejar-*/file"], "cookiejar-lwp"), Some(vec!["file".to_owned()]));
        let both = Some(vec!["file".to_owned(), "default".to_owned()]);
        assert_eq!(setups(&["httpie/file", "httpie/default"], "httpie"), both);
    }

    #[test]
    fn a_store_without_a_setup_is_tested_in_all() {
        assert_eq!(setups(&["httpie"], "httpie"), None);
        assert_eq!(setups(&["httpie/file", "http*"], "httpie"), None);
        assert_eq!(setups(&["httpie/file"], "sqlite"), None);
    }

    #[test]
    fn what_is_no_setup_is_refused() {
        assert!(TargetPattern::read("httpie/").is_err());
        assert!(TargetPattern::read("httpie/a b").is_err());
    }
}
