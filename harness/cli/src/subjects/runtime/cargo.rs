//! Programs that the Cargo of this host builds, from the crates that a lock file pins.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use interloper_driver::kits::RUST as KIT;
use interloper_engine::{FileSpec, StoreSpec};

use super::install::Words;
use super::{InstallError, Installer, Interpreter, Runtime, debian, hosting, placed, text};
use crate::subjects::cache::Cache;
use crate::subjects::manifest::{Package, Version};
use crate::subjects::paths;

/// The name of a crate's manifest in the folder. Under its own name, Cargo would take the folder for a package, and leave it out of the
/// one that ships it.
const MANIFEST: &str = "Cargo.toml.txt";

/// The program that is built: the name of the crate's only `[[bin]]`.
const PROGRAM: &str = "main";

/// The directory of the kit in the crate.
const KIT_DIR: &str = "kit";

/// The directory of the cache in which the crates of all such subjects are compiled: most of them are the same.
const BUILD: &str = ".cargo-build";

/// Words of Cargo.
const CARGO: Words = Words {
    offline: &[
        "Could not resolve host",
        "Couldn't connect to server",
        "Could not connect to server",
        "Failed to connect to",
        "Timeout was reached",
        "Operation timed out",
        "Connection refused",
        "network failure",
        "failed to download",
    ],
    hash: &["failed to verify the checksum", "checksum for `"],
    no_wheel: &[],
    error: "error: ",
    way: "name a registry that answers in Cargo's config.toml",
};

/// The variables of a build: the least work, and no answer of a registry awaited for long.
const BUILD_ENV: [&str; 7] = [
    "CARGO_INCREMENTAL=0",
    "CARGO_PROFILE_DEV_DEBUG=0",
    "CARGO_PROFILE_DEV_OPT_LEVEL=0",
    "CARGO_PROFILE_DEV_STRIP=symbols",
    "CARGO_NET_RETRY=2",
    "CARGO_HTTP_TIMEOUT=20",
    "CARGO_TERM_COLOR=never",
];

/// Variables that would put the program elsewhere, or compile all crates anew.
const UNSET: [&str; 3] = ["CARGO_BUILD_TARGET", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"];

/// Cargo, and the compiler that it calls.
pub(super) struct Cargo;

impl Runtime for Cargo {
    fn find(&self, oldest: Option<&Version>) -> Result<Interpreter, InstallError> {
        let missing = |why| InstallError::NoProgram { program: "cargo", why, packages: "cargo" };
        let program = paths::resolve("cargo").ok_or_else(|| missing(None))?;
        let version = debian::say(&program, &["--version"])
            .map_err(|why| missing(Some(format!("{}: {why}", program.display()))))?;
        // `cargo 1.95.0 (f2d3ce0bd 2026-03-21)`; a compiler of a release has its Cargo's version.
        let version = version.split(' ').nth(1).unwrap_or_default().to_owned();
        super::install::new_enough(&program, "Cargo", &version, oldest)?;
        Ok(Interpreter { program, version, shown: Vec::new() })
    }

    fn inputs(&self, package: &Package) -> Result<Option<Vec<String>>, InstallError> {
        let files = crate_files(package).map(|(_, contents)| contents.to_owned());
        let kit = KIT.iter().map(|(_, contents)| (*contents).to_owned());
        Ok(Some(files.chain(kit).collect()))
    }

    fn install(
        &self,
        package: &Package,
        interpreter: &Interpreter,
        installer: &Installer<'_>,
    ) -> Result<(), InstallError> {
        let source = installer.tmp.join("crate");
        let kit = KIT.iter().map(|(name, contents)| (Path::new(KIT_DIR).join(name), *contents));
        let own = crate_files(package).map(|(name, contents)| (PathBuf::from(name), contents));
        for (name, contents) in own.chain(kit) {
            write(&source.join(name), contents)?;
        }
        let build = build_dir(installer.made);
        let target = format!("CARGO_TARGET_DIR={}", build.display());
        let mut words: Vec<&OsStr> = vec![OsStr::new("-C"), source.as_os_str()];
        words.extend(UNSET.iter().flat_map(|name| ["-u", name]).map(OsStr::new));
        words.extend(BUILD_ENV.iter().copied().chain([target.as_str()]).map(OsStr::new));
        words.push(interpreter.program.as_os_str());
        words.extend(["build", "--locked", "--bin", PROGRAM].map(OsStr::new));
        installer.run("compiling its driver", Path::new("/usr/bin/env"), &words, &CARGO)?;
        let (built, made) = (build.join("debug").join(PROGRAM), installer.made.join(PROGRAM));
        fs::copy(&built, &made)
            .map_err(|error| InstallError::cache("copy the program", &built, error))?;
        // The sandbox's users are others to this host.
        fs::set_permissions(&made, fs::Permissions::from_mode(0o755))
            .map_err(|error| InstallError::cache("change the mode of", &made, error))
    }

    fn command(
        &self,
        package: &Package,
        _interpreter: &Interpreter,
        place: &Path,
    ) -> Result<StoreSpec, InstallError> {
        Ok(StoreSpec {
            runtimes: vec![place.to_owned()],
            hosting: hosting(package, vec![text(place.join(PROGRAM))]),
            ..StoreSpec::adapter(&package.name)
        })
    }

    fn kit(&self) -> Vec<FileSpec> {
        KIT.iter().map(|(name, contents)| placed(name, contents)).collect()
    }
}

/// Removes what was compiled for such subjects, which the next install of one does anew; the cache's lock must be held.
///
/// # Errors
/// When it cannot be removed.
pub(in crate::subjects) fn remove_build(cache: &Cache) -> Result<(), InstallError> {
    let build = cache.dir().join(BUILD);
    if build.is_dir() { cache.remove(&build) } else { Ok(()) }
}

/// The directory in which crates are compiled, beside an install that is made.
fn build_dir(made: &Path) -> PathBuf {
    made.parent().unwrap_or(made).join(BUILD)
}

/// The files of the crate, by the names that Cargo knows.
fn crate_files(package: &Package) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
    let files = package.folder.files.iter().filter(|(name, _)| *name != "subject.toml");
    files.map(|(name, contents)| (if *name == MANIFEST { "Cargo.toml" } else { *name }, *contents))
}

/// Writes a file, and makes the directories on the way to it.
fn write(path: &Path, contents: &str) -> Result<(), InstallError> {
    let fail = |error| InstallError::cache("write", path, error);
    fs::create_dir_all(path.parent().unwrap_or(path)).map_err(fail)?;
    fs::write(path, contents).map_err(fail)
}
