//! The nodes of a sandbox's file trees, as its root sees them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::dir::Dir;
use serde::{Deserialize, Serialize};

use crate::error::{Context, Result};
use crate::paths::near;
use crate::sandbox::beneath;

/// Kind of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeKind {
    /// A regular file.
    File,
    /// A directory.
    Dir,
    /// A symbolic link.
    Symlink,
    /// A FIFO, socket or device.
    Other,
}

impl NodeKind {
    /// Returns the kind that a file mode states.
    pub fn of_mode(mode: u32) -> NodeKind {
        match mode & libc::S_IFMT {
            libc::S_IFREG => NodeKind::File,
            libc::S_IFDIR => NodeKind::Dir,
            libc::S_IFLNK => NodeKind::Symlink,
            _ => NodeKind::Other,
        }
    }
}

/// A path of the sandbox and what stat(2) says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Path of the node.
    pub path: PathBuf,
    /// Kind of the node.
    pub kind: NodeKind,
    /// Its permission bits, with setuid, setgid and sticky.
    pub mode: u32,
    /// Its owner.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Its size in bytes.
    pub size: u64,
    /// Its inode number.
    pub inode: u64,
    /// Time of the last change of its contents, in nanoseconds since the epoch.
    pub modified: i128,
}

impl Node {
    /// Formats the mode as `ls -l` prints it.
    pub fn mode_string(&self) -> String {
        let kind = match self.kind {
            NodeKind::File => '-',
            NodeKind::Dir => 'd',
            NodeKind::Symlink => 'l',
            NodeKind::Other => '?',
        };
        let mut text = String::from(kind);
        for (shift, special, letter) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
            let bits = self.mode >> shift;
            text.push(if bits & 4 != 0 { 'r' } else { '-' });
            text.push(if bits & 2 != 0 { 'w' } else { '-' });
            let (search, special) = (bits & 1 != 0, self.mode & special != 0);
            text.push(match (search, special) {
                (true, true) => letter,
                (false, true) => letter.to_ascii_uppercase(),
                (true, false) => 'x',
                (false, false) => '-',
            });
        }
        text
    }
}

/// All nodes in the writable places, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// The nodes.
    pub nodes: BTreeMap<PathBuf, Node>,
}

impl Tree {
    /// Reads the trees below the given roots, but for what of the host is shown there; the roots themselves are in it.
    pub(crate) fn read(
        roots: impl IntoIterator<Item = PathBuf>,
        shown: &[PathBuf],
    ) -> Result<Tree> {
        let mut tree = Tree::default();
        let mut open: Vec<PathBuf> = roots.into_iter().collect();
        while let Some(path) = open.pop() {
            if shown.contains(&path) {
                continue;
            }
            let Some(node) = read_node(&path)? else { continue };
            if node.kind == NodeKind::Dir {
                let names = names(&path).on("list", &path)?;
                open.extend(names.into_iter().map(|name| path.join(name)));
            }
            tree.nodes.insert(path, node);
        }
        Ok(tree)
    }

    /// Returns the nodes that are not in an earlier tree, parents first.
    pub fn new_since<'t>(&'t self, earlier: &'t Tree) -> impl Iterator<Item = &'t Node> {
        self.nodes.values().filter(|node| !earlier.nodes.contains_key(&node.path))
    }

    /// Returns the nodes that are not in an earlier tree, or not the same there.
    pub fn changed_since<'t>(&'t self, earlier: &'t Tree) -> impl Iterator<Item = &'t Node> {
        self.nodes.values().filter(|node| earlier.nodes.get(&node.path) != Some(node))
    }
}

/// Returns the names in a directory, as far as it is one and may be listed.
fn names(path: &Path) -> io::Result<Vec<OsString>> {
    let dir = match beneath::open_dir(path) {
        Ok(dir) => dir,
        // Without capabilities (tier `predicted`) the store may have closed a directory to its own user; and what it started may have
        // put something else there since it was looked at.
        Err(error)
            if matches!(
                error.raw_os_error(),
                Some(libc::EACCES | libc::ENOENT | libc::ENOTDIR | libc::ELOOP)
            ) =>
        {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in Dir::from_fd(dir)?.iter() {
        let name = entry?.file_name().to_bytes().to_vec();
        if !matches!(name.as_slice(), b"." | b"..") {
            names.push(OsString::from_vec(name));
        }
    }
    Ok(names)
}

/// Reads the node at a path; `None` if there is none.
pub(crate) fn read_node(path: &Path) -> Result<Option<Node>> {
    let metadata = match near(path, |path| fs::symlink_metadata(path)) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(None),
        Err(error) => return Err(error).on("stat", path),
    };
    Ok(Some(Node {
        path: path.to_owned(),
        kind: NodeKind::of_mode(metadata.mode()),
        mode: metadata.mode() & 0o7777,
        uid: metadata.uid(),
        gid: metadata.gid(),
        size: metadata.size(),
        inode: metadata.ino(),
        modified: i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec()),
    }))
}
