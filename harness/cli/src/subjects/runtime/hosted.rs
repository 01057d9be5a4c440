//! Subjects that this program starts itself, in place of a driver: applications and clients.

use interloper_engine::{Hosting, StoreSpec};

use super::{InstallError, Interpreter, find, placed, prepare, version};
use crate::subjects::manifest::Package;

/// A subject that this program starts in place of a driver, with its packages.
pub(crate) struct Hosted {
    /// Contents of the sandbox: the packages, and the files of the subject's folder.
    pub(crate) spec: StoreSpec,
    /// The runtime's program and its version, as reports name it.
    pub(crate) runtime: String,
    /// The version of the subject.
    pub(crate) version: String,
    program: String,
    main: String,
}

impl Hosted {
    /// Puts the program and the subject's own file into words of a command, where these placeholders stand.
    pub(crate) fn put<'w>(
        &self,
        words: impl IntoIterator<Item = &'w mut String>,
        [runtime, main]: [&str; 2],
    ) {
        for word in words {
            *word = word.replace(runtime, &self.program).replace(main, &self.main);
        }
    }
}

/// Returns what a subject of its own program needs; what has to be installed is. `files` stands for the directory of its files.
///
/// # Errors
/// When the runtime is missing, or what the package needs cannot be installed.
pub(crate) fn host(package: &Package, files: &str) -> Result<Hosted, InstallError> {
    let mut spec = prepare(package)?;
    let argv: &[String] = match &spec.hosting {
        Hosting::Command { argv, .. } => argv,
        Hosting::Adapter(_) => &[],
    };
    let program = argv.first().cloned().unwrap_or_default();
    let main = argv.get(1).map_or_else(String::new, |main| main.replace("{files}", files));
    let Interpreter { version: runtime, .. } = find(package)?;
    let own = match &package.version {
        Some(version) => version.clone(),
        None => version(package)?,
    };
    let texts = package.folder.files.iter().filter(|(name, _)| *name != "subject.toml");
    spec.files.extend(texts.map(|(name, contents)| placed(name, contents)));
    let runtime = format!("{program} {runtime}");
    Ok(Hosted { spec, runtime, version: own, program, main })
}
