//! `interloper.toml`: what `interloper check` takes where the command line says nothing.
//!
//! 1. The file is `interloper.toml` in the working directory, or in the nearest directory above that has one; or what --config names.
//! 2. It can name programs to run. So it is taken only if it belongs to the user or to root and nobody else can write to it.
//! 3. Its keys are the flags of `check`, and its values are read as theirs. A flag on the command line replaces its key. A target, --driver or
//!    -- CMD on the command line replaces all keys that say what is tested.
//! 4. Paths in it are relative to its directory. Where it names the program to run, that is started there, and the paths of the command line
//!    stay as they were meant.

use std::fmt::Display;
use std::fs;
use std::io;
use std::ops::RangeInclusive;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use nix::unistd::geteuid;
use serde::Deserialize;

use crate::args::{
    AllowArg, CheckArgs, CommandArgs, ProfileArg, read_seed, read_severity, read_umask,
};
use crate::output::{note, read_text};

/// The file's name.
const NAME: &str = "interloper.toml";

/// No such file is longer, in bytes.
const LONGEST: u64 = 1 << 20;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("{}: cannot be read: {source}; name another file with --config, or pass --no-config", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{}: {why}; see `interloper check --help` for the flags that its keys are, or pass --no-config", .path.display())]
    Wrong { path: PathBuf, why: String },
    #[error("{}: {who} can write to it, and it can name programs to run: make it yours alone (chmod go-w), or pass --no-config", .path.display())]
    Untrusted { path: PathBuf, who: &'static str },
}

/// The keys of the file, all of them optional.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
struct Config {
    targets: Vec<String>,
    driver: Option<String>,
    command: Vec<String>,
    app: Option<PathBuf>,
    load: Option<String>,
    delete: Option<String>,
    stdin: Option<String>,
    file: Option<String>,
    env: Vec<String>,
    serve: bool,
    name: Option<String>,
    bind: Option<Vec<PathBuf>>,
    scenario: Option<Vec<String>>,
    exclude: Option<Vec<String>>,
    umask: Option<Vec<String>>,
    profile: Option<String>,
    cases: Option<u32>,
    seed: Option<String>,
    jobs: Option<u16>,
    timeout: Option<String>,
    setup: Option<Vec<String>>,
    known: Option<Vec<PathBuf>>,
    new_since: Option<Vec<PathBuf>>,
    fail_on: Option<String>,
    allow: Option<Vec<String>>,
    max_fail: Option<u32>,
    mends: bool,
    details: Option<bool>,
}

/// Completes the arguments of `check` from the project's file, if there is one. `given` says which flags stood on the command line.
///
/// # Errors
/// When there is one that cannot be used.
pub(crate) fn complete(
    args: &mut CheckArgs,
    given: &dyn Fn(&str) -> bool,
) -> Result<(), ConfigError> {
    if args.no_config {
        return Ok(());
    }
    let Some(path) = args.config.clone().map_or_else(find, |path| Ok(Some(path)))? else {
        return Ok(());
    };
    let unreadable = |source| ConfigError::Unreadable { path: path.clone(), source };
    let dir = std::path::absolute(&path).map_err(unreadable)?;
    let dir = dir.parent().unwrap_or(Path::new("/"));
    let mut config = read(&path)?;
    config.resolve(dir);
    let wrong = |why: String| ConfigError::Wrong { path: path.clone(), why };
    if config.fill(args, given).map_err(wrong)? == Programs::OfTheFile {
        args.move_to(dir).map_err(unreadable)?;
    }
    note(&format!("using {}", path.display()));
    Ok(())
}

/// Returns the nearest file, from the working directory upwards.
fn find() -> Result<Option<PathBuf>, ConfigError> {
    let here = std::env::current_dir()
        .map_err(|source| ConfigError::Unreadable { path: NAME.into(), source })?;
    Ok(here.ancestors().map(|dir| dir.join(NAME)).find(|path| path.is_file()))
}

fn read(path: &Path) -> Result<Config, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if let Some(who) = writer(&metadata) {
        return Err(ConfigError::Untrusted { path: path.to_owned(), who });
    }
    let text = read_text(path, LONGEST).map_err(unreadable)?;
    toml::from_str(&text).map_err(|error| {
        let why = error.to_string().trim_end().to_owned();
        ConfigError::Wrong { path: path.to_owned(), why }
    })
}

/// Returns who else can change a file.
fn writer(metadata: &fs::Metadata) -> Option<&'static str> {
    match metadata.mode() {
        _ if ![0, geteuid().as_raw()].contains(&metadata.uid()) => Some("another user, its owner,"),
        mode if mode & 0o002 != 0 => Some("everybody"),
        // A group of one's own name is the usual default of distributions, with umask 0002.
        mode if mode & 0o020 != 0 && metadata.gid() != metadata.uid() => Some("its group"),
        _ => None,
    }
}

/// Who names the programs that are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Programs {
    OfTheFile,
    OfTheLine,
}

impl Config {
    /// Makes the paths absolute.
    fn resolve(&mut self, dir: &Path) {
        let lists = [&mut self.bind, &mut self.known, &mut self.new_since];
        let listed = lists.into_iter().flatten().flatten();
        for path in listed.chain(&mut self.app) {
            *path = dir.join(&*path);
        }
    }

    fn fill(self, args: &mut CheckArgs, given: &dyn Fn(&str) -> bool) -> Result<Programs, String> {
        let on_line = !args.targets.is_empty() || args.driver.is_given();
        let named = [self.driver.is_some(), !self.command.is_empty(), self.app.is_some()];
        let own = named.contains(&true);
        if named.into_iter().filter(|named| *named).count() > 1 {
            return Err("`driver`, `command` and `app`: leave out all but one of them".into());
        }
        let programs = if own && !on_line { Programs::OfTheFile } else { Programs::OfTheLine };
        if self.command.is_empty() && self.needs_command() {
            return Err("load, delete, stdin, file, env and serve need `command`".into());
        }
        if self.name.is_some() && !own {
            return Err("`name` needs `driver`, `command` or `app`".into());
        }
        if !on_line {
            args.targets = self.targets;
            args.driver.driver = self.driver;
            args.driver.app = self.app;
            args.driver.name = args.driver.name.take().or(self.name);
            args.driver.command = CommandArgs {
                command: self.command,
                load: self.load,
                delete: self.delete,
                stdin: self.stdin,
                file: self.file,
                env: self.env,
                serve: self.serve,
            };
        }
        set(&mut args.driver.bind, self.bind, given("bind"));
        set(&mut args.scenario, self.scenario, given("scenario"));
        set(&mut args.exclude, self.exclude, given("exclude"));
        let umask = self.umask.map(|words| each("umask", &words, read_umask)).transpose()?;
        set(&mut args.umask, umask, given("umask"));
        let profile =
            self.profile.map(|word| word_of::<ProfileArg>("profile", &word)).transpose()?;
        set(&mut args.profile, profile, given("profile"));
        args.cases = args.cases.or(within("cases", self.cases, 1..=u32::MAX)?);
        let seed = self.seed.map(|word| one("seed", &word, read_seed)).transpose()?;
        set(&mut args.seed, seed, given("seed"));
        args.jobs = args.jobs.or(within("jobs", self.jobs, 1..=256)?);
        let timeout = self.timeout.map(|word| one("timeout", &word, str::parse)).transpose()?;
        args.timeout = args.timeout.take().or(timeout);
        let parse = |word: &str| word.parse().map_err(|error| format!("{error}"));
        let setup = self.setup.map(|words| each("setup", &words, parse)).transpose()?;
        set(&mut args.run.setup, setup, given("setup"));
        set(&mut args.run.output.known, self.known, given("known"));
        set(&mut args.run.output.new_since, self.new_since, given("new_since"));
        let fail_on = self.fail_on.map(|word| one("fail-on", &word, read_severity)).transpose()?;
        set(&mut args.run.output.fail_on, fail_on, given("fail_on"));
        let allow = |word: &str| word_of::<AllowArg>("allow", word);
        let allow = self.allow.map(|words| each("allow", &words, allow)).transpose()?;
        set(&mut args.run.output.allow, allow, given("allow"));
        args.max_fail = args.max_fail.or(within("max-fail", self.max_fail, 1..=u32::MAX)?);
        args.mends |= self.mends;
        set(&mut args.run.output.details, self.details, given("details") || given("summary"));
        Ok(programs)
    }

    fn needs_command(&self) -> bool {
        let flags = [&self.load, &self.delete, &self.stdin, &self.file];
        flags.into_iter().any(Option::is_some) || !self.env.is_empty() || self.serve
    }
}

/// Takes the value of a key, unless its flag was given.
fn set<T>(flag: &mut T, key: Option<T>, given: bool) {
    if let Some(value) = key.filter(|_| !given) {
        *flag = value;
    }
}

/// Returns the number of a key, if it is one that its flag takes.
fn within<N: PartialOrd + Display>(
    key: &str,
    number: Option<N>,
    range: RangeInclusive<N>,
) -> Result<Option<N>, String> {
    match number {
        Some(number) if !range.contains(&number) => {
            Err(format!("{key} = {number}: it is from {} to {}", range.start(), range.end()))
        }
        number => Ok(number),
    }
}

fn one<T>(key: &str, word: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<T, String> {
    read(word).map_err(|why| format!("{key} = {word:?}: {why}"))
}

fn each<T>(
    key: &str,
    words: &[String],
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    words.iter().map(|word| one(key, word, &read)).collect()
}

fn word_of<T: ValueEnum>(key: &str, word: &str) -> Result<T, String> {
    T::from_str(word, false).map_err(|_| {
        let known = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let known: Vec<String> = known.map(|value| value.get_name().to_owned()).collect();
        format!("{key} = {word:?}: it is one of {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command};

    fn args(words: &[&str]) -> Box<CheckArgs> {
        let words = ["interloper", "check"].iter().chain(words);
        match Cli::try_parse_from(words).unwrap().command {
            Some(Command::Check(args)) => args,
            other => panic!("{other:?}"),
        }
    }

    fn filled(text: &str, words: &[&str], given: &[&str]) -> Result<Box<CheckArgs>, String> {
        let mut args = args(words);
        let config: Config = toml::from_str(text).map_err(|error| error.to_string())?;
        config.fill(&mut args, &|flag| given.contains(&flag)).map(|_| args)
    }

    const PROJECT: &str = r#"
        driver = "python3 driver.py"
        name = "mine"
        scenario = ["permissions"]
        umask = ["0022", "0077"]
        fail-on = "high"
        known = ["known.toml"]
    "#;

    #[test]
    fn the_file_says_what_the_command_line_does_not() {
        let args = filled(PROJECT, &[], &[]).unwrap();
        assert_eq!(args.driver.driver.as_deref(), Some("python3 driver.py"));
        assert_eq!(args.scenario, ["permissions"]);
        assert_eq!((args.umask.len(), args.run.output.known.len()), (2, 1));
        assert_eq!(args.run.output.fail_on, interloper_record::Severity::High);
    }

    #[test]
    fn a_flag_replaces_its_key_and_a_target_all_that_say_what_is_tested() {
        let args = filled(PROJECT, &["httpie", "--scenario", "deletion"], &["scenario"]).unwrap();
        assert_eq!(args.scenario, ["deletion"]);
        assert_eq!(args.targets, ["httpie"]);
        assert!(!args.driver.is_given() && args.driver.name.is_none());
        assert_eq!(args.umask.len(), 2);
    }

    #[test]
    fn what_no_flag_would_take_is_refused_with_its_key() {
        for (text, key) in [
            ("drivr = 'x'", "drivr"),
            ("umask = ['8']", "umask"),
            ("profile = 'slow'", "quick"),
            ("timeout = '5'", "timeout"),
            ("fail-on = 'bad'", "fail-on"),
            ("load = 'x'", "command"),
            ("name = 'x'", "driver"),
            ("driver = 'a'\ncommand = ['b']", "all but one"),
            ("jobs = 0", "from 1 to 256"),
            ("max-fail = 0", "max-fail"),
        ] {
            let error = filled(text, &[], &[]).unwrap_err();
            assert!(error.contains(key), "{text}: {error}");
        }
    }
}
