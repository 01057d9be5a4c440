//! HTTP clients: the commands that send a request with the session that they keep.
//!
//! | file | what |
//! |---|---|
//! | `mod.rs` | the recipe: what the driver in the sandbox needs to know |
//! | [`manifest`] | the keys of `client.toml`, and of a `subject.toml` of kind `client` |
//! | [`mod@own`] | a client of the user's: `--client FILE` |
//! | [`listed`] | one of the registry |
//! | [`driver`] | the driver: each request is a command |
//!
//! The recipe travels to the sandbox as the name of an adapter of this program, so nothing has to be installed there.

mod driver;
pub(super) mod listed;
pub(super) mod manifest;
pub(super) mod own;

use std::collections::BTreeMap;

use interloper_driver::SessionStore;
use interloper_engine::{Hosting, StoreSpec};
use interloper_record::documented::{Announcement, Documentation};
use serde::{Deserialize, Serialize};

/// The start of the name of every adapter that is a client.
const PREFIX: &str = "client:";

/// Stands for the address that is asked for.
const URL: &str = "{url}";
/// Stands for the path of the session's file.
const PATH: &str = "{path}";
/// Stands for the user's name.
const USER: &str = "{user}";
/// Stands for the user's password.
const PASSWORD: &str = "{password}";
/// Stands for the cookie that the user gives: `name=value`.
const COOKIE: &str = "{cookie}";
/// Stands for the certificate of the authority that the sites over TLS have theirs from.
const CA: &str = "{ca}";
/// Stands for the directory of the manifest.
const CLIENT: &str = "{client}";
/// Stands for the interpreter of the manifest's runtime.
const RUNTIME: &str = "{runtime}";
/// Stands for the client's own file, beside its packages.
const MAIN: &str = "{main}";
/// Stands for the home directory of whoever runs the client.
const HOME: &str = "{home}";

/// Recipe of a client, for its driver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ClientRecipe {
    /// The name of the client.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// The runtime, for the record.
    pub(crate) runtime: String,
    /// The command that sends a request with the session, and keeps what the answers set.
    pub(crate) fetch: Vec<String>,
    /// The one that leaves the session as it is; empty if there is none.
    pub(crate) read_only: Vec<String>,
    /// The one that is given a name and a password; empty if there is none.
    pub(crate) auth: Vec<String>,
    /// The one that is given a cookie; empty if there is none.
    pub(crate) cookie: Vec<String>,
    /// Environment variables of all of them.
    pub(crate) env: BTreeMap<String, String>,
    /// The findings that its documentation announces.
    pub(crate) documented: Vec<Announcement>,
}

impl ClientRecipe {
    /// Returns the adapter's name, which says everything.
    fn adapter(&self) -> String {
        // Text, lists and maps of text: that always has a form in JSON.
        let json = serde_json::to_string(self).unwrap_or_default();
        format!("{PREFIX}{json}")
    }

    /// Returns its commands, each with its key in the manifest.
    fn lines(&mut self) -> [(&'static str, &mut Vec<String>); 4] {
        [
            ("fetch", &mut self.fetch),
            ("read_only", &mut self.read_only),
            ("auth", &mut self.auth),
            ("cookie", &mut self.cookie),
        ]
    }
}

/// Returns the command that a client's manifest has; `None` if it is none.
pub(super) fn command(spec: &StoreSpec) -> Option<String> {
    shlex::try_join(recipe(spec)?.fetch.iter().map(String::as_str)).ok()
}

/// Returns what the manifest of a client says that its documentation announces; `None` if it is none, or says nothing.
pub(super) fn documentation(spec: &StoreSpec) -> Option<Documentation> {
    let announcements = recipe(spec)?.documented;
    let file = spec.source.clone().unwrap_or_else(|| "client.toml".into());
    let documentation =
        Documentation { file: file.into(), store: spec.name.clone(), announcements };
    (!documentation.announcements.is_empty()).then_some(documentation)
}

fn recipe(spec: &StoreSpec) -> Option<ClientRecipe> {
    let Hosting::Adapter(name) = &spec.hosting else { return None };
    serde_json::from_str(name.strip_prefix(PREFIX)?).ok()
}

/// Returns the driver of an adapter's name, if that is a client.
pub(super) fn adapter(name: &str) -> Option<Box<dyn SessionStore>> {
    let recipe: ClientRecipe = serde_json::from_str(name.strip_prefix(PREFIX)?).ok()?;
    Some(Box::new(driver::ClientDriver::new(recipe)))
}
