//! Programs that the Go of this host makes, from sources that Debian packages have: nothing is fetched.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use interloper_driver::kits::GO as KIT;
use interloper_engine::{FileSpec, StoreSpec};

use super::install::Words;
use super::{InstallError, Installer, Interpreter, Runtime, debian, hosting, placed, text};
use crate::subjects::manifest::{Package, Version};
use crate::subjects::paths;

/// Sources of Debian's packages of Go libraries: the GOPATH of <https://go-team.pages.debian.net/packaging.html>.
const SOURCES: &str = "/usr/share/gocode";

/// Words of the compiler: none need reading, since it fetches nothing.
const GO: Words = Words { offline: &[], hash: &[], no_wheel: &[], error: "", way: "" };

/// The file that is made.
const PROGRAM: &str = "driver";

/// Go.
pub(super) struct Go;

impl Runtime for Go {
    fn find(&self, oldest: Option<&Version>) -> Result<Interpreter, InstallError> {
        let missing = |why| InstallError::NoProgram { program: "go", why, packages: "golang-go" };
        let program = paths::resolve("go").ok_or_else(|| missing(None))?;
        let version = debian::say(&program, &["env", "GOVERSION"])
            .map_err(|why| missing(Some(format!("{}: {why}", program.display()))))?;
        let version = version.trim_start_matches("go").to_owned();
        super::install::new_enough(&program, "Go", &version, oldest)?;
        Ok(Interpreter { program, version, shown: Vec::new() })
    }

    fn inputs(&self, package: &Package) -> Result<Option<Vec<String>>, InstallError> {
        let version = debian::version(package)?;
        Ok(Some(vec![package.driver_text().to_owned(), KIT.to_owned(), version]))
    }

    fn install(
        &self,
        package: &Package,
        interpreter: &Interpreter,
        installer: &Installer<'_>,
    ) -> Result<(), InstallError> {
        let path = installer.tmp.join("gopath");
        let driver = installer.tmp.join("driver.go");
        let kit = path.join("src/interloper");
        fs::create_dir_all(&kit).map_err(|error| InstallError::cache("make", &kit, error))?;
        for (file, contents) in
            [(driver.clone(), package.driver_text()), (kit.join("interloper_driver.go"), KIT)]
        {
            fs::write(&file, contents)
                .map_err(|error| InstallError::cache("write", &file, error))?;
        }
        let env: [(&str, String); 5] = [
            ("GO111MODULE", "off".into()),
            ("GOFLAGS", String::new()),
            ("GOPATH", format!("{}:{SOURCES}", path.display())),
            ("GOTOOLCHAIN", "local".into()),
            ("CGO_ENABLED", "0".into()),
        ];
        let env: Vec<String> = env.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let version = format!("-X main.version={}", debian::version(package)?);
        let made = installer.made.join(PROGRAM);
        let mut words: Vec<&OsStr> = env.iter().map(OsStr::new).collect();
        words.push(interpreter.program.as_os_str());
        words.extend(["build", "-ldflags", &version, "-o"].map(OsStr::new));
        words.extend([made.as_os_str(), driver.as_os_str()]);
        installer.run("compiling its driver", Path::new("/usr/bin/env"), &words, &GO)
    }

    fn command(
        &self,
        package: &Package,
        _interpreter: &Interpreter,
        place: &Path,
    ) -> Result<StoreSpec, InstallError> {
        let program = place.join(PROGRAM);
        Ok(StoreSpec {
            runtimes: vec![place.to_owned()],
            hosting: hosting(package, vec![text(&program)]),
            interpreter: Some(program),
            ..StoreSpec::adapter(&package.name)
        })
    }

    fn kit(&self) -> Vec<FileSpec> {
        vec![placed("interloper_driver.go", KIT)]
    }
}
