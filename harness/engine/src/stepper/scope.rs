//! Which paths are in the sandbox's writable places.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// The sandbox's writable places.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    roots: Vec<PathBuf>,
    /// Paths below the roots that are not the store's to write: paths of the host that are shown there, and the directories made for that.
    unwritable: Vec<PathBuf>,
    /// Cache of where descriptors lead, if it is kept.
    kept: Option<RefCell<Kept>>,
}

/// Cache of where descriptors lead, by thread and number: the file, as the kernel tells it from others, and its path.
type Kept = HashMap<(i32, i32), ((u64, u64), PathBuf)>;

/// Directories from which links of the system lead into a writable place: `/var/run/user` is `/run/user` in Debian, and so on.
const LINKED: [&str; 4] = ["/proc", "/dev/fd", "/var/run", "/var/lock"];

impl Scope {
    pub(crate) fn new(roots: Vec<PathBuf>, unwritable: Vec<PathBuf>) -> Scope {
        Scope { roots, unwritable, kept: None }
    }

    /// Keeps where descriptors lead from now on, or no longer.
    pub(crate) fn keep(&mut self, keep: bool) {
        self.kept = keep.then(RefCell::default);
    }

    /// Forgets where descriptors lead: names may have changed.
    pub(crate) fn forget(&self) {
        if let Some(kept) = &self.kept {
            kept.borrow_mut().clear();
        }
    }

    /// Returns where a descriptor leads, and its inode if it is in a writable place.
    pub(crate) fn descriptor(&self, thread: i32, fd: i32) -> (Option<PathBuf>, Option<u64>) {
        let file = || {
            let metadata = std::fs::metadata(format!("/proc/{thread}/fd/{fd}")).ok()?;
            Some((metadata.dev(), metadata.ino()))
        };
        let inode = |path: &Path| file().filter(|_| self.has(path));
        let Some(kept) = &self.kept else {
            let path = descriptor(thread, fd);
            let inode = path.as_deref().and_then(inode).map(|(_, inode)| inode);
            return (path, inode);
        };
        // The number may be another file's by now, of which nobody said anything: dup2(2).
        if let Some((same, path)) = kept.borrow().get(&(thread, fd))
            && file() == Some(*same)
        {
            return (Some(path.clone()), Some(same.1));
        }
        let path = descriptor(thread, fd);
        let inode = path.as_deref().and_then(inode);
        if let (Some(path), Some(file)) = (&path, inode) {
            kept.borrow_mut().insert((thread, fd), (file, path.clone()));
        }
        (path, inode.map(|(_, inode)| inode))
    }

    /// Returns whether a path is below a writable place.
    pub(crate) fn has(&self, path: &Path) -> bool {
        let below = |dirs: &[PathBuf]| dirs.iter().any(|dir| path.starts_with(dir));
        below(&self.roots) && !below(&self.unwritable)
    }

    /// Returns whether a call that only looks is within scope: one at a writable place itself is no business of the store's if the driver's
    /// own code is below it. Runtimes look at each directory above a file that they load, and no case changes that one.
    pub(crate) fn is_looked_at(&self, path: &Path) -> bool {
        let is_way = || self.unwritable.iter().any(|shown| shown.starts_with(path));
        self.has(path) && !(self.roots.iter().any(|root| root == path) && is_way())
    }

    /// Returns whether one of several is.
    pub(crate) fn any(&self, paths: &[PathBuf]) -> bool {
        paths.iter().any(|path| self.has(path))
    }

    /// Returns the absolute path that a thread means by a path.
    ///
    /// `..` is taken off as text: a link on the way is not followed, since what the call does with it is what is being looked at.
    pub(crate) fn resolve(&self, thread: i32, dir: Option<i32>, path: &Path) -> PathBuf {
        let whole = if path.is_absolute() {
            path.to_owned()
        } else {
            let base = match dir {
                Some(fd) => descriptor(thread, fd),
                None => working_directory(thread),
            };
            base.unwrap_or_default().join(path)
        };
        let plain = without_dots(&whole);
        if LINKED.iter().any(|dir| plain.starts_with(dir)) {
            let seen = match plain.strip_prefix("/proc/self") {
                Ok(rest) => Path::new("/proc").join(thread.to_string()).join(rest),
                Err(_) => match plain.strip_prefix("/dev/fd") {
                    Ok(rest) => PathBuf::from(format!("/proc/{thread}/fd")).join(rest),
                    Err(_) => plain.clone(),
                },
            };
            if let Some(real) = real(&seen)
                && self.has(&real)
            {
                return real;
            }
        }
        plain
    }
}

/// Returns the real path; a name that does not exist yet is in its directory.
fn real(path: &Path) -> Option<PathBuf> {
    let there = std::fs::canonicalize(path).ok();
    there.or_else(|| Some(std::fs::canonicalize(path.parent()?).ok()?.join(path.file_name()?)))
}

/// Returns where a descriptor leads; a removed file by its last path.
pub(crate) fn descriptor(thread: i32, fd: i32) -> Option<PathBuf> {
    let path = std::fs::read_link(format!("/proc/{thread}/fd/{fd}")).ok()?;
    Some(undeleted(path))
}

fn working_directory(thread: i32) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/{thread}/cwd")).ok().map(undeleted)
}

fn undeleted(path: PathBuf) -> PathBuf {
    match path.as_os_str().as_bytes().strip_suffix(b" (deleted)") {
        Some(rest) => PathBuf::from(OsStr::from_bytes(rest)),
        None => path,
    }
}

fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::os::fd::{AsRawFd, OwnedFd};

    use nix::unistd::dup2;

    use super::*;

    #[test]
    fn where_a_descriptor_leads_is_kept_until_names_may_have_changed() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().canonicalize().unwrap().join(name);
        let mut one = OwnedFd::from(File::create(path("one")).unwrap());
        let (other, number) = (File::create(path("other")).unwrap(), one.as_raw_fd());
        let mut scope = Scope::new(vec![path("")], Vec::new());
        let thread = nix::unistd::gettid().as_raw();
        let leads = |scope: &Scope| scope.descriptor(thread, number).0.unwrap();
        fs::rename(path("one"), path("moved")).unwrap();
        assert_eq!(leads(&scope), path("moved"));
        scope.keep(true);
        assert_eq!(leads(&scope), path("moved"));
        fs::rename(path("moved"), path("back")).unwrap();
        assert_eq!(leads(&scope), path("moved"), "it was asked again");
        scope.forget();
        assert_eq!(leads(&scope), path("back"));
        // Another file under the same number, of which nobody said anything.
        dup2(&other, &mut one).unwrap();
        assert_eq!(scope.descriptor(thread, number).0.unwrap(), path("other"));
        scope.keep(false);
        fs::rename(path("other"), path("last")).unwrap();
        assert_eq!(leads(&scope), path("last"));
    }
}
