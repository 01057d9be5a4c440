//! An application of the registry: its runtime and packages are those of a subject, and its files are put into the sandbox.

use interloper_engine::{Hosting, StoreSpec};

use super::super::error::InstallError;
use super::super::manifest::Package;
use super::super::runtime;
use super::manifest::AppManifest;
use super::{APP, MAIN, RUNTIME};

/// Returns what it takes to start an application; what has to be installed for it is, unless it is there.
///
/// # Errors
/// When the runtime is missing, or what the package needs cannot be installed.
pub(crate) fn prepare(
    package: &Package,
    manifest: &AppManifest,
) -> Result<StoreSpec, InstallError> {
    // What it runs on is this program's own doing, and no answer to hello: no interpreter is named.
    let hosted = runtime::host(package, APP)?;
    let mut recipe = manifest.recipe(hosted.version.clone(), hosted.runtime.clone());
    hosted.put(&mut recipe.serve, [RUNTIME, MAIN]);
    Ok(StoreSpec {
        files: hosted.spec.files,
        hosting: Hosting::Adapter(recipe.adapter()),
        runtimes: hosted.spec.runtimes,
        ..StoreSpec::adapter(&package.name)
    })
}
