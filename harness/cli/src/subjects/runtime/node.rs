//! The Node of this host, and the packages of a subject: what its lock file pins, without the packages' scripts.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use interloper_engine::{Hosting, Placed, StoreSpec};
use serde::Deserialize;

use super::install::Words;
use super::{InstallError, Installer, Interpreter, Runtime, placed, text};
use crate::subjects::manifest::{Host, Package, Version};
use crate::subjects::paths;

/// The kit that every driver in Node requires.
const KIT: &str = include_str!("../../../../driver/node/interloper_driver.js");

/// The Debian packages that have what is needed.
const DEBIAN: &str = "nodejs npm";

/// What npm says.
const NPM: Words = Words {
    offline: &[
        "EAI_AGAIN",
        "ENOTFOUND",
        "ENETUNREACH",
        "EHOSTUNREACH",
        "ECONNREFUSED",
        "ECONNRESET",
        "ETIMEDOUT",
        "ERR_SOCKET_TIMEOUT",
    ],
    hash: &["EINTEGRITY"],
    no_wheel: &[],
    error: "npm ERR! ",
    way: "name a registry that answers with NPM_CONFIG_REGISTRY",
};

/// Node.
pub(super) struct Node;

/// What an interpreter says of itself.
#[derive(Deserialize)]
struct Answer {
    executable: PathBuf,
    version: String,
}

const QUESTION: &str =
    "JSON.stringify({ executable: process.execPath, version: process.versions.node })";

impl Runtime for Node {
    fn find(&self, oldest: Option<&Version>) -> Result<Interpreter, InstallError> {
        let missing = |why| InstallError::NoProgram { program: "node", why, packages: DEBIAN };
        let program = paths::resolve("node").ok_or_else(|| missing(None))?;
        let answer =
            ask(&program).map_err(|why| missing(Some(format!("{}: {why}", program.display()))))?;
        super::install::new_enough(&answer.executable, "Node", &answer.version, oldest)?;
        let mut shown = paths::around_program(&answer.executable);
        shown.extend(paths::hops(&program));
        Ok(Interpreter { program: answer.executable, version: answer.version, shown })
    }

    fn inputs(&self, package: &Package) -> Result<Option<Vec<String>>, InstallError> {
        let lock = lock_file(package).and_then(|lock| package.folder.file(lock));
        let wanted = package.folder.file("package.json").unwrap_or_default();
        Ok(lock.map(|lock| vec![lock.to_owned(), wanted.to_owned()]))
    }

    fn install(
        &self,
        package: &Package,
        _interpreter: &Interpreter,
        installer: &Installer<'_>,
    ) -> Result<(), InstallError> {
        let npm = paths::resolve("npm").ok_or(InstallError::NoProgram {
            program: "npm",
            why: None,
            packages: DEBIAN,
        })?;
        for name in ["package.json"].into_iter().chain(lock_file(package)) {
            let path = installer.made.join(name);
            fs::write(&path, package.folder.file(name).unwrap_or_default())
                .map_err(|error| InstallError::cache("write", &path, error))?;
        }
        let mut words: Vec<&OsStr> =
            ["ci", "--ignore-scripts", "--no-audit", "--no-fund"].map(OsStr::new).into();
        words.extend(
            ["--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"]
                .map(OsStr::new),
        );
        words.extend(["--fetch-timeout=20000", "--prefix"].map(OsStr::new));
        words.push(installer.made.as_os_str());
        installer.run("installing its packages", &npm, &words, &NPM)
    }

    fn command(
        &self,
        package: &Package,
        interpreter: &Interpreter,
        place: &Path,
    ) -> Result<StoreSpec, InstallError> {
        let mut argv = vec![text(&interpreter.program), "{files}/driver.js".to_owned()];
        argv.extend(package.args.iter().cloned());
        let mut runtimes = interpreter.shown.clone();
        let mut env = Vec::new();
        if package.needs_install() {
            runtimes.push(place.to_owned());
            // Where `require` looks for what is not above the file that asks.
            env.push(("NODE_PATH".to_owned(), text(place.join("node_modules"))));
        }
        let mut files = self.kit();
        files.push(placed("driver.js", package.driver_text()));
        Ok(StoreSpec {
            name: package.name.clone(),
            hosting: Hosting::Command { argv, env },
            runtimes,
            files,
            source: None,
            interpreter: Some(interpreter.program.clone()),
        })
    }

    fn kit(&self) -> Vec<Placed> {
        vec![placed("interloper_driver.js", KIT)]
    }
}

/// The file that pins the packages.
fn lock_file(package: &Package) -> Option<&str> {
    match &package.host {
        Host::Node(needs) => needs.packages.as_deref(),
        _ => None,
    }
}

fn ask(program: &Path) -> Result<Answer, String> {
    let output = Command::new(program)
        .args(["--print", QUESTION])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    serde_json::from_slice(&output.stdout).map_err(|_| {
        let said = String::from_utf8_lossy(&output.stderr);
        said.trim().lines().next().unwrap_or("it says nothing").to_owned()
    })
}
