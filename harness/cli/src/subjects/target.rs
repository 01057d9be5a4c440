//! Targets on the command line: `httpie`, `httpie/file`, `cookiejar-*/file`.

use super::entry::Entry;
use crate::failure::Failure;
use interloper_driver::SetupName;

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

/// Returns the setups of a subject that the patterns name; empty for all it has.
pub(crate) fn setups_of(patterns: &[TargetPattern], entry: &Entry) -> Vec<SetupName> {
    let mut setups: Vec<SetupName> = Vec::new();
    for pattern in patterns.iter().filter(|pattern| entry.is_called(&pattern.store)) {
        // A store that is named without a setup is meant whole, whatever stands beside it.
        let Some(setup) = &pattern.setup else { return Vec::new() };
        if !setups.contains(setup) {
            setups.push(setup.clone());
        }
    }
    setups
}

/// Reads the targets of a command, and refuses a setup that stands in two places.
///
/// # Errors
/// As [`TargetPattern::read`]; when `flag` says that `--setup` was given, and a target names a setup as well.
pub(crate) fn read_targets(words: &[String], flag: bool) -> Result<Vec<TargetPattern>, Failure> {
    let targets: Vec<TargetPattern> =
        words.iter().map(|word| TargetPattern::read(word)).collect::<Result<_, _>>()?;
    match targets.iter().find(|target| flag && target.setup.is_some()) {
        Some(target) => Err(Failure::Usage(format!(
            "{} is named with a setup, and --setup is given: leave out one of them",
            target.store
        ))),
        None => Ok(targets),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Vec<TargetPattern> {
        words.iter().map(|word| TargetPattern::read(word).unwrap()).collect()
    }

    fn setups(words: &[&str], store: &str) -> Vec<String> {
        let all = crate::subjects::all().unwrap();
        let entry = all.iter().find(|entry| entry.name == store).unwrap();
        setups_of(&read(words), entry).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_target_is_a_store_in_one_setup() {
        assert_eq!(setups(&["httpie/file"], "httpie"), ["file"]);
        assert_eq!(setups(&["cookiejar-*/file"], "cookiejar-lwp"), ["file"]);
        assert_eq!(setups(&["httpie/file", "httpie/default"], "httpie"), ["file", "default"]);
    }

    #[test]
    fn the_folder_that_several_stores_share_is_a_target_too() {
        assert_eq!(setups(&["cookiejar/file"], "cookiejar-mozilla"), ["file"]);
    }

    #[test]
    fn a_store_without_a_setup_is_tested_in_all() {
        assert!(setups(&["httpie"], "httpie").is_empty());
        assert!(setups(&["httpie/file", "http*"], "httpie").is_empty());
        assert!(setups(&["httpie/file"], "sqlite").is_empty());
    }

    #[test]
    fn what_is_no_setup_is_refused() {
        assert!(TargetPattern::read("httpie/").is_err());
        assert!(TargetPattern::read("httpie/a b").is_err());
    }
}
