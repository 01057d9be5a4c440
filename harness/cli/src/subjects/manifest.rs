//! `subject.toml`: what a subject is, and what hosts its driver. One form for everything that can be checked by name.
//!
//! Every key is used, and a key that nobody reads is refused: it would be a wish that is not granted.

use std::fmt;
use std::sync::Arc;

use interloper_engine::About;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::app::manifest::AppManifest;
use super::client::manifest::ClientManifest;
use super::folders::Folder;

/// The names of an application's own file.
const MAINS: [&str; 5] = ["app.py", "app.js", "app.php", "app.go", "app.rs"];

/// The name of a client's own file.
const CLIENT_MAIN: &str = "client.py";

/// The name of a manifest.
const FILE: &str = "subject.toml";

/// A manifest that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}; docs/src/add-a-subject.md has every key")]
pub(crate) struct ManifestError {
    /// The manifest, and the line if it is known.
    path: String,
    /// What is wrong with it.
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

/// Runtime of a driver, with what has to be installed for it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Host {
    /// An adapter in this program, registered under the subject's name.
    Rust {},
    /// A Python.
    Python(Interpreted),
    /// A Node.
    Node(Interpreted),
    /// A program that Go makes.
    Go(Compiled),
    /// A program that Cargo builds.
    Cargo(Built),
    /// A PHP.
    Php(Plain),
    /// A Ruby.
    Ruby(Plain),
    /// This program, which executes commands of the host.
    Command(Commands),
}

/// Needs of a driver whose source an interpreter reads.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Interpreted {
    /// The oldest interpreter that will do.
    pub(crate) oldest: Version,
    /// The file that pins its packages; `None` if it needs no more than the interpreter.
    #[serde(default)]
    pub(crate) packages: Option<String>,
    /// The Debian package that has the server; `None` if there is none, or the packages have it.
    #[serde(default)]
    pub(crate) debian: Option<String>,
}

/// Needs of a driver that is compiled from sources of Debian packages.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Compiled {
    /// The oldest compiler that will do.
    pub(crate) oldest: Version,
    /// The package whose version is the subject's.
    pub(crate) debian: String,
}

/// Needs of a driver that Cargo builds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Built {
    /// The oldest Cargo that will do.
    pub(crate) oldest: Version,
    /// The file that pins its crates.
    pub(crate) packages: String,
}

/// Needs of a driver whose source an interpreter reads, and for which nothing is fetched.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plain {
    /// The oldest interpreter that will do.
    pub(crate) oldest: Version,
    /// The Debian package that has the store; `None` if it comes with the interpreter.
    #[serde(default)]
    pub(crate) debian: Option<String>,
}

/// Commands that make a subject, each as a list of words with placeholders.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Commands {
    /// The Debian package that has the program.
    pub(crate) debian: String,
    /// The command that prints the version.
    pub(crate) version: Vec<String>,
    /// The command that saves a session; none for a client, whose commands are keys of its own.
    #[serde(default)]
    pub(crate) save: Vec<String>,
    /// The command that prints its secret, or sends it to the server.
    #[serde(default)]
    pub(crate) load: Vec<String>,
    /// The command that removes it.
    #[serde(default)]
    pub(crate) delete: Vec<String>,
    /// The text on standard input of the command that saves.
    #[serde(default)]
    pub(crate) stdin: Option<String>,
    /// The text of the input file of the command that saves, whose path `{file}` stands for.
    #[serde(default)]
    pub(crate) file: Option<String>,
    /// Whether a loopback server runs beside the commands.
    #[serde(default)]
    pub(crate) serve: bool,
}

/// Numbers with points between them; a longer version is later than its beginning.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(Vec<u32>);

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
    /// Whether a run without a name leaves it out.
    pub(crate) by_name_only: bool,
    /// How it is started and used, if it is an application.
    pub(crate) application: Option<Arc<AppManifest>>,
    /// The commands that send its requests, if it is a client.
    pub(crate) client: Option<Arc<ClientManifest>>,
}

/// The one key that says which others there are.
#[derive(Deserialize)]
struct KindOnly {
    kind: String,
}

/// Reads the manifest of a folder: one subject, or one for each variant.
///
/// # Errors
/// When the manifest has a key that is not read, lacks one, or names a file that is not there.
pub(crate) fn read(folder: &'static Folder) -> Result<Vec<Package>, ManifestError> {
    let text = folder.file(FILE).unwrap_or_default();
    let wrong = |line: Option<usize>, why: String| ManifestError {
        path: line.map_or(folder.path(FILE), |line| format!("{}:{line}", folder.path(FILE))),
        why,
    };
    if is_client(text) {
        let manifest = ClientManifest::read(text).map_err(|(line, why)| wrong(line, why))?;
        return match manifest.runtime.clone() {
            Some(host) => Ok(vec![client(folder, manifest, host)]),
            None => Err(wrong(None, "runtime is missing".into())),
        };
    }
    if toml::from_str::<KindOnly>(text).is_ok_and(|only| only.kind == "application") {
        let manifest = AppManifest::read(text).map_err(|(line, why)| wrong(line, why))?;
        return match manifest.runtime.clone() {
            Some(host) => Ok(vec![application(folder, manifest, host)]),
            None => Err(wrong(None, "runtime is missing".into())),
        };
    }
    let manifest: Manifest = toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
        wrong(line, error.message().replace('\n', " "))
    })?;
    let files = [manifest.host_file(), manifest.driver_file()];
    if let Some(missing) = files.into_iter().flatten().find(|file| folder.file(file).is_none()) {
        return Err(wrong(None, format!("there is no file {missing:?} beside it")));
    }
    Ok(manifest.packages(folder))
}

/// Returns whether a manifest is of kind `client`.
pub(super) fn is_client(text: &str) -> bool {
    toml::from_str::<KindOnly>(text).is_ok_and(|only| only.kind == "client")
}

/// Returns the subject of a client's manifest.
fn client(folder: &'static Folder, manifest: ClientManifest, host: Host) -> Package {
    let main = [CLIENT_MAIN].into_iter().find(|main| folder.file(main).is_some());
    Package {
        name: manifest.name.clone(),
        about: About::Client,
        description: manifest.description.clone().unwrap_or_default(),
        homepage: manifest.homepage.clone(),
        version: manifest.version.clone(),
        folder,
        driver: main.unwrap_or(FILE).to_owned(),
        args: Vec::new(),
        host,
        by_name_only: true,
        application: None,
        client: Some(Arc::new(manifest)),
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
        folder,
        driver: MAINS
            .iter()
            .find(|main| folder.file(main).is_some())
            .map_or(FILE, |main| main)
            .to_owned(),
        args: Vec::new(),
        host,
        by_name_only: true,
        application: Some(Arc::new(manifest)),
        client: None,
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

    /// The file that pins its packages.
    fn host_file(&self) -> Option<&str> {
        match &self.runtime {
            Host::Python(needs) | Host::Node(needs) => needs.packages.as_deref(),
            Host::Cargo(needs) => Some(&needs.packages),
            Host::Rust {} | Host::Go(_) | Host::Php(_) | Host::Ruby(_) | Host::Command(_) => None,
        }
    }

    /// The file of its driver; an adapter's source is not part of this program's data.
    fn driver_file(&self) -> Option<&str> {
        (self.runtime != Host::Rust {}).then_some(self.driver.as_str())
    }
}

impl Package {
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
            Host::Rust {} | Host::Php(_) | Host::Ruby(_) | Host::Command(_) => false,
            Host::Python(needs) | Host::Node(needs) => needs.packages.is_some(),
            Host::Go(_) | Host::Cargo(_) => true,
        }
    }
}

impl Version {
    /// Reads a version; what follows a letter, a plus or a minus is left out.
    pub(crate) fn parse(text: &str) -> Option<Version> {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let parts = text[..end].trim_end_matches('.').split('.');
        parts.map(|part| part.parse().ok()).collect::<Option<Vec<u32>>>().map(Version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&parts.join("."))
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Version, D::Error> {
        let text = String::deserialize(deserializer)?;
        Version::parse(&text)
            .filter(|version| version.to_string() == text)
            .ok_or_else(|| D::Error::custom(format!("{text:?} is no version, such as \"3.8\"")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::folders::folders;
    use super::*;

    const START: &str = "name = \"x\"\nkind = \"store\"\ndescription = \"d\"\n";

    fn error(text: String) -> String {
        let text: &'static str = Box::leak(text.into_boxed_str());
        let files: &'static [(&str, &str)] =
            Box::leak(Box::new([("subject.toml", text), ("driver.py", "")]));
        read(Box::leak(Box::new(Folder { name: "folder", files }))).unwrap_err().to_string()
    }

    #[test]
    fn every_manifest_reads() {
        assert!(folders().len() > 3);
        for folder in folders() {
            let packages = read(folder).unwrap_or_else(|error| panic!("{error}"));
            assert!(!packages.is_empty(), "{}", folder.name);
        }
    }

    #[test]
    fn a_key_that_nobody_reads_is_refused_with_its_line_and_the_keys_there_are() {
        let said = error(format!("{START}driver = \"driver.py\"\nlanguage = \"python\"\n"));
        for word in ["scenarios/subjects/folder/subject.toml:5", "`language`", "`runtime`"] {
            assert!(said.contains(word), "{said}");
        }
        let python = "driver = \"driver.py\"\n[runtime.python]\noldest = \"3.8\"\n";
        let said = error(format!("{START}{python}requirements = \"x\"\n"));
        assert!(said.contains("`requirements`") && said.contains("`packages`"), "{said}");
        let said = error(format!("{START}{python}[[variants]]\nname = \"y\"\narguments = []\n"));
        assert!(said.contains("`arguments`") && said.contains("`args`"), "{said}");
    }

    #[test]
    fn a_runtime_that_is_not_there_is_answered_with_those_that_are() {
        let said = error(format!("{START}driver = \"driver.py\"\n[runtime.pyhton]\n"));
        for word in ["pyhton", "`python`", "`node`", "`go`", "`php`", "`ruby`", "`rust`"] {
            assert!(said.contains(word), "{said}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let python = "[runtime.python]\noldest = \"3.8\"\n";
        let said = error(format!("{START}driver = \"other.py\"\n{python}"));
        assert!(said.contains("other.py"), "{said}");
        let said = error(format!("{START}driver = \"driver.py\"\n{python}packages = \"lock\"\n"));
        assert!(said.contains("\"lock\""), "{said}");
    }

    #[test]
    fn an_application_has_a_file_of_its_own_in_its_language() {
        let all = folders().into_iter().flat_map(|folder| read(folder).unwrap());
        let applications: Vec<Package> = all.filter(|one| one.application.is_some()).collect();
        assert!(!applications.is_empty());
        for application in applications {
            assert!(MAINS.contains(&application.driver.as_str()), "{}", application.name);
        }
    }

    #[test]
    fn versions_are_numbers() {
        let version = |text| Version::parse(text).unwrap();
        assert!(version("3.10.1") > version("3.8"));
        assert!(version("3.8") >= version("3.8"));
        assert_eq!(version("1.19.8").to_string(), "1.19.8");
        assert_eq!(version("1.22rc1"), version("1.22"));
        assert_eq!(Version::parse("python"), None);
        let oldest = "[runtime.python]\noldest = \">=3\"\n";
        let said = error(format!("{START}driver = \"driver.py\"\n{oldest}"));
        assert!(said.contains("is no version"), "{said}");
    }

    #[test]
    fn every_pinned_package_has_a_hash() {
        for package in folders().into_iter().flat_map(|folder| read(folder).unwrap()) {
            let lock = match &package.host {
                Host::Python(needs) | Host::Node(needs) => needs.packages.as_deref(),
                Host::Cargo(needs) => Some(needs.packages.as_str()),
                _ => None,
            };
            let Some(lock) = lock else { continue };
            let text = package.folder.file(lock).unwrap();
            match package.host {
                Host::Node(_) => {
                    let lock: serde_json::Value = serde_json::from_str(text).unwrap();
                    let packages = lock["packages"].as_object().unwrap();
                    for (name, found) in packages.iter().filter(|(name, _)| !name.is_empty()) {
                        assert!(found["integrity"].is_string(), "{}: {name}", package.name);
                    }
                }
                Host::Cargo(_) => {
                    let lock: toml::Table = text.parse().unwrap();
                    let packages = lock["package"].as_array().unwrap();
                    let (fetched, own): (Vec<_>, Vec<_>) =
                        packages.iter().partition(|found| found.get("source").is_some());
                    // The program, and the kit of a driver.
                    let due = if package.application.is_some() { 1 } else { 2 };
                    assert_eq!(own.len(), due, "{}", package.name);
                    for found in fetched {
                        assert!(found.get("checksum").is_some(), "{}: {found}", package.name);
                    }
                }
                _ => {
                    for line in text.replace("\\\n", " ").lines() {
                        let is_package = !line.trim().is_empty() && !line.starts_with('#');
                        assert!(!is_package || line.contains("--hash=sha256:"), "{line}");
                    }
                }
            }
        }
    }
}
