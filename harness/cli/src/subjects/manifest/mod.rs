//! `subject.toml`: what a subject is, and what hosts its driver. One form for everything that can be checked by name.
//!
//! Every key is used, and a key that nobody reads is refused: it would be a wish that is not granted.

mod host;

use std::sync::Arc;

use interloper_engine::About;
use serde::Deserialize;
use serde::de::DeserializeOwned;

pub(crate) use host::{Commands, Host, Version};

use super::app::manifest::AppManifest;
use super::client::manifest::ClientManifest;
use super::folders::Folder;

/// The names of an application's own file.
const MAINS: [&str; 5] = ["app.py", "app.js", "app.php", "app.go", "app.rs"];

/// The names of a client's own file.
const CLIENT_MAINS: [&str; 2] = ["client.py", "client.rb"];

/// The name of a manifest.
const FILE: &str = "subject.toml";

/// A manifest that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}; docs/src/add-a-subject.md has every key")]
pub(crate) struct ManifestError {
    /// The manifest, and the line if it is known.
    path: String,
    /// Reason.
    why: String,
}

/// A manifest as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    name: String,
    kind: Kind,
    #[serde(default)]
    version: Option<String>,
    description: String,
    #[serde(default)]
    homepage: Option<String>,
    #[serde(default = "manifest_file")]
    driver: String,
    #[serde(default)]
    by_name_only: bool,
    runtime: Host,
    #[serde(default)]
    variants: Vec<Variant>,
}

/// Returns what stands for the driver of a subject that has none: commands do.
fn manifest_file() -> String {
    FILE.to_owned()
}

/// Kind of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// It keeps sessions.
    Store,
    /// It reads a header.
    Parser,
}

/// One of several subjects of a folder; what it does not say is as in the manifest.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Variant {
    name: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    homepage: Option<String>,
    #[serde(default)]
    driver: Option<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    kind: Option<Kind>,
    #[serde(default)]
    by_name_only: Option<bool>,
}

/// A subject: what its manifest says, and its folder.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    /// Name.
    pub(crate) name: String,
    /// Kind of subject that it is.
    pub(crate) about: About,
    /// Description, in a clause.
    pub(crate) description: String,
    /// The page of the software that is tested.
    pub(crate) homepage: Option<String>,
    /// The version that is pinned; `None` if its driver says it.
    pub(crate) version: Option<String>,
    /// Folder with its files.
    pub(crate) folder: &'static Folder,
    /// The file of its driver.
    pub(crate) driver: String,
    /// The arguments of its driver.
    pub(crate) args: Vec<String>,
    /// Runtime of its driver.
    pub(crate) host: Host,
    /// Flag that a run without a name leaves it out.
    pub(crate) by_name_only: bool,
    /// Start and requests, if it is an application.
    pub(crate) application: Option<Arc<AppManifest>>,
    /// The commands that send its requests, if it is a client.
    pub(crate) client: Option<Arc<ClientManifest>>,
}

/// The one key that says which others there are.
#[derive(Deserialize)]
struct KindOnly {
    kind: String,
}

/// Fault of a manifest, behind its line if that is known.
pub(super) type Fault = (Option<usize>, String);

/// Reads a manifest as its type says.
///
/// # Errors
/// The default of the type, which no manifest says.
pub(super) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
        (line, error.message().replace('\n', " "))
    })
}

/// Reads the manifest of a folder: one subject, or one for each variant.
///
/// # Errors
/// When the manifest has a key that is not read, lacks one, or names a file that is not there.
pub(crate) fn read(folder: &'static Folder) -> Result<Vec<Package>, ManifestError> {
    let text = folder.file(FILE).unwrap_or_default();
    packages(folder, text).map_err(|(line, why)| ManifestError {
        path: line.map_or(folder.path(FILE), |line| format!("{}:{line}", folder.path(FILE))),
        why,
    })
}

fn packages(folder: &'static Folder, text: &str) -> Result<Vec<Package>, Fault> {
    let hosted = |host: Option<Host>| host.ok_or_else(|| (None, "runtime is missing".into()));
    match kind_of(text).as_deref() {
        Some("client") => {
            let manifest = ClientManifest::read(text)?;
            let host = hosted(manifest.runtime.clone())?;
            Ok(vec![client(folder, manifest, host)])
        }
        Some("application") => {
            let manifest = AppManifest::read(text)?;
            let host = hosted(manifest.runtime.clone())?;
            Ok(vec![application(folder, manifest, host)])
        }
        _ => {
            let manifest: Manifest = parse(text)?;
            let files = [manifest.runtime.lock(), manifest.driver_file()];
            if let Some(missing) =
                files.into_iter().flatten().find(|file| folder.file(file).is_none())
            {
                return Err((None, format!("there is no file {missing:?} beside it")));
            }
            Ok(manifest.packages(folder))
        }
    }
}

/// Returns the kind that a manifest says it is of.
fn kind_of(text: &str) -> Option<String> {
    toml::from_str::<KindOnly>(text).ok().map(|only| only.kind)
}

/// Returns whether a manifest is of kind `client`.
pub(super) fn is_client(text: &str) -> bool {
    kind_of(text).as_deref() == Some("client")
}

/// Returns the subject of a client's manifest.
fn client(folder: &'static Folder, manifest: ClientManifest, host: Host) -> Package {
    Package {
        name: manifest.name.clone(),
        about: About::Client,
        description: manifest.description.clone().unwrap_or_default(),
        homepage: manifest.homepage.clone(),
        version: manifest.version.clone(),
        client: Some(Arc::new(manifest)),
        ..Package::own(folder, &CLIENT_MAINS, host)
    }
}

/// Returns the subject of an application's manifest.
fn application(folder: &'static Folder, manifest: AppManifest, host: Host) -> Package {
    Package {
        name: manifest.name.clone(),
        about: About::Application,
        description: manifest.description.clone().unwrap_or_default(),
        homepage: manifest.homepage.clone(),
        version: manifest.version.clone(),
        application: Some(Arc::new(manifest)),
        ..Package::own(folder, &MAINS, host)
    }
}

impl Kind {
    /// Returns the kind of subject that it stands for.
    fn about(self) -> About {
        match self {
            Kind::Store => About::Store,
            Kind::Parser => About::Parser,
        }
    }
}

impl Manifest {
    fn packages(self, folder: &'static Folder) -> Vec<Package> {
        let whole = Package {
            name: self.name,
            about: self.kind.about(),
            description: self.description,
            homepage: self.homepage,
            version: self.version,
            folder,
            driver: self.driver,
            args: Vec::new(),
            host: self.runtime,
            by_name_only: self.by_name_only,
            application: None,
            client: None,
        };
        if self.variants.is_empty() {
            return vec![whole];
        }
        let of = |variant: Variant| Package {
            name: variant.name,
            about: variant.kind.map_or(whole.about, Kind::about),
            description: variant.description.unwrap_or_else(|| whole.description.clone()),
            homepage: variant.homepage.or_else(|| whole.homepage.clone()),
            driver: variant.driver.unwrap_or_else(|| whole.driver.clone()),
            args: variant.args,
            by_name_only: variant.by_name_only.unwrap_or(whole.by_name_only),
            ..whole.clone()
        };
        self.variants.into_iter().map(of).collect()
    }

    /// The file of its driver; an adapter's source is not part of this program's data.
    fn driver_file(&self) -> Option<&str> {
        (self.runtime != Host::Rust {}).then_some(self.driver.as_str())
    }
}

impl Package {
    /// Returns a subject whose own file has one of these names, if it has any, without what its manifest says.
    fn own(folder: &'static Folder, mains: &[&str], host: Host) -> Package {
        let main = mains.iter().find(|main| folder.file(main).is_some());
        Package {
            name: String::new(),
            about: About::Store,
            description: String::new(),
            homepage: None,
            version: None,
            folder,
            driver: main.map_or(FILE, |main| main).to_owned(),
            args: Vec::new(),
            host,
            by_name_only: true,
            application: None,
            client: None,
        }
    }

    /// Returns the path of the driver in the repository.
    pub(crate) fn source(&self) -> String {
        self.folder.path(&self.driver)
    }

    /// Returns the text of the driver.
    pub(crate) fn driver_text(&self) -> &'static str {
        self.folder.file(&self.driver).unwrap_or_default()
    }

    /// Returns whether something has to be installed before its driver can be started.
    pub(crate) fn needs_install(&self) -> bool {
        match &self.host {
            Host::Go(_) => true,
            host => host.lock().is_some(),
        }
    }
}

#[cfg(test)]
mod tests;
