//! The Node of this host, and the packages of a subject: what its lock file pins, without the packages' scripts.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use interloper_driver::kits::NODE as KIT;
use interloper_engine::{FileSpec, StoreSpec};
use serde::Deserialize;

use super::install::Words;
use super::{InstallError, Installer, Interpreter, Runtime, debian, hosting, placed, text};
use crate::subjects::manifest::{Host, Package, Version};
use crate::subjects::paths;

/// Its name.
const KIT_FILE: &str = "interloper_driver.js";

/// The name that the driver gets.
const DRIVER: &str = "driver.js";

/// The Debian packages that have what is needed.
const DEBIAN: &str = "nodejs npm";

/// Words of npm.
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

/// Answer of an interpreter about itself.
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
        debian::version(package)?;
        let Some(lock) = lock_file(package) else { return Ok(None) };
        let files = installed_files(package, lock);
        Ok(Some(files.into_iter().map(|(_, contents)| contents.to_owned()).collect()))
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
        for (name, contents) in installed_files(package, lock_file(package).unwrap_or_default()) {
            let path = installer.made.join(name);
            let fail = |error| InstallError::cache("write", &path, error);
            fs::write(&path, contents).map_err(fail)?;
            // The sandbox's users are others to this host, whatever the umask is here.
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).map_err(fail)?;
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
        let mut runtimes = interpreter.shown.clone();
        let (driver, files) = if package.needs_install() {
            runtimes.push(place.to_owned());
            (text(place.join(DRIVER)), Vec::new())
        } else {
            let mut files = self.kit();
            files.push(placed(DRIVER, package.driver_text()));
            (format!("{{files}}/{DRIVER}"), files)
        };
        Ok(StoreSpec {
            runtimes,
            files,
            interpreter: Some(interpreter.program.clone()),
            hosting: hosting(package, vec![text(&interpreter.program), driver]),
            ..StoreSpec::adapter(&package.name)
        })
    }

    fn kit(&self) -> Vec<FileSpec> {
        vec![placed(KIT_FILE, KIT)]
    }
}

/// Returns the files to put beside the packages. The driver is there, too: Node looks for packages beside the file that asks, and NODE_PATH, with which it
/// would find them elsewhere, is nothing to `import` and makes each start 8 % slower.
fn installed_files<'a>(package: &'a Package, lock: &'a str) -> [(&'a str, &'static str); 4] {
    let file = |name| package.folder.file(name).unwrap_or_default();
    [
        (lock, file(lock)),
        ("package.json", file("package.json")),
        (DRIVER, package.driver_text()),
        (KIT_FILE, KIT),
    ]
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
