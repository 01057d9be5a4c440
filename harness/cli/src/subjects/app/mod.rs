//! Web applications: what starts one, and how it is used.
//!
//! | file | what |
//! |---|---|
//! | `mod.rs` | the recipe: what the driver in the sandbox needs to know |
//! | [`manifest`] | the keys of `app.toml`, and of a `subject.toml` of kind `application` |
//! | [`mod@own`] | an application of the user's: `--app FILE` |
//! | [`listed`] | one of the registry |
//! | [`server`] | the driver: it starts the server, and keeps it |
//!
//! The recipe travels to the sandbox as the name of an adapter of this program, so nothing has to be installed there.

pub(super) mod listed;
pub(super) mod manifest;
mod own;
mod server;

use std::collections::BTreeMap;

use interloper_driver::{Application, SessionStore, SetupName};
use interloper_engine::{Hosting, StoreSpec};
use interloper_record::documented::{Announcement, Documentation};
use serde::{Deserialize, Serialize};

use super::command::DriverError;
pub(super) use manifest::unknown;
pub(crate) use own::{AppError, own};

/// The start of the name of every adapter that is an application.
const PREFIX: &str = "application:";

/// Stands for the path of the Unix socket to listen on.
const SOCKET: &str = "{socket}";
/// Stands for the port of 127.0.0.1 to listen on.
const PORT: &str = "{port}";
/// Stands for the directory of the manifest.
const APP: &str = "{app}";
/// Stands for the interpreter of the manifest's runtime.
const RUNTIME: &str = "{runtime}";
/// Stands for the application's own file, beside its packages.
const MAIN: &str = "{main}";
/// Stands for the home directory of whoever runs the application.
const HOME: &str = "{home}";

/// What the driver of an application needs to know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AppRecipe {
    /// The name of the application.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// The runtime, for the record.
    pub(crate) runtime: String,
    /// The command that serves.
    pub(crate) serve: Vec<String>,
    /// Environment variables of the command.
    pub(crate) env: BTreeMap<String, String>,
    /// The setups, each with further variables.
    pub(crate) setups: Vec<(SetupName, BTreeMap<String, String>)>,
    /// The findings that its documentation announces.
    pub(crate) documented: Vec<Announcement>,
    /// How it is used.
    pub(crate) application: Application,
}

impl AppRecipe {
    /// Returns the adapter's name, which says everything.
    fn adapter(&self) -> String {
        // Text, lists and maps of text: that always has a form in JSON.
        let json = serde_json::to_string(self).unwrap_or_default();
        format!("{PREFIX}{json}")
    }
}

/// Returns the command of an application or a client, as its manifest has it; `None` if it is neither.
pub(crate) fn serve_command(spec: &StoreSpec) -> Option<String> {
    if let Some(line) = super::client::command(spec) {
        return Some(line);
    }
    let recipe = recipe(spec)?;
    shlex::try_join(recipe.serve.iter().map(String::as_str)).ok()
}

/// Returns what the manifest of an application or a client says that its documentation announces; `None` if it is none, or says nothing.
pub(crate) fn documentation(spec: &StoreSpec) -> Option<Documentation> {
    if let Some(client) = super::client::documentation(spec) {
        return Some(client);
    }
    let announcements = recipe(spec)?.documented;
    let file = spec.source.clone().unwrap_or_else(|| "app.toml".into());
    let documentation =
        Documentation { file: file.into(), store: spec.name.clone(), announcements };
    (!documentation.announcements.is_empty()).then_some(documentation)
}

/// Returns the recipe of an application; `None` if it is none.
fn recipe(spec: &StoreSpec) -> Option<AppRecipe> {
    let Hosting::Adapter(name) = &spec.hosting else { return None };
    serde_json::from_str(name.strip_prefix(PREFIX)?).ok()
}

/// Returns the driver of an adapter's name, if that is an application.
pub(super) fn adapter(name: &str) -> Option<Box<dyn SessionStore>> {
    let recipe: AppRecipe = serde_json::from_str(name.strip_prefix(PREFIX)?).ok()?;
    Some(Box::new(server::AppDriver::new(recipe)))
}
