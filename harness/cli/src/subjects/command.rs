//! What the user types for a store of their own, `--driver CMD` or `-- CMD`: what is executed, and what the sandbox must show for it.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use interloper_engine::{Hosting, StoreSpec};

use super::app::AppError;
use super::error::InstallError;
use super::manifest::{Commands, Package};
use super::paths::{INTERPRETERS, around, around_program, hops, is, resolve};
use super::recipe::{Recipe, RecipeError};
use super::runtime::Interpreter;
use super::runtime::python::{self, Python};
use crate::args::CommandArgs;

/// What is wrong with a `--driver`, a `-- CMD` or a `--bind`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DriverError {
    /// A quote that is never closed, or a backslash at the end.
    #[error("{flag} {command:?}: a quote is not closed; write it as you would for a shell")]
    Quotes {
        /// The flag that gave it.
        flag: &'static str,
        /// The command.
        command: String,
    },
    /// An environment variable without a value.
    #[error("--env {0:?}: write it as NAME=VALUE")]
    Variable(String),
    /// Commands that make no store.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// A manifest that makes no application.
    #[error(transparent)]
    App(#[from] AppError),
    /// Nothing in it.
    #[error("{0}: the command is empty; give a program and its arguments")]
    Empty(&'static str),
    /// No such program.
    #[error("there is no program {0:?} on PATH; give its path if it is elsewhere")]
    NoProgram(String),
    /// A path that is not there, or cannot be executed.
    #[error("cannot execute {}: {why}", .path.display())]
    Program {
        /// The program.
        path: PathBuf,
        /// The fault.
        why: String,
    },
    /// A file that an interpreter is to run and that is not there.
    #[error("{}: {source}; give the path of the file that {program} is to run", .path.display())]
    NoScript {
        /// The file.
        path: PathBuf,
        /// The interpreter.
        program: String,
        /// Why it cannot be used.
        source: io::Error,
    },
    /// A path to show that is not there.
    #[error("--bind {}: {source}", .path.display())]
    Bind {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Everything.
    #[error("--bind /: that would show the whole host to the driver; name what it needs")]
    BindRoot,
}

/// Those whose first argument, if it is no option, is a file: `java` takes a class, `deno` a subcommand.
const RUN_A_FILE: [&str; 13] = [
    "python", "pypy", "node", "nodejs", "ruby", "php", "perl", "lua", "luajit", "sh", "bash",
    "dash", "Rscript",
];

/// A command line that means the same in every directory and environment.
pub(super) struct Resolved {
    pub(super) argv: Vec<String>,
    program: PathBuf,
    python: Option<Python>,
}

/// Splits a command as a shell would.
fn split(flag: &'static str, command: &str) -> Result<Vec<String>, DriverError> {
    shlex::split(command).ok_or_else(|| DriverError::Quotes { flag, command: command.into() })
}

impl Resolved {
    /// Finds the program of a command line: the interpreter, if it is a script.
    pub(super) fn new(flag: &'static str, mut argv: Vec<String>) -> Result<Resolved, DriverError> {
        let first = argv.first().filter(|first| !first.is_empty());
        let mut program = find(first.ok_or(DriverError::Empty(flag))?)?;
        let mut python = python_of(&program);
        if python.is_none()
            && let Some(mut line) = shebang(&program)
        {
            // `#!/usr/bin/env python3` would look for it on the sandbox's PATH, which is not the user's.
            if line.first().is_some_and(|first| Path::new(first).ends_with("env")) {
                line.remove(0);
                line.retain(|word| word != "-S");
            }
            if let Some(interpreter) = line.first() {
                let interpreter = find(interpreter)?;
                let script = text(&program);
                argv.splice(..1, line.iter().cloned().chain([script]));
                program = interpreter;
                python = python_of(&program);
            }
        }
        if let Some(python) = &python {
            program.clone_from(&python.executable);
        }
        argv[0] = text(&program);
        check_script(&program, &argv)?;
        Ok(Resolved { argv, program, python })
    }

    /// Makes arguments that name files of the host name them from everywhere; gives these files.
    pub(super) fn locate(&mut self, which: impl Fn(usize) -> bool) -> Vec<PathBuf> {
        let arguments = self.argv.iter_mut().enumerate().skip(1).filter(|(n, _)| which(*n));
        arguments.filter_map(|(_, argument)| path_in(argument)).collect()
    }

    /// Returns what of the host the command and these files of it need to see.
    pub(super) fn shown(&self, located: &[PathBuf]) -> Vec<PathBuf> {
        let mut shown = around_program(&self.program);
        for path in located {
            shown.extend(if path.is_dir() { hops(path) } else { around(path) });
        }
        shown.extend(self.python.iter().flat_map(Python::runtimes));
        shown
    }

    /// Returns the file that gives a store its name: the script that an interpreter runs, or else the program.
    fn named<'a>(&'a self, located: &'a [PathBuf]) -> &'a Path {
        let script = located.iter().find(|path| !path.is_dir());
        script.filter(|_| is(&self.program, &INTERPRETERS)).unwrap_or(&self.program)
    }

    /// Returns whether an argument is the script of an interpreter, which has to be found; others may name what the command will make.
    fn is_script(&self, n: usize) -> bool {
        n == 1 && is(&self.program, &RUN_A_FILE)
    }
}

/// Returns the store whose driver a command starts.
///
/// # Errors
/// When the command cannot be split, or its program is not there.
pub(crate) fn driver(command: &str) -> Result<StoreSpec, DriverError> {
    let flag = "--driver";
    let mut resolved = Resolved::new(flag, split(flag, command)?)?;
    let located = resolved.locate(|_| true);
    let runtimes = resolved.shown(&located);
    let (name, source) = (name_of(resolved.named(&located)), source(resolved.named(&located)));
    let mut env = Vec::new();
    let mut files = Vec::new();
    if resolved.python.is_some() {
        files.extend(python::kit());
        env.push(("PYTHONPATH".to_owned(), "{files}".to_owned()));
    }
    Ok(StoreSpec {
        name,
        hosting: Hosting::Command { argv: resolved.argv, env },
        runtimes,
        files,
        source,
        interpreter: None,
    })
}

/// Returns the store that ordinary commands make, and the recipe for it.
///
/// # Errors
/// As [`driver`]; when the command is not given the secret, or no server that it asks.
pub(crate) fn commands(asked: &CommandArgs) -> Result<(StoreSpec, Recipe), DriverError> {
    let save = Resolved::new("--", asked.command.clone())?;
    let other = |flag, command: &Option<String>| {
        let words = command.as_deref().map(|command| split(flag, command)).transpose()?;
        words.map(|words| Resolved::new(flag, words)).transpose()
    };
    let (load, delete) = (other("--load", &asked.load)?, other("--delete", &asked.delete)?);
    let mut name = None;
    let mut origin = None;
    let mut runtimes = Vec::new();
    let mut lines = Vec::new();
    for mut resolved in std::iter::once(save).chain(load).chain(delete) {
        let script = resolved.is_script(1);
        let located = resolved.locate(|n| n == 1 && script);
        runtimes.extend(resolved.shown(&located));
        name.get_or_insert_with(|| name_of(resolved.named(&located)));
        origin.get_or_insert_with(|| source(resolved.named(&located)));
        lines.push(resolved.argv);
    }
    let mut lines = lines.into_iter();
    let recipe = Recipe {
        name: name.unwrap_or_default(),
        version: "unversioned".into(),
        save: lines.next().unwrap_or_default(),
        load: asked.load.as_ref().and_then(|_| lines.next()),
        delete: asked.delete.as_ref().and_then(|_| lines.next()),
        stdin: asked.stdin.clone(),
        file: asked.file.clone(),
        env: asked.env.iter().map(|word| variable(word)).collect::<Result<_, _>>()?,
        serve: asked.serve,
    };
    recipe.check()?;
    let spec =
        StoreSpec { runtimes, source: origin.flatten(), ..StoreSpec::adapter(recipe.name.clone()) };
    Ok((StoreSpec { hosting: Hosting::Adapter(recipe.adapter()), ..spec }, recipe))
}

/// Returns the store of a manifest that commands make.
///
/// # Errors
/// When a program is missing, or the commands make no store.
pub(super) fn listed(package: &Package, commands: &Commands) -> Result<StoreSpec, InstallError> {
    let version = find_listed(commands)?.version;
    let joined = |words: &[String]| {
        let words = words.iter().map(String::as_str);
        shlex::try_join(words).ok().filter(|line| !line.is_empty())
    };
    let asked = CommandArgs {
        command: commands.save.clone(),
        load: joined(&commands.load),
        delete: joined(&commands.delete),
        stdin: commands.stdin.clone(),
        file: commands.file.clone(),
        env: Vec::new(),
        serve: commands.serve,
    };
    let wrong = |error: DriverError| InstallError::Commands {
        store: package.name.clone(),
        why: error.to_string(),
    };
    let (spec, recipe) = self::commands(&asked).map_err(wrong)?;
    let recipe = Recipe { name: package.name.clone(), version, ..recipe };
    let hosting = Hosting::Adapter(recipe.adapter());
    Ok(StoreSpec { name: package.name.clone(), hosting, ..spec })
}

/// Returns the program that says the version of a manifest's commands.
///
/// # Errors
/// When it is not there, or says nothing.
pub(super) fn find_listed(commands: &Commands) -> Result<Interpreter, InstallError> {
    let missing = || InstallError::NoCommand {
        program: commands.version.first().cloned().unwrap_or_default(),
        package: commands.debian.clone(),
    };
    let (program, arguments) = commands.version.split_first().ok_or_else(missing)?;
    let program = resolve(program).ok_or_else(missing)?;
    let said = Command::new(&program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|_| missing())?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let number = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
    let version = said.split_whitespace().find(number).ok_or_else(missing)?.to_owned();
    Ok(Interpreter { program, version, shown: Vec::new() })
}

fn variable(word: &str) -> Result<(String, String), DriverError> {
    let (name, value) = word
        .split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(|| DriverError::Variable(word.to_owned()))?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Returns the name that a file gives to a store.
fn name_of(file: &Path) -> String {
    let name = file.file_stem().map_or_else(|| "driver".into(), |stem| stem.to_string_lossy());
    // A replay token has the name in front of these.
    name.replace(['@', '/'], "_")
}

/// Returns a file as reports point at it: below the working directory.
fn source(file: &Path) -> Option<String> {
    std::env::current_dir().ok().and_then(|dir| file.strip_prefix(dir).ok().map(text))
}

/// The same store with more of the host to see.
///
/// # Errors
/// When a path is not there, or is everything.
pub(crate) fn with_bound(mut spec: StoreSpec, bind: &[PathBuf]) -> Result<StoreSpec, DriverError> {
    for path in bind {
        let fail = |source| DriverError::Bind { path: path.clone(), source };
        let absolute = std::path::absolute(path).map_err(fail)?;
        let real = fs::canonicalize(&absolute).map_err(fail)?;
        if real == Path::new("/") {
            return Err(DriverError::BindRoot);
        }
        spec.runtimes.extend(hops(&absolute));
    }
    Ok(spec)
}

/// Refuses a file that is not there where an interpreter is to run it: its first argument, unless that is an option.
fn check_script(program: &Path, argv: &[String]) -> Result<(), DriverError> {
    let Some(script) =
        argv.get(1).filter(|word| is(program, &RUN_A_FILE) && !word.starts_with('-'))
    else {
        return Ok(());
    };
    fs::metadata(script).map(drop).map_err(|source| DriverError::NoScript {
        path: PathBuf::from(script),
        program: program.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        source,
    })
}

fn find(program: &str) -> Result<PathBuf, DriverError> {
    if let Some(path) = resolve(program) {
        return Ok(path);
    }
    if !program.contains('/') {
        return Err(DriverError::NoProgram(program.into()));
    }
    let path = PathBuf::from(program);
    let why = match fs::metadata(&path) {
        Err(error) => error.to_string(),
        Ok(metadata) if metadata.is_dir() => "is a directory".into(),
        Ok(_) => "is not executable: chmod +x, or name its interpreter first".into(),
    };
    Err(DriverError::Program { path, why })
}

/// What a Python says of itself. A shim of pyenv is a shell script that needs all of pyenv; the interpreter it stands
/// for needs nothing of that.
fn python_of(program: &Path) -> Option<Python> {
    if is(program, &["python", "pypy"]) { python::ask(program).ok() } else { None }
}

/// What a script's first line says runs it.
fn shebang(program: &Path) -> Option<Vec<String>> {
    let mut head = [0_u8; 256];
    let n = fs::File::open(program).ok()?.read(&mut head).ok()?;
    let line = head[..n].strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?;
    Some(line.split_whitespace().map(ToOwned::to_owned).collect())
}

/// The path that an argument names, if it does; the argument is made to name it from everywhere.
///
/// A bare word is a path only where it is a file: `serve` is more often a subcommand than the directory of that name.
fn path_in(argument: &mut String) -> Option<PathBuf> {
    let (flag, value) = match argument.split_once('=') {
        Some((flag, value)) if flag.starts_with('-') => (Some(flag.to_owned()), value.to_owned()),
        _ => (None, argument.clone()),
    };
    let path = Path::new(&value);
    let means_a_path = value.contains('/') || value == "." || value == ".." || path.is_file();
    if value.is_empty() || !means_a_path || !path.exists() {
        return None;
    }
    let absolute = std::path::absolute(path).ok()?;
    *argument = match flag {
        Some(flag) => format!("{flag}={}", absolute.display()),
        None => text(&absolute),
    };
    Some(absolute)
}

fn text(path: impl AsRef<Path>) -> String {
    path.as_ref().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_split_as_a_shell_would() {
        assert!(matches!(driver("'a"), Err(DriverError::Quotes { .. })));
        assert!(matches!(driver(" "), Err(DriverError::Empty(_))));
        assert!(matches!(driver("no-such-program-x"), Err(DriverError::NoProgram(_))));
        let message = driver("/no/such/program").unwrap_err().to_string();
        assert!(message.contains("/no/such/program"), "{message}");
    }

    #[test]
    fn an_interpreter_gives_its_name_to_nothing() {
        let spec = driver("sh src/main.rs --config=Cargo.toml serve").unwrap();
        assert_eq!(spec.name, "main");
        let Hosting::Command { argv, .. } = &spec.hosting else { panic!("a command") };
        let here = std::env::current_dir().unwrap();
        assert_eq!(argv[1], text(here.join("src/main.rs")));
        assert_eq!(argv[2], format!("--config={}", here.join("Cargo.toml").display()));
        assert_eq!(argv[3], "serve");
        assert!(spec.runtimes.contains(&here.join("src")), "{:?}", spec.runtimes);
        assert_eq!(spec.source.as_deref(), Some("src/main.rs"));
        let spec = driver("/bin/true --config=Cargo.toml").unwrap();
        assert_eq!(spec.name, "true");
    }

    #[test]
    fn a_driver_file_that_is_not_there_is_named() {
        for command in ["sh no-such-driver.sh", "sh no/such/driver.sh x"] {
            let message = driver(command).unwrap_err().to_string();
            assert!(message.contains("no-such-driver.sh") || message.contains("no/such/driver.sh"));
            assert!(message.contains("No such file"), "{message}");
        }
        assert!(driver("sh -c true").is_ok());
    }

    #[test]
    fn a_command_is_a_recipe_that_only_its_script_is_located_in() {
        let words = ["sh", "src/main.rs", "Cargo.toml", "{secret}"];
        let asked = CommandArgs {
            command: words.map(str::to_owned).to_vec(),
            load: Some("cat src/main.rs".into()),
            env: vec!["A=b=c".into()],
            ..CommandArgs::default()
        };
        let (spec, recipe) = commands(&asked).unwrap();
        assert_eq!((spec.name.as_str(), recipe.name.as_str()), ("main", "main"));
        let here = std::env::current_dir().unwrap();
        assert_eq!(recipe.save[1..], [&text(here.join("src/main.rs")), "Cargo.toml", "{secret}"]);
        assert_eq!(recipe.load.unwrap()[1..], ["src/main.rs"]);
        assert_eq!(recipe.env["A"], "b=c");
        assert_eq!(spec.source.as_deref(), Some("src/main.rs"));
        assert!(matches!(variable("=x"), Err(DriverError::Variable(_))));
    }

    #[test]
    fn the_whole_host_is_not_bound() {
        let spec = StoreSpec::adapter("x");
        assert!(matches!(with_bound(spec.clone(), &["/..".into()]), Err(DriverError::BindRoot)));
        let message = with_bound(spec, &["/no/such".into()]).unwrap_err().to_string();
        assert!(message.contains("/no/such"), "{message}");
    }
}
