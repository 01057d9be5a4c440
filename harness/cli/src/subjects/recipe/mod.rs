//! An ordinary command as a store: what is executed to save, to load and to delete, and where the secret goes.
//!
//! | file | what |
//! |---|---|
//! | `mod.rs` | the recipe: command lines with placeholders |
//! | [`store`] | the store that a recipe makes, in the driver's process |
//! | [`exchange`] | one command, from its start to its end |
//! | [`server`] | the loopback server that a client of HTTP talks to meanwhile |
//!
//! The recipe travels to the sandbox as the name of an adapter of this program, so nothing has to be installed there.

mod exchange;
mod server;
mod store;

use std::collections::BTreeMap;

use interloper_driver::SessionStore;
use serde::{Deserialize, Serialize};

/// The start of the name of every adapter that is a recipe.
const PREFIX: &str = "command:";

/// Stands for the session's secret.
pub(crate) const SECRET: &str = "{secret}";
/// Stands for the session's id.
const ID: &str = "{id}";
/// Stands for the path of an input file that only the command has.
const FILE: &str = "{file}";
/// Stands for the path of the file that the harness names.
const PATH: &str = "{path}";
/// Stands for the address of the loopback server: `http://127.0.0.1:PORT`.
const SERVER: &str = "{server}";

/// Command lines that make a store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recipe {
    /// The name of the store.
    pub(crate) name: String,
    /// Its version, if it is known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) version: String,
    /// The command that saves a session.
    pub(crate) save: Vec<String>,
    /// The command that prints the session's secret, or sends it to the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) load: Option<Vec<String>>,
    /// The command that removes the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) delete: Option<Vec<String>>,
    /// The text on standard input of the command that saves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stdin: Option<String>,
    /// The text of the input file of the command that saves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<String>,
    /// Further environment variables of all commands.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) env: BTreeMap<String, String>,
    /// Whether a loopback server runs beside the commands.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) serve: bool,
}

/// Why command lines make no store.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RecipeError {
    /// The secret goes nowhere.
    #[error(
        "-- {0}: the command is not given the secret: write {SECRET} where it goes (in an argument, --env NAME={SECRET}, --stdin {SECRET}, or --file {SECRET} with {FILE} in an argument), or give --serve and the server sets it as a cookie"
    )]
    NoSecret(String),
    /// The server's address is wanted, and there is no server.
    #[error("{SERVER} stands for the address of a loopback server: give --serve")]
    NoServer,
    /// The input file is wanted and has no text, or has one and nobody reads it.
    #[error("{FILE} in a command stands for the input file of --file TEXT: give both, or neither")]
    HalfAFile,
    /// The address is in no command.
    #[error("--serve: no command names {SERVER}, so nothing would be asked of it")]
    NobodyAsks,
}

impl Recipe {
    /// Returns the adapter's name, which says everything.
    pub(crate) fn adapter(&self) -> String {
        // Text, lists and maps of text: that always has a form in JSON.
        let json = serde_json::to_string(self).unwrap_or_default();
        format!("{PREFIX}{json}")
    }

    /// Checks that the command gets the secret, and that the server is asked if there is one.
    ///
    /// # Errors
    /// When one of them is missing.
    pub(crate) fn check(&self) -> Result<(), RecipeError> {
        if !self.serve && !self.hands_over_the_secret() {
            return Err(RecipeError::NoSecret(self.save.join(" ")));
        }
        if self.file.is_some() != self.mentions(FILE) {
            return Err(RecipeError::HalfAFile);
        }
        match self.mentions(SERVER) {
            true if !self.serve => Err(RecipeError::NoServer),
            false if self.serve => Err(RecipeError::NobodyAsks),
            _ => Ok(()),
        }
    }

    /// Returns whether the command that saves is given the secret; else the server sets it as a cookie.
    fn hands_over_the_secret(&self) -> bool {
        let texts = self.stdin.iter().chain(&self.file);
        let words = self.save.iter().chain(self.env.values()).chain(texts);
        words.into_iter().any(|word| word.contains(SECRET))
    }

    /// Returns whether a placeholder is anywhere in it.
    fn mentions(&self, placeholder: &str) -> bool {
        let commands = [Some(&self.save), self.load.as_ref(), self.delete.as_ref()];
        let words = commands.into_iter().flatten().flatten();
        words.chain(self.env.values()).chain(&self.stdin).any(|word| word.contains(placeholder))
    }
}

/// Returns a text with its placeholders replaced, in one pass: what a value brings is no placeholder.
fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        filled.push_str(&rest[..start]);
        rest = &rest[start..];
        let (value, length) = values
            .iter()
            .find(|(name, _)| rest.starts_with(name))
            .map_or(("{", 1), |(name, value)| (*value, name.len()));
        filled.push_str(value);
        rest = &rest[length..];
    }
    filled + rest
}

/// Returns whether the adapter of this name serves on the loopback interface, which has to be the sandbox's own.
pub(super) fn serves(adapter: &str) -> bool {
    let recipe = adapter.strip_prefix(PREFIX).map(serde_json::from_str::<Recipe>);
    recipe.is_some_and(|recipe| recipe.is_ok_and(|recipe| recipe.serve))
}

/// Returns the store of an adapter's name, if that is a recipe.
pub(super) fn adapter(name: &str) -> Option<Box<dyn SessionStore>> {
    let recipe: Recipe = serde_json::from_str(name.strip_prefix(PREFIX)?).ok()?;
    Some(Box::new(store::CommandStore::new(recipe)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(save: &[&str]) -> Recipe {
        Recipe {
            name: "x".into(),
            version: String::new(),
            save: save.iter().map(ToString::to_string).collect(),
            load: None,
            delete: None,
            stdin: None,
            file: None,
            env: BTreeMap::new(),
            serve: false,
        }
    }

    #[test]
    fn a_command_that_is_not_given_the_secret_is_refused() {
        let error = recipe(&["tool", "login"]).check().unwrap_err().to_string();
        assert!(error.contains("tool login") && error.contains("--stdin {secret}"), "{error}");
        assert_eq!(recipe(&["tool", "--token={secret}"]).check(), Ok(()));
        let by_stdin = Recipe { stdin: Some("{secret}\n".into()), ..recipe(&["tool"]) };
        assert_eq!(by_stdin.check(), Ok(()));
    }

    #[test]
    fn a_server_is_started_and_asked_or_neither() {
        let asks = recipe(&["curl", "-u", "me:{secret}", "{server}/"]);
        assert_eq!(asks.check(), Err(RecipeError::NoServer));
        let unasked = Recipe { serve: true, ..recipe(&["curl", "{secret}"]) };
        assert_eq!(unasked.check(), Err(RecipeError::NobodyAsks));
        let both = Recipe { serve: true, ..recipe(&["curl", "-c", "jar", "{server}"]) };
        assert_eq!(both.check(), Ok(()));
    }

    #[test]
    fn placeholders_are_replaced_once_and_other_braces_stay() {
        let values = [(ID, "{secret}"), (SECRET, "s3"), (PATH, "/p")];
        assert_eq!(fill("{id}:{secret}:{path}:{x}:{{secret}", &values), "{secret}:s3:/p:{x}:{s3");
        assert_eq!(fill("é{", &values), "é{");
    }

    #[test]
    fn an_input_file_has_a_text_and_somebody_who_reads_it() {
        let reads = recipe(&["tool", "--from", "{file}"]);
        let with = |file: Option<&str>, recipe: Recipe| {
            Recipe { file: file.map(ToOwned::to_owned), ..recipe }.check()
        };
        assert_eq!(with(Some("token={secret}"), reads.clone()), Ok(()));
        assert!(matches!(with(None, reads), Err(RecipeError::NoSecret(_))));
        let unread = recipe(&["tool", "{secret}"]);
        assert_eq!(with(Some("{secret}"), unread), Err(RecipeError::HalfAFile));
    }

    #[test]
    fn the_name_of_the_adapter_is_the_whole_recipe() {
        let recipe = recipe(&["tool", "{secret}", "a b\"c\n"]);
        let name = recipe.adapter();
        let read: Recipe = serde_json::from_str(name.strip_prefix(PREFIX).unwrap()).unwrap();
        assert_eq!(read, recipe);
        assert!(adapter(&name).is_some());
        assert!(adapter("hardened").is_none());
    }
}
