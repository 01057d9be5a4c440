//! Descriptors that a principal got at an earlier moment, and what they are still good for.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use nix::fcntl::{AT_FDCWD, OFlag, openat};
use nix::sys::stat::Mode;
use serde::{Deserialize, Serialize};

use crate::access::{
    Access, NAMES_LIMIT, ProbeResult, Sighting, Target, read_from_start, sightings,
};
use crate::paths::near;
use crate::residue::Search;
use crate::tree::NodeKind;

/// Use that a kept descriptor still had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// The path it was opened by.
    #[serde(with = "crate::paths::bytes")]
    pub path: PathBuf,
    /// Purpose that it was opened for: `read`, `write`, `directory` or `fifo`.
    pub opened_for: String,
    /// Whether the path still leads to the same inode.
    pub same_inode: bool,
    /// The canaries that were read through it.
    pub seen: Vec<Sighting>,
    /// The names that were listed through it.
    pub names: Vec<OsString>,
    /// The files in the directory that could be opened through it.
    pub opened: Vec<OsString>,
}

pub(super) struct Kept {
    path: PathBuf,
    opened_for: &'static str,
    /// Device and inode: they are nobody else's for as long as it is open.
    inode: (u64, u64),
    fd: OwnedFd,
}

impl Kept {
    /// Keeps a descriptor that a principal got at a path.
    pub(super) fn new(path: PathBuf, opened_for: &'static str, fd: OwnedFd) -> nix::Result<Kept> {
        let stat = nix::sys::stat::fstat(&fd)?;
        Ok(Kept { path, opened_for, inode: (stat.st_dev, stat.st_ino), fd })
    }
}

/// Opens what can be opened of a target, and keeps it.
pub(super) fn keep(target: &Target, kept: &mut Vec<Kept>) {
    let base = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let ways: &[(&str, OFlag)] = match target.kind {
        NodeKind::File => &[("read", OFlag::O_RDONLY), ("write", OFlag::O_WRONLY)],
        NodeKind::Dir => &[("directory", OFlag::O_RDONLY)],
        _ => &[],
    };
    for (opened_for, flags) in ways {
        let open = |path: &Path| Ok(openat(AT_FDCWD, path, *flags | base, Mode::empty())?);
        let Ok(fd) = near(&target.path, open) else { continue };
        let Ok(new) = Kept::new(target.path.clone(), opened_for, fd) else { continue };
        // One is enough of each: after each step of a store there may be hundreds.
        let has = |kept: &Kept| kept.opened_for == *opened_for && kept.inode == new.inode;
        if !kept.iter().any(has) {
            kept.push(new);
        }
    }
}

/// Reads files at one moment: each once, however many paths and descriptors lead to it.
pub(super) struct Reader<'a> {
    search: &'a Search,
    read: BTreeMap<(u64, u64), (u64, Vec<Sighting>)>,
}

impl Reader<'_> {
    pub(super) fn new(search: &Search) -> Reader<'_> {
        Reader { search, read: BTreeMap::new() }
    }

    /// Returns the number of bytes that can be read from the start of an open file, and the secrets in them.
    fn read(&mut self, file: &OwnedFd) -> (u64, Vec<Sighting>) {
        let search = self.search;
        let anew = || {
            let bytes = read_from_start(file);
            (bytes.len() as u64, sightings(search, &bytes))
        };
        match nix::sys::stat::fstat(file) {
            Ok(stat) => self.read.entry((stat.st_dev, stat.st_ino)).or_insert_with(anew).clone(),
            Err(_) => anew(),
        }
    }

    /// Returns what `attempt` would say of reading, and no more.
    pub(super) fn open_and_read(&mut self, target: &Target) -> ProbeResult {
        let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let open = |path: &Path| Ok(openat(AT_FDCWD, path, flags, Mode::empty())?);
        let Ok(file) = near(&target.path, open) else { return ProbeResult::default() };
        let (read, seen) = self.read(&file);
        ProbeResult { access: Access::READ, read, seen, names: Vec::new() }
    }
}

/// Uses a descriptor in each way it was got for.
pub(super) fn use_kept(kept: &Kept, reader: &mut Reader<'_>) -> Used {
    let mut used = Used {
        path: kept.path.clone(),
        opened_for: kept.opened_for.to_owned(),
        same_inode: false,
        seen: Vec::new(),
        names: Vec::new(),
        opened: Vec::new(),
    };
    if let Ok(now) = near(&kept.path, |path| Ok(nix::sys::stat::lstat(path)?)) {
        used.same_inode = (now.st_dev, now.st_ino) == kept.inode;
    }
    match kept.opened_for {
        "read" => {
            used.seen = reader.read(&kept.fd).1;
        }
        "fifo" => {
            let mut chunk = [0_u8; 16 << 10];
            let mut bytes = Vec::new();
            // Without waiting: it ends with EAGAIN or with the last writer.
            while let Ok(n @ 1..) = nix::unistd::read(&kept.fd, &mut chunk) {
                bytes.extend_from_slice(&chunk[..n]);
            }
            used.seen = sightings(reader.search, &bytes);
        }
        "directory" => {
            let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
            for name in list_through(&kept.fd) {
                if let Ok(file) = openat(&kept.fd, name.as_os_str(), flags, Mode::empty()) {
                    used.seen.extend(reader.read(&file).1);
                    used.opened.push(name.clone());
                }
                used.names.push(name);
            }
        }
        _ => {}
    }
    used
}

fn list_through(fd: &OwnedFd) -> Vec<OsString> {
    use std::os::unix::ffi::OsStrExt;
    let Ok(copy) = nix::unistd::dup(fd) else { return Vec::new() };
    let Ok(mut dir) = nix::dir::Dir::from_fd(copy) else { return Vec::new() };
    let mut names: Vec<OsString> = dir
        .iter()
        .filter_map(Result::ok)
        .map(|entry| std::ffi::OsStr::from_bytes(entry.file_name().to_bytes()).to_owned())
        .filter(|name| name != "." && name != "..")
        .take(NAMES_LIMIT)
        .collect();
    names.sort();
    // The position is shared with the descriptor that was copied: the next listing begins at the start.
    let _ = nix::unistd::lseek(fd, 0, nix::unistd::Whence::SeekSet);
    names
}
