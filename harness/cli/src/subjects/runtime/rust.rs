//! Adapters that are part of this program: always there, never installed.

use std::path::Path;

use interloper_engine::{FileSpec, StoreSpec};

use super::{InstallError, Installer, Interpreter, Runtime};
use crate::subjects::manifest::{Package, Version};

/// This program, which starts itself again as the driver.
pub(super) struct Rust;

impl Runtime for Rust {
    fn find(&self, _oldest: Option<&Version>) -> Result<Interpreter, InstallError> {
        let program = std::env::current_exe().unwrap_or_default();
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Ok(Interpreter { program, version, shown: Vec::new() })
    }

    fn inputs(&self, _package: &Package) -> Result<Option<Vec<String>>, InstallError> {
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
        _interpreter: &Interpreter,
        _place: &Path,
    ) -> Result<StoreSpec, InstallError> {
        Ok(StoreSpec::adapter(&package.name))
    }

    fn kit(&self) -> Vec<FileSpec> {
        // The crate `interloper-driver`, which is compiled in.
        Vec::new()
    }
}
