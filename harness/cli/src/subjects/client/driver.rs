//! The driver of a client: each request is a command, run in the sandbox as the owner. The harness serves the sites itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use interloper_driver::op::Fetch;
use interloper_driver::{
    ANSWER_FD, ErrorKind, Failure, Hello, Keeps, Kind, Open, Operation, REQUEST_FD, Session,
    SessionStore, Setup,
};

use interloper_engine::AUTHORITY_FILE;

use super::{CA, CLIENT, COOKIE, ClientRecipe, HOME, PASSWORD, PATH, URL, USER};

/// Environment variables that name the certificates of trusted authorities: OpenSSL's, which Python, Ruby and Go read too, and those of curl,
/// requests and Node.
const TRUST: [&str; 4] =
    ["SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"];

/// A client whose requests are commands.
pub(super) struct ClientDriver {
    recipe: ClientRecipe,
    home: PathBuf,
    path: Option<PathBuf>,
}

impl ClientDriver {
    pub(super) fn new(recipe: ClientRecipe) -> ClientDriver {
        ClientDriver { recipe, home: PathBuf::new(), path: None }
    }

    /// Returns the command line for a request, with its placeholders filled in.
    fn line(&self, request: &Fetch) -> Result<Vec<String>, Failure> {
        let ClientRecipe { fetch, read_only, auth, cookie, .. } = &self.recipe;
        let given = [
            (request.auth.is_some(), auth, "a password ([auth])"),
            (request.cookie.is_some(), cookie, "a cookie ([cookie])"),
            (request.read_only, read_only, "a session that it must not change ([read_only])"),
        ];
        let mut given = given.into_iter().filter(|(is, ..)| *is);
        let line = match (given.next(), given.next()) {
            (None, _) => fetch,
            (Some((_, line, what)), None) if line.is_empty() => {
                let message = format!("the manifest has no command for {what}");
                return Err(Failure::new(ErrorKind::Unsupported, message));
            }
            (Some((_, line, _)), None) => line,
            (Some(_), Some(_)) => {
                let message = "no command is given two of a password, a cookie and read-only";
                return Err(Failure::new(ErrorKind::Unsupported, message));
            }
        };
        Ok(line.iter().map(|word| self.put(word, request)).collect())
    }

    /// Returns a word with its placeholders filled in.
    fn put(&self, word: &str, request: &Fetch) -> String {
        let path = self.path.as_deref().unwrap_or(Path::new("")).to_string_lossy();
        // The driver's files are below the sandbox, beside the homes.
        let base = self.home.ancestors().nth(2).unwrap_or(Path::new("/"));
        let files = base.join("opt/interloper");
        let mut word = word
            .replace(PATH, &path)
            .replace(HOME, &self.home.to_string_lossy())
            .replace(CLIENT, &files.to_string_lossy())
            .replace(CA, AUTHORITY_FILE)
            .replace(URL, &request.url);
        if let Some(auth) = &request.auth {
            word = word.replace(USER, &auth.user).replace(PASSWORD, &auth.password);
        }
        match &request.cookie {
            Some(cookie) => word.replace(COOKIE, cookie),
            None => word,
        }
    }
}

impl SessionStore for ClientDriver {
    fn hello(&self) -> Hello {
        let ClientRecipe { name, version, runtime, fetch, .. } = &self.recipe;
        let in_file = fetch.iter().any(|word| word.contains(PATH));
        let setup = if in_file { Setup::file() } else { Setup::home() };
        let hello = Hello::new(name, version).kind(Kind::Client).keeps([Keeps::Cookies]);
        let hello = hello.ops([Operation::Fetch]).setups([setup.one_session()]);
        Hello { runtime: runtime.clone(), ..hello }
    }

    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        self.home.clone_from(&at.home);
        self.path.clone_from(&at.at);
        // The harness's pipes are this process's alone; it has its own descriptors for them.
        let _ = nix::unistd::close(REQUEST_FD).and_then(|()| nix::unistd::close(ANSWER_FD));
        Ok(())
    }

    fn save(&mut self, _: &str, _: &Session) -> Result<(), Failure> {
        Err(Failure::unsupported())
    }

    fn load(&mut self, _: &str) -> Result<Option<Session>, Failure> {
        Err(Failure::unsupported())
    }

    fn fetch(&mut self, request: &Fetch) -> Result<(), Failure> {
        let words = self.line(request)?;
        let (program, arguments) =
            words.split_first().ok_or_else(|| Failure::invalid("fetch.run is empty"))?;
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.home).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            // What the harness said to this process is nothing for another.
            if name.to_string_lossy().starts_with("INTERLOPER_") {
                command.env_remove(name);
            }
        }
        if Path::new(AUTHORITY_FILE).exists() {
            command.envs(TRUST.map(|name| (name, AUTHORITY_FILE)));
        }
        let env = self.recipe.env.iter();
        command.envs(env.map(|(name, value)| (name, self.put(value, request))));
        let fail = |why: String| Failure::new(ErrorKind::Other, format!("{program}: {why}"));
        let status = command.status().map_err(|error| fail(error.to_string()))?;
        if status.success() { Ok(()) } else { Err(fail(status.to_string())) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use interloper_driver::op::Credentials;

    use super::*;

    fn driver() -> ClientDriver {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect();
        let recipe = ClientRecipe {
            name: "x".into(),
            version: "1".into(),
            runtime: String::new(),
            fetch: words("get -b {path} {url}"),
            read_only: Vec::new(),
            auth: words("get -u {user}:{password} {url}"),
            cookie: Vec::new(),
            env: BTreeMap::new(),
            documented: Vec::new(),
        };
        ClientDriver { path: Some("/s/session.json".into()), ..ClientDriver::new(recipe) }
    }

    #[test]
    fn each_way_to_ask_is_a_command_of_its_own() {
        let url = "http://app.test/".to_owned();
        let plain = Fetch { url: url.clone(), ..Fetch::default() };
        assert_eq!(
            driver().line(&plain).unwrap().join(" "),
            format!("get -b /s/session.json {url}")
        );
        let auth = Some(Credentials { user: "me".into(), password: "p".into() });
        let with = Fetch { auth: auth.clone(), ..plain.clone() };
        assert_eq!(driver().line(&with).unwrap().join(" "), format!("get -u me:p {url}"));
        let read_only = Fetch { read_only: true, ..plain };
        assert_eq!(driver().line(&read_only).unwrap_err().kind, ErrorKind::Unsupported);
        let both = Fetch { auth, ..read_only };
        assert_eq!(driver().line(&both).unwrap_err().kind, ErrorKind::Unsupported);
    }
}
