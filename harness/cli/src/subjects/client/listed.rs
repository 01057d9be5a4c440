//! A client of the registry: a command of this host, or a program with packages of its own.

use interloper_engine::{Hosting, StoreSpec};

use super::super::command::{Resolved, find_listed};
use super::super::error::InstallError;
use super::super::manifest::{Host, Package};
use super::super::runtime;
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
    // What it runs on is this program's own doing, and no answer to hello: no interpreter is named.
    let hosted = runtime::host(package, CLIENT)?;
    let mut recipe = manifest.recipe(hosted.version.clone(), hosted.runtime.clone());
    hosted.put(recipe.lines().into_iter().flat_map(|(_, run)| run), [RUNTIME, MAIN]);
    Ok(StoreSpec {
        files: hosted.spec.files,
        hosting: Hosting::Adapter(recipe.adapter()),
        runtimes: hosted.spec.runtimes,
        ..StoreSpec::adapter(&package.name)
    })
}
