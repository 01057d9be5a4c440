//! The Python of this host: which one answers to `python3`, and where its parts are.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::ProvisionError;

/// The oldest Python that the drivers are written for.
const OLDEST: [u32; 2] = [3, 8];

/// What an interpreter says of itself. A shim of pyenv or asdf answers for the interpreter it stands for.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Python {
    /// Its own path.
    pub(crate) executable: PathBuf,
    /// Its version.
    pub(crate) version: [u32; 3],
    prefix: PathBuf,
    base_prefix: PathBuf,
    base_exec_prefix: PathBuf,
    libraries: Vec<PathBuf>,
    missing: Vec<String>,
}

const QUESTION: &str = r#"
import importlib.util, json, sys, sysconfig
print(json.dumps({
    "executable": sys.executable,
    "version": list(sys.version_info[:3]),
    "prefix": sys.prefix,
    "base_prefix": sys.base_prefix,
    "base_exec_prefix": sys.base_exec_prefix,
    "libraries": [sysconfig.get_path(name) for name in ("stdlib", "platstdlib")],
    "missing": [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None],
}))
"#;

/// The first `python3` on PATH that answers and is new enough.
///
/// # Errors
/// When there is none: what the first one said.
pub(crate) fn find() -> Result<Python, ProvisionError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut first_error = None;
    for dir in std::env::split_paths(&path).filter(|dir| dir.is_absolute()) {
        let program = dir.join("python3");
        if !program.is_file() {
            continue;
        }
        match ask(&program).and_then(new_enough) {
            Ok(python) => return Ok(python),
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    Err(first_error.unwrap_or(ProvisionError::NoPython(None)))
}

fn new_enough(python: Python) -> Result<Python, ProvisionError> {
    if python.version[..2] < OLDEST[..] {
        let version = python.version_text();
        return Err(ProvisionError::OldPython { path: python.executable, version });
    }
    Ok(python)
}

/// Asks an interpreter where its parts are.
///
/// # Errors
/// When it does not answer.
pub(crate) fn ask(program: &Path) -> Result<Python, ProvisionError> {
    let silent =
        |why: String| ProvisionError::NoPython(Some(format!("{}: {why}", program.display())));
    let output = Command::new(program)
        .args(["-I", "-c", QUESTION])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| silent(error.to_string()))?;
    serde_json::from_slice(&output.stdout).map_err(|_| {
        let said = String::from_utf8_lossy(&output.stderr);
        silent(said.trim().lines().last().unwrap_or("it says nothing").to_owned())
    })
}

impl Python {
    /// The version in words.
    pub(crate) fn version_text(&self) -> String {
        let [major, minor, patch] = self.version;
        format!("{major}.{minor}.{patch}")
    }

    /// The module that installing packages needs and that is not there.
    pub(crate) fn missing(&self) -> Option<ProvisionError> {
        let module = ["venv", "ensurepip"]
            .into_iter()
            .find(|module| self.missing.iter().any(|missing| missing == module))?;
        Some(ProvisionError::NoVenv { path: self.executable.clone(), module })
    }

    /// What of the host a program on this interpreter needs to see.
    pub(crate) fn runtimes(&self) -> Vec<PathBuf> {
        let mut runtimes =
            vec![self.prefix.clone(), self.base_prefix.clone(), self.base_exec_prefix.clone()];
        runtimes.extend(self.libraries.iter().cloned());
        runtimes.extend(crate::subjects::hops(&self.executable));
        // Links on the way there lead out of what is shown, so each place is shown under its real name, too.
        let real: Vec<PathBuf> =
            runtimes.iter().filter_map(|path| std::fs::canonicalize(path).ok()).collect();
        runtimes.extend(real);
        runtimes.retain(|path| path.is_absolute() && path != Path::new("/"));
        runtimes.sort();
        runtimes.dedup();
        runtimes
    }
}
