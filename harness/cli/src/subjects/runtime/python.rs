//! The Python of this host: which one answers to `python3`, and where its parts are.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use interloper_driver::kits::PYTHON as KIT;
use interloper_engine::{FileSpec, StoreSpec};
use serde::Deserialize;

use super::{InstallError, Installer, Interpreter, Runtime, debian, hosting, placed, text, venv};
use crate::subjects::manifest::{Host, Package, Version};
use crate::subjects::paths;

/// The Debian packages that have what is needed.
const DEBIAN: &str = "python3 python3-venv";

/// Python.
pub(super) struct PythonRuntime;

/// Answer of an interpreter about itself. A shim of pyenv or asdf answers for the interpreter it stands for.
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

impl Runtime for PythonRuntime {
    fn find(&self, oldest: Option<&Version>) -> Result<Interpreter, InstallError> {
        let python = find(oldest)?;
        Ok(Interpreter {
            version: python.version_text(),
            shown: python.runtimes(),
            program: python.executable,
        })
    }

    fn inputs(&self, package: &Package) -> Result<Option<Vec<String>>, InstallError> {
        // Not installed here, but it has to be there.
        debian::version(package)?;
        Ok(requirements(package).map(|requirements| vec![requirements.to_owned()]))
    }

    fn install(
        &self,
        package: &Package,
        interpreter: &Interpreter,
        installer: &Installer<'_>,
    ) -> Result<(), InstallError> {
        if let Some(missing) = ask(&interpreter.program)?.missing() {
            return Err(missing);
        }
        venv::fill(requirements(package).unwrap_or_default(), &interpreter.program, installer)
    }

    fn command(
        &self,
        package: &Package,
        interpreter: &Interpreter,
        place: &Path,
    ) -> Result<StoreSpec, InstallError> {
        let mut runtimes = interpreter.shown.clone();
        let mut program = interpreter.program.clone();
        if package.needs_install() {
            let inside = ask(&place.join("bin/python")).map_err(|error| InstallError::Failed {
                store: package.name.clone(),
                what: "asking its interpreter",
                why: format!(
                    "{error}; `interloper stores update {}` installs it anew",
                    package.name
                ),
            })?;
            runtimes.extend(inside.runtimes());
            runtimes.push(place.to_owned());
            program = inside.executable;
        }
        let mut files = vec![placed("driver.py", package.driver_text())];
        files.extend(self.kit());
        Ok(StoreSpec {
            hosting: hosting(package, vec![text(&program), "{files}/driver.py".to_owned()]),
            runtimes,
            files,
            interpreter: Some(program),
            ..StoreSpec::adapter(&package.name)
        })
    }

    fn kit(&self) -> Vec<FileSpec> {
        vec![placed("interloper_driver.py", KIT)]
    }
}

/// The packages to install, each with its hashes.
fn requirements(package: &Package) -> Option<&'static str> {
    match &package.host {
        Host::Python(needs) => needs.packages.as_deref().and_then(|file| package.folder.file(file)),
        _ => None,
    }
}

/// Returns the kit, for a driver in Python that the user names.
pub(crate) fn kit() -> Vec<FileSpec> {
    PythonRuntime.kit()
}

/// Returns the first `python3` on PATH that answers and is new enough.
///
/// # Errors
/// When there is none: what the first one said.
pub(crate) fn find(oldest: Option<&Version>) -> Result<Python, InstallError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut first_error = None;
    for dir in std::env::split_paths(&path).filter(|dir| dir.is_absolute()) {
        let program = dir.join("python3");
        if !program.is_file() {
            continue;
        }
        match ask(&program).and_then(|python| new_enough(python, oldest)) {
            Ok(python) => return Ok(python),
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    Err(first_error.unwrap_or_else(|| missing(None)))
}

fn missing(why: Option<String>) -> InstallError {
    InstallError::NoProgram { program: "python3", why, packages: DEBIAN }
}

fn new_enough(python: Python, oldest: Option<&Version>) -> Result<Python, InstallError> {
    super::install::new_enough(&python.executable, "Python", &python.version_text(), oldest)?;
    Ok(python)
}

/// Asks an interpreter where its parts are.
///
/// # Errors
/// When it does not answer.
pub(crate) fn ask(program: &Path) -> Result<Python, InstallError> {
    let silent = |why: String| missing(Some(format!("{}: {why}", program.display())));
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
    /// Returns the version, with points.
    pub(crate) fn version_text(&self) -> String {
        let [major, minor, patch] = self.version;
        format!("{major}.{minor}.{patch}")
    }

    /// Returns the error for a module that installing packages needs and that is not there.
    pub(crate) fn missing(&self) -> Option<InstallError> {
        let module = ["venv", "ensurepip"]
            .into_iter()
            .find(|module| self.missing.iter().any(|missing| missing == module))?;
        Some(InstallError::NoVenv { path: self.executable.clone(), module })
    }

    /// Returns what of the host a program on this interpreter needs to see.
    pub(crate) fn runtimes(&self) -> Vec<PathBuf> {
        let mut runtimes =
            vec![self.prefix.clone(), self.base_prefix.clone(), self.base_exec_prefix.clone()];
        runtimes.extend(self.libraries.iter().cloned());
        runtimes.extend(paths::hops(&self.executable));
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
