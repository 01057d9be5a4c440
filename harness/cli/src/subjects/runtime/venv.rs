//! The packages of a subject in Python: a virtual environment of their own.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use super::install::Words;
use super::{InstallError, Installer};

/// Words of pip.
const PIP: Words = Words {
    offline: &[
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
    ],
    hash: &["DO NOT MATCH THE HASHES", "Hashes are required", "--hash"],
    no_wheel: &["No matching distribution found"],
    error: "ERROR:",
    way: "let pip find the files with PIP_FIND_LINKS or PIP_INDEX_URL",
};

/// The words of the command that installs from a file of pinned packages.
const INSTALL: [&str; 12] = [
    "-I",
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

/// Makes an environment in an empty directory, and installs what is pinned into it.
///
/// # Errors
/// When that fails.
pub(super) fn fill(
    requirements: &str,
    python: &Path,
    installer: &Installer<'_>,
) -> Result<(), InstallError> {
    let made = installer.made;
    let list = made.join("requirements.txt");
    fs::write(&list, requirements).map_err(|error| InstallError::cache("write", &list, error))?;
    let run = |what, program: &Path, words: &[&str], last: Option<&Path>| {
        let mut words: Vec<&OsStr> = words.iter().map(OsStr::new).collect();
        words.extend(last.map(Path::as_os_str));
        installer.run(what, program, &words, &PIP)
    };
    // Without pip, and pip after it: venv keeps to itself what the installation of pip says.
    let venv = ["-I", "-m", "venv", "--without-pip"];
    run("making a virtual environment", python, &venv, Some(made))?;
    let program = made.join("bin/python");
    let ensurepip = ["-I", "-m", "ensurepip", "--upgrade", "--default-pip"];
    run("installing pip", &program, &ensurepip, None)?;
    run("installing its packages", &program, &INSTALL, Some(&list))
}
