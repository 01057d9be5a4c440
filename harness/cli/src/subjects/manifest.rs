//! Stores hosted by Python: their drivers, and the kit that these use, are in this program.

use std::path::Path;

use interloper_engine::{Hosting, Placed, StoreSpec};
use serde::Deserialize;

use super::runtime::Environment;

/// The kit that every driver in Python imports.
const KIT: &str = include_str!("../../../driver/python/interloper_driver.py");

/// A folder of `scenarios/subjects`, as it was when this program was built.
struct Folder {
    name: &'static str,
    manifest: &'static str,
    driver: &'static str,
    requirements: Option<&'static str>,
}

const FOLDERS: [Folder; 2] = [
    Folder {
        name: "cookiejar",
        manifest: include_str!("../../../../scenarios/subjects/cookiejar/subject.toml"),
        driver: include_str!("../../../../scenarios/subjects/cookiejar/driver.py"),
        requirements: None,
    },
    Folder {
        name: "httpie",
        manifest: include_str!("../../../../scenarios/subjects/httpie/subject.toml"),
        driver: include_str!("../../../../scenarios/subjects/httpie/driver.py"),
        requirements: Some(include_str!("../../../../scenarios/subjects/httpie/requirements.txt")),
    },
];

/// A store hosted by Python.
#[derive(Clone, Debug)]
pub(crate) struct PythonStore {
    /// What it is called.
    pub(crate) name: String,
    /// What it is.
    pub(crate) sentence: String,
    /// The version that is pinned; none where the store is part of the runtime.
    pub(crate) version: Option<String>,
    /// Its folder in `scenarios/subjects`.
    pub(crate) folder: &'static str,
    /// The packages to install, each with its hashes.
    pub(crate) requirements: Option<&'static str>,
    driver: &'static str,
    arguments: Vec<String>,
}

/// The part of `store.toml` that is read here.
#[derive(Deserialize)]
struct Manifest {
    name: String,
    version: String,
    description: String,
    #[serde(default)]
    variants: Vec<Variant>,
}

#[derive(Deserialize)]
struct Variant {
    name: String,
    args: Vec<String>,
}

/// Every store hosted by Python.
pub(crate) fn stores() -> Vec<PythonStore> {
    // A manifest is part of this program, and a test reads each: what fails here cannot be built.
    FOLDERS.iter().filter_map(|folder| read(folder).ok()).flatten().collect()
}

fn read(folder: &Folder) -> Result<Vec<PythonStore>, toml::de::Error> {
    let manifest: Manifest = toml::from_str(folder.manifest)?;
    let version = folder.requirements.is_some().then_some(manifest.version);
    let store = |name, arguments| PythonStore {
        name,
        sentence: manifest.description.clone(),
        version: version.clone(),
        folder: folder.name,
        requirements: folder.requirements,
        driver: folder.driver,
        arguments,
    };
    if manifest.variants.is_empty() {
        return Ok(vec![store(manifest.name.clone(), Vec::new())]);
    }
    Ok(manifest.variants.into_iter().map(|variant| store(variant.name, variant.args)).collect())
}

impl PythonStore {
    /// Where the driver is in the repository.
    pub(crate) fn source(&self) -> String {
        format!("scenarios/subjects/{}/driver.py", self.folder)
    }

    /// How the driver is started with what was provisioned for it.
    pub(crate) fn spec(&self, environment: &Environment) -> StoreSpec {
        let file =
            |name: &str, contents: &str| Placed { name: name.into(), contents: contents.into() };
        let mut argv = vec![text(&environment.python), "{files}/driver.py".to_owned()];
        argv.extend(self.arguments.iter().cloned());
        StoreSpec {
            name: self.name.clone(),
            hosting: Hosting::Command { argv, env: Vec::new() },
            runtimes: environment.runtimes.clone(),
            files: vec![file("driver.py", self.driver), file("interloper_driver.py", KIT)],
            source: None,
            interpreter: Some(environment.python.clone()),
        }
    }
}

/// A path as an argument: the engine's arguments are text.
fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The kit, for a driver in Python that the user names.
pub(crate) fn kit() -> Placed {
    Placed { name: "interloper_driver.py".into(), contents: KIT.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_manifest_reads() {
        for folder in &FOLDERS {
            let stores = read(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.name));
            assert!(!stores.is_empty());
            for store in stores {
                assert_eq!(store.version.is_some(), store.requirements.is_some());
            }
        }
    }

    #[test]
    fn every_pinned_package_has_a_hash() {
        for (folder, requirements) in
            FOLDERS.iter().filter_map(|folder| folder.requirements.map(|text| (folder, text)))
        {
            let whole = requirements.replace("\\\n", " ");
            for line in
                whole.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
            {
                assert!(line.contains("--hash=sha256:"), "{}: {line}", folder.name);
            }
        }
    }
}
