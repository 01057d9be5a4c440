//! A driver that the user names with `--driver`: what is executed, and what the sandbox must show for it.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use interloper_engine::{Hosting, StoreSpec};

use super::paths::{INTERPRETERS, around, around_program, hops, is, resolve};
use super::runtime::python::{self, Python};

/// What is wrong with a `--driver` or a `--bind`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DriverError {
    /// A quote that is never closed, or a backslash at the end.
    #[error("--driver {0:?}: a quote is not closed; write it as you would for a shell")]
    Quotes(String),
    /// Nothing in it.
    #[error(
        "--driver: the command is empty; give the program that speaks the driver protocol, and its arguments"
    )]
    Empty,
    /// No such program.
    #[error("--driver: there is no program {0:?} on PATH; give its path if it is elsewhere")]
    NoProgram(String),
    /// A path that is not there, or cannot be executed.
    #[error("--driver: {}: {why}", .path.display())]
    Program {
        /// The program.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A file that an interpreter is to run and that is not there.
    #[error("--driver: {}: {source}; give the path of the driver that {program} is to run", .path.display())]
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

/// The store whose driver a command starts.
///
/// # Errors
/// When the command cannot be split, or its program is not there.
pub(crate) fn driver(command: &str) -> Result<StoreSpec, DriverError> {
    let mut argv = shlex::split(command).ok_or_else(|| DriverError::Quotes(command.into()))?;
    let first = argv.first().filter(|first| !first.is_empty()).ok_or(DriverError::Empty)?;
    let mut program = find(first)?;
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
    let mut runtimes = around_program(&program);
    let mut script = None;
    for argument in &mut argv[1..] {
        let Some(path) = path_in(argument) else { continue };
        if path.is_dir() {
            runtimes.extend(hops(&path));
        } else {
            runtimes.extend(around(&path));
            script.get_or_insert(path);
        }
    }
    let mut env = Vec::new();
    let mut files = Vec::new();
    if let Some(python) = &python {
        runtimes.extend(python.runtimes());
        files.extend(python::kit());
        env.push(("PYTHONPATH".to_owned(), "{files}".to_owned()));
    }
    let named = match &script {
        Some(script) if is(&program, &INTERPRETERS) => script,
        _ => &program,
    };
    let name = named.file_stem().map_or_else(|| "driver".into(), |stem| stem.to_string_lossy());
    // A replay token has the name in front of these.
    let name = name.replace(['@', '/'], "_");
    let source =
        std::env::current_dir().ok().and_then(|dir| named.strip_prefix(dir).ok().map(text));
    Ok(StoreSpec {
        name,
        hosting: Hosting::Command { argv, env },
        runtimes,
        files,
        source,
        interpreter: None,
    })
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
        assert!(matches!(driver("'a"), Err(DriverError::Quotes(_))));
        assert!(matches!(driver(" "), Err(DriverError::Empty)));
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
    fn the_whole_host_is_not_bound() {
        let spec = StoreSpec::adapter("x");
        assert!(matches!(with_bound(spec.clone(), &["/..".into()]), Err(DriverError::BindRoot)));
        let message = with_bound(spec, &["/no/such".into()]).unwrap_err().to_string();
        assert!(message.contains("/no/such"), "{message}");
    }
}
