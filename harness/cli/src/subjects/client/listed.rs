//! A client of the registry: a command of this host, or a program with packages of its own.

use interloper_engine::{FileSpec, Hosting, StoreSpec};

use super::super::command::{Resolved, find_listed};
use super::super::error::InstallError;
use super::super::manifest::{Host, Package};
use super::super::runtime::{self, Interpreter};
use super::manifest::ClientManifest;
use super::{CLIENT, MAIN, RUNTIME};

/// Returns what it takes to start a client; what has to be installed for it is, unless it is there.
///
/// # Errors
/// When its program or its runtime is missing, or what it needs cannot be installed.
pub(crate) fn prepare(
    package: &Package,
    manifest: &ClientManifest,
) -> Result<StoreSpec, InstallError> {
    match &package.host {
        Host::Command(commands) => {
            let version = find_listed(commands)?.version;
            let mut recipe = manifest.recipe(version, format!("command {}", manifest.name));
            let mut runtimes = Vec::new();
            for (key, run) in recipe.lines().into_iter().filter(|(_, run)| !run.is_empty()) {
                let resolved = Resolved::new(key, run.clone()).map_err(|error| {
                    InstallError::Commands { store: package.name.clone(), why: error.to_string() }
                })?;
                runtimes.extend(resolved.shown(&[]));
                *run = resolved.argv;
            }
            let hosting = Hosting::Adapter(recipe.adapter());
            Ok(StoreSpec { hosting, runtimes, ..StoreSpec::adapter(&package.name) })
        }
        _ => installed(package, manifest),
    }
}

fn installed(package: &Package, manifest: &ClientManifest) -> Result<StoreSpec, InstallError> {
    let spec = runtime::prepare(package)?;
    let argv: &[String] = match &spec.hosting {
        Hosting::Command { argv, .. } => argv,
        Hosting::Adapter(_) => &[],
    };
    let program = argv.first().cloned().unwrap_or_default();
    let main = argv.get(1).map_or_else(String::new, |main| main.replace("{files}", CLIENT));
    let Interpreter { version, .. } = runtime::find(package)?;
    let own = match &package.version {
        Some(version) => version.clone(),
        None => runtime::version(package)?,
    };
    let mut recipe = manifest.recipe(own, format!("{program} {version}"));
    for word in recipe.lines().into_iter().flat_map(|(_, run)| run) {
        *word = word.replace(RUNTIME, &program).replace(MAIN, &main);
    }
    let mut files = spec.files;
    let texts = package.folder.files.iter().filter(|(name, _)| *name != "subject.toml");
    files.extend(texts.map(|(name, contents)| FileSpec {
        name: (*name).to_owned(),
        contents: (*contents).to_owned(),
    }));
    Ok(StoreSpec {
        files,
        hosting: Hosting::Adapter(recipe.adapter()),
        interpreter: None,
        runtimes: spec.runtimes,
        ..StoreSpec::adapter(&package.name)
    })
}
