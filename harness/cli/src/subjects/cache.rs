//! The directory that installed stores are kept in.
//!
//! An install is made beside its place and renamed there when it is whole, so what is at a place is whole. Whoever changes
//! something there holds the lock, so whatever unfinished install is seen under the lock belongs to nobody that lives.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use sha2::{Digest, Sha256};

use super::error::InstallError;
use super::manifest::Package;
use crate::output::note;

/// What the name of an unfinished install begins with.
const UNFINISHED: &str = ".unfinished-";

/// The directory, and that it is there.
#[derive(Debug)]
pub(crate) struct Cache {
    dir: PathBuf,
}

impl Cache {
    /// Where the cache is, whether it is there or not.
    ///
    /// # Errors
    /// When neither XDG_CACHE_HOME nor HOME says.
    pub(crate) fn path() -> Result<PathBuf, InstallError> {
        // The specification: a path that is not absolute is to be ignored.
        let absolute =
            |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let base = absolute("XDG_CACHE_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
            .ok_or(InstallError::NoCache)?;
        Ok(base.join("interloper").join("stores"))
    }

    /// Returns the directory.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The cache, made where it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn open() -> Result<Cache, InstallError> {
        let dir = Cache::path()?;
        let fail = |source| InstallError::cache("make the cache directory", &dir, source);
        DirBuilder::new().recursive(true).mode(0o755).create(&dir).map_err(fail)?;
        Ok(Cache { dir })
    }

    /// Returns where a package is, once it is installed.
    ///
    /// Other inputs, such as another lock file or another interpreter: another place.
    pub(crate) fn place(&self, package: &Package, inputs: &[String]) -> PathBuf {
        let mut hash = Sha256::new();
        for part in inputs {
            hash.update(part);
            hash.update([0]);
        }
        let digest: String =
            hash.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        let version = package.version.as_deref().unwrap_or("0");
        self.dir.join(format!("{}-{version}-{digest}", package.name))
    }

    /// Returns every install of a store, for whatever version or interpreter it was made.
    ///
    /// # Errors
    /// When the cache cannot be read.
    pub(crate) fn installed(&self, name: &str) -> Result<Vec<PathBuf>, InstallError> {
        let fail = |source| InstallError::cache("list the cache directory", &self.dir, source);
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let file = entry.file_name();
            let Some(rest) = file.to_str().and_then(|file| file.strip_prefix(name)) else {
                continue;
            };
            // NAME-VERSION-DIGEST; a store whose name begins the same has another name here.
            let is_install = rest.strip_prefix('-').is_some_and(|rest| {
                rest.starts_with(|c: char| c.is_ascii_digit()) && rest.contains('-')
            });
            if is_install && entry.path().is_dir() {
                found.push(entry.path());
            }
        }
        found.sort();
        Ok(found)
    }

    /// Waits until nobody else changes the cache, and removes what installs that died left.
    ///
    /// # Errors
    /// When the cache cannot be written to.
    pub(crate) fn lock(&self) -> Result<Flock<File>, InstallError> {
        let path = self.dir.join(".lock");
        let fail = |source| InstallError::cache("lock the cache directory", &path, source);
        let file =
            File::options().create(true).truncate(false).write(true).open(&path).map_err(fail)?;
        let lock = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => lock,
            Err((file, Errno::EWOULDBLOCK)) => {
                note(&format!("waiting for another install in {}", self.dir.display()));
                Flock::lock(file, FlockArg::LockExclusive)
                    .map_err(|(_, errno)| fail(errno.into()))?
            }
            Err((_, errno)) => return Err(fail(errno.into())),
        };
        self.remove_unfinished().map_err(fail)?;
        Ok(lock)
    }

    /// Removes what installs that died left, unless somebody changes the cache just now: then it may be theirs, and they sweep, too.
    pub(crate) fn sweep() {
        let Some(cache) = Cache::path().ok().filter(|dir| dir.is_dir()).map(|dir| Cache { dir })
        else {
            return;
        };
        let lock = File::options().write(true).open(cache.dir.join(".lock"));
        let held = lock.ok().map(|file| Flock::lock(file, FlockArg::LockExclusiveNonblock));
        if let Some(Ok(_held)) = held {
            // A cache that may not be written to is no reason not to run.
            let _ = cache.remove_unfinished();
        }
    }

    fn remove_unfinished(&self) -> std::io::Result<()> {
        for entry in fs::read_dir(&self.dir)?.filter_map(Result::ok) {
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                match entry.file_type()?.is_dir() {
                    true => fs::remove_dir_all(entry.path())?,
                    false => fs::remove_file(entry.path())?,
                }
            }
        }
        Ok(())
    }

    /// A directory for an install that is not whole yet; the lock must be held.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn begin(&self, name: &str) -> Result<PathBuf, InstallError> {
        let path = self.dir.join(format!("{UNFINISHED}{name}-{}", std::process::id()));
        let fail = |source| InstallError::cache("make a directory", &path, source);
        fs::create_dir(&path).map_err(fail)?;
        // The sandbox's users are others to this host, and they run what is here.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).map_err(fail)?;
        Ok(path)
    }

    /// Puts a whole install at its place, and what was there before aside.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub(crate) fn finish(&self, made: &Path, place: &Path) -> Result<(), InstallError> {
        if place.exists() {
            self.remove(place)?;
        }
        let fail = |source| InstallError::cache("rename the install", place, source);
        fs::rename(made, place).map_err(fail)
    }

    /// Removes an install; it is gone from its place at once, even if removing it is cut short.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub(crate) fn remove(&self, path: &Path) -> Result<(), InstallError> {
        let fail = |source| InstallError::cache("remove", path, source);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let going = if name.starts_with(UNFINISHED) {
            path.to_owned()
        } else {
            let going = self.dir.join(format!("{UNFINISHED}{name}-{}", std::process::id()));
            fs::rename(path, &going).map_err(fail)?;
            going
        };
        if going.is_dir() { fs::remove_dir_all(&going) } else { fs::remove_file(&going) }
            .map_err(fail)
    }
}
