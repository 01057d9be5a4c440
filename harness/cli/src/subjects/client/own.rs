//! A client of the user's: `--client FILE`.

use std::path::Path;

use interloper_engine::{Hosting, StoreSpec};

use super::super::command::{DriverError, Resolved};
use super::super::paths::hops;
use super::CLIENT;
use super::manifest::ClientManifest;

/// Returns the client of a manifest in a directory.
///
/// # Errors
/// When its program is not there.
pub(crate) fn own(manifest: &ClientManifest, dir: &Path) -> Result<StoreSpec, DriverError> {
    let version = manifest.version.clone().unwrap_or_else(|| "unversioned".into());
    let mut recipe = manifest.recipe(version, String::new());
    let here = |word: &String| word.replace(CLIENT, &dir.to_string_lossy());
    let mut runtimes = hops(dir);
    for (key, run) in recipe.lines().into_iter().filter(|(_, run)| !run.is_empty()) {
        let mut resolved = Resolved::new(key, run.iter().map(here).collect())?;
        let located = resolved.locate(|_| true);
        runtimes.extend(resolved.shown(&located));
        *run = resolved.argv;
    }
    recipe.env.values_mut().for_each(|value| *value = here(value));
    recipe.runtime = recipe.fetch.first().cloned().unwrap_or_default();
    let hosting = Hosting::Adapter(recipe.adapter());
    Ok(StoreSpec { runtimes, hosting, ..StoreSpec::adapter(recipe.name.clone()) })
}
