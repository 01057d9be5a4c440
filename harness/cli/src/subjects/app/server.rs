//! The driver of an application: it starts the server in the sandbox, as the owner, and keeps it. The harness speaks HTTP with it itself.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use interloper_driver::{
    ANSWER_FD, At, ErrorKind, Failure, Hello, LISTEN, Open, REQUEST_FD, Session, SessionStore,
    Setup,
};

use super::{APP, AppRecipe, HOME, PORT, SOCKET};

/// The variable that says how many threads Node has for its files; the harness sets it for drivers.
const POOL: &str = "UV_THREADPOOL_SIZE";

/// An application whose server is a process of its own.
pub(super) struct AppDriver {
    recipe: AppRecipe,
    /// The server, for as long as the case lasts.
    server: Option<Child>,
}

impl AppDriver {
    pub(super) fn new(recipe: AppRecipe) -> AppDriver {
        AppDriver { recipe, server: None }
    }

    fn env(&self, setup: &str) -> BTreeMap<String, String> {
        let mut env = self.recipe.env.clone();
        let of = self.recipe.setups.iter().find(|(name, _)| &**name == setup);
        env.extend(of.into_iter().flat_map(|(_, env)| env.clone()));
        env
    }
}

impl SessionStore for AppDriver {
    fn hello(&self) -> Hello {
        let AppRecipe { name, version, runtime, setups, application, .. } = &self.recipe;
        let setups = setups.iter().map(|(name, _)| Setup::new(name.clone(), At::None));
        let hello = Hello::new(name, version).setups(setups).application(application.clone());
        Hello { runtime: runtime.clone(), ..hello }
    }

    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        let listen = at.params.get(LISTEN).and_then(|listen| listen.as_str()).unwrap_or_default();
        let put = |word: &str| put(word, listen, &at.home);
        let words: Vec<String> = self.recipe.serve.iter().map(|word| put(word)).collect();
        let (program, arguments) =
            words.split_first().ok_or_else(|| Failure::invalid("serve.run is empty"))?;
        // The harness's pipes are this process's alone; it has its own descriptors for them.
        let _ = nix::unistd::close(REQUEST_FD).and_then(|()| nix::unistd::close(ANSWER_FD));
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&at.home).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            // What the harness said to this process is nothing for another. A store with one thread in its pool is the same each time; a
            // server has them all, since requests would wait for each other there and nowhere else.
            if name.to_string_lossy().starts_with("INTERLOPER_") || name == POOL {
                command.env_remove(name);
            }
        }
        command.envs(self.env(&at.setup).iter().map(|(name, value)| (name, put(value))));
        let fail = |error: io::Error| Failure::new(ErrorKind::Io, format!("{program}: {error}"));
        self.server = Some(command.spawn().map_err(fail)?);
        Ok(())
    }

    fn save(&mut self, _: &str, _: &Session) -> Result<(), Failure> {
        Err(Failure::unsupported())
    }

    fn load(&mut self, _: &str) -> Result<Option<Session>, Failure> {
        Err(Failure::unsupported())
    }
}

/// Returns a word with its placeholders filled in.
fn put(word: &str, listen: &str, home: &Path) -> String {
    let socket = listen.strip_prefix("unix:").unwrap_or_default();
    let port = listen.rsplit(':').next().unwrap_or_default();
    // The driver's files are below the sandbox, beside the homes.
    let base = home.ancestors().nth(2).unwrap_or(Path::new("/"));
    let files: PathBuf = base.join("opt/interloper");
    word.replace(SOCKET, socket)
        .replace(PORT, port)
        .replace(HOME, &home.to_string_lossy())
        .replace(APP, &files.to_string_lossy())
}
