//! Running an installer: under the cache's lock, beside the place, renamed there when it is whole.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use indicatif::{ProgressBar, ProgressStyle};

use super::{InstallError, Interpreter, Runtime};
use crate::output::{note, stderr_is_terminal};
use crate::subjects::cache::Cache;
use crate::subjects::manifest::{Package, Version};

/// An install that goes on.
pub(crate) struct Installer<'a> {
    /// What it is for.
    pub(super) store: &'a str,
    /// The directory that is filled.
    pub(super) made: &'a Path,
    /// A directory for temporary files, removed at the end.
    pub(super) tmp: &'a Path,
    progress: &'a Progress,
}

/// Words by which an installer tells what went wrong: it has no other way.
pub(super) struct Words {
    /// The package index does not answer.
    pub(super) offline: &'static [&'static str],
    /// A file is not the one that is pinned.
    pub(super) hash: &'static [&'static str],
    /// There is nothing for this machine.
    pub(super) no_wheel: &'static [&'static str],
    /// What a line with an error begins with.
    pub(super) error: &'static str,
    /// What to do about an index that does not answer.
    pub(super) way: &'static str,
}

/// Words of any installer for a full disk.
const FULL: [&str; 4] = ["No space left on device", "[Errno 28]", "Disk quota exceeded", "ENOSPC"];

/// Installs a package at a place of the cache; `anew` even if it is there.
///
/// # Errors
/// When the cache cannot be written to, or the installer fails.
pub(super) fn install(
    cache: &Cache,
    runtime: &dyn Runtime,
    package: &Package,
    interpreter: &Interpreter,
    place: &Path,
    anew: bool,
) -> Result<(), InstallError> {
    let _lock = cache.lock()?;
    // Somebody else may have installed it while this waited, and be running it now.
    if place.is_dir() && !anew {
        return Ok(());
    }
    let made = cache.begin(&package.name)?;
    let installed =
        fill(runtime, package, interpreter, &made).and_then(|()| cache.finish(&made, place));
    if installed.is_err() {
        // The error that stopped the install is the one to report; the next install removes what cannot be removed now.
        let _ = fs::remove_dir_all(&made);
    }
    installed
}

fn fill(
    runtime: &dyn Runtime,
    package: &Package,
    interpreter: &Interpreter,
    made: &Path,
) -> Result<(), InstallError> {
    let version = package.version.as_deref().unwrap_or_default();
    let what = format!("installing {} {version}", package.name);
    let progress = Progress::new(what.trim_end(), made);
    let tmp = made.join("tmp");
    fs::create_dir(&tmp).map_err(|error| InstallError::cache("make", &tmp, error))?;
    let installer = Installer { store: &package.name, made, tmp: &tmp, progress: &progress };
    runtime.install(package, interpreter, &installer)?;
    fs::remove_dir_all(&tmp).map_err(|error| InstallError::cache("remove", &tmp, error))
}

/// Refuses a program that is older than what is needed.
///
/// # Errors
/// When it is.
pub(super) fn new_enough(
    path: &Path,
    program: &'static str,
    found: &str,
    oldest: Option<&Version>,
) -> Result<(), InstallError> {
    match (Version::parse(found), oldest) {
        (Some(version), Some(oldest)) if version < *oldest => Err(InstallError::TooOld {
            path: path.to_owned(),
            program,
            found: found.to_owned(),
            oldest: oldest.to_string(),
        }),
        _ => Ok(()),
    }
}

impl Installer<'_> {
    /// Runs a program of the installer's, and says why it failed.
    ///
    /// # Errors
    /// When it cannot be run, or its exit code is not 0.
    pub(super) fn run(
        &self,
        what: &'static str,
        program: &Path,
        words: &[&OsStr],
        meaning: &Words,
    ) -> Result<(), InstallError> {
        let failed = |why: String| InstallError::Failed { store: self.store.to_owned(), what, why };
        // The shell only sets the umask: the sandbox's users must be able to read what is installed.
        let mut child = Command::new("/bin/sh")
            .args(["-c", "umask 022; exec \"$@\" 2>&1", "sh"])
            .arg(program)
            .args(words)
            .env("TMPDIR", self.tmp)
            .env_remove("PIP_REQUIRE_VIRTUALENV")
            .env_remove("PIP_TARGET")
            .env_remove("PIP_PREFIX")
            .env_remove("PIP_USER")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        let mut said = Vec::new();
        if let Some(output) = child.stdout.take() {
            for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).trim().to_owned();
                self.progress.say(&line);
                if !line.is_empty() && said.len() < 1000 {
                    said.push(line);
                }
            }
        }
        let status = child.wait().map_err(|error| failed(error.to_string()))?;
        match status.success() {
            true => Ok(()),
            false => Err(self.explain(what, &said, &status.to_string(), meaning)),
        }
    }

    /// Returns the error that the installer's output stands for.
    fn explain(
        &self,
        what: &'static str,
        said: &[String],
        status: &str,
        meaning: &Words,
    ) -> InstallError {
        let store = self.store.to_owned();
        let says = |words: &[&str]| {
            said.iter().find(|line| words.iter().any(|word| line.contains(word))).cloned()
        };
        if says(&FULL).is_some() {
            return InstallError::full(&place_of(self.made));
        }
        if let Some(why) = says(meaning.hash) {
            return InstallError::Hash { store, why };
        }
        if let Some(line) = says(meaning.offline) {
            let why = cause(&line, meaning.offline);
            return InstallError::Offline { store, why, way: meaning.way };
        }
        let why = || {
            let errors = said.iter().rev().find(|line| line.starts_with(meaning.error));
            let last = errors.or(said.last()).cloned().unwrap_or_else(|| status.to_owned());
            last.strip_prefix(meaning.error).unwrap_or(&last).trim().to_owned()
        };
        if says(meaning.no_wheel).is_some() {
            return InstallError::NoWheel { store, why: why() };
        }
        InstallError::Failed { store, what, why: why() }
    }
}

/// The cache directory that an unfinished install is in: its own name means nothing once it is gone.
fn place_of(made: &Path) -> PathBuf {
    made.parent().unwrap_or(made).to_owned()
}

/// The reason in a warning about a connection: pip has it between the names of a class and of an address.
fn cause(line: &str, offline: &[&str]) -> String {
    let begin = offline.iter().filter_map(|word| line.find(word)).min().unwrap_or_default();
    let quoted = line[begin..].split('\'').find(|part| part.trim().contains(' '));
    quoted.unwrap_or(line).trim().to_owned()
}

/// A spinner with what the installer says now, or one line where nobody sees it turn.
struct Progress(Option<ProgressBar>, String);

impl Progress {
    fn new(what: &str, made: &Path) -> Progress {
        if !stderr_is_terminal() {
            note(&format!("{what} in {}", place_of(made).display()));
            return Progress(None, String::new());
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(std::time::Duration::from_millis(100));
        Progress(Some(bar), what.to_owned())
    }

    fn say(&self, line: &str) {
        if let Some(bar) = &self.0 {
            let line: String = line.chars().filter(|c| !c.is_control()).take(100).collect();
            bar.set_message(format!("{}: {line}", self.1));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NPM: Words = Words {
        offline: &["EAI_AGAIN"],
        hash: &["EINTEGRITY"],
        no_wheel: &[],
        error: "npm ERR! ",
        way: "name a registry",
    };

    #[test]
    fn what_an_installer_says_is_told_apart() {
        let progress = Progress(None, String::new());
        let at = Path::new("/none/made");
        let installer = Installer { store: "x", made: at, tmp: at, progress: &progress };
        let explain = |line: &str| {
            let said = ["added 1 package".to_owned(), line.to_owned()];
            installer.explain("installing its packages", &said, "exit status: 1", &NPM)
        };
        assert!(matches!(explain("npm ERR! code ENOSPC"), InstallError::Full { .. }));
        assert!(matches!(explain("npm ERR! code EINTEGRITY"), InstallError::Hash { .. }));
        let offline = explain("npm ERR! request to https://x failed, reason: EAI_AGAIN x");
        assert!(offline.to_string().contains("name a registry"), "{offline}");
        let other = explain("npm ERR! a b c");
        assert_eq!(other.to_string(), "x cannot be installed: installing its packages: a b c");
    }
}
