//! The keys of `client.toml`, and of a `subject.toml` of kind `client`. Every key is used, and a key that nobody reads is refused.

use std::collections::BTreeMap;

use interloper_engine::About;
use interloper_record::documented::Announcement;
use serde::Deserialize;
use toml::Spanned;

use super::super::documented;
use super::super::manifest::{Fault, Host, parse};
use super::{CA, CLIENT, COOKIE, ClientRecipe, HOME, MAIN, PASSWORD, PATH, RUNTIME, URL, USER};

/// Placeholders of commands.
const PLACEHOLDERS: [&str; 10] =
    [URL, PATH, USER, PASSWORD, COOKIE, CLIENT, CA, HOME, RUNTIME, MAIN];

/// A manifest as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientManifest {
    pub(crate) name: String,
    #[serde(rename = "kind")]
    _kind: ClientKind,
    #[serde(default)]
    pub(crate) version: Option<String>,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) homepage: Option<String>,
    /// The findings that the documentation announces.
    #[serde(default)]
    documented: Vec<Spanned<Announcement>>,
    #[serde(default)]
    pub(crate) runtime: Option<Host>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    fetch: Line,
    #[serde(default)]
    read_only: Line,
    #[serde(default)]
    auth: Line,
    #[serde(default)]
    cookie: Line,
}

/// The kind of such a manifest.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ClientKind {
    Client,
}

/// A command.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    run: Vec<String>,
}

impl ClientManifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// What is wrong with it, and its line if that is known.
    pub(crate) fn read(text: &str) -> Result<ClientManifest, Fault> {
        let manifest: ClientManifest = parse(text)?;
        documented::check(&manifest.documented, About::Client, text)?;
        manifest.wrong().map_or(Ok(manifest), |why| Err((None, why)))
    }

    /// Returns what no type says; `None` if nothing is wrong.
    fn wrong(&self) -> Option<String> {
        if self.fetch.run.is_empty() {
            return Some("fetch.run is empty: give the program and its arguments".into());
        }
        let in_file = self.fetch.run.iter().any(|word| word.contains(PATH));
        let lines = [
            ("fetch", &self.fetch.run, &[URL][..]),
            ("read_only", &self.read_only.run, &[URL]),
            ("auth", &self.auth.run, &[URL, USER, PASSWORD]),
            ("cookie", &self.cookie.run, &[URL, COOKIE]),
        ];
        for (key, run, needed) in lines {
            if run.is_empty() {
                continue;
            }
            let has = |placeholder: &str| run.iter().any(|word| word.contains(placeholder));
            if let Some(missing) = needed.iter().find(|placeholder| !has(placeholder)) {
                return Some(format!("{key}.run does not say where {missing} goes"));
            }
            // A cookie that is given by hand may do without the session.
            if has(PATH) != in_file && key != "cookie" {
                let why =
                    format!("{key}.run and fetch.run differ in {PATH}: it is the same session");
                return Some(why);
            }
            let unknown =
                run.iter().find_map(|word| super::super::app::unknown(word, &PLACEHOLDERS));
            if let Some(unknown) = unknown {
                let known = PLACEHOLDERS.join(" ");
                return Some(format!("{key}: {unknown} stands for nothing; there are {known}"));
            }
        }
        None
    }

    /// Returns what its driver needs to know.
    pub(super) fn recipe(&self, version: String, runtime: String) -> ClientRecipe {
        ClientRecipe {
            name: self.name.clone(),
            version,
            runtime,
            fetch: self.fetch.run.clone(),
            read_only: self.read_only.run.clone(),
            auth: self.auth.run.clone(),
            cookie: self.cookie.run.clone(),
            env: self.env.clone(),
            documented: self.documented.iter().map(|one| one.get_ref().clone()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &str = "name = \"x\"\nkind = \"client\"\n";
    const FETCH: &str = "[fetch]\nrun = [\"get\", \"-b\", \"{path}\", \"{url}\"]\n";

    fn wrong(text: &str) -> String {
        ClientManifest::read(text).map(|_| ()).unwrap_err().1
    }

    #[test]
    fn the_least_manifest_has_one_command() {
        let manifest = ClientManifest::read(&format!("{START}{FETCH}")).unwrap();
        let recipe = manifest.recipe("1".into(), String::new());
        let name = recipe.adapter();
        let read = serde_json::from_str(name.strip_prefix(super::super::PREFIX).unwrap());
        assert_eq!(read.ok(), Some(recipe));
    }

    #[test]
    fn what_could_not_work_is_refused_with_the_way_out() {
        let why = wrong(&format!("{START}[fetch]\nrun = [\"get\"]\n"));
        assert!(why.contains("fetch.run") && why.contains("{url}"), "{why}");
        let why =
            wrong(&format!("{START}{FETCH}[auth]\nrun = [\"get\", \"{{path}}\", \"{{url}}\"]\n"));
        assert!(why.contains("auth.run") && why.contains("{user}"), "{why}");
        let why = wrong(&format!("{START}{FETCH}[read_only]\nrun = [\"get\", \"{{url}}\"]\n"));
        assert!(why.contains("the same session"), "{why}");
        let why = wrong(&format!("{START}[fetch]\nrun = [\"get\", \"{{url}}\", \"{{file}}\"]\n"));
        assert!(why.contains("{file}") && why.contains("{path}"), "{why}");
        let (line, why) =
            ClientManifest::read(&format!("{START}port = 1\n{FETCH}")).map(|_| ()).unwrap_err();
        assert_eq!(line, Some(3));
        assert!(why.contains("`port`"), "{why}");
    }
}
