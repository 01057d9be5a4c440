//! The packages of a store: a virtual environment that is made beside its place and renamed there.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use indicatif::{ProgressBar, ProgressStyle};

use super::super::PythonStore;
use super::{Cache, Environment, ProvisionError, Python, ask};
use crate::output::{remark, stderr_is_terminal};

/// Installs the packages of a store at a place of the cache; `anew` even if they are there.
pub(super) fn install(
    cache: &Cache,
    store: &PythonStore,
    requirements: &str,
    python: &Python,
    place: &Path,
    anew: bool,
) -> Result<(), ProvisionError> {
    if let Some(missing) = python.missing() {
        return Err(missing);
    }
    let _lock = cache.lock()?;
    // Somebody else may have installed it while this waited, and be running it now.
    if place.is_dir() && !anew {
        return Ok(());
    }
    let made = cache.begin(&store.name)?;
    let installed =
        fill(store, requirements, python, &made).and_then(|()| cache.finish(&made, place));
    if installed.is_err() {
        // The error that stopped the install is the one to tell; the next install removes what cannot be removed now.
        let _ = fs::remove_dir_all(&made);
    }
    installed
}

fn fill(
    store: &PythonStore,
    requirements: &str,
    python: &Python,
    made: &Path,
) -> Result<(), ProvisionError> {
    let version = store.version.as_deref().unwrap_or_default();
    let progress = Progress::new(&format!("installing {} {version}", store.name), made);
    let tmp = made.join("tmp");
    fs::create_dir(&tmp).map_err(|error| ProvisionError::cache("make", &tmp, error))?;
    let list = made.join("requirements.txt");
    fs::write(&list, requirements).map_err(|error| ProvisionError::cache("write", &list, error))?;
    let step = Step { store, made, tmp: &tmp, progress: &progress };

    // Without pip, and pip after it: venv keeps to itself what the installation of pip says.
    let base = python.executable.as_os_str();
    step.run("making a virtual environment", base, &["-m", "venv", "--without-pip"], Some(made))?;
    let program = made.join("bin/python");
    let ensurepip = ["-m", "ensurepip", "--upgrade", "--default-pip"];
    step.run("installing pip", program.as_os_str(), &ensurepip, None)?;
    let pip = [
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--no-input",
        "install",
        "--progress-bar=off",
        "--retries=2",
        "--timeout=20",
        "--only-binary=:all:",
        "--require-hashes",
        "--requirement",
    ];
    step.run("installing its packages", program.as_os_str(), &pip, Some(&list))?;
    fs::remove_dir_all(&tmp).map_err(|error| ProvisionError::cache("remove", &tmp, error))
}

/// What an installed store is started with.
pub(super) fn environment(
    store: &PythonStore,
    python: &Python,
    place: &Path,
) -> Result<Environment, ProvisionError> {
    let inside = ask(&place.join("bin/python")).map_err(|error| ProvisionError::Failed {
        store: store.name.clone(),
        what: "asking its interpreter",
        why: format!("{error}; `interloper stores update {}` installs it anew", store.name),
    })?;
    let mut runtimes = python.runtimes();
    runtimes.extend(inside.runtimes());
    runtimes.push(place.to_owned());
    Ok(Environment { python: inside.executable, runtimes })
}

/// What pip says where the package index does not answer.
const OFFLINE: [&str; 11] = [
    "Failed to establish a new connection",
    "NameResolutionError",
    "name resolution",
    "Network is unreachable",
    "Connection refused",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "Read timed out",
    "ProxyError",
    "Connection aborted",
    "SSLError",
];

/// What the steps of an install share.
struct Step<'a> {
    store: &'a PythonStore,
    made: &'a Path,
    tmp: &'a Path,
    progress: &'a Progress,
}

impl Step<'_> {
    /// Runs an isolated Python, and says why it failed.
    fn run(
        &self,
        what: &'static str,
        python: &OsStr,
        words: &[&str],
        last: Option<&Path>,
    ) -> Result<(), ProvisionError> {
        let failed =
            |why: String| ProvisionError::Failed { store: self.store.name.clone(), what, why };
        // The shell only sets the umask: the sandbox's users must be able to read what is installed.
        let mut child = Command::new("/bin/sh")
            .args(["-c", "umask 022; exec \"$@\" 2>&1", "sh"])
            .arg(python)
            .arg("-I")
            .args(words)
            .args(last)
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
        if status.success() { Ok(()) } else { Err(self.explain(what, &said, &status.to_string())) }
    }

    /// What went wrong, from what was said: pip has no other way to tell.
    fn explain(&self, what: &'static str, said: &[String], status: &str) -> ProvisionError {
        let store = self.store.name.clone();
        let says = |words: &[&str]| {
            said.iter().find(|line| words.iter().any(|word| line.contains(word))).cloned()
        };
        let full = ["No space left on device", "[Errno 28]", "Disk quota exceeded", "ENOSPC"];
        if says(&full).is_some() {
            return ProvisionError::full(&place_of(self.made));
        }
        if let Some(why) = says(&["DO NOT MATCH THE HASHES", "Hashes are required", "--hash"]) {
            return ProvisionError::Hash { store, why };
        }
        if let Some(line) = says(&OFFLINE) {
            return ProvisionError::Offline { store, why: cause(&line) };
        }
        let why = || {
            let errors = said.iter().rev().find(|line| line.starts_with("ERROR:"));
            let last = errors.or(said.last()).cloned().unwrap_or_else(|| status.to_owned());
            last.trim_start_matches("ERROR: ").to_owned()
        };
        if says(&["No matching distribution found"]).is_some() {
            return ProvisionError::NoWheel { store, why: why() };
        }
        ProvisionError::Failed { store, what, why: why() }
    }
}

/// The cache directory that an unfinished install is in: its own name means nothing once it is gone.
fn place_of(made: &Path) -> PathBuf {
    made.parent().unwrap_or(made).to_owned()
}

/// The reason in pip's warning about a connection: it stands between the names of a class and of an address.
fn cause(line: &str) -> String {
    let begin = OFFLINE.iter().filter_map(|word| line.find(word)).min().unwrap_or_default();
    let quoted = line[begin..].split('\'').find(|part| part.trim().contains(' '));
    quoted.unwrap_or(line).trim().to_owned()
}

/// A spinner with what pip says now, or one line where nobody sees it turn.
struct Progress(Option<ProgressBar>, String);

impl Progress {
    fn new(what: &str, made: &Path) -> Progress {
        if !stderr_is_terminal() {
            remark(&format!("{what} in {}", place_of(made).display()));
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
