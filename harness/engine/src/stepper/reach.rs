//! Which paths are in the sandbox's writable places.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// The sandbox's writable places.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    roots: Vec<PathBuf>,
    /// What is below them and not the store's to write: what of the host is shown there, and the directories that were made for that.
    unwritable: Vec<PathBuf>,
}

/// Where links of the system lead into a writable place from outside: `/var/run/user` is `/run/user` in Debian, and so on.
const LINKED: [&str; 4] = ["/proc", "/dev/fd", "/var/run", "/var/lock"];

impl Reach {
    pub(crate) fn new(roots: Vec<PathBuf>, unwritable: Vec<PathBuf>) -> Reach {
        Reach { roots, unwritable }
    }

    /// Whether a path is below a writable place.
    pub(crate) fn has(&self, path: &Path) -> bool {
        let below = |dirs: &[PathBuf]| dirs.iter().any(|dir| path.starts_with(dir));
        below(&self.roots) && !below(&self.unwritable)
    }

    /// The same for a call that only looks: one at a writable place itself is no business of the store's where the driver's own code is
    /// below it. Runtimes look at each directory above a file that they load, and no case changes that one.
    pub(crate) fn is_looked_at(&self, path: &Path) -> bool {
        let is_way = || self.unwritable.iter().any(|shown| shown.starts_with(path));
        self.has(path) && !(self.roots.iter().any(|root| root == path) && is_way())
    }

    /// Whether one of several is.
    pub(crate) fn any(&self, paths: &[PathBuf]) -> bool {
        paths.iter().any(|path| self.has(path))
    }

    /// The absolute path that a thread means by a path.
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

/// Where a path really is; a name that is not there yet is where its directory is.
fn real(path: &Path) -> Option<PathBuf> {
    let there = std::fs::canonicalize(path).ok();
    there.or_else(|| Some(std::fs::canonicalize(path.parent()?).ok()?.join(path.file_name()?)))
}

/// Where a descriptor leads; a removed file by its last path.
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
