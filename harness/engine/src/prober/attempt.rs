//! What a prober tries, and what came of it.
//!
//! Each attempt is a system call that the kernel lets through or refuses; nothing is concluded from a mode.
//! Nothing a store made is changed: opening for writing writes nothing, what is moved is moved back, what is created is removed.

use std::ffi::{OsStr, OsString};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag, RenameFlags, openat, renameat2};
use nix::sys::stat::{Mode, lstat};
use nix::unistd::{UnlinkatFlags, unlinkat};
use serde::{Deserialize, Serialize};

use crate::paths::near;
use crate::residue::{Hit, Search};

bitflags::bitflags! {
    /// What a principal could do with a path.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct Access: u16 {
        /// Learn that it exists, its size and its mode.
        const SEE = 1;
        /// Open the file for reading.
        const READ = 1 << 1;
        /// Open the file for writing.
        const WRITE = 1 << 2;
        /// Read the directory's names.
        const LIST = 1 << 3;
        /// Create a file in the directory.
        const CREATE = 1 << 4;
        /// Move it away.
        const REMOVE = 1 << 5;
        /// Put a file of its own in its place.
        const REPLACE = 1 << 6;
    }
}

impl Serialize for Access {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.bits().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Access {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Access, D::Error> {
        u16::deserialize(deserializer).map(Access::from_bits_truncate)
    }
}

impl Access {
    /// The letters of a story: `r`, `w`, `l`ist, `c`reate, `x` remove or replace; `-` for nothing.
    pub fn letters(self) -> String {
        let letters: String = [
            (Access::LIST, 'l'),
            (Access::READ, 'r'),
            (Access::WRITE, 'w'),
            (Access::CREATE, 'c'),
            (Access::REMOVE | Access::REPLACE, 'x'),
        ]
        .into_iter()
        .filter(|(access, _)| self.intersects(*access))
        .map(|(_, letter)| letter)
        .collect();
        if letters.is_empty() { "-".into() } else { letters }
    }
}

/// Something to try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Where it is.
    #[serde(with = "crate::paths::bytes")]
    pub path: PathBuf,
    /// What it is, as the harness saw it.
    pub kind: NodeKind,
}

/// What a path is.
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
    /// The kind that a file mode says.
    pub fn of_mode(mode: u32) -> NodeKind {
        match mode & libc::S_IFMT {
            libc::S_IFREG => NodeKind::File,
            libc::S_IFDIR => NodeKind::Dir,
            libc::S_IFLNK => NodeKind::Symlink,
            _ => NodeKind::Other,
        }
    }
}

/// What came of trying everything on one target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeResult {
    /// What worked.
    pub access: Access,
    /// How many bytes were read.
    pub read: u64,
    /// The canaries whose bytes were read.
    pub seen: Vec<Sighting>,
    /// The names that were listed.
    pub names: Vec<OsString>,
}

/// A canary in bytes that somebody got.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Sighting {
    /// Which canary.
    pub canary: u16,
    /// Which of its blocks.
    pub block: u8,
    /// At which byte.
    pub offset: u64,
    /// What it was wrapped in, outermost first; empty for none.
    pub wrapped: String,
}

/// How much of one file a prober reads, in bytes.
pub(crate) const READ_LIMIT: u64 = 8 << 20;
/// How many names of one directory a prober tells of.
pub(crate) const NAMES_LIMIT: usize = 256;

/// Searches bytes for canaries; each is told of once, at its first place.
pub(crate) fn sightings(search: &Search, bytes: &[u8]) -> Vec<Sighting> {
    first_of_each(search.search(bytes))
}

/// The first hit of each canary.
pub(crate) fn first_of_each(hits: Vec<Hit>) -> Vec<Sighting> {
    let mut seen: Vec<Sighting> = Vec::new();
    for hit in hits {
        if seen.iter().any(|other| other.canary == hit.canary) {
            continue;
        }
        let wrapped: Vec<String> = hit.wrapped.iter().map(ToString::to_string).collect();
        seen.push(Sighting {
            canary: hit.canary,
            block: hit.block,
            offset: hit.offset as u64,
            wrapped: wrapped.join(" in "),
        });
    }
    seen
}

/// Tries everything on a target, as whoever calls.
///
/// # Errors
/// When something could not be put back as it was: the case is worthless then.
pub(crate) fn attempt(target: &Target, search: &Search) -> Result<ProbeResult, String> {
    // Somebody who may not search a directory on the way gets nothing, as with a shorter path.
    let tried = near(&target.path, |path| Ok(attempt_at(path, target.kind, search)));
    tried.unwrap_or_else(|_| Ok(ProbeResult::default()))
}

fn attempt_at(path: &Path, kind: NodeKind, search: &Search) -> Result<ProbeResult, String> {
    let mut tried = ProbeResult::default();
    if lstat(path).is_ok() {
        tried.access |= Access::SEE;
    }
    match kind {
        NodeKind::File => {
            let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
            if let Ok(file) = openat(AT_FDCWD, path, OFlag::O_RDONLY | flags, Mode::empty()) {
                tried.access |= Access::READ;
                let bytes = read_from_start(&file);
                tried.read = bytes.len() as u64;
                tried.seen = sightings(search, &bytes);
            }
            if openat(AT_FDCWD, path, OFlag::O_WRONLY | flags, Mode::empty()).is_ok() {
                tried.access |= Access::WRITE;
            }
        }
        NodeKind::Dir => {
            if let Some(names) = list(path) {
                tried.access |= Access::LIST;
                tried.names = names;
            }
            if create_beside(path)? {
                tried.access |= Access::CREATE;
            }
        }
        NodeKind::Symlink | NodeKind::Other => {}
    }
    tried.access |= displace(path)?;
    Ok(tried)
}

/// Reads an open file from its start, whatever its position is. What is shorter than it was asked for is its end: regular files are read
/// whole, read(2), and what is no regular file has no place to read from, pread(2).
pub(crate) fn read_from_start(file: impl AsFd) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut chunk = [0_u8; 16 << 10];
    while (bytes.len() as u64) < READ_LIMIT {
        match nix::sys::uio::pread(file.as_fd(), &mut chunk, bytes.len() as libc::off_t) {
            Ok(n) => {
                bytes.extend_from_slice(&chunk[..n]);
                if n < chunk.len() {
                    break;
                }
            }
            Err(Errno::EINTR) => {}
            Err(_) => break,
        }
    }
    bytes
}

pub(crate) fn list(path: &Path) -> Option<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path).ok()?.take(NAMES_LIMIT) {
        names.push(entry.ok()?.file_name());
    }
    names.sort();
    Some(names)
}

/// The name of what a prober makes; no store of ours uses it.
fn own_name() -> String {
    format!(".interloper-{}", std::process::id())
}

fn create_beside(dir: &Path) -> Result<bool, String> {
    let path = dir.join(own_name());
    let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_CLOEXEC;
    if openat(AT_FDCWD, &path, flags, Mode::S_IRUSR).is_err() {
        return Ok(false);
    }
    unlinkat(AT_FDCWD, &path, UnlinkatFlags::NoRemoveDir)
        .map_err(|errno| format!("could not remove {} again: {errno}", path.display()))?;
    Ok(true)
}

/// Moves the path away and back, and puts a file of one's own in its place and back.
///
/// By way of its directory's descriptor: a path may lead through what it names (`a/../a`, or a link in itself), and could not be moved back.
fn displace(path: &Path) -> Result<Access, String> {
    let mut access = Access::empty();
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(access) };
    // With the dot a link is followed as one on the way, which `fs.protected_symlinks` leaves alone; and no parent means `.`.
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let Ok(parent) = openat(AT_FDCWD, &parent.join("."), flags, Mode::empty()) else {
        return Ok(access);
    };
    let own = own_name();
    let aside = OsStr::new(&own);
    let undo = |errno: Errno| format!("could not put {} back: {errno}", path.display());
    let moved = |from: &OsStr, to: &OsStr, flags| renameat2(&parent, from, &parent, to, flags);
    if moved(name, aside, RenameFlags::RENAME_NOREPLACE).is_ok() {
        access |= Access::REMOVE;
        moved(aside, name, RenameFlags::RENAME_NOREPLACE).map_err(undo)?;
    }
    let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_CLOEXEC;
    if openat(&parent, aside, flags, Mode::S_IRUSR).is_ok() {
        if moved(aside, name, RenameFlags::RENAME_EXCHANGE).is_ok() {
            access |= Access::REPLACE;
            moved(aside, name, RenameFlags::RENAME_EXCHANGE).map_err(undo)?;
        }
        unlinkat(&parent, aside, UnlinkatFlags::NoRemoveDir).map_err(undo)?;
    }
    Ok(access)
}
