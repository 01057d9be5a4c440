//! An application of the user's, or a client: `--app FILE`, `--client FILE`.

use std::io;
use std::path::{Path, PathBuf};

use interloper_engine::{Hosting, StoreSpec};

use super::super::client;
use super::super::client::manifest::ClientManifest;
use super::super::command::Resolved;
use super::super::manifest::is_client;
use super::super::paths::hops;
use super::manifest::AppManifest;
use super::{APP, DriverError};
use crate::output::read_text;

/// No manifest is longer, in bytes.
const LONGEST: u64 = 1 << 20;

/// Fault of an `--app` or a `--client`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppError {
    /// The file cannot be read.
    #[error("{}: {source}; docs/src/check-an-application.md and docs/src/check-a-client.md have examples", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It says something that cannot be done.
    #[error("{place}: {why}; docs/src/{page} has every key")]
    Wrong {
        /// The file, and the line if it is known.
        place: String,
        /// What is wrong.
        why: String,
        /// The page that has every key.
        page: &'static str,
    },
}

/// Returns what is wrong with the kind of a manifest that can be read as TOML; `None` if nothing is.
fn wrong_kind(text: &str) -> Option<String> {
    let table: toml::Table = text.parse().ok()?;
    let kinds = "\"application\" or \"client\"";
    match table.get("kind").map(|kind| (kind.as_str(), kind)) {
        Some((Some("application" | "client"), _)) => None,
        Some((_, kind)) => Some(format!("kind = {kind}: it is {kinds}")),
        None => Some(format!("kind is missing: it is {kinds}")),
    }
}

/// Returns the application, or the client, of a manifest.
///
/// # Errors
/// When the manifest cannot be used, or its program is not there.
pub(crate) fn own(file: &Path) -> Result<StoreSpec, DriverError> {
    let unreadable = |source| AppError::Unreadable { path: file.to_owned(), source };
    let file = std::path::absolute(file).map_err(unreadable)?;
    let text = read_text(&file, LONGEST).map_err(unreadable)?;
    let page = if is_client(&text) { "check-a-client.md" } else { "check-an-application.md" };
    let wrong = |line: Option<usize>, why| {
        let place = file.display();
        let place = line.map_or(place.to_string(), |line| format!("{place}:{line}"));
        AppError::Wrong { place, why, page }
    };
    let dir = file.parent().unwrap_or(Path::new("/")).to_owned();
    let source = std::env::current_dir().ok().and_then(|dir| {
        file.strip_prefix(dir).ok().map(|path| path.to_string_lossy().into_owned())
    });
    if let Some(why) = wrong_kind(&text) {
        return Err(wrong(None, why).into());
    }
    if is_client(&text) {
        let manifest = ClientManifest::read(&text).map_err(|(line, why)| wrong(line, why))?;
        if manifest.runtime.is_some() {
            let why = "runtime is for clients of the registry: name the program in fetch.run";
            return Err(wrong(None, why.into()).into());
        }
        return Ok(StoreSpec { source, ..client::own::own(&manifest, &dir)? });
    }
    let manifest = AppManifest::read(&text).map_err(|(line, why)| wrong(line, why))?;
    if manifest.runtime.is_some() {
        let why = "runtime is for applications of the registry: name the program in serve.run";
        return Err(wrong(None, why.into()).into());
    }
    let here = |word: &String| word.replace(APP, &dir.to_string_lossy());
    let mut resolved = Resolved::new("serve.run", manifest.serve.run.iter().map(here).collect())?;
    let located = resolved.locate(|_| true);
    let mut runtimes = resolved.shown(&located);
    runtimes.extend(hops(&dir));
    let runtime = resolved.argv.first().cloned().unwrap_or_default();
    let version = manifest.version.clone().unwrap_or_else(|| "unversioned".into());
    let mut recipe = manifest.recipe(version, runtime);
    recipe.serve = resolved.argv;
    recipe.env.values_mut().for_each(|value| *value = here(value));
    let values = recipe.setups.iter_mut().flat_map(|(_, env)| env.values_mut());
    values.for_each(|value| *value = here(value));
    Ok(StoreSpec {
        runtimes,
        source,
        hosting: Hosting::Adapter(recipe.adapter()),
        ..StoreSpec::adapter(recipe.name.clone())
    })
}
