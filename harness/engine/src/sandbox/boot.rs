//! What a supervisor is told when it starts, and how it makes its sandbox from that.

use std::fs;
use std::os::fd::RawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::clone::FIRST_MOUNT_FD;
use super::layout::Layout;
use super::mounts::{self, Inherited};
use super::tier::Tier;
use crate::error::{Context, Result};
use crate::principal::Ids;

/// The first thing a supervisor reads.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Boot {
    pub(crate) tier: Tier,
    pub(crate) layout: Layout,
    pub(crate) ids: Ids,
    /// The host's paths that the sandbox shows, in the order of their descriptors.
    pub(crate) shown: Vec<Shown>,
    /// Files that the driver needs and that are no files of the host.
    pub(crate) files: Vec<FileSpec>,
}

/// A path of the host that the sandbox shows, read-only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shown {
    pub(crate) path: PathBuf,
    pub(crate) is_dir: bool,
}

/// A file made in the sandbox, below [`Layout::driver_files`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSpec {
    /// Its name, a path without `..`.
    pub name: String,
    /// Contents of the file.
    pub contents: String,
}

/// The host's paths every sandbox shows: programs, libraries and what they read to start.
const SYSTEM: [&str; 24] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/nix/store",
    "/gnu/store",
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
    "/etc/ssl",
    "/etc/localtime",
    "/etc/protocols",
    "/etc/services",
    "/etc/mime.types",
    "/etc/php",
];

impl Boot {
    /// Returns what to show: the system, and the runtimes at their own paths.
    ///
    /// A path below another that is shown needs no mount of its own; a link of the system's is made again as a link.
    pub(crate) fn shown(runtimes: &[PathBuf]) -> Vec<Shown> {
        let mut paths: Vec<PathBuf> = SYSTEM.iter().map(PathBuf::from).collect();
        paths.retain(|path| path.parent() != Some(Path::new("/")) || !path.is_symlink());
        paths.extend(runtimes.iter().map(|path| beyond_link(path)));
        let mut shown: Vec<Shown> = Vec::new();
        paths.sort();
        for path in paths {
            let Ok(metadata) = fs::metadata(&path) else { continue };
            let covered = shown.iter().any(|other| path.starts_with(&other.path));
            if !covered {
                shown.push(Shown { path, is_dir: metadata.is_dir() });
            }
        }
        shown
    }
}

/// Returns a path below one of the system's links, as `/bin/sh`, by its other name: the sandbox has the same link.
fn beyond_link(path: &Path) -> PathBuf {
    let is_top = |path: &&Path| path.parent() == Some(Path::new("/"));
    let link = path.ancestors().find(is_top).filter(|top| top.is_symlink());
    let link = link.filter(|top| SYSTEM.iter().any(|system| Path::new(system) == *top));
    match link.and_then(|top| Some((fs::canonicalize(top).ok()?, path.strip_prefix(top).ok()?))) {
        Some((real, rest)) => real.join(rest),
        None => path.to_owned(),
    }
}

/// Makes the sandbox. In tier `namespaces` this is pid 1 of it, with the detached mounts inherited.
pub(crate) fn set_up(boot: &Boot) -> Result<()> {
    match boot.tier {
        Tier::Namespaces => {
            nix::unistd::sethostname("sandbox").doing("name the sandbox")?;
            let inherited: Vec<_> = boot
                .shown
                .iter()
                .zip(FIRST_MOUNT_FD..)
                .map(|(shown, fd): (&Shown, RawFd)| Inherited {
                    fd,
                    path: &shown.path,
                    is_dir: shown.is_dir,
                })
                .collect();
            mounts::build(&boot.layout, &inherited, |tree| {
                let (passwd, group) = boot.ids.account_files();
                place(&tree.join("etc/passwd"), &passwd)?;
                place(&tree.join("etc/group"), &group)?;
                let hosts = format!("127.0.0.1 localhost\n::1 localhost\n{}", crate::http::hosts());
                place(&tree.join("etc/hosts"), &hosts)?;
                if let Some(authority) = crate::http::authority() {
                    let path = crate::http::AUTHORITY_FILE.trim_start_matches('/');
                    place(&tree.join(path), authority)?;
                }
                place(
                    &tree.join("etc/nsswitch.conf"),
                    "passwd: files\ngroup: files\nhosts: files\n",
                )?;
                place_driver_files(boot, tree)
            })?;
            mounts::loopback_up()
        }
        Tier::Uids | Tier::Predicted => {
            for root in boot.layout.roots() {
                fs::create_dir_all(&root.path).on("make the directory", &root.path)?;
                let mode = fs::Permissions::from_mode(root.mode);
                fs::set_permissions(&root.path, mode).on("set the mode of", &root.path)?;
            }
            place_driver_files(boot, Path::new("/"))
        }
    }
}

fn place_driver_files(boot: &Boot, tree: &Path) -> Result<()> {
    let dir = boot.layout.driver_files();
    for file in &boot.files {
        place(&tree.join(dir.strip_prefix("/").unwrap_or(&dir)).join(&file.name), &file.contents)?;
    }
    Ok(())
}

fn place(path: &Path, contents: &str) -> Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).on("make the directory", parent)?;
    }
    fs::write(path, contents).on("write", path)?;
    // Read by every principal, whatever the umask the harness was started with.
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).on("set the mode of", path)
}
