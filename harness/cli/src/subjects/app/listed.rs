//! An application of the registry: its runtime and packages are those of a subject, and its files are put into the sandbox.

use interloper_engine::{FileSpec, Hosting, StoreSpec};

use super::super::error::InstallError;
use super::super::manifest::Package;
use super::super::runtime::{self, Interpreter};
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
    let spec = runtime::prepare(package)?;
    let argv: &[String] = match &spec.hosting {
        Hosting::Command { argv, .. } => argv,
        Hosting::Adapter(_) => &[],
    };
    let program = argv.first().cloned().unwrap_or_default();
    let main = argv.get(1).map_or_else(String::new, |main| main.replace("{files}", APP));
    let Interpreter { version, .. } = runtime::find(package)?;
    let own = match &package.version {
        Some(version) => version.clone(),
        None => runtime::version(package)?,
    };
    let mut recipe = manifest.recipe(own, format!("{} {version}", program));
    let put = |word: &mut String| *word = word.replace(RUNTIME, &program).replace(MAIN, &main);
    recipe.serve.iter_mut().for_each(put);
    let mut files = spec.files;
    let texts = package.folder.files.iter().filter(|(name, _)| *name != "subject.toml");
    files.extend(texts.map(|(name, contents)| FileSpec {
        name: (*name).to_owned(),
        contents: (*contents).to_owned(),
    }));
    Ok(StoreSpec {
        files,
        hosting: Hosting::Adapter(recipe.adapter()),
        // What the application runs on is this command's own doing, and no answer to hello.
        interpreter: None,
        runtimes: spec.runtimes,
        ..StoreSpec::adapter(&package.name)
    })
}
