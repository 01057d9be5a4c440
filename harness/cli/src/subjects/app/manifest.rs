//! The keys of `app.toml`, and of a `subject.toml` of kind `application`. Every key is used, and a key that nobody reads is refused.

use std::collections::BTreeMap;

use interloper_driver::{AppRequest, Application, Csrf, SetupName, User};
use interloper_engine::About;
use interloper_record::documented::Announcement;
use serde::Deserialize;
use toml::Spanned;

use super::super::documented;
use super::super::manifest::{Fault, Host, parse};
use super::{AppRecipe, PORT, SOCKET};

/// Names of those who use an application.
const ACTORS: [&str; 3] = ["victim", "attacker", "bystander"];

/// What stands for something in requests.
const PLACEHOLDERS: [&str; 5] = ["{user}", "{password}", "{new_password}", "{value}", "{csrf}"];

/// A manifest as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppManifest {
    pub(crate) name: String,
    #[serde(rename = "kind")]
    _kind: AppKind,
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
    host: Option<String>,
    #[serde(default)]
    pub(crate) runtime: Option<Host>,
    pub(crate) serve: Serve,
    #[serde(default)]
    setup: BTreeMap<SetupName, AppSetup>,
    #[serde(default)]
    users: BTreeMap<String, User>,
    #[serde(default)]
    csrf: Option<Csrf>,
    #[serde(default)]
    register: Option<AppRequest>,
    login: AppRequest,
    #[serde(default)]
    logout: Option<AppRequest>,
    whoami: AppRequest,
    #[serde(default)]
    set: Option<AppRequest>,
    #[serde(default)]
    get: Option<AppRequest>,
    #[serde(default)]
    revoke_all: Option<AppRequest>,
    #[serde(default)]
    change_password: Option<AppRequest>,
}

/// The kind of such a manifest.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AppKind {
    Application,
}

/// What starts it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Serve {
    pub(crate) run: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
}

/// One way in which it is set up.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct AppSetup {
    #[serde(default)]
    https: bool,
    #[serde(default)]
    env: BTreeMap<String, String>,
}

impl AppManifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// What is wrong with it, and its line if that is known.
    pub(crate) fn read(text: &str) -> Result<AppManifest, Fault> {
        let manifest: AppManifest = parse(text)?;
        documented::check(&manifest.documented, About::Application, text)?;
        manifest.wrong().map_or(Ok(manifest), |why| Err((None, why)))
    }

    /// Returns what no type says; `None` if nothing is wrong.
    fn wrong(&self) -> Option<String> {
        let words = self.serve.run.iter().chain(self.serve.env.values());
        let mut listens = words.map(|word| (word.contains(SOCKET), word.contains(PORT)));
        if self.serve.run.is_empty() {
            return Some("serve.run is empty: give the program and its arguments".into());
        }
        if !listens.any(|(socket, port)| socket || port) {
            return Some(format!(
                "serve.run does not say where to listen: write {SOCKET} where the path of a Unix socket goes, or {PORT} where a port of 127.0.0.1 goes"
            ));
        }
        if let Some(name) = self.users.keys().find(|name| !ACTORS.contains(&name.as_str())) {
            return Some(format!("users.{name}: users are {}", ACTORS.join(", ")));
        }
        let no_setup = |one: &&String| !self.setup.keys().any(|name| **name == ***one);
        if let Some(setup) =
            self.documented.iter().filter_map(|one| one.get_ref().setup.as_ref()).find(no_setup)
        {
            return Some(format!("documented: there is no setup {setup:?}"));
        }
        let missing = ACTORS.iter().find(|name| !self.users.contains_key(**name));
        if let Some(name) = missing.filter(|_| !self.users.is_empty()) {
            return Some(format!("users.{name} is missing: each of the three needs a user"));
        }
        for (verb, request) in self.application().requests() {
            if request.line().is_none() {
                let text = &request.request;
                return Some(format!("{verb}: {text:?} is no request, such as \"POST /login\""));
            }
            let values = request.form.values().chain(request.headers.values());
            let unknown = values.into_iter().find_map(|value| unknown(value, &PLACEHOLDERS));
            if let Some(unknown) = unknown {
                let known = PLACEHOLDERS.join(" ");
                return Some(format!("{verb}: {unknown} stands for nothing; there are {known}"));
            }
            if request.json.is_some() && !request.form.is_empty() {
                return Some(format!("{verb}: it has both form and json; a body is one of them"));
            }
        }
        None
    }

    /// Returns how the application is used.
    pub(crate) fn application(&self) -> Application {
        let words = self.serve.run.iter().chain(self.serve.env.values());
        let application = Application::new(self.login.clone(), self.whoami.clone());
        let https = self.setup.iter().filter(|(_, setup)| setup.https);
        Application {
            host: self.host.clone().unwrap_or(application.host),
            https: https.map(|(name, _)| name.clone()).collect(),
            port: words.into_iter().any(|word| word.contains(PORT)),
            users: self.users.clone(),
            register: self.register.clone(),
            logout: self.logout.clone(),
            set: self.set.clone(),
            get: self.get.clone(),
            revoke_all: self.revoke_all.clone(),
            change_password: self.change_password.clone(),
            csrf: self.csrf.clone(),
            login: application.login,
            whoami: application.whoami,
        }
    }

    /// Returns what its driver needs to know.
    pub(super) fn recipe(&self, version: String, runtime: String) -> AppRecipe {
        let setups = self.setup.iter().map(|(name, setup)| (name.clone(), setup.env.clone()));
        let mut setups: Vec<_> = setups.collect();
        if setups.is_empty() {
            setups.push((SetupName::default(), BTreeMap::new()));
        }
        AppRecipe {
            name: self.name.clone(),
            version,
            runtime,
            serve: self.serve.run.clone(),
            env: self.serve.env.clone(),
            setups,
            documented: self.documented.iter().map(|one| one.get_ref().clone()).collect(),
            application: self.application(),
        }
    }
}

/// Returns what looks like a placeholder in a text, and is none of those that are known.
pub(crate) fn unknown<'t>(text: &'t str, known: &[&str]) -> Option<&'t str> {
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let end = rest[at..].find('}').map(|end| at + end + 1)?;
        let word = &rest[at..end];
        let named =
            word[1..word.len() - 1].bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if named && word.len() > 2 && !known.contains(&word) {
            return Some(word);
        }
        rest = &rest[end..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &str = "name = \"x\"\nkind = \"application\"\n";
    const SERVE: &str = "[serve]\nrun = [\"app\", \"{socket}\"]\n";
    const REQUESTS: &str = "[login]\nrequest = \"POST /login\"\nform = { user = \"{user}\" }\n[whoami]\nrequest = \"GET /\"\n";

    fn wrong(text: &str) -> String {
        AppManifest::read(text).map(|_| ()).unwrap_err().1
    }

    #[test]
    fn the_least_manifest_has_a_command_a_login_and_a_whoami() {
        let manifest = AppManifest::read(&format!("{START}{SERVE}{REQUESTS}")).unwrap();
        let recipe = manifest.recipe("1".into(), String::new());
        assert_eq!(recipe.setups, [(SetupName::default(), BTreeMap::new())]);
        assert!(!recipe.application.port && recipe.application.host == "app.test");
        let read: AppRecipe =
            serde_json::from_str(recipe.adapter().strip_prefix(super::super::PREFIX).unwrap())
                .unwrap();
        assert_eq!(read, recipe);
    }

    #[test]
    fn a_key_that_nobody_reads_is_refused_with_its_line() {
        let (line, why) = AppManifest::read(&format!("{START}port = 1\n{SERVE}{REQUESTS}"))
            .map(|_| ())
            .unwrap_err();
        assert_eq!(line, Some(3));
        assert!(why.contains("`port`") && why.contains("`serve`"), "{why}");
        let why = wrong(&format!("{START}{SERVE}{REQUESTS}method = \"GET\"\n"));
        assert!(why.contains("`method`") && why.contains("`request`"), "{why}");
        assert!(wrong(&format!("{START}{SERVE}")).contains("`login`"));
    }

    #[test]
    fn what_is_documented_names_a_page_and_a_setup_that_is_there() {
        let setups = "[setup.a]\n[setup.b]\n";
        let of = |more: &str| {
            let text = format!("[[documented]]\nscenario = \"lifecycle::logout\"\n{more}");
            AppManifest::read(&format!("{START}{SERVE}{REQUESTS}{setups}{text}"))
                .map_err(|(_, why)| why)
        };
        let page = "page = \"https://x.test/y\"\n";
        let manifest = of(&format!("{page}says = \"it stays\"\nsetup = \"b\"\n")).unwrap();
        assert_eq!(manifest.recipe("1".into(), String::new()).documented[0].says, "it stays");
        let why = |more: &str| of(more).map(|_| ()).unwrap_err();
        assert!(why(&format!("{page}says = \"it\"\nsetup = \"c\"\n")).contains("no setup \"c\""));
        assert!(why("page = \"http://x.test\"\nsays = \"it\"\n").contains("https://"));
        assert!(why(&format!("{page}says = \" \"\n")).contains("says is empty"));
        assert!(why(page).contains("`says`"));
    }

    #[test]
    fn what_could_not_work_is_refused_with_the_way_out() {
        let why = wrong(&format!("{START}[serve]\nrun = [\"app\"]\n{REQUESTS}"));
        assert!(why.contains("{socket}") && why.contains("{port}"), "{why}");
        let why = wrong(&format!("{START}{SERVE}{REQUESTS}[logout]\nrequest = \"/logout\"\n"));
        assert!(why.contains("logout") && why.contains("POST /login"), "{why}");
        let why = wrong(&format!(
            "{START}{SERVE}{REQUESTS}[set]\nrequest = \"POST /set\"\nform = {{ v = \"{{secret}}\" }}\n"
        ));
        assert!(why.contains("{secret}") && why.contains("{value}"), "{why}");
        let why = wrong(&format!(
            "{START}{SERVE}{REQUESTS}[users.victim]\nuser = \"a\"\npassword = \"b\"\n"
        ));
        assert!(why.contains("users.attacker"), "{why}");
        let why = wrong(&format!(
            "{START}{SERVE}{REQUESTS}[users.root]\nuser = \"a\"\npassword = \"b\"\n"
        ));
        assert!(why.contains("victim, attacker, bystander"), "{why}");
    }
}
