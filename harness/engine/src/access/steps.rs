//! Every name that is looked up on the way to a file, whoever goes it.

use std::path::{Path, PathBuf};

use super::component::Component;
use super::walk::resolve;
use crate::error::Result;

/// One name of a path, looked up in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The directory, which has to be searched.
    pub dir: Component,
    /// The path of what was found in it; that of the directory itself for `..`, which nobody can exchange.
    pub path: PathBuf,
    /// What was found; `None` for `..`.
    pub entry: Option<Component>,
}

/// Returns every lookup on the way to an absolute path, links in the middle followed as the kernel follows them, and the last not;
/// `None` if something is missing. The last step's entry is the file itself; there is no step to `/`.
///
/// # Errors
/// When the harness itself cannot look at something on the way.
pub fn steps(path: &Path) -> Result<Option<Vec<Step>>> {
    let mut steps = Vec::new();
    let found = resolve(
        path,
        |_, _| true,
        |dir, path, entry| {
            steps.push(Step { dir: dir.clone(), path: path.to_owned(), entry: entry.cloned() });
        },
    )?;
    Ok(found.map(|_| steps))
}
