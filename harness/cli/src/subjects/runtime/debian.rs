//! Packages of Debian that a store is, or is made from: what is installed on this host.

use std::path::Path;
use std::process::{Command, Stdio};

use super::InstallError;
use crate::subjects::manifest::{Host, Package};

/// Returns the version of the Debian package that a store names; empty if it names none.
///
/// # Errors
/// When it is not installed.
pub(super) fn version(package: &Package) -> Result<String, InstallError> {
    let name = match &package.host {
        Host::Go(needs) => Some(&needs.debian),
        Host::Php(needs) | Host::Ruby(needs) => needs.debian.as_ref(),
        Host::Python(needs) | Host::Node(needs) => needs.debian.as_ref(),
        _ => None,
    };
    let Some(name) = name else { return Ok(String::new()) };
    let missing =
        |why| InstallError::NoPackage { store: package.name.clone(), package: name.clone(), why };
    let words = ["--show", "--showformat", "${db:Status-Status} ${Version}", name];
    let said = say(Path::new("dpkg-query"), &words).map_err(|why| missing(Some(why)))?;
    let version = said.strip_prefix("installed ").ok_or_else(|| missing(None))?;
    Ok(version.to_owned())
}

/// Returns the first line of a program's output, or the reason why there is none.
pub(super) fn say(program: &Path, words: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(words)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    let first = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes).trim().lines().next().unwrap_or_default().to_owned()
    };
    match output.status.success() {
        true => Ok(first(&output.stdout)),
        false => Err(first(&output.stderr)),
    }
}
