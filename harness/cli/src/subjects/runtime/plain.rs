//! Interpreters of this host that need nothing installed for a driver: PHP and Ruby. What a store needs besides comes from Debian's packages.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use interloper_driver::kits;
use interloper_engine::{FileSpec, StoreSpec};

use super::{InstallError, Installer, Interpreter, Runtime, debian, hosting, placed, text};
use crate::subjects::manifest::{Package, Version};
use crate::subjects::paths;

/// An interpreter, and its kit.
pub(super) struct Plain {
    /// The name of the language.
    language: &'static str,
    /// The program on PATH.
    program: &'static str,
    /// The Debian package that has it.
    package: &'static str,
    /// Arguments with which it prints its own path and its version, a line each.
    question: &'static [&'static str],
    /// The name that the driver gets.
    driver: &'static str,
    /// The name of the kit that every driver reads.
    kit_file: &'static str,
    /// The text of the kit.
    kit: &'static str,
}

/// PHP's command line.
pub(super) static PHP: Plain = Plain {
    language: "PHP",
    program: "php",
    package: "php-cli",
    question: &["-r", "echo PHP_BINARY, \"\\n\", PHP_VERSION, \"\\n\";"],
    driver: "driver.php",
    kit_file: "interloper_driver.php",
    kit: kits::PHP,
};

/// Ruby.
pub(super) static RUBY: Plain = Plain {
    language: "Ruby",
    program: "ruby",
    package: "ruby",
    question: &["-r", "rbconfig", "-e", "puts RbConfig.ruby, RUBY_VERSION"],
    driver: "driver.rb",
    kit_file: "interloper_driver.rb",
    kit: kits::RUBY,
};

impl Runtime for Plain {
    fn find(&self, oldest: Option<&Version>) -> Result<Interpreter, InstallError> {
        let missing =
            |why| InstallError::NoProgram { program: self.program, why, packages: self.package };
        let program = paths::resolve(self.program).ok_or_else(|| missing(None))?;
        let (executable, version) = self
            .ask(&program)
            .map_err(|why| missing(Some(format!("{}: {why}", program.display()))))?;
        super::install::new_enough(&executable, self.language, &version, oldest)?;
        let mut shown = paths::around_program(&executable);
        shown.extend(paths::hops(&program));
        Ok(Interpreter { program: executable, version, shown })
    }

    fn inputs(&self, package: &Package) -> Result<Option<Vec<String>>, InstallError> {
        // Nothing is installed, but what the store needs has to be there.
        debian::version(package)?;
        Ok(None)
    }

    fn install(
        &self,
        _package: &Package,
        _interpreter: &Interpreter,
        _installer: &Installer<'_>,
    ) -> Result<(), InstallError> {
        Ok(())
    }

    fn command(
        &self,
        package: &Package,
        interpreter: &Interpreter,
        _place: &Path,
    ) -> Result<StoreSpec, InstallError> {
        let mut files = self.kit();
        files.push(placed(self.driver, package.driver_text()));
        let driver = format!("{{files}}/{}", self.driver);
        Ok(StoreSpec {
            runtimes: interpreter.shown.clone(),
            files,
            interpreter: Some(interpreter.program.clone()),
            hosting: hosting(package, vec![text(&interpreter.program), driver]),
            ..StoreSpec::adapter(&package.name)
        })
    }

    fn kit(&self) -> Vec<FileSpec> {
        vec![placed(self.kit_file, self.kit)]
    }
}

impl Plain {
    /// Asks an interpreter for its own path and its version.
    fn ask(&self, program: &Path) -> Result<(PathBuf, String), String> {
        let output = Command::new(program)
            .args(self.question)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stdout);
        let mut lines = said.lines().map(str::trim);
        match (lines.next(), lines.next()) {
            (Some(path), Some(version)) if path.starts_with('/') => {
                Ok((path.into(), version.to_owned()))
            }
            _ => {
                let said = String::from_utf8_lossy(&output.stderr);
                Err(said.trim().lines().next().unwrap_or("it says nothing").to_owned())
            }
        }
    }
}
