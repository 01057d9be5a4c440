//! What hosts drivers: this program, Python, Node, Go, Cargo, PHP and Ruby. Each is a [`Runtime`] in a file of its own.
//!
//! | file | what |
//! |---|---|
//! | [`rust`] | the adapters that are part of this program |
//! | [`mod@python`], [`venv`] | the Python of this host, and packages in an environment of their own |
//! | [`node`] | the Node of this host, and packages from a lock file |
//! | [`go`] | programs that the Go of this host makes |
//! | [`cargo`] | programs that the Cargo of this host builds |
//! | [`hosted`] | subjects that this program starts itself, in place of a driver |
//! | [`plain`] | the PHP and the Ruby of this host |
//! | [`debian`] | the packages of Debian that are installed |
//! | [`install`] | running an installer: its lock, its progress, and what its errors mean |
//!
//! A runtime knows packages and the cache, and nothing of the list of subjects.

pub(super) mod cargo;
mod debian;
mod go;
mod hosted;
mod install;
mod node;
mod plain;
pub(crate) mod python;
mod rust;
mod venv;

use std::path::{Path, PathBuf};

use interloper_engine::{FileSpec, Hosting, StoreSpec};

use super::cache::Cache;
use super::manifest::{Host, Package, Version};

use super::error::InstallError;
pub(crate) use hosted::host;
pub(crate) use install::Installer;

/// Host of drivers in a language.
pub(crate) trait Runtime: Sync {
    /// Finds it on this host: the first on PATH that answers and is new enough.
    ///
    /// # Errors
    /// When there is none.
    fn find(&self, oldest: Option<&Version>) -> Result<Interpreter, InstallError>;

    /// Returns what an install is made from: it is another install if this is another. `None` if nothing has to be installed.
    ///
    /// # Errors
    /// When the host lacks it.
    fn inputs(&self, package: &Package) -> Result<Option<Vec<String>>, InstallError>;

    /// Installs what a package needs into a directory that is empty.
    ///
    /// # Errors
    /// When that fails; what is in the directory then is removed.
    fn install(
        &self,
        package: &Package,
        interpreter: &Interpreter,
        installer: &Installer<'_>,
    ) -> Result<(), InstallError>;

    /// Returns the command that starts the driver, with what it needs to see; `place` is where it was installed.
    ///
    /// # Errors
    /// When what is installed does not answer.
    fn command(
        &self,
        package: &Package,
        interpreter: &Interpreter,
        place: &Path,
    ) -> Result<StoreSpec, InstallError>;

    /// Returns the files that every driver of this runtime imports.
    fn kit(&self) -> Vec<FileSpec>;
}

/// A program that runs or makes drivers.
#[derive(Clone, Debug)]
pub(crate) struct Interpreter {
    /// The program, as it names itself.
    pub(crate) program: PathBuf,
    /// Its version.
    pub(crate) version: String,
    /// What of the host it needs to see.
    pub(crate) shown: Vec<PathBuf>,
}

/// Returns the runtime of a package, the name of its program, and the oldest version that will do.
fn runtime(package: &Package) -> (&'static dyn Runtime, Option<&Version>) {
    match &package.host {
        // Commands need nothing of a runtime: this program executes them.
        Host::Rust {} | Host::Command(_) => (&rust::Rust, None),
        Host::Python(needs) => (&python::PythonRuntime, Some(&needs.oldest)),
        Host::Node(needs) => (&node::Node, Some(&needs.oldest)),
        Host::Go(needs) => (&go::Go, Some(&needs.oldest)),
        Host::Cargo(needs) => (&cargo::Cargo, Some(&needs.oldest)),
        Host::Php(needs) => (&plain::PHP, Some(&needs.oldest)),
        Host::Ruby(needs) => (&plain::RUBY, Some(&needs.oldest)),
    }
}

/// Returns the interpreter that hosts a package on this host.
///
/// # Errors
/// When there is none.
pub(crate) fn find(package: &Package) -> Result<Interpreter, InstallError> {
    let (runtime, oldest) = runtime(package);
    runtime.find(oldest)
}

/// Returns the version of what a package is, if its manifest pins none: that of its Debian package, or of the interpreter that it comes with.
///
/// # Errors
/// When the host has neither.
pub(crate) fn version(package: &Package) -> Result<String, InstallError> {
    let debian = debian::version(package)?;
    match debian.is_empty() {
        true => Ok(find(package)?.version),
        false => Ok(debian),
    }
}

/// Returns what it takes to start a driver; what has to be installed for it is, unless it is there.
///
/// # Errors
/// When the runtime is missing, or what the package needs cannot be installed.
pub(crate) fn prepare(package: &Package) -> Result<StoreSpec, InstallError> {
    let (runtime, oldest) = runtime(package);
    let interpreter = runtime.find(oldest)?;
    let Some(inputs) = inputs(runtime, package, &interpreter)? else {
        return runtime.command(package, &interpreter, Path::new(""));
    };
    let cache = Cache::open()?;
    let place = cache.place(package, &inputs);
    if !place.is_dir() {
        install::install(&cache, runtime, package, &interpreter, &place, false)?;
    }
    runtime.command(package, &interpreter, &place)
}

/// Installs a package anew, and removes what other versions left; `None` if it needs nothing installed.
///
/// # Errors
/// As [`prepare`].
pub(crate) fn update(package: &Package) -> Result<Option<PathBuf>, InstallError> {
    let (runtime, oldest) = runtime(package);
    if !package.needs_install() {
        return Ok(None);
    }
    let interpreter = runtime.find(oldest)?;
    let Some(inputs) = inputs(runtime, package, &interpreter)? else { return Ok(None) };
    let cache = Cache::open()?;
    let place = cache.place(package, &inputs);
    install::install(&cache, runtime, package, &interpreter, &place, true)?;
    let _lock = cache.lock()?;
    for old in cache.installed(&package.name)? {
        if old != place {
            cache.remove(&old)?;
        }
    }
    Ok(Some(place))
}

/// Returns what an install is made from, the interpreter among it; `None` if nothing has to be installed.
fn inputs(
    runtime: &dyn Runtime,
    package: &Package,
    interpreter: &Interpreter,
) -> Result<Option<Vec<String>>, InstallError> {
    let inputs = runtime.inputs(package)?;
    Ok(inputs.map(|mut inputs| {
        inputs.extend([interpreter.version.clone(), text(&interpreter.program)]);
        inputs
    }))
}

/// Returns a path as an argument: the engine's arguments are text.
fn text(path: impl AsRef<Path>) -> String {
    path.as_ref().to_string_lossy().into_owned()
}

/// Returns a driver's command, with the arguments that its package names.
fn hosting(package: &Package, mut argv: Vec<String>) -> Hosting {
    argv.extend(package.args.iter().cloned());
    Hosting::Command { argv, env: Vec::new() }
}

/// Returns a file to put into the sandbox.
fn placed(name: &str, contents: &str) -> FileSpec {
    FileSpec { name: name.into(), contents: contents.into() }
}
