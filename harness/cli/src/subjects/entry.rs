//! One subject of the registry.

use std::path::PathBuf;

use interloper_driver::SessionStore;
use interloper_engine::{About, Hosting, StoreSpec};
use interloper_flawed::{FlawEntry, PlantedFlaw};
use interloper_record::known::Glob;

use super::app;
use super::cache::Cache;
use super::client;
use super::command;
use super::error::InstallError;
use super::manifest::{Host, Package};
use super::recipe;
use super::runtime::{self, Interpreter};

/// Name of the reference application.
const HARDENED_APP: &str = "hardened-app";

/// Name of the reference client.
const HARDENED_CLIENT: &str = "hardened-client";

/// Prefix of a flaw's name on the command line.
const FLAWED: &str = "flawed:";

/// A subject that can be checked by its name.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Name.
    pub(crate) name: String,
    /// Description, in a clause.
    pub(crate) sentence: String,
    /// A file of the repository that reports can point at.
    source: String,
    kind: Kind,
}

/// Origin of a subject.
#[derive(Clone, Debug)]
enum Kind {
    /// A folder of `scenarios/subjects`.
    Listed(Box<Package>),
    /// The reference store with a flaw, and only there to prove the catalogue.
    Flawed,
}

/// Returns the adapter of this name in this program: a bundled store, the reference store with a flaw, or commands.
pub(crate) fn adapter(name: &str) -> Option<Box<dyn SessionStore>> {
    if let Some(own) =
        recipe::adapter(name).or_else(|| app::adapter(name)).or_else(|| client::adapter(name))
    {
        return Some(own);
    }
    match name.strip_prefix(FLAWED) {
        Some(flaw) => interloper_flawed::make(flaw),
        None if name == HARDENED_CLIENT => Some(Box::new(interloper_flawed::hardened_client())),
        None if name == HARDENED_APP => Some(Box::new(interloper_flawed::hardened_app())),
        None => interloper_bundled::make(name),
    }
}

/// Returns whether a store needs a loopback interface of its own.
pub(crate) fn needs_own_loopback(spec: &StoreSpec) -> bool {
    matches!(&spec.hosting, Hosting::Adapter(name) if recipe::serves(name))
}

impl Entry {
    /// Returns the subject of a package.
    pub(super) fn listed(package: Package) -> Entry {
        Entry {
            name: package.name.clone(),
            sentence: package.description.clone(),
            source: package.source(),
            kind: Kind::Listed(Box::new(package)),
        }
    }

    /// Returns the subject of a flaw of the reference store.
    pub(super) fn flawed(flaw: &FlawEntry) -> Entry {
        Entry::proof(format!("{FLAWED}{}", flaw.name), flaw.sentence, "flaws/mod.rs")
    }

    /// Returns the subject of a flaw of the reference application, client or parser, whose list is in a file.
    pub(super) fn planted(flaw: &PlantedFlaw, file: &str) -> Entry {
        Entry::proof(format!("{FLAWED}{}", flaw.name), flaw.sentence, file)
    }

    /// Returns the reference application.
    pub(super) fn hardened_app() -> Entry {
        let sentence =
            "the reference application, which every scenario about applications passes on";
        Entry::proof(HARDENED_APP.into(), sentence, "app/mod.rs")
    }

    /// Returns the reference client.
    pub(super) fn hardened_client() -> Entry {
        let sentence = "the reference client, which every scenario about clients passes on";
        Entry::proof(HARDENED_CLIENT.into(), sentence, "client/mod.rs")
    }

    fn proof(name: String, sentence: &str, file: &str) -> Entry {
        let source = format!("scenarios/flawed/src/{file}");
        Entry { name, sentence: sentence.into(), source, kind: Kind::Flawed }
    }

    /// Returns whether a word selects it: its name, a pattern over names, or the folder that several share.
    pub(crate) fn is_called(&self, word: &str) -> bool {
        Glob::new(word).matches(&self.name) || self.folder() == Some(word)
    }

    /// Returns what it takes to start the driver; what has to be installed for it is installed first.
    ///
    /// # Errors
    /// When the runtime is missing, or what the subject needs cannot be installed.
    pub(crate) fn prepare(&self) -> Result<StoreSpec, InstallError> {
        let mut spec = match &self.kind {
            Kind::Flawed => StoreSpec::adapter(&self.name),
            Kind::Listed(package) => match (&package.application, &package.client, &package.host) {
                (Some(manifest), ..) => app::listed::prepare(package, manifest)?,
                (None, Some(manifest), _) => client::listed::prepare(package, manifest)?,
                (None, None, Host::Command(commands)) => command::listed(package, commands)?,
                (None, None, _) => runtime::prepare(package)?,
            },
        };
        spec.source = Some(self.source.clone());
        Ok(spec)
    }

    /// Installs it anew; `None` if it needs nothing installed.
    ///
    /// # Errors
    /// As [`Entry::prepare`].
    pub(crate) fn update(&self) -> Result<Option<PathBuf>, InstallError> {
        match &self.kind {
            Kind::Flawed => Ok(None),
            Kind::Listed(package) => runtime::update(package),
        }
    }

    /// Returns the interpreter that hosts it on this host; `None` if that is this program.
    pub(crate) fn interpreter(&self) -> Option<Result<Interpreter, InstallError>> {
        match &self.kind {
            Kind::Listed(package) => match &package.host {
                Host::Rust {} => None,
                Host::Command(commands) => Some(command::find_listed(commands)),
                _ => Some(runtime::find(package)),
            },
            Kind::Flawed => None,
        }
    }

    /// Returns every directory that it is installed in; listing makes none.
    pub(crate) fn installed(&self) -> Vec<PathBuf> {
        match Cache::path() {
            Ok(path) if self.needs_install() && path.is_dir() => {
                Cache::open().and_then(|cache| cache.installed(&self.name)).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    /// Removes what it shares in the cache with others that are compiled; the cache's lock must be held.
    ///
    /// # Errors
    /// When that cannot be removed.
    pub(crate) fn remove_shared(&self, cache: &Cache) -> Result<(), InstallError> {
        match self.package().map(|package| &package.host) {
            Some(Host::Cargo(_)) => runtime::cargo::remove_build(cache),
            _ => Ok(()),
        }
    }

    /// Returns the kind of subject that it is.
    pub(crate) fn about(&self) -> About {
        match &self.kind {
            Kind::Listed(package) if package.about != About::Store => package.about,
            _ => adapter(&self.name).map_or(About::Store, |store| About::of(&store.hello())),
        }
    }

    /// Returns whether Python hosts it.
    pub(crate) fn is_python(&self) -> bool {
        self.package().is_some_and(|package| matches!(package.host, Host::Python(_)))
    }

    /// Returns whether it is only there to prove the catalogue.
    pub(crate) fn is_flawed(&self) -> bool {
        matches!(self.kind, Kind::Flawed)
    }

    /// Returns whether a run without a name leaves it out.
    pub(crate) fn is_by_name_only(&self) -> bool {
        self.is_flawed() || self.package().is_some_and(|package| package.by_name_only)
    }

    /// Returns whether something has to be installed before its driver can be started.
    pub(crate) fn needs_install(&self) -> bool {
        self.package().is_some_and(Package::needs_install)
    }

    /// Returns the version, if it is known without starting anything.
    pub(crate) fn version(&self) -> Option<String> {
        match self.package() {
            Some(package) if package.host != Host::Rust {} => package.version.clone(),
            _ => adapter(&self.name).map(|store| store.hello().version),
        }
    }

    /// Returns the page of what is tested.
    pub(crate) fn homepage(&self) -> Option<&str> {
        self.package()?.homepage.as_deref()
    }

    /// Returns the file of the repository that reports can point at.
    #[cfg(test)]
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// Returns the folder of the repository that it may share with others.
    pub(super) fn folder(&self) -> Option<&str> {
        self.package().map(|package| package.folder.name)
    }

    fn package(&self) -> Option<&Package> {
        match &self.kind {
            Kind::Listed(package) => Some(package),
            Kind::Flawed => None,
        }
    }
}
