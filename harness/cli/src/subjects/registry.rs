//! Which subjects there are, and which of them words select.

use interloper_flawed::{app_flaws, client_flaws, flaws, parser_flaws};

use super::entry::Entry;
pub(crate) use super::entry::adapter;
use super::folders::folders;
use super::manifest::{self, ManifestError};
use super::target::TargetPattern;

/// Why there is no subject to check.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SubjectError {
    /// There is no store of a name.
    #[error("there is no store {name:?}{}; `interloper stores` lists them, and --driver tests your own", suggestion(.nearest))]
    NoSuchStore {
        /// The name.
        name: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// A manifest of this program cannot be read.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

/// Returns the words that offer another name.
pub(crate) fn suggestion(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |name| format!(" (did you mean {name:?}?)"))
}

/// Returns the name that was probably meant.
pub(crate) fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near = |name: &&str| strsim::jaro_winkler(word, name);
    let mut names: Vec<&str> = names.into_iter().filter(|name| near(name) > 0.8).collect();
    names.sort_by(|a, b| near(b).total_cmp(&near(a)));
    names.first().map(ToString::to_string)
}

/// Returns every subject, in the order in which they are listed; the flawed ones last.
///
/// # Errors
/// When a manifest cannot be read.
pub(crate) fn all() -> Result<Vec<Entry>, ManifestError> {
    let mut entries = Vec::new();
    for folder in folders() {
        entries.extend(manifest::read(folder)?.into_iter().map(Entry::listed));
    }
    entries.push(Entry::hardened_app());
    entries.push(Entry::hardened_client());
    entries.extend(flaws().map(Entry::flawed));
    entries.extend(app_flaws().map(|flaw| Entry::planted(flaw, "app/flaws.rs")));
    entries.extend(parser_flaws().map(|flaw| Entry::planted(flaw, "parser/flaws.rs")));
    entries.extend(client_flaws().map(|flaw| Entry::planted(flaw, "client/flaws.rs")));
    Ok(entries)
}

/// Returns the subjects that a run without a name is about: those that need nothing installed.
///
/// # Errors
/// When a manifest cannot be read.
fn bundled() -> Result<Vec<Entry>, ManifestError> {
    let mut entries = all()?;
    entries.retain(|entry| !entry.is_by_name_only() && !entry.needs_install());
    Ok(entries)
}

/// Returns whether the registry has a subject of this name.
pub(crate) fn is_known(name: &str) -> bool {
    all().is_ok_and(|all| all.iter().any(|entry| entry.name == name))
}

/// Returns the subjects that the targets select, or those that a run without a name is about.
///
/// # Errors
/// When a target selects none.
pub(crate) fn chosen(targets: &[TargetPattern], named: bool) -> Result<Vec<Entry>, SubjectError> {
    match named {
        true => select(&targets.iter().map(|target| target.store.clone()).collect::<Vec<_>>()),
        false => Ok(bundled()?),
    }
}

/// Returns the subjects that these words select: names, or else patterns or the folder that several share.
///
/// # Errors
/// When a word selects none.
pub(crate) fn select(words: &[String]) -> Result<Vec<Entry>, SubjectError> {
    let all = all()?;
    let mut selected: Vec<Entry> = Vec::new();
    for word in words {
        // A name means its subject, although a folder of others may be called the same: the application Django, and the stores of Django.
        let mut found: Vec<&Entry> = all.iter().filter(|entry| entry.name == *word).collect();
        if found.is_empty() {
            found.extend(all.iter().filter(|entry| entry.is_called(word)));
        }
        if found.is_empty() {
            let nearest = nearest(word, all.iter().map(|entry| entry.name.as_str()));
            return Err(SubjectError::NoSuchStore { name: word.clone(), nearest });
        }
        for entry in found {
            if selected.iter().all(|known| known.name != entry.name) {
                selected.push(entry.clone());
            }
        }
    }
    Ok(selected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_adapter_is_there() {
        let all = all().unwrap();
        for (n, entry) in all.iter().enumerate() {
            assert!(all[..n].iter().all(|other| other.name != entry.name), "{}", entry.name);
            assert_eq!(
                adapter(&entry.name).is_some(),
                entry.interpreter().is_none(),
                "{}",
                entry.name
            );
        }
        for store in interloper_bundled::STORES {
            assert!(all.iter().any(|entry| entry.name == store.name), "{}", store.name);
        }
    }

    #[test]
    fn every_source_is_a_file_of_the_repository() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
        for entry in all().unwrap() {
            let source = entry.source();
            assert!(std::path::Path::new(root).join(source).is_file(), "{source}");
        }
    }

    #[test]
    fn a_plain_check_is_about_what_needs_nothing_installed() {
        let names: Vec<String> = bundled().unwrap().into_iter().map(|entry| entry.name).collect();
        let due = ["hardened", "cookie_store", "sqlite", "cookiejar-mozilla", "cookiejar-lwp"];
        assert_eq!(names, due);
    }

    #[test]
    fn a_folder_is_all_its_variants() {
        let names = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(ToString::to_string).collect();
            select(&words).unwrap().into_iter().map(|entry| entry.name).collect::<Vec<_>>()
        };
        assert_eq!(names(&["cookiejar"]), ["cookiejar-mozilla", "cookiejar-lwp"]);
        assert_eq!(names(&["cookiejar-l*", "cookiejar"]), ["cookiejar-lwp", "cookiejar-mozilla"]);
        assert_eq!(names(&["django"]), ["django"]);
        let apart = app_flaws().count() + client_flaws().count() + parser_flaws().count();
        assert_eq!(names(&["flawed:*"]).len(), flaws().count() + apart);
    }

    #[test]
    fn a_slip_of_the_finger_is_answered_with_the_name() {
        let error = select(&["hardend".into()]).unwrap_err().to_string();
        assert!(error.contains("did you mean \"hardened\"?"), "{error}");
        let error = select(&["xyz".into()]).unwrap_err().to_string();
        assert!(!error.contains("did you mean"), "{error}");
    }
}
