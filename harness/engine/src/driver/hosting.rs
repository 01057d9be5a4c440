//! What it takes to start a driver.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::sandbox::FileSpec;

/// A store to test: how to start its driver, and what that needs to be in the sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreSpec {
    /// The name it is asked for by.
    pub name: String,
    /// Host of its driver.
    pub hosting: Hosting,
    /// Directories and files that the runtime needs, shown read-only at their own paths.
    pub runtimes: Vec<PathBuf>,
    /// Files to be made in the sandbox, below [`Layout::driver_files`](crate::sandbox::Layout::driver_files).
    pub files: Vec<FileSpec>,
    /// A file that reports can point at.
    pub source: Option<String>,
    /// The interpreter that `hello.runtime` must name, where one was provisioned.
    pub interpreter: Option<PathBuf>,
}

/// Way in which a driver is hosted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hosting {
    /// An adapter of this very program, by its registered name.
    Adapter(String),
    /// A program; `{files}` in an argument is where [`StoreSpec::files`] are.
    Command {
        /// The program and its arguments.
        argv: Vec<String>,
        /// Environment variables on top of the sandbox's own.
        env: Vec<(String, String)>,
    },
}

impl StoreSpec {
    /// Returns a store that an adapter of this program hosts.
    pub fn adapter(name: impl Into<String>) -> StoreSpec {
        let name = name.into();
        StoreSpec {
            hosting: Hosting::Adapter(name.clone()),
            name,
            runtimes: Vec::new(),
            files: Vec::new(),
            source: None,
            interpreter: None,
        }
    }

    /// Returns a store that a program hosts.
    pub fn command(name: impl Into<String>, argv: Vec<String>) -> StoreSpec {
        let name = name.into();
        StoreSpec {
            hosting: Hosting::Command { argv, env: Vec::new() },
            ..StoreSpec::adapter(name)
        }
    }
}
