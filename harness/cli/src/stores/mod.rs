//! Which stores there are by name, and how the driver of each is started.
//!
//! | file | what |
//! |---|---|
//! | [`python`] | stores hosted by Python, from files that are in this program |
//! | [`command`] | a driver that the user names with `--driver` |
//! | [`paths`] | what of the host such a driver needs to see |

mod command;
mod paths;
mod python;

use interloper_driver::SessionStore;
use interloper_engine::StoreSpec;
use interloper_flawed::flaws;
use interloper_record::known::Glob;

use crate::provision::{self, ProvisionError};

pub(crate) use command::{DriverError, driver, with_bound};
pub(crate) use paths::{hops, unreachable};
pub(crate) use python::PythonStore;

/// What a flaw's name begins with on the command line.
const FLAWED: &str = "flawed:";

/// The adapter of this name in this program: a bundled store, or the hardened one with a flaw.
pub(crate) fn adapter(name: &str) -> Option<Box<dyn SessionStore>> {
    match name.strip_prefix(FLAWED) {
        Some(flaw) => interloper_flawed::make(flaw),
        None => interloper_bundled::make(name),
    }
}

/// A store that can be checked by its name.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// What it is called.
    pub(crate) name: String,
    /// What it is, in a clause.
    pub(crate) sentence: String,
    /// A file of the repository that reports can point at.
    source: String,
    kind: Kind,
}

/// How a store is hosted.
#[derive(Clone, Debug)]
enum Kind {
    /// By an adapter of this program.
    Bundled,
    /// The same, and only there to prove the catalogue.
    Flawed,
    /// By Python.
    Python(PythonStore),
}

/// There is no store of a name.
#[derive(Debug, thiserror::Error)]
#[error("there is no store {name:?}{}; `interloper stores` lists them, and --driver tests your own", suggestion(.nearest))]
pub(crate) struct NoSuchStore {
    name: String,
    nearest: Option<String>,
}

/// The words that offer another name.
pub(crate) fn suggestion(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |name| format!(" (did you mean {name:?}?)"))
}

/// The name that was probably meant.
pub(crate) fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near = |name: &&str| strsim::jaro_winkler(word, name);
    let mut names: Vec<&str> = names.into_iter().filter(|name| near(name) > 0.8).collect();
    names.sort_by(|a, b| near(b).total_cmp(&near(a)));
    names.first().map(ToString::to_string)
}

/// Every store, in the order in which they are listed; the flawed ones last.
pub(crate) fn all() -> Vec<Entry> {
    let mut entries: Vec<Entry> = interloper_bundled::STORES
        .iter()
        .map(|store| Entry {
            name: store.name.into(),
            sentence: store.sentence.into(),
            source: match store.name {
                "hardened" => "scenarios/flawed/src/hardened/store.rs".into(),
                name => format!("scenarios/stores/bundled/src/{name}.rs"),
            },
            kind: Kind::Bundled,
        })
        .collect();
    entries.extend(python::stores().into_iter().map(|store| Entry {
        name: store.name.clone(),
        sentence: store.sentence.clone(),
        source: store.source(),
        kind: Kind::Python(store),
    }));
    entries.extend(flaws().map(|flaw| Entry {
        name: format!("{FLAWED}{}", flaw.name),
        sentence: flaw.sentence.into(),
        source: "scenarios/flawed/src/flaws/table.rs".into(),
        kind: Kind::Flawed,
    }));
    entries
}

/// The stores that a run without a name is about: those that need nothing installed.
pub(crate) fn bundled() -> Vec<Entry> {
    let mut entries = all();
    entries.retain(Entry::needs_no_install);
    entries
}

/// Whether the registry has a store of this name.
pub(crate) fn is_known(name: &str) -> bool {
    all().iter().any(|entry| entry.name == name)
}

/// The stores that these words select: names, patterns, or the folder that several stores share.
///
/// # Errors
/// When a word selects none.
pub(crate) fn select(words: &[String]) -> Result<Vec<Entry>, NoSuchStore> {
    let all = all();
    let mut selected: Vec<Entry> = Vec::new();
    for word in words {
        let glob = Glob::new(word);
        let found: Vec<&Entry> = all
            .iter()
            .filter(|entry| glob.matches(&entry.name) || entry.folder() == Some(word))
            .collect();
        if found.is_empty() {
            let nearest = nearest(word, all.iter().map(|entry| entry.name.as_str()));
            return Err(NoSuchStore { name: word.clone(), nearest });
        }
        for entry in found {
            if selected.iter().all(|known| known.name != entry.name) {
                selected.push(entry.clone());
            }
        }
    }
    Ok(selected)
}

impl Entry {
    /// What has to be there before the driver can be started, and how it is started then.
    ///
    /// # Errors
    /// When the runtime is missing, or what the store needs cannot be installed.
    pub(crate) fn prepare(&self) -> Result<StoreSpec, ProvisionError> {
        let mut spec = match &self.kind {
            Kind::Bundled | Kind::Flawed => StoreSpec::adapter(&self.name),
            Kind::Python(store) => store.spec(&provision::python(store)?),
        };
        spec.source = Some(self.source.clone());
        Ok(spec)
    }

    /// The store's part in Python, where it has one.
    pub(crate) fn python(&self) -> Option<&PythonStore> {
        match &self.kind {
            Kind::Python(store) => Some(store),
            Kind::Bundled | Kind::Flawed => None,
        }
    }

    /// Whether it is only there to prove the catalogue.
    pub(crate) fn is_flawed(&self) -> bool {
        matches!(self.kind, Kind::Flawed)
    }

    /// The version, where it is known without starting anything.
    pub(crate) fn version(&self) -> Option<String> {
        match &self.kind {
            Kind::Bundled | Kind::Flawed => adapter(&self.name).map(|store| store.hello().version),
            Kind::Python(store) => store.version.clone(),
        }
    }

    fn needs_no_install(&self) -> bool {
        match &self.kind {
            Kind::Bundled => true,
            Kind::Flawed => false,
            Kind::Python(store) => store.requirements.is_none(),
        }
    }

    /// The folder of the repository that a store shares with others of its kind.
    fn folder(&self) -> Option<&str> {
        self.python().map(|store| store.folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_adapter_is_there() {
        let all = all();
        for (n, entry) in all.iter().enumerate() {
            assert!(all[..n].iter().all(|other| other.name != entry.name), "{}", entry.name);
            if entry.python().is_none() {
                assert!(adapter(&entry.name).is_some(), "{}", entry.name);
            }
        }
    }

    #[test]
    fn a_folder_is_all_its_variants() {
        let names = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(ToString::to_string).collect();
            select(&words).unwrap().into_iter().map(|entry| entry.name).collect::<Vec<_>>()
        };
        assert_eq!(names(&["cookiejar"]), ["cookiejar-mozilla", "cookiejar-lwp"]);
        assert_eq!(names(&["cookiejar-l*", "cookiejar"]), ["cookiejar-lwp", "cookiejar-mozilla"]);
        assert!(names(&["flawed:*"]).len() == flaws().count());
    }

    #[test]
    fn a_slip_of_the_finger_is_answered_with_the_name() {
        let error = select(&["hardend".into()]).unwrap_err().to_string();
        assert!(error.contains("did you mean \"hardened\"?"), "{error}");
        let error = select(&["xyz".into()]).unwrap_err().to_string();
        assert!(!error.contains("did you mean"), "{error}");
    }
}
