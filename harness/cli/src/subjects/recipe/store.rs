//! The store that command lines make: each operation executes one.

use std::fs::DirBuilder;
use std::io::{self, PipeReader, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Command;

use interloper_driver::{
    ErrorKind, Failure, Hello, Keeps, Kind, Open, Operation, Session, SessionStore, Setup,
};
use rustix::io::FdFlags;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::exchange::{self, Outcome};
use super::server::{self, Server};
use super::{FILE, ID, PATH, Recipe, SECRET, SERVER, fill};

/// Stands between the values of a session that has several: a command has one secret. Canaries do not contain it.
const BETWEEN: &str = "~~";

/// Longest text from standard error that a failure quotes, in characters.
const LAST_WORDS: usize = 200;

/// What a pipe holds, in bytes: pipe(7).
const PIPE: usize = 64 << 10;

/// The id under which every scenario keeps the session that it is about.
const MAIN: &str = "alpha";

/// A store whose operations are commands.
///
/// Commands that name neither an id nor a path keep one session in a home. Another session is in another home then, below the first: that is
/// what two of them would be.
pub(super) struct CommandStore {
    recipe: Recipe,
    home: PathBuf,
    path: Option<PathBuf>,
}

impl CommandStore {
    pub(super) fn new(recipe: Recipe) -> CommandStore {
        CommandStore { recipe, home: PathBuf::new(), path: None }
    }

    /// Executes one command line, beside the server if there is one.
    fn execute(
        &self,
        line: &[String],
        id: &str,
        secret: Option<&str>,
        cookies: Vec<(String, String)>,
    ) -> Result<(Outcome, Vec<server::Received>), Failure> {
        let mut server = match self.recipe.serve {
            true => Some(Server::start(cookies)?),
            false => None,
        };
        let input = match (&self.recipe.file, secret) {
            (Some(text), Some(_)) => Some(input_file(&self.put(text, id, secret, "")?)?),
            _ => None,
        };
        let file = input.as_ref().map(path_of).unwrap_or_default();
        let put = |word: &String| self.put(word, id, secret, &file);
        let words: Vec<String> = line.iter().map(put).collect::<Result<_, _>>()?;
        let (program, arguments) =
            words.split_first().ok_or_else(|| Failure::invalid("the command is empty"))?;
        let home = self.home_of(id);
        let mut command = Command::new(program);
        command.args(arguments);
        if home != self.home {
            command.current_dir(&home).env("HOME", &home);
        }
        for (name, _) in std::env::vars_os() {
            // What the harness said to this process is nothing for another.
            if name.to_string_lossy().starts_with("INTERLOPER_") {
                command.env_remove(name);
            }
        }
        for (name, value) in &self.recipe.env {
            command.env(name, put(value)?);
        }
        let stdin = match (&self.recipe.stdin, secret) {
            (Some(text), Some(_)) => put(text)?,
            _ => String::new(),
        };
        let outcome = exchange::run(&mut command, stdin.as_bytes(), server.as_mut())
            .map_err(|error| Failure::new(ErrorKind::Io, format!("{program}: {error}")))?;
        // What a command prints ends up in logs; but for what a load is asked to print.
        let _ = io::stderr().write_all(&outcome.stderr);
        if secret.is_some() || self.recipe.load.as_deref() != Some(line) {
            let _ = io::stdout().write_all(&outcome.stdout).and_then(|()| io::stdout().flush());
        }
        Ok((outcome, server.map_or_else(Vec::new, Server::received)))
    }

    /// Returns the home in which a session's commands run.
    fn home_of(&self, id: &str) -> PathBuf {
        if id == MAIN || self.recipe.mentions(ID) || self.recipe.mentions(PATH) {
            return self.home.clone();
        }
        let hash = Sha256::digest(id.as_bytes());
        let name: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        self.home.join(format!(".home-{name}"))
    }

    /// Makes that home, private; the owner's own is there.
    fn make_home(&self, id: &str) -> Result<(), Failure> {
        let home = self.home_of(id);
        if home == self.home {
            return Ok(());
        }
        match DirBuilder::new().mode(0o700).create(home) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Returns whether that home is there.
    fn has_home(&self, id: &str) -> Result<bool, Failure> {
        let home = self.home_of(id);
        Ok(home == self.home || home.try_exists()?)
    }

    /// Returns a word with its placeholders filled in.
    fn put(
        &self,
        word: &str,
        id: &str,
        secret: Option<&str>,
        file: &str,
    ) -> Result<String, Failure> {
        let path = self.path.as_ref().map(|path| path.to_string_lossy().into_owned());
        let values = [
            (SERVER, server::ADDRESS),
            (PATH, path.as_deref().unwrap_or_default()),
            (ID, id),
            (SECRET, secret.unwrap_or_default()),
            (FILE, file),
        ];
        let word = fill(word, &values);
        match word.contains('\0') {
            true => Err(Failure::invalid("an argument cannot hold NUL")),
            false => Ok(word),
        }
    }
}

impl SessionStore for CommandStore {
    fn hello(&self) -> Hello {
        let mut ops = vec![Operation::Save];
        ops.extend(self.recipe.load.is_some().then_some(Operation::Load));
        ops.extend(self.recipe.delete.is_some().then_some(Operation::Delete));
        let setup = if self.recipe.mentions(PATH) { Setup::file() } else { Setup::home() };
        let setup = if self.recipe.mentions(ID) { setup } else { setup.one_session() };
        let hello = Hello::new(&self.recipe.name, &self.recipe.version);
        Hello { runtime: format!("command {}", self.recipe.save.join(" ")), ..hello }
            // A client adds what a server sets to what it has.
            .kind(if self.recipe.serve { Kind::Client } else { Kind::Store })
            .keeps([Keeps::Data])
            .ops(ops)
            .setups([setup])
    }

    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        self.home.clone_from(&at.home);
        self.path.clone_from(&at.at);
        // The commands start there; a process of this driver's serves one case.
        Ok(std::env::set_current_dir(&at.home)?)
    }

    fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
        let values = values(session)?;
        let secret = values.join(BETWEEN);
        let cookies = match self.recipe.serve && !self.recipe.hands_over_the_secret() {
            true => server::cookies(&values)?,
            false => Vec::new(),
        };
        self.make_home(id)?;
        let (outcome, _) = self.execute(&self.recipe.save, id, Some(&secret), cookies)?;
        succeeded(&outcome)
    }

    /// A command that ends with another status than 0, or gives nothing, says that there is no session.
    fn load(&mut self, id: &str) -> Result<Option<Session>, Failure> {
        let Some(load) = &self.recipe.load else { return Err(Failure::unsupported()) };
        if !self.has_home(id)? {
            return Ok(None);
        }
        let (outcome, received) = self.execute(load, id, None, Vec::new())?;
        if !outcome.status.success() {
            return match outcome.status.signal() {
                Some(_) => succeeded(&outcome).map(|()| None),
                None => Ok(None),
            };
        }
        let values = match self.recipe.serve {
            true => server::credentials(&received, BETWEEN),
            false => printed(&outcome.stdout)?,
        };
        Ok((!values.is_empty()).then(|| session(values)))
    }

    fn delete(&mut self, id: &str) -> Result<(), Failure> {
        let Some(delete) = &self.recipe.delete else { return Err(Failure::unsupported()) };
        if !self.has_home(id)? {
            return Ok(());
        }
        let (outcome, _) = self.execute(delete, id, None, Vec::new())?;
        succeeded(&outcome)
    }
}

/// Makes a file that is in no directory, so that what is left of the secret is the command's: a pipe, which the command inherits.
fn input_file(text: &str) -> Result<PipeReader, Failure> {
    if text.len() > PIPE {
        return Err(Failure::invalid("an input file has at most 64 KiB"));
    }
    let (reader, mut writer) = io::pipe()?;
    // It has room for all of it, pipe(7), and then an end.
    writer.write_all(text.as_bytes())?;
    rustix::io::fcntl_setfd(&reader, FdFlags::empty()).map_err(io::Error::from)?;
    Ok(reader)
}

/// Returns the path by which a process that inherits a descriptor opens it: proc_pid_fd(5).
fn path_of(file: &PipeReader) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

/// Returns the name of the value with this number.
fn name(n: usize) -> String {
    format!("secret{n}")
}

/// Returns the values of a session, in order. Their names are not kept: a session with other names is refused.
fn values(session: &Session) -> Result<Vec<String>, Failure> {
    let mut values = Vec::new();
    while let Some(value) = session.data.get(&name(values.len())) {
        match value {
            Value::String(text) if !text.contains(BETWEEN) => values.push(text.clone()),
            _ => return Err(Failure::invalid("a command is given text, without ~~ in it")),
        }
    }
    match values.len() == session.data.len() {
        true => Ok(values),
        false => Err(Failure::invalid("a command is given values, and no names")),
    }
}

/// Returns the session with these values.
fn session(values: Vec<String>) -> Session {
    let named = values.into_iter().enumerate();
    let data = named.map(|(n, value)| (name(n), Value::String(value))).collect();
    Session { data, ..Session::default() }
}

/// Returns the values that a command printed; the line feed that ends its output is none of theirs.
fn printed(output: &[u8]) -> Result<Vec<String>, Failure> {
    let text = std::str::from_utf8(output)
        .map_err(|_| Failure::new(ErrorKind::Corrupt, "the command printed what is not UTF-8"))?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    Ok(match text {
        "" => Vec::new(),
        text => text.split(BETWEEN).map(str::to_owned).collect(),
    })
}

/// Returns the failure of a command that did not end with status 0, with its last words.
fn succeeded(outcome: &Outcome) -> Result<(), Failure> {
    if outcome.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&outcome.stderr);
    let words = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    let words: String = words.chars().take(LAST_WORDS).collect();
    Err(Failure::new(ErrorKind::Io, format!("{}: {words}", outcome.status)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_one_text_and_come_back_as_they_were() {
        let values = vec!["a".to_owned(), "b c".to_owned()];
        let joined = values.join(BETWEEN) + "\n";
        assert_eq!(printed(joined.as_bytes()), Ok(values.clone()));
        assert_eq!(super::values(&session(values.clone())), Ok(values));
        assert_eq!(printed(b"\n"), Ok(Vec::new()));
    }

    #[test]
    fn what_a_command_cannot_be_given_is_refused() {
        let mut other = session(vec!["a".into()]);
        other.data.insert("name".into(), "b".into());
        assert_eq!(super::values(&other).unwrap_err().kind, ErrorKind::Invalid);
        let separated = session(vec!["a~~b".into()]);
        assert_eq!(super::values(&separated).unwrap_err().kind, ErrorKind::Invalid);
    }
}
